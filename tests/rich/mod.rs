//! Types of every kind that serde makes JSON of, and values of them.
//!
//! Keeps: at least one value for every way a type can come out as JSON. `cargo xtask bindings` writes the types and the
//! values to `tests/types/generated`, where tsc compares the two.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use ts_rs::TS;

pub mod shop;

/// Numbers of every width: JSON has one kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct Numbers {
    pub small: u8,
    pub signed: i16,
    /// Up to 9007199254740991, which is 2^53 - 1: beyond that a page cannot hold it exactly.
    pub large: u64,
    pub larger: i64,
    pub largest: u128,
    pub size: usize,
    pub ratio: f32,
    pub exact: f64,
    pub never_zero: Option<NonZeroU32>,
}

/// Names that are not the ones in Rust.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[ts(rename = "Renamed")]
pub struct NamedOtherwise {
    pub two_words: String,
    #[serde(rename = "another name")]
    pub renamed: bool,
    #[serde(rename = "it's \\ quoted")]
    pub quoted: bool,
    #[serde(rename = "2nd")]
    pub second: char,
    #[serde(rename = "größe")]
    pub umlaut: u8,
    pub r#type: String,
    #[serde(rename = "constructor")]
    pub keyword: String,
}

/// What may be missing, and what may be null.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Optional {
    /// Always there, and null when there is none.
    pub or_null: Option<u32>,
    /// Missing when there is none; ts-rs has to be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub or_missing: Option<u32>,
    /// Missing when there is none; with `default` ts-rs knows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub or_empty: Vec<String>,
    /// Always there, although Rust takes a value without it.
    #[serde(default)]
    pub defaulted: bool,
    #[serde(skip)]
    pub unseen: u32,
    #[allow(clippy::option_option)]
    pub twice: Option<Option<bool>>,
}

/// Variants of every shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub enum External {
    Nothing,
    #[serde(rename = "one thing")]
    One(u32),
    Two(u32, String),
    #[serde(rename_all = "camelCase")]
    Fields {
        /// In percent.
        some_volume: u8,
    },
}

/// A tag beside the fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Internal {
    NotYet,
    Circle {
        /// From the middle.
        outer_radius: f64,
    },
    Named(Label),
}

/// A tag beside the content.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", content = "data")]
pub enum Adjacent {
    Nothing,
    Text(String),
    Point(i32, i32),
    Fields { left: bool },
}

/// No tag at all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(untagged)]
pub enum Untagged {
    Number(f64),
    Text(String),
    Label(Label),
    Many(Vec<Untagged>),
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct Label {
    pub text: String,
}

/// One of three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "SCREAMING-KEBAB-CASE")]
pub enum Level {
    VeryLow,
    Middle,
    High,
}

/// A page of a list of anything.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct Page<T, Cursor = u32> {
    /// What is on it.
    pub items: Vec<T>,
    pub next: Option<Cursor>,
}

/// Generic types in generic types.
#[allow(clippy::struct_field_names)]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct Pages {
    pub numbers: Page<u32>,
    pub labels: Page<Label, String>,
    pub of_pages: Page<Page<Option<Label>>>,
    pub shared: Arc<Page<Box<Label>>>,
}

/// Fields of others between its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Flat {
    pub own: bool,
    #[serde(flatten)]
    pub label: Label,
    #[serde(flatten)]
    pub shape: Internal,
}

/// A few fields that are known, and others that are not.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct Open {
    pub known: bool,
    #[serde(flatten)]
    pub others: BTreeMap<String, serde_json::Value>,
}

/// A number that is an id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
pub struct Id(pub u64);

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct Nothing;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct NoFields {}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct Place(pub f64, pub f64, pub Option<String>);

/// Lists, maps, tuples and the like.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct Containers {
    pub texts: Vec<String>,
    pub or_nulls: Vec<Option<bool>>,
    pub by_name: HashMap<String, Label>,
    pub by_number: BTreeMap<u16, bool>,
    pub by_level: BTreeMap<Level, u32>,
    pub by_id: BTreeMap<Id, String>,
    pub levels: BTreeSet<u8>,
    pub pair: (u32, String),
    pub three: [Option<f64>; 3],
    pub place: Place,
    pub ids: Vec<Id>,
    pub nothing: Nothing,
    pub no_fields: NoFields,
    pub unit: (),
}

/// Itself, again and again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct Tree {
    pub name: String,
    pub below: Vec<Tree>,
    pub best: Option<Box<Tree>>,
}

/// Types of the standard library and of other crates.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct Foreign {
    pub file: PathBuf,
    #[ts(type = "{ secs: number, nanos: number }")]
    pub took: Duration,
    pub at: chrono::DateTime<chrono::Utc>,
    pub id: uuid::Uuid,
    pub anything: serde_json::Value,
    #[ts(type = "`#${string}`")]
    pub color: String,
}

