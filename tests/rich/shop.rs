//! Types of a module of its own.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What somebody is about to buy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Cart {
    /// In the order in which they were added.
    pub items: Vec<Item>,
    pub discount_code: Option<String>,
}

/// A thing, and how many of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct Item {
    pub sku: String,
    pub count: u32,
}

/// Puts a thing into the cart.
#[derive(Clone, Debug, Deserialize, TS)]
pub struct AddItem {
    /// What the thing is called in the catalog.
    pub sku: String,
    #[serde(default)]
    #[ts(optional = nullable)]
    pub count: Option<u32>,
}

/// The cart as it is after a change.
#[derive(Clone, Debug, Serialize, TS)]
pub struct Total {
    pub items: usize,
}

/// Also called topic, as is something in the npm package.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct Topic {
    pub title: String,
}

impl Cart {
    pub fn sample() -> Self {
        Self { items: vec![Item { sku: "a".into(), count: 2 }], discount_code: Some("b".into()) }
    }

    pub fn add(&mut self, args: AddItem) -> Result<Total, String> {
        if args.sku.is_empty() {
            return Err("a thing has a name".into());
        }
        self.items.push(Item { sku: args.sku, count: args.count.unwrap_or(1) });
        Ok(Total { items: self.items.len() })
    }
}
