//! The CPU time of this process and of everything it started, the processes of the webviews included.

use std::time::Duration;

/// CPU time used so far, where the platform can tell: by this process, its living descendants, and those
/// of their children that have ended. The time it takes to find them out is not counted.
pub struct Meter {
    used: Option<Duration>,
}

impl Meter {
    /// Begins to measure.
    pub fn start() -> Self {
        let used = descendants().map(|others| others + own());
        Self { used }
    }

    /// What was used since the start.
    pub fn stop(self) -> Option<Duration> {
        let own = own();
        let used = descendants()? + own;
        Some(used.saturating_sub(self.used?))
    }
}

#[cfg(target_os = "linux")]
fn own() -> Duration {
    linux::clock(std::process::id()).unwrap_or_default()
}

#[cfg(target_os = "linux")]
fn descendants() -> Option<Duration> {
    let table = linux::table();
    let mut tree = vec![std::process::id()];
    let mut total = Duration::ZERO;
    let mut at = 0;
    while let Some(&id) = tree.get(at) {
        tree.extend(table.iter().filter(|process| process.parent == id).map(|process| process.id));
        let process = table.iter().find(|process| process.id == id)?;
        total += process.ended_children;
        if at > 0 {
            total += linux::clock(id).unwrap_or(process.ticks);
        }
        at += 1;
    }
    Some(total)
}

#[cfg(not(target_os = "linux"))]
fn own() -> Duration {
    Duration::ZERO
}

#[cfg(not(target_os = "linux"))]
fn descendants() -> Option<Duration> {
    None
}

#[cfg(target_os = "linux")]
mod linux {
    use nix::time::clock_getcpuclockid;
    use nix::unistd::Pid;
    use std::fs;
    use std::time::Duration;

    /// `/proc` counts in hundredths of a second, whatever the kernel itself uses.
    const TICK: Duration = Duration::from_millis(10);

    pub struct Process {
        pub id: u32,
        pub parent: u32,
        /// Of the process itself, in whole ticks.
        pub ticks: Duration,
        /// Of its children that have ended, in whole ticks.
        pub ended_children: Duration,
    }

    /// Every process of the machine.
    pub fn table() -> Vec<Process> {
        let ids = fs::read_dir("/proc").into_iter().flatten().flatten();
        let stats = ids.filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok());
        stats.filter_map(|stat| parse(&stat)).collect()
    }

    /// The CPU clock of a process.
    pub fn clock(id: u32) -> Option<Duration> {
        let clock = clock_getcpuclockid(Pid::from_raw(i32::try_from(id).ok()?)).ok()?;
        clock.now().ok().map(Duration::from)
    }

    /// A line of `/proc/N/stat`. The name may hold blanks and brackets: fields are counted after its end.
    fn parse(stat: &str) -> Option<Process> {
        let id = stat.split(' ').next()?.parse().ok()?;
        let (_, rest) = stat.rsplit_once(") ")?;
        let fields: Vec<&str> = rest.split(' ').collect();
        let ticks = |index: usize| Some(TICK * fields.get(index)?.parse().ok()?);
        Some(Process {
            id,
            parent: fields.get(1)?.parse().ok()?,
            ticks: ticks(11)? + ticks(12)?,
            ended_children: ticks(13)? + ticks(14)?,
        })
    }

    #[cfg(test)]
    mod tests {
        use super::{TICK, parse};

        #[test]
        fn a_process_with_a_strange_name_is_read() {
            let stat = "42 (a) b (c) S 7 42 42 0 -1 4194304 1 2 3 4 10 20 30 40 20 0 1 0";
            let process = parse(stat).expect("a line of /proc");
            assert_eq!((process.id, process.parent), (42, 7));
            assert_eq!(process.ticks, TICK * 30);
            assert_eq!(process.ended_children, TICK * 70);
        }
    }
}
