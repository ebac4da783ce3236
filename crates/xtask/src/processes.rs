//! Ending a child with everything it started, so that a check that hangs leaves nothing behind.

use std::{
    fs,
    process::{Command, Stdio},
};

/// Kills `root` and all its descendants. Best effort: what is already gone is gone.
pub fn kill_tree(root: u32) {
    let pairs = parents();
    let mut doomed = vec![root];
    let mut next = 0;
    while let Some(&parent) = doomed.get(next) {
        doomed.extend(pairs.iter().filter(|pair| pair.1 == parent).map(|pair| pair.0));
        next += 1;
    }
    let _ = Command::new("kill")
        .arg("-KILL")
        .args(doomed.iter().map(ToString::to_string))
        .stderr(Stdio::null())
        .status();
}

/// (process, parent) of every process of the machine.
fn parents() -> Vec<(u32, u32)> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| {
            let process = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            Some((process, parent_in(&stat)?))
        })
        .collect()
}

/// The parent named in a `/proc/N/stat` line. The program's name may hold spaces and brackets: it ends at the last one.
fn parent_in(stat: &str) -> Option<u32> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parent_is_found_behind_a_name_with_brackets() {
        assert_eq!(parent_in("12 (a) b (c)) S 7 12 12 0"), Some(7));
        assert_eq!(parent_in("garbage"), None);
    }

    #[test]
    fn a_killed_tree_takes_its_grandchildren_along() {
        // The pipe's far end closes only when the grandchild, which inherited it, is gone too.
        let mut child = Command::new("sh")
            .args(["-c", "sleep 600 & echo started; wait"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("sh runs");
        let mut output = std::io::BufReader::new(child.stdout.take().expect("piped"));
        let mut line = String::new();
        std::io::BufRead::read_line(&mut output, &mut line).expect("readable");
        kill_tree(child.id());
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut output, &mut rest).expect("readable");
        assert_eq!((line.as_str(), rest.as_str()), ("started\n", ""));
        assert!(!child.wait().expect("ended").success());
    }
}