/// Comments are kept: a list
/// - of one, and
/// - of two.
///
/// Even what would end a comment, `*/`, and what would begin one, `/*`.
#[allow(clippy::struct_excessive_bools)]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct Documented {
    /// Ends here: */ not.
    pub first: bool,
    /// One line.
    ///
    /// @deprecated Use `first`.
    pub second: bool,
    /**
     * A block of
     * two lines.
     */
    pub third: bool,
    #[doc = "`'\"` and a very long line that goes on and on until it is longer than any line has a right to be."]
    pub fourth: bool,
}

/// Values of the types, by topic.
#[allow(clippy::too_many_lines)]
pub fn values() -> BTreeMap<&'static str, Vec<serde_json::Value>> {
    fn json(values: impl IntoIterator<Item = impl Serialize>) -> Vec<serde_json::Value> {
        values.into_iter().map(|value| serde_json::to_value(value).unwrap()).collect()
    }
    let label = || Label { text: "a".into() };
    let circle = Internal::Circle { outer_radius: 0.5 };
    BTreeMap::from([
        (
            "numbers",
            json([
                Numbers::default(),
                Numbers {
                    small: u8::MAX,
                    signed: i16::MIN,
                    large: (1 << 53) - 1,
                    larger: -(1 << 53) + 1,
                    largest: 1,
                    size: 1,
                    ratio: 0.5,
                    exact: -1e300,
                    never_zero: NonZeroU32::new(1),
                },
            ]),
        ),
        ("renamed", json([NamedOtherwise { second: '2', ..NamedOtherwise::default() }])),
        (
            "optional",
            json([
                Optional::default(),
                Optional {
                    or_null: Some(1),
                    or_missing: Some(2),
                    or_empty: vec!["a".into()],
                    defaulted: true,
                    unseen: 3,
                    twice: Some(Some(true)),
                },
            ]),
        ),
        (
            "external",
            json([
                External::Nothing,
                External::One(1),
                External::Two(2, "b".into()),
                External::Fields { some_volume: 100 },
            ]),
        ),
        ("internal", json([Internal::NotYet, circle.clone(), Internal::Named(label())])),
        (
            "adjacent",
            json([
                Adjacent::Nothing,
                Adjacent::Text("a".into()),
                Adjacent::Point(-1, 1),
                Adjacent::Fields { left: true },
            ]),
        ),
        (
            "untagged",
            json([
                Untagged::Number(1.5),
                Untagged::Text("a".into()),
                Untagged::Label(label()),
                Untagged::Many(vec![Untagged::Number(1.0), Untagged::Text("b".into())]),
            ]),
        ),
        ("levels", json([vec![Level::VeryLow, Level::Middle, Level::High]])),
        (
            "pages",
            json([
                Pages::default(),
                Pages {
                    numbers: Page { items: vec![1, 2], next: Some(3) },
                    labels: Page { items: vec![label()], next: Some("b".into()) },
                    of_pages: Page {
                        items: vec![Page { items: vec![None, Some(label())], next: None }],
                        next: Some(1),
                    },
                    shared: Arc::new(Page { items: vec![Box::new(label())], next: None }),
                },
            ]),
        ),
        (
            "flat",
            json([
                Flat { own: true, label: label(), shape: circle },
                Flat { own: false, label: label(), shape: Internal::NotYet },
            ]),
        ),
        (
            "open",
            json([Open {
                known: true,
                others: BTreeMap::from([("more".into(), serde_json::json!([1, { "a": null }]))]),
            }]),
        ),
        (
            "containers",
            json([
                Containers::default(),
                Containers {
                    texts: vec!["a".into()],
                    or_nulls: vec![None, Some(true)],
                    by_name: HashMap::from([("a b".into(), label())]),
                    by_number: BTreeMap::from([(7, true)]),
                    by_level: BTreeMap::from([(Level::Middle, 1)]),
                    by_id: BTreeMap::from([(Id(1), "one".into())]),
                    levels: BTreeSet::from([1, 2]),
                    pair: (1, "b".into()),
                    three: [None, Some(0.5), None],
                    place: Place(1.0, 2.0, Some("here".into())),
                    ids: vec![Id(1)],
                    nothing: Nothing,
                    no_fields: NoFields {},
                    unit: (),
                },
            ]),
        ),
        (
            "tree",
            json([Tree {
                name: "a".into(),
                below: vec![Tree { name: "b".into(), ..Tree::default() }],
                best: Some(Box::default()),
            }]),
        ),
        ("foreign", json([Foreign { file: "a/b".into(), color: "#fff".into(), ..Foreign::default() }])),
        ("documented", json([Documented::default()])),
        ("count", json([0_u64])),
        ("maybe", json([None, Some(label())])),
        ("cart:{id}", json([shop::Cart::sample(), shop::Cart::default()])),
    ])
}
