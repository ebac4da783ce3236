//! The four topics and what is in them. `src/statesync.ts` is made of this: `cargo xtask bindings`.
//!
//! Keeps: the shape of everything the windows show, and which settings are valid. Loses nothing: a value
//! that does not fit is refused when a window tries to write it.

use serde::{Deserialize, Serialize};
use statesync::{Persist, TopicKey};
use ts_rs::TS;

/// The machine as a whole, several times a second.
pub const SYSTEM: TopicKey<System> = TopicKey::new("system").read_only();
/// Every process of the machine: hundreds of kilobytes on a busy one.
pub const PROCESSES: TopicKey<Processes> = TopicKey::new("processes").read_only();
/// What the person chose; the only topic that windows write.
pub const SETTINGS: TopicKey<Settings> = TopicKey::new("settings");
/// A counter that is sometimes updated a thousand times in a row.
pub const BURST: TopicKey<Burst> = TopicKey::new("burst").read_only();

/// What is declared once, for the app and for its pages.
pub fn declared() -> statesync::Builder {
    statesync::Builder::new()
        .topic(SYSTEM, System::default())
        .topic(PROCESSES, Processes::default())
        .topic(SETTINGS, Settings::default())
        .topic(BURST, Burst::default())
        .persist(SETTINGS, kept())
        // A window's first frame has its theme and its chart.
        .first_paint([SETTINGS.name(), SYSTEM.name()])
}

/// The settings are there again at the next start, but for what belongs to this one: a process that is pinned will be
/// another one by then, and who opens a monitor wants to see something move.
fn kept() -> Persist<Settings> {
    Persist::new().only(
        |settings: &Settings| Settings { paused: false, pinned: Vec::new(), ..settings.clone() },
        |kept, _| kept,
    )
}

/// The machine as a whole.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct System {
    /// When this was measured, in milliseconds since 1970: the windows show how old it was when they had it.
    pub sampled_at: u64,
    pub machine: Machine,
    pub uptime_seconds: u64,
    /// Percent of all cores together, 0 to 100, one decimal.
    pub cpu: f64,
    /// Percent of each core, one decimal.
    pub cores: Vec<f64>,
    pub memory: Usage,
    pub swap: Usage,
    /// Runnable processes over 1, 5 and 15 minutes; none where the platform does not tell.
    pub load: Option<[f64; 3]>,
    /// The last minute, oldest first, so that a window opened or reloaded just now can draw it.
    pub history: Vec<Point>,
}

/// What the machine is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Machine {
    pub host_name: String,
    pub system: String,
    pub processor: String,
}

/// Bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    pub total: u64,
    pub used: u64,
}

/// The processor at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Point {
    pub at: u64,
    pub cpu: f64,
}

/// Every process.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Processes {
    pub sampled_at: u64,
    pub list: Vec<Process>,
}

/// One process.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Process {
    pub pid: u32,
    pub parent: Option<u32>,
    pub name: String,
    pub command: String,
    pub user: String,
    /// Percent of one core, one decimal.
    pub cpu: f64,
    /// Bytes.
    pub memory: u64,
    pub status: String,
    pub run_seconds: u64,
}

/// What the person chose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    pub refresh_ms: RefreshMs,
    /// While true nothing is measured, and every revision stands still.
    pub paused: bool,
    pub theme: Theme,
    pub sort: Sort,
    pub pinned: Vec<Pin>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            refresh_ms: RefreshMs(500),
            paused: false,
            theme: Theme::Auto,
            sort: Sort { column: Column::Cpu, descending: true },
            pinned: Vec::new(),
        }
    }
}

/// Milliseconds between two measurements. A window that asks for anything out of range is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(try_from = "u64", into = "u64")]
pub struct RefreshMs(u64);

impl RefreshMs {
    const FASTEST: u64 = 100;
    const SLOWEST: u64 = 10_000;

    pub fn milliseconds(self) -> u64 {
        self.0
    }
}

impl TryFrom<u64> for RefreshMs {
    type Error = String;

    fn try_from(value: u64) -> Result<Self, String> {
        if (Self::FASTEST..=Self::SLOWEST).contains(&value) {
            Ok(Self(value))
        } else {
            Err(format!("refreshMs must be from {} to {}, not {value}", Self::FASTEST, Self::SLOWEST))
        }
    }
}

impl From<RefreshMs> for u64 {
    fn from(value: RefreshMs) -> Self {
        value.0
    }
}

/// Light or dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Theme {
    Auto,
    Light,
    Dark,
}

/// The order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Sort {
    pub column: Column,
    pub descending: bool,
}

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Column {
    Name,
    Pid,
    User,
    Cpu,
    Memory,
    Status,
    Time,
}

/// A process somebody wants to see on top. The name is kept as well, because systems reuse pids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Pin {
    pub pid: u32,
    pub name: String,
}

/// How often there was a burst update.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Burst {
    pub count: u64,
    pub updated_at: u64,
}

/// The wall clock, in the unit the pages' `Date.now()` has.
pub fn now_ms() -> u64 {
    std::time::UNIX_EPOCH.elapsed().map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Percentages and loads travel with few decimals: more would only be noise and bytes.
pub fn rounded(value: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    (value * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_have_the_types_of_today() {
        declared().typescript().check("../src/statesync.ts").unwrap();
    }

    #[test]
    fn settings_travel_in_camel_case_and_come_back_equal() {
        let text = serde_json::to_string(&Settings::default()).unwrap();
        assert_eq!(
            text,
            r#"{"refreshMs":500,"paused":false,"theme":"auto","sort":{"column":"cpu","descending":true},"pinned":[]}"#
        );
        assert_eq!(serde_json::from_str::<Settings>(&text).unwrap(), Settings::default());
    }

    #[test]
    fn a_refresh_rate_out_of_range_is_refused_with_the_range() {
        for wrong in ["0", "99", "10001"] {
            let error = serde_json::from_str::<RefreshMs>(wrong).unwrap_err().to_string();
            assert!(error.contains("from 100 to 10000"), "{error}");
        }
        assert_eq!(serde_json::from_str::<RefreshMs>("100").unwrap(), RefreshMs(100));
    }
}
