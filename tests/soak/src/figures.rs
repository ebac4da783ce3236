//! What processes have: memory and open files, of this one and of everything it started.

use serde::{Deserialize, Serialize};
use std::fs;

/// The figures of one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Bytes of memory of the app's process alone, those it shares with others left out.
    pub app: u64,
    /// Bytes of the app and all its web processes; what several share counts once (PSS).
    pub all: u64,
    /// Open files of the app's process.
    pub files: u64,
    /// Open files of all of them.
    pub all_files: u64,
    pub processes: u64,
}

impl Figures {
    /// As they are now; zero where the system does not say.
    pub fn now() -> Self {
        let own = std::process::id();
        let tree = tree_of(own, &parents());
        Self {
            app: kilobytes(&format!("/proc/{own}/status"), "RssAnon:") * 1024,
            all: tree.iter().map(|id| kilobytes(&format!("/proc/{id}/smaps_rollup"), "Pss:") * 1024).sum(),
            files: files(own),
            all_files: tree.iter().copied().map(files).sum(),
            processes: tree.len() as u64,
        }
    }
}

pub fn megabytes(bytes: u64) -> String {
    format!("{}.{}", bytes >> 20, ((bytes & 0xf_ffff) * 10) >> 20)
}

fn kilobytes(file: &str, field: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(field));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

fn files(process: u32) -> u64 {
    fs::read_dir(format!("/proc/{process}/fd")).map_or(0, |entries| entries.count() as u64)
}

/// (process, parent) of every process.
fn parents() -> Vec<(u32, u32)> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let process = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            Some((process, parent_in(&stat)?))
        })
        .collect()
}

/// The parent in a line of `/proc/N/stat`. The program's name may hold blanks and brackets.
fn parent_in(stat: &str) -> Option<u32> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

fn tree_of(root: u32, parents: &[(u32, u32)]) -> Vec<u32> {
    let mut tree = vec![root];
    let mut at = 0;
    while let Some(&parent) = tree.get(at) {
        tree.extend(parents.iter().filter(|pair| pair.1 == parent).map(|pair| pair.0));
        at += 1;
    }
    tree
}

#[cfg(test)]
mod tests {
    use super::{Figures, tree_of};

    #[test]
    fn a_tree_has_the_children_of_children_and_no_others() {
        assert_eq!(tree_of(1, &[(2, 1), (3, 2), (4, 9), (5, 1)]), [1, 2, 5, 3]);
    }

    #[test]
    fn this_process_has_memory_and_files() {
        let figures = Figures::now();
        assert!(
            figures.app > 0 && figures.all > 0 && figures.files > 2 && figures.processes > 0,
            "{figures:?}"
        );
    }
}
