//! Both apps at once, their figures side by side, and what may not be.

use crate::Length;
use crate::figures::{Figures, megabytes};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread;

/// The plugin may keep so much more than the app without it, beside what it is more by at the start: allocators and
/// garbage collectors differ by that much from one time to the next.
const MORE_BYTES: u64 = 24 << 20;
/// And so many more open files.
const MORE_FILES: u64 = 16;

type Rows = Vec<(String, Figures)>;

/// Plays the soak and prints the table. False when something is left that should not.
pub fn soak(_: Length, options: &[&str]) -> Result<bool, String> {
    let with = start("play-with", options)?;
    let without = start("play-without", options)?;
    let (with, without) = (finish(with)?, finish(without)?);
    print(&with, &without);
    let problems = problems(&with, &without);
    for problem in &problems {
        println!("FAILED {problem}");
    }
    let checks = CHECKS.len() as u64;
    let failed = problems.len() as u64;
    println!("\n{} passed, {failed} failed", checks - failed);
    Ok(failed == 0)
}

/// An app that plays, and what reads its rows and its other lines.
type Playing = (Child, thread::JoinHandle<(Rows, Vec<String>)>);

fn start(role: &str, options: &[&str]) -> Result<Playing, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut child = Command::new(program)
        .arg(role)
        .args(options)
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("the app cannot be started: {error}"))?;
    let output = child.stdout.take().ok_or("no output")?;
    let role = role.to_owned();
    let reader = thread::spawn(move || {
        let (mut rows, mut rest) = (Rows::new(), Vec::new());
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            match row(&line) {
                Some(row) => {
                    println!("{role:<13} {:<12} app {:>7} MB", row.0, megabytes(row.1.app));
                    rows.push(row);
                }
                None => rest.push(line),
            }
        }
        (rows, rest)
    });
    Ok((child, reader))
}

fn finish((mut child, reader): Playing) -> Result<Rows, String> {
    let status = child.wait().map_err(|error| error.to_string())?;
    let (rows, rest) = reader.join().map_err(|_| "no figures")?;
    if status.success() { Ok(rows) } else { Err(format!("the app ended with {status}: {}", rest.join("\n"))) }
}

/// `figures {..} part`
fn row(line: &str) -> Option<(String, Figures)> {
    let (figures, part) = line.strip_prefix("figures ")?.rsplit_once("} ")?;
    Some((part.to_owned(), serde_json::from_str(&format!("{figures}}}")).ok()?))
}

fn print(with: &Rows, without: &Rows) {
    println!("\nmemory in MB, open files; the app's process and (all its processes)");
    println!("{:<14} {:^34}   {:^34}", "", "with the plugin", "without");
    for ((part, with), (_, without)) in with.iter().zip(without) {
        println!("{part:<14} {}   {}", cells(with), cells(without));
    }
}

fn cells(figures: &Figures) -> String {
    let Figures { app, all, files, all_files, processes } = figures;
    format!("{:>6} ({:>7}) {files:>4} ({all_files:>5}) {processes:>3} pr", megabytes(*app), megabytes(*all))
}

type Check = fn(&Figures, &Figures, &Figures, &Figures) -> Option<String>;

/// Begin and end with the plugin, begin and end without it.
const CHECKS: [Check; 3] = [memory, all_memory, files];

fn problems(with: &Rows, without: &Rows) -> Vec<String> {
    let ends = |rows: &Rows| Some((rows.first()?.1, rows.last()?.1));
    match ends(with).zip(ends(without)) {
        Some(((begin, end), (plain_begin, plain_end))) => {
            CHECKS.iter().filter_map(|check| check(&begin, &end, &plain_begin, &plain_end)).collect()
        }
        None => vec!["there are no figures".into()],
    }
}

fn grown(begin: u64, end: u64) -> u64 {
    end.saturating_sub(begin)
}

fn memory(begin: &Figures, end: &Figures, plain_begin: &Figures, plain_end: &Figures) -> Option<String> {
    let (with, without) = (grown(begin.app, end.app), grown(plain_begin.app, plain_end.app));
    more("the app's memory", with, without, MORE_BYTES.min(begin.app / 4))
}

fn all_memory(begin: &Figures, end: &Figures, plain_begin: &Figures, plain_end: &Figures) -> Option<String> {
    let (with, without) = (grown(begin.all, end.all), grown(plain_begin.all, plain_end.all));
    more("the memory of all processes", with, without, begin.all / 4)
}

fn files(begin: &Figures, end: &Figures, plain_begin: &Figures, plain_end: &Figures) -> Option<String> {
    let (with, without) = (grown(begin.files, end.files), grown(plain_begin.files, plain_end.files));
    (with > without + MORE_FILES).then(|| format!("{with} more open files, without the plugin {without}"))
}

fn more(what: &str, with: u64, without: u64, allowed: u64) -> Option<String> {
    let (grew, plain) = (megabytes(with), megabytes(without));
    (with > without + allowed).then(|| format!("{what} grew by {grew} MB, without the plugin by {plain} MB"))
}

#[cfg(test)]
mod tests {
    use super::{Rows, problems, row};
    use crate::figures::Figures;

    fn rows(apps: [u64; 2], files: [u64; 2]) -> Rows {
        let figures = |place: usize| Figures {
            app: apps[place] << 20,
            all: 400 << 20,
            files: files[place],
            all_files: 0,
            processes: 1,
        };
        vec![("start".into(), figures(0)), ("end".into(), figures(1))]
    }

    #[test]
    fn what_grows_no_more_than_without_the_plugin_passes() {
        assert!(problems(&rows([100, 160], [20, 30]), &rows([90, 145], [20, 25])).is_empty());
    }

    #[test]
    fn what_grows_far_more_fails() {
        assert_eq!(problems(&rows([100, 190], [20, 30]), &rows([90, 100], [20, 25])).len(), 1);
        assert_eq!(problems(&rows([100, 100], [20, 90]), &rows([90, 100], [20, 25])).len(), 1);
        assert_eq!(problems(&Rows::new(), &Rows::new()).len(), 1);
    }

    #[test]
    fn a_line_of_figures_is_read_back() {
        let figures = Figures { app: 1, all: 2, files: 3, all_files: 4, processes: 5 };
        let line = format!("figures {} updates 1/8", serde_json::to_string(&figures).expect("numbers"));
        assert_eq!(row(&line), Some(("updates 1/8".into(), figures)));
        assert_eq!(row("something else"), None);
    }
}
