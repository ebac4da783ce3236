//! One window with a page of ours in it, and what the page says of itself.

use crate::desk::{Desk, Outcome};
use crate::topics::Truth;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tauri::{AppHandle, Manager, Url, WebviewWindow};

/// Long enough for anything a page does that is not blocked on purpose.
const ORDER: Duration = Duration::from_secs(10);

/// A window whose page obeys orders.
#[derive(Clone)]
pub struct Page {
    pub label: String,
    app: AppHandle,
}

/// An order the page has not answered yet.
pub struct Order {
    page: Page,
    name: String,
    number: u64,
}

/// What a page says of itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PageState {
    pub load: String,
    pub visible: bool,
    pub topics: BTreeMap<String, Shown>,
    pub ledger: Ledger,
    pub blocked: Option<Blocked>,
    pub warnings: Vec<String>,
    pub failures: Vec<String>,
}

/// One topic in a page.
#[derive(Clone, Debug, Deserialize)]
pub struct Shown {
    pub revision: String,
    pub digest: String,
    /// How many values the handler got.
    pub values: u64,
    /// When it got the last one, in milliseconds since 1970.
    #[serde(rename = "shownAt")]
    pub at_ms: u64,
    pub errors: Vec<Trouble>,
    pub refused: Option<Trouble>,
}

/// An error a page was told of.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Trouble {
    pub phase: String,
    pub kind: Option<String>,
    pub message: String,
}

/// Signals and calls as they passed between the page and Tauri; see page/ledger.ts.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ledger {
    pub signals: u64,
    pub subscribes: u64,
    pub pulls: u64,
    pub empty_pulls: u64,
    pub writes: u64,
    pub looks: u64,
    pub most_pulls_per_cause: u64,
    pub most_in_flight: u64,
    pub unanswered: u64,
    pub slowest_answer_ms: f64,
    /// Topics that signals named.
    pub signalled: Vec<String>,
    /// How many subscribes and pulls named each topic.
    pub asked: BTreeMap<String, u64>,
}

/// When the page's only thread was busy, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Blocked {
    pub from: f64,
    pub to: f64,
}

impl Page {
    pub fn new(app: &AppHandle, label: &str) -> Self {
        Self { label: label.to_owned(), app: app.clone() }
    }

    /// The window, as long as it is open.
    pub fn window(&self) -> Result<WebviewWindow, String> {
        self.app.get_webview_window(&self.label).ok_or_else(|| format!("window {} is gone", self.label))
    }

    /// Leaves the page for another one of the app.
    pub fn navigate(&self, address: &str) -> Result<(), String> {
        let window = self.window()?;
        let url = window.url().map_err(|error| error.to_string())?;
        let url = Url::join(&url, address).map_err(|error| error.to_string())?;
        window.navigate(url).map_err(|error| error.to_string())
    }

    /// Gives an order without waiting for its answer.
    pub fn begin(&self, order: &str, words: &Value) -> Result<Order, String> {
        let number = self.app.state::<Desk>().number_order();
        let script = format!("window.obey?.({number}, {}, {words})", json!(order));
        self.window()?.eval(script).map_err(|error| error.to_string())?;
        Ok(Order { page: self.clone(), name: order.to_owned(), number })
    }

    /// Gives an order and waits for its answer.
    pub fn order(&self, order: &str, words: &Value) -> Result<Value, String> {
        self.begin(order, words)?.wait(ORDER)
    }

    /// What the page says of itself now.
    pub fn state(&self) -> Result<PageState, String> {
        self.state_within(ORDER)
    }

    pub fn state_within(&self, limit: Duration) -> Result<PageState, String> {
        let state = self.begin("state", &json!({}))?.wait(limit)?;
        read(state)
    }

    /// A call as a page without the guest makes it: `{ answer }` or `{ error }`.
    pub fn invoke(&self, command: &str, args: &Value) -> Result<Value, String> {
        self.order("invoke", &json!({ "command": command, "args": args }))
    }
}

impl Order {
    pub fn wait(self, limit: Duration) -> Result<Value, String> {
        let (label, name) = (&self.page.label, &self.name);
        match self.page.app.state::<Desk>().answer(self.number, limit) {
            Some(Outcome::Value(value)) => Ok(value),
            Some(Outcome::Error(error)) => Err(format!("{label} could not {name}: {error}")),
            None => Err(format!("{label} did not answer the order {name} within {limit:?}")),
        }
    }
}

/// Reads what a page answered.
pub fn read<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| format!("a page answered something else: {error}"))
}

impl PageState {
    pub fn topic(&self, name: &str) -> Result<&Shown, String> {
        self.topics.get(name).ok_or_else(|| format!("the page does not watch {name}"))
    }

    /// Whether the page shows this topic as Rust has it.
    pub fn shows(&self, name: &str, truth: &Truth) -> Result<(), String> {
        let Shown { revision, digest, .. } = self.topic(name)?;
        if (revision, digest) == (&truth.revision, &truth.digest) {
            return Ok(());
        }
        Err(format!("shows {name} at {revision} ({digest}), not {} ({})", truth.revision, truth.digest))
    }

    /// The kind of the last error about this topic, refusals included.
    pub fn error_kind(&self, name: &str) -> Option<String> {
        let shown = self.topics.get(name)?;
        shown.refused.as_ref().or(shown.errors.last())?.kind.clone()
    }
}
