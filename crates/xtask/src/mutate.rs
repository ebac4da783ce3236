//! `cargo xtask mutate`: breaks one rule after the other in a scratch copy of the repository and runs the simulation of
//! the test command on it, or the test that a row of the table names. A rule whose breaking nobody notices is not proved.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{
    copy,
    exec::{self, End},
    exit_code, need, repo, setup,
    sim::Simulation,
};

const TABLE: &str = "tests/sim/mutations.json";
const LIMIT: Duration = Duration::from_secs(30 * 60);

/// One way to break one rule: in one file, one text replaced by another.
#[derive(PartialEq, Eq, Debug)]
struct Mutation {
    rule: String,
    file: String,
    find: String,
    replace: String,
    caught_by: Catcher,
}

/// What has to notice.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Catcher {
    /// The simulation of the test command, with its seeds.
    Simulation,
    /// A test command, for a rule that no simulation can see.
    Tests(String),
}

/// What became of a broken rule.
#[derive(PartialEq, Eq, Debug)]
enum Verdict {
    /// The simulation failed, with this as its first word on it.
    Caught(String),
    /// The simulation ran to its end as if nothing were broken.
    Missed,
    /// The simulation never ended.
    Hung,
    /// The broken sources do not build, or the text to replace is not there: the table is wrong.
    Unusable(String),
}

/// Tries all mutations, or those of the named rules.
///
/// # Errors
/// When the table cannot be read, or the simulation fails without any mutation.
pub fn run(rules: &[String]) -> Result<ExitCode> {
    setup::ensure(&[need::CORE])?;
    let text = fs::read_to_string(repo::root().join(TABLE)).with_context(|| format!("{TABLE} is missing"))?;
    let mut mutations = table(&text)?;
    mutations.retain(|mutation| rules.is_empty() || rules.contains(&mutation.rule));
    if mutations.is_empty() {
        bail!("no mutation breaks {}", rules.join(", "));
    }
    let sources = repo::target().join("mutate/sources");
    copy::sources(repo::root(), &sources)?;
    link_node_modules(&sources)?;
    match attempt(&sources, &Catcher::Simulation)? {
        Verdict::Missed => {}
        other => bail!("the simulation is not green before anything is broken: {other:?}"),
    }
    let mut rows = Vec::new();
    for mutation in &mutations {
        println!("\n== {}: {}", mutation.rule, mutation.file);
        let began = Instant::now();
        let verdict = try_one(&sources, mutation)?;
        rows.push((mutation, verdict, began.elapsed().as_secs_f64()));
    }
    println!();
    for (mutation, verdict, seconds) in &rows {
        println!("{:<20} {:<34} {seconds:>6.1} s  {}", mutation.rule, mutation.file, verdict.told());
    }
    let caught = rows.iter().filter(|row| matches!(row.1, Verdict::Caught(_) | Verdict::Hung)).count();
    println!("\n{caught} caught, {} not", rows.len() - caught);
    Ok(exit_code(caught == rows.len()))
}

impl Verdict {
    fn told(&self) -> String {
        match self {
            Self::Caught(line) => format!("caught: {line}"),
            Self::Missed => "NOT CAUGHT".to_owned(),
            Self::Hung => "caught: it hangs".to_owned(),
            Self::Unusable(why) => format!("UNUSABLE: {why}"),
        }
    }
}

fn table(text: &str) -> Result<Vec<Mutation>> {
    let rows: Vec<Value> = serde_json::from_str(text)?;
    let text = |row: &Value, name: &str| {
        let value = row[name].as_str().with_context(|| format!("a mutation has no {name}: {row}"));
        value.map(str::to_owned)
    };
    rows.iter()
        .map(|row| {
            Ok(Mutation {
                rule: text(row, "rule")?,
                file: text(row, "file")?,
                find: text(row, "find")?,
                replace: text(row, "replace")?,
                caught_by: match row["caught_by"].as_str() {
                    None | Some("sim") => Catcher::Simulation,
                    Some(command) => Catcher::Tests(command.to_owned()),
                },
            })
        })
        .collect()
}

/// Breaks one rule, runs the simulation, and mends the rule again.
fn try_one(sources: &Path, mutation: &Mutation) -> Result<Verdict> {
    let path = sources.join(&mutation.file);
    let whole = fs::read_to_string(&path).with_context(|| format!("{} is missing", mutation.file))?;
    let found = whole.matches(&mutation.find).count();
    if found != 1 {
        return Ok(Verdict::Unusable(format!("the text to replace occurs {found} times")));
    }
    fs::write(&path, whole.replacen(&mutation.find, &mutation.replace, 1))?;
    let verdict = attempt(sources, &mutation.caught_by);
    fs::write(&path, whole)?;
    verdict
}

