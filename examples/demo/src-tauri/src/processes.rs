//! Lists every process of the machine.
//!
//! Keeps: the order of pids, so that two lists of the same processes look the same. Loses: threads (Linux
//! lists them as processes) and whatever of a command line does not fit into [`LONGEST_COMMAND`].

use sysinfo::{Pid, ProcessRefreshKind, ProcessStatus, ProcessesToUpdate, System, UpdateKind, Users};

use crate::topics::{Process, Processes, now_ms, rounded};

const LONGEST_COMMAND: usize = 1024;

pub struct ProcessList {
    source: System,
    users: Users,
}

impl ProcessList {
    pub fn new() -> Result<Self, sysinfo::Error> {
        Ok(Self { source: System::new()?, users: Users::new_with_refreshed_list()? })
    }

    pub fn measure(&mut self) -> Processes {
        let what = ProcessRefreshKind::nothing()
            .with_cpu()
            .with_memory()
            .with_user(UpdateKind::OnlyIfNotSet)
            .with_cmd(UpdateKind::OnlyIfNotSet)
            .without_tasks();
        self.source.refresh_processes_specifics(ProcessesToUpdate::All, true, what);
        let mut list: Vec<Process> =
            self.source.processes().values().map(|process| self.describe(process)).collect();
        list.sort_unstable_by_key(|process| process.pid);
        Processes { sampled_at: now_ms(), list }
    }

    fn describe(&self, process: &sysinfo::Process) -> Process {
        let words: Vec<_> = process.cmd().iter().map(|word| word.to_string_lossy()).collect();
        let user = process.user_id().map_or_else(String::new, |id| {
            self.users.get_user_by_id(id).map_or_else(|| id.to_string(), |user| user.name().to_owned())
        });
        Process {
            pid: process.pid().as_u32(),
            parent: process.parent().map(Pid::as_u32),
            name: full_name(&process.name().to_string_lossy(), words.first().map_or("", |word| word)),
            command: shortened(words.join(" ")),
            user,
            cpu: rounded(f64::from(process.cpu_usage()), 1),
            memory: process.memory(),
            status: status_word(process.status()).to_owned(),
            run_seconds: process.run_time(),
        }
    }
}

/// Linux keeps 15 bytes of a name; where the program's path begins its last part with them, that is the name.
fn full_name(name: &str, program: &str) -> String {
    const KEPT_BY_LINUX: usize = 15;
    let last = program.rsplit(['/', '\\']).next().unwrap_or_default();
    let longer = name.len() == KEPT_BY_LINUX && last.starts_with(name) && !last.contains(' ');
    if longer { last } else { name }.to_owned()
}

fn shortened(mut text: String) -> String {
    if text.len() > LONGEST_COMMAND {
        text.truncate(text.floor_char_boundary(LONGEST_COMMAND));
        text.push('…');
    }
    text
}

fn status_word(status: ProcessStatus) -> &'static str {
    match status {
        ProcessStatus::Run => "running",
        ProcessStatus::Sleep => "sleeping",
        ProcessStatus::Idle => "idle",
        ProcessStatus::Stop | ProcessStatus::Tracing => "stopped",
        ProcessStatus::Zombie | ProcessStatus::Dead => "ended",
        ProcessStatus::UninterruptibleDiskSleep => "waiting",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_names_this_very_process_in_pid_order() {
        let processes = ProcessList::new().unwrap().measure();
        assert!(processes.list.iter().any(|process| process.pid == std::process::id()));
        assert!(processes.list.is_sorted_by(|a, b| a.pid < b.pid));
    }

    #[test]
    fn a_name_that_linux_cut_is_completed_from_the_path() {
        assert_eq!(full_name("WebKitWebProces", "/usr/lib/WebKitWebProcess"), "WebKitWebProcess");
        assert_eq!(full_name("bash", "/usr/bin/bash-static"), "bash");
        assert_eq!(full_name("fifteen-letters", "/usr/bin/python3"), "fifteen-letters");
    }

    #[test]
    fn a_long_command_is_cut_between_characters() {
        let cut = shortened("é".repeat(LONGEST_COMMAND));
        assert_eq!(cut.chars().count(), LONGEST_COMMAND / 2 + 1);
        assert!(cut.ends_with('…'));
        assert_eq!(shortened("short".into()), "short");
    }
}
