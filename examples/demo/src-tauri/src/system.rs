//! Measures the machine as a whole: processor, memory, load, and the last minute of the processor.
//!
//! Keeps: one minute of points, oldest first, never more than [`MOST_POINTS`]. Loses what is older.

use std::time::Duration;

use sysinfo::{CpuRefreshKind, MemoryRefreshKind};

use crate::topics::{Machine, Point, System, Usage, now_ms, rounded};

const HISTORY: Duration = Duration::from_mins(1);
const MOST_POINTS: usize = 600;

pub struct Gauges {
    source: sysinfo::System,
    machine: Machine,
    history: Vec<Point>,
}

impl Gauges {
    pub fn new() -> Result<Self, sysinfo::Error> {
        let mut source = sysinfo::System::new()?;
        source.refresh_cpu_list(CpuRefreshKind::nothing().with_usage());
        let machine = Machine {
            host_name: sysinfo::System::host_name().unwrap_or_else(|_| "This computer".into()),
            system: [sysinfo::System::name(), sysinfo::System::os_version()]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(" "),
            processor: source.cpus().first().map_or_else(String::new, |cpu| cpu.brand().trim().to_owned()),
        };
        Ok(Self { source, machine, history: Vec::new() })
    }

    pub fn measure(&mut self) -> System {
        self.source.refresh_cpu_usage();
        self.source.refresh_memory_specifics(MemoryRefreshKind::everything());
        let sampled_at = now_ms();
        let cpu = rounded(f64::from(self.source.global_cpu_usage()), 1);
        self.remember(Point { at: sampled_at, cpu });
        System {
            sampled_at,
            machine: self.machine.clone(),
            uptime_seconds: sysinfo::System::uptime().unwrap_or(0),
            cpu,
            cores: self.source.cpus().iter().map(|core| rounded(f64::from(core.usage()), 1)).collect(),
            memory: Usage { total: self.source.total_memory(), used: self.source.used_memory() },
            swap: Usage { total: self.source.total_swap(), used: self.source.used_swap() },
            load: sysinfo::System::load_average()
                .ok()
                .map(|load| [load.one, load.five, load.fifteen].map(|value| rounded(value, 2))),
            history: self.history.clone(),
        }
    }

    fn remember(&mut self, point: Point) {
        let oldest = point.at.saturating_sub(u64::try_from(HISTORY.as_millis()).unwrap_or(u64::MAX));
        self.history.push(point);
        let expired = self.history.iter().take_while(|kept| kept.at < oldest).count();
        let surplus = self.history.len().saturating_sub(MOST_POINTS);
        self.history.drain(..expired.max(surplus));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_history(points: impl Iterator<Item = u64>) -> Vec<Point> {
        let mut gauges = Gauges {
            source: sysinfo::System::new().unwrap(),
            machine: Machine::default(),
            history: Vec::new(),
        };
        for at in points {
            gauges.remember(Point { at, cpu: 1.0 });
        }
        gauges.history
    }

    #[test]
    fn history_keeps_one_minute() {
        let kept = with_history((0..200).map(|second| second * 1000));
        assert_eq!((kept[0].at, kept[60].at, kept.len()), (139_000, 199_000, 61));
    }

    #[test]
    fn history_is_bounded_however_fast_points_come() {
        assert_eq!(with_history(0..5000).len(), MOST_POINTS);
    }

    #[test]
    fn a_measurement_has_a_core_and_some_memory() {
        let system = Gauges::new().unwrap().measure();
        assert!(!system.cores.is_empty());
        assert!(system.memory.total > 0 && system.memory.used <= system.memory.total);
        assert_eq!(system.history.len(), 1);
    }
}