fn attempt(sources: &Path, catcher: &Catcher) -> Result<Verdict> {
    match catcher {
        Catcher::Simulation => match Simulation::build(sources) {
            Ok(simulation) => judge(simulation.command().args(["--most-failures", "1"])),
            Err(error) => Ok(Verdict::Unusable(error.to_string())),
        },
        Catcher::Tests(command) => {
            let mut shell = exec::command("sh");
            // Both outputs are read: test programs differ in where they name a failure.
            shell
                .args(["-c", &format!("{{ {command}; }} 2>&1")])
                .env_remove("CARGO_TARGET_DIR")
                .env("NO_COLOR", "1");
            judge(shell.current_dir(sources))
        }
    }
}

fn judge(command: &mut Command) -> Result<Verdict> {
    let ran = exec::run(command, LIMIT)?;
    Ok(match (ran.end, first_failure(&ran.lines)) {
        (End::Succeeded, _) => Verdict::Missed,
        (End::Failed, Some(line)) => Verdict::Caught(line),
        (End::Failed, None) => {
            Verdict::Unusable("it failed without naming a test: it does not build?".to_owned())
        }
        (End::TimedOut, _) => Verdict::Hung,
    })
}

/// The line that names the failing run or test: of the simulation, of the Rust harness, of vitest.
fn first_failure(lines: &[String]) -> Option<String> {
    let names = |line: &&String| [" broke `", " ... FAILED", "FAIL "].iter().any(|mark| line.contains(mark));
    lines.iter().find(names).map(|line| line.trim().to_owned())
}

/// The copy uses the repository's npm packages.
fn link_node_modules(sources: &Path) -> Result<()> {
    let link: PathBuf = sources.join("node_modules");
    if !link.exists() {
        std::os::unix::fs::symlink(repo::root().join("node_modules"), link)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_row_needs_all_four_parts() {
        let row = r#"[{ "rule": "owed", "file": "a.ts", "find": "x", "replace": "y" }]"#;
        assert_eq!(table(row).expect("complete")[0].rule, "owed");
        assert!(table(r#"[{ "rule": "owed", "file": "a.ts", "find": "x" }]"#).is_err());
    }

    #[test]
    fn every_way_to_break_a_rule_fits_the_sources_as_they_are() {
        let text = fs::read_to_string(repo::root().join(TABLE)).expect("the table is there");
        for Mutation { rule, file, find, .. } in table(&text).expect("the table is complete") {
            let whole = fs::read_to_string(repo::root().join(&file)).expect("the file is there");
            assert_eq!(whole.matches(&find).count(), 1, "{rule}: {find:?} in {file}");
        }
    }

    #[test]
    fn a_row_is_for_the_simulation_unless_it_names_a_test() {
        let row =
            |more: &str| format!(r#"[{{ "rule": "r", "file": "f", "find": "x", "replace": ""{more} }}]"#);
        assert_eq!(table(&row("")).expect("complete")[0].caught_by, Catcher::Simulation);
        let tested = table(&row(r#", "caught_by": "cargo test""#)).expect("complete");
        assert_eq!(tested[0].caught_by, Catcher::Tests("cargo test".to_owned()));
    }

    #[test]
    fn the_first_failure_is_the_line_that_says_so() {
        let lines =
            ["starts", "run 7 of seed 1 broke `owed` at 3 ms:", "6 passed, 1 failed"].map(str::to_owned);
        assert_eq!(first_failure(&lines).as_deref(), Some("run 7 of seed 1 broke `owed` at 3 ms:"));
        assert_eq!(first_failure(&lines[..1]), None);
    }

    #[test]
    fn a_text_that_is_not_there_once_makes_the_row_unusable() {
        let folder = std::env::temp_dir().join(format!("statesync-mutate-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder can be made");
        fs::write(folder.join("a.ts"), "x x").expect("a file can be written");
        let [rule, file, find, replace] = ["owed", "a.ts", "x", "y"].map(str::to_owned);
        let caught_by = Catcher::Simulation;
        let verdict = try_one(&folder, &Mutation { rule, file, find, replace, caught_by });
        fs::remove_dir_all(&folder).expect("the folder can be removed");
        assert_eq!(
            verdict.expect("readable"),
            Verdict::Unusable("the text to replace occurs 2 times".to_owned())
        );
    }
}
