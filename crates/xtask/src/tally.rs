//! Counting: how many single tests a step ran, read from what the step printed. A step that says it tests and ran
//! nothing counts as failed, as does one that failed without naming a test.

use std::{fmt, iter::Sum, path::Path};

use crate::exec::End;

/// So many passed, so many failed.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Tally {
    pub passed: u64,
    pub failed: u64,
}

/// How the single tests of a step are told from its output.
#[derive(Clone, Debug)]
pub enum Counted {
    /// The step is one check.
    AsOne,
    /// The lines `test result: ok. 3 passed; 0 failed; ...` of the Rust test harness.
    RustTests,
    /// The JSON report that vitest wrote to this file.
    Vitest(std::path::PathBuf),
    /// The last line of the form `3 passed, 0 failed`.
    Summary,
}

impl Tally {
    pub fn one(passed: bool) -> Self {
        Self { passed: u64::from(passed), failed: u64::from(!passed) }
    }

    /// Whether everything passed, and there was something.
    pub fn good(self) -> bool {
        self.failed == 0 && self.passed > 0
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} passed, {} failed", self.passed, self.failed)
    }
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), |sum, next| Self {
            passed: sum.passed + next.passed,
            failed: sum.failed + next.failed,
        })
    }
}

/// The tests of a step that ended this way and printed these lines.
pub fn count(counted: &Counted, end: End, lines: &[String]) -> Tally {
    let found = match counted {
        Counted::AsOne => return Tally::one(end == End::Succeeded),
        Counted::RustTests => lines.iter().filter_map(|line| rust_result(line)).sum(),
        Counted::Vitest(report) => read_vitest(report).unwrap_or_default(),
        Counted::Summary => lines.iter().rev().find_map(|line| summary(line)).unwrap_or_default(),
    };
    let silent_failure = end != End::Succeeded && found.failed == 0;
    let ran_nothing = found.passed + found.failed == 0;
    Tally { failed: found.failed + u64::from(silent_failure || ran_nothing), ..found }
}

/// `test result: ok. 3 passed; 0 failed; 0 ignored; ...`
fn rust_result(line: &str) -> Option<Tally> {
    let counts = line.trim().strip_prefix("test result: ")?.split_once(". ")?.1;
    let mut parts = counts.split("; ");
    Some(Tally {
        passed: number_before(parts.next()?, " passed")?,
        failed: number_before(parts.next()?, " failed")?,
    })
}

/// `3 passed, 0 failed`, alone on its line.
fn summary(line: &str) -> Option<Tally> {
    let (passed, failed) = line.trim().split_once(", ")?;
    Some(Tally { passed: number_before(passed, " passed")?, failed: number_before(failed, " failed")? })
}

fn number_before(text: &str, word: &str) -> Option<u64> {
    text.strip_suffix(word)?.parse().ok()
}

fn read_vitest(report: &Path) -> Option<Tally> {
    vitest(&std::fs::read_to_string(report).ok()?)
}

/// Vitest's JSON report. A file that does not even load fails without a test of its own: it counts as one.
fn vitest(report: &str) -> Option<Tally> {
    let report: serde_json::Value = serde_json::from_str(report).ok()?;
    let files = report.get("testResults")?.as_array()?;
    let unloadable = files.iter().filter(|file| {
        let empty = file["assertionResults"].as_array().is_none_or(Vec::is_empty);
        file["status"] == "failed" && empty
    });
    Some(Tally {
        passed: report["numPassedTests"].as_u64()?,
        failed: report["numFailedTests"].as_u64()? + unloadable.count() as u64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn rust_results_of_all_binaries_are_added_up() {
        let output = lines(
            "running 2 tests\ntest a ... ok\n\
             test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
             test result: FAILED. 12 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s",
        );
        assert_eq!(count(&Counted::RustTests, End::Failed, &output), Tally { passed: 14, failed: 3 });
    }

    #[test]
    fn a_build_that_fails_counts_as_one_failure() {
        assert_eq!(count(&Counted::RustTests, End::Failed, &[]), Tally { passed: 0, failed: 1 });
        let some = lines("test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out");
        assert_eq!(count(&Counted::RustTests, End::TimedOut, &some), Tally { passed: 2, failed: 1 });
    }

    #[test]
    fn a_step_that_ran_nothing_has_failed() {
        assert_eq!(count(&Counted::Summary, End::Succeeded, &[]), Tally { passed: 0, failed: 1 });
        let none = lines("0 passed, 0 failed");
        assert_eq!(count(&Counted::Summary, End::Succeeded, &none), Tally { passed: 0, failed: 1 });
    }

    #[test]
    fn the_last_summary_line_counts_and_text_around_it_does_not() {
        let output =
            lines("1 passed, 1 failed\nsaid: 5 passed, 0 failed today\n  10000 passed, 2 failed\nbye");
        assert_eq!(count(&Counted::Summary, End::Failed, &output), Tally { passed: 10_000, failed: 2 });
    }

    #[test]
    fn a_summary_without_failures_does_not_hide_a_bad_exit() {
        let output = lines("4 passed, 0 failed");
        assert_eq!(count(&Counted::Summary, End::Failed, &output), Tally { passed: 4, failed: 1 });
    }

    #[test]
    fn vitest_reports_count_tests_and_files_that_do_not_load() {
        let report = r#"{ "numPassedTests": 7, "numFailedTests": 1, "testResults": [
            { "status": "failed", "assertionResults": [] },
            { "status": "failed", "assertionResults": [{ "status": "failed" }] },
            { "status": "passed", "assertionResults": [{ "status": "passed" }] } ] }"#;
        assert_eq!(vitest(report), Some(Tally { passed: 7, failed: 2 }));
        assert_eq!(vitest("not json"), None);
    }

    #[test]
    fn only_a_tally_with_passes_and_no_failures_is_good() {
        assert!(Tally { passed: 1, failed: 0 }.good());
        assert!(!Tally::default().good());
        assert!(!Tally { passed: 1, failed: 1 }.good());
        assert_eq!(Tally { passed: 3, failed: 4 }.to_string(), "3 passed, 4 failed");
    }
}
