//! Runs players as processes of their own: one that crashes, hangs or takes too much memory is a finding with the run it
//! was at, and ends nothing else.

use crate::player::PROGRESS;
use crate::target::Wish;
use std::env;
use std::fs;
use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The memory a player may have, in kilobytes: what is gone then would be gone from the app.
const MOST_KILOBYTES: u64 = 6 << 20;
/// A player that is at the same run for this long hangs.
const HANGS: Duration = Duration::from_secs(300);
const LOOK: Duration = Duration::from_millis(20);

/// How many runs held.
#[derive(Clone, Copy, Default)]
pub struct Played {
    pub passed: u64,
    pub failed: u64,
}

/// How far a player is: the run it plays, how many it has played, and how much was tried in them.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Progress {
    run: u64,
    played: u64,
    tried: u64,
}

/// Plays a target on all workers, and reports.
pub fn play(name: &str, wish: &Wish) -> Played {
    let began = Instant::now();
    let workers = wish.workers.min(wish.runs.unwrap_or(u64::MAX)).max(1);
    let players: Vec<_> = (0..workers)
        .map(|worker| {
            let runs = wish.runs.map(|runs| runs / workers + u64::from(worker < runs % workers));
            let share = Wish { from: wish.from + worker, runs, workers, ..wish.clone() };
            let name = name.to_owned();
            thread::spawn(move || {
                watch(&name, &share).unwrap_or_else(|error| (Progress::default(), Some(error.to_string())))
            })
        })
        .collect();
    let mut played = Played::default();
    let mut tried = 0;
    let mut stories = Vec::new();
    for player in players {
        let (progress, story) = player.join().expect("a watcher does not panic");
        played.passed += progress.played;
        tried += progress.tried;
        stories.extend(story.map(|story| (progress.run, story)));
    }
    played.failed = stories.len() as u64;
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{name:<10} {:>9} runs {tried:>11} tried {seconds:>7.1} s {:>3} failed",
        played.passed, played.failed
    );
    for (run, story) in stories {
        let seed = wish.seed.unwrap_or_default();
        let strict = if wish.strict { " --strict" } else { "" };
        println!(
            "\n{name}: {story}\nreplay: cargo xtask fuzz --seed {seed} --from {run} --runs 1{strict} {name}\n"
        );
    }
    played
}

/// One player from its begin to its end, with what it had to report.
fn watch(name: &str, wish: &Wish) -> io::Result<(Progress, Option<String>)> {
    let file = tempfile::NamedTempFile::new()?;
    let mut child = command(name, wish)?
        .env(PROGRESS, file.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let output = read_all(child.stdout.take());
    let errors = read_all(child.stderr.take());
    let end = wait(&mut child, || progress(file.path()))?;
    let text = |reader: thread::JoinHandle<String>| reader.join().unwrap_or_default();
    let (output, errors) = (text(output), text(errors));
    let progress = progress(file.path());
    let story = match end {
        End::Exited(status) if status.success() => None,
        End::Exited(_) if !output.trim().is_empty() => Some(output.trim().to_owned()),
        End::Exited(status) => {
            Some(format!("run {} ended the process ({status}): {}", progress.run, errors.trim()))
        }
        End::Hung => Some(format!("run {} did not end within {} s", progress.run, HANGS.as_secs())),
    };
    Ok((progress, story))
}

/// This program as a player. The shell limits its memory, where there is one.
fn command(name: &str, wish: &Wish) -> io::Result<Command> {
    let program = env::current_exe()?;
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -c 0; ulimit -v {MOST_KILOBYTES} 2>/dev/null; exec \"$0\" \"$@\"")]);
    command.arg(program).arg("--player").arg(name);
    let mut option = |option: &str, value: Option<u64>| {
        command.args(value.into_iter().flat_map(|value| [option.to_owned(), value.to_string()]));
    };
    option("--seed", wish.seed);
    option("--from", Some(wish.from));
    option("--runs", wish.runs);
    option("--seconds", wish.time.map(|time| time.as_secs()));
    option("--workers", Some(wish.workers));
    command.args(wish.strict.then_some("--strict"));
    Ok(command)
}

enum End {
    Exited(ExitStatus),
    Hung,
}

fn wait(child: &mut Child, progress: impl Fn() -> Progress) -> io::Result<End> {
    let mut last = (progress(), Instant::now());
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(End::Exited(status));
        }
        let now = progress();
        if now != last.0 {
            last = (now, Instant::now());
        } else if last.1.elapsed() > HANGS {
            child.kill()?;
            child.wait()?;
            return Ok(End::Hung);
        }
        thread::sleep(LOOK);
    }
}

fn progress(path: &std::path::Path) -> Progress {
    let bytes = fs::read(path).unwrap_or_default();
    let number = |at: usize| {
        let bytes = bytes.get(at..at + 8).and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(0, u64::from_le_bytes)
    };
    Progress { run: number(0), played: number(8), tried: number(16) }
}

fn read_all(from: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut from) = from {
            let _ = from.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
