//! From single measurements to the few numbers that are shown.

use crate::drive::{Burst, Measured};
use crate::plan::Scene;
use serde::Serialize;
use std::time::Duration;

/// One scene, both contenders.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    pub windows: usize,
    pub bytes: usize,
    pub updates: usize,
    pub statesync: Numbers,
    pub emit: Numbers,
}

/// One contender in one scene.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Numbers {
    pub single: Single,
    pub burst: BurstNumbers,
}

/// One change at a time: milliseconds until all windows had applied it.
#[derive(Serialize)]
pub struct Single {
    pub changes: usize,
    pub p50: f64,
    pub p99: f64,
}

/// A burst, the median of all bursts; per-window numbers are those of the worst window of any burst.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BurstNumbers {
    pub bursts: usize,
    pub total_seconds: f64,
    pub writer_seconds: f64,
    pub cpu_seconds: Option<f64>,
    pub signals_per_window: u64,
    pub pulls_per_window: u64,
    pub acknowledgements_per_window: u64,
    pub applies_per_window: u64,
}

impl Summary {
    pub fn new(scene: &Scene, [statesync, emit]: &[Measured; 2]) -> Self {
        Self {
            windows: scene.windows,
            bytes: scene.bytes,
            updates: scene.updates,
            statesync: Numbers::new(statesync),
            emit: Numbers::new(emit),
        }
    }

    /// statesync's CPU time in a burst as a part of emit's.
    pub fn cpu_ratio(&self) -> Option<f64> {
        let (statesync, emit) = self.statesync.burst.cpu_seconds.zip(self.emit.burst.cpu_seconds)?;
        Some(statesync / emit)
    }

    /// statesync's time until all windows had applied a change, as a part of emit's.
    pub fn p50_ratio(&self) -> f64 {
        self.statesync.single.p50 / self.emit.single.p50
    }
}

impl Numbers {
    fn new(measured: &Measured) -> Self {
        let single = &measured.single;
        let bursts = &measured.bursts;
        let seconds = |of: fn(&Burst) -> Duration| {
            percentile(&bursts.iter().map(|burst| of(burst).as_secs_f64()).collect::<Vec<_>>(), 50)
        };
        let cpu: Option<Vec<f64>> = bursts.iter().map(|burst| Some(burst.cpu?.as_secs_f64())).collect();
        let most = |of: &dyn Fn(&crate::reports::Tally) -> u64| {
            bursts.iter().flat_map(|burst| &burst.tallies).map(of).max().unwrap_or_default()
        };
        Self {
            single: Single {
                changes: single.len(),
                p50: percentile(single, 50),
                p99: percentile(single, 99),
            },
            burst: BurstNumbers {
                bursts: bursts.len(),
                total_seconds: seconds(|burst| burst.total),
                writer_seconds: seconds(|burst| burst.writer),
                cpu_seconds: cpu.map(|cpu| percentile(&cpu, 50)),
                signals_per_window: most(&|tally| tally.signals),
                pulls_per_window: most(&|tally| tally.pulls),
                acknowledgements_per_window: most(&|tally| tally.acknowledgements),
                applies_per_window: most(&|tally| tally.applies.of(measured.contender)),
            },
        }
    }
}

/// The smallest value that so many percent of all do not exceed.
fn percentile(values: &[f64], percent: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::percentile;

    #[test]
    fn a_percentile_is_the_smallest_value_that_covers_its_share() {
        let values: Vec<f64> = (1..=200).rev().map(f64::from).collect();
        assert!((percentile(&values, 50) - 100.0).abs() < f64::EPSILON);
        assert!((percentile(&values, 99) - 198.0).abs() < f64::EPSILON);
        assert!((percentile(&[7.0], 99) - 7.0).abs() < f64::EPSILON);
        assert!(percentile(&[], 50).is_nan());
    }
}
