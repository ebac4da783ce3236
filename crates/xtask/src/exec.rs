//! Running other programs: every command is printed before it runs, its output is passed on and kept, and none runs
//! for ever.

use std::{
    env,
    ffi::OsStr,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::{processes, repo};

/// How one program ended, and what it wrote to its standard output.
pub struct Ran {
    pub end: End,
    pub lines: Vec<String>,
}

/// The ways a program ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// Exit code 0.
    Succeeded,
    /// Another exit code, or a signal.
    Failed,
    /// Killed with all its children because its time was up.
    TimedOut,
}

/// A command at the repository's root, without what the outer `cargo run` left in the environment.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(repo::root()).stdin(Stdio::null());
    for (name, _) in env::vars_os() {
        let left_over = name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || name.starts_with("npm_")
        });
        if left_over {
            command.env_remove(name);
        }
    }
    command
}

/// A cargo command, by the cargo that runs us, building into the repository's own `target/`.
pub fn cargo<I: AsRef<OsStr>>(arguments: impl IntoIterator<Item = I>) -> Command {
    let mut command = command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).env_remove("CARGO_TARGET_DIR");
    command
}

/// Runs a command for at most `limit`, passing its output on and keeping it.
///
/// # Errors
/// When the program cannot be started at all.
pub fn run(command: &mut Command, limit: Duration) -> Result<Ran> {
    announce(command);
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("{} cannot be started", command.get_program().to_string_lossy()))?;
    let lines = pass_on(&mut child);
    let end = wait(&mut child, limit)?;
    let mut kept = Vec::new();
    // A grandchild that outlives its parent may keep the pipe open: it does not keep us.
    while let Ok(line) = lines.recv_timeout(Duration::from_secs(2)) {
        kept.push(line);
    }
    Ok(Ran { end, lines: kept })
}

/// Runs a command whose output nobody counts, and makes failure an error.
///
/// # Errors
/// When it cannot be started, fails, or takes longer than `limit`.
pub fn must(command: &mut Command, limit: Duration) -> Result<()> {
    match run(command, limit)?.end {
        End::Succeeded => Ok(()),
        End::Failed => bail!("failed: {}", shown(command)),
        End::TimedOut => bail!("took longer than {} s: {}", limit.as_secs(), shown(command)),
    }
}

/// Whether a quiet question to another program is answered with success.
pub fn says_yes(program: &str, arguments: &[&str]) -> bool {
    let status = command(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// What a quiet program prints, trimmed; nothing when it fails.
pub fn answer(program: &str, arguments: &[&str]) -> Option<String> {
    let output = command(program).args(arguments).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The place of a program in PATH.
pub fn find_program(name: &str) -> Option<std::path::PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.is_file())
}

fn announce(command: &Command) {
    println!("$ {}", shown(command));
}

/// A command as one could type it at the repository's root.
fn shown(command: &Command) -> String {
    let set = command.get_envs().filter_map(|(name, value)| {
        Some(format!("{}={}", name.to_string_lossy(), quoted(&value?.to_string_lossy())))
    });
    let place = command.get_current_dir().unwrap_or(repo::root());
    let moved = (place != repo::root()).then(|| format!("cd {} &&", place.display()));
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words = words.map(|word| quoted(&local(&word.to_string_lossy(), place)));
    moved.into_iter().chain(set).chain(words).collect::<Vec<_>>().join(" ")
}

/// A word without the path to the place it is used in. Cargo is cargo, wherever it is installed.
fn local(word: &str, place: &Path) -> String {
    let word = Path::new(word);
    if word.file_name().is_some_and(|name| name == "cargo") {
        return "cargo".to_owned();
    }
    word.strip_prefix(place).unwrap_or(word).display().to_string()
}

fn quoted(word: &str) -> String {
    if !word.is_empty()
        && !word.contains(|letter: char| letter.is_whitespace() || "'\"$*;|&()".contains(letter))
    {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Prints the child's lines as they come and hands them over.
fn pass_on(child: &mut Child) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    if let Some(output) = child.stdout.take() {
        thread::spawn(move || {
            let mut output = BufReader::new(output);
            let mut bytes = Vec::new();
            while output.read_until(b'\n', &mut bytes).is_ok_and(|count| count > 0) {
                let line = String::from_utf8_lossy(&bytes).trim_end_matches(['\n', '\r']).to_owned();
                println!("{line}");
                bytes.clear();
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
    }
    receiver
}

fn wait(child: &mut Child, limit: Duration) -> Result<End> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(if status.success() { End::Succeeded } else { End::Failed });
        }
        if Instant::now() >= deadline {
            processes::kill_tree(child.id());
            child.wait()?;
            return Ok(End::TimedOut);
        }
        thread::sleep(Duration::from_millis(20));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn output_is_kept_line_by_line() {
        let ran = run(command("sh").args(["-c", "echo one; echo two"]), SECOND * 60).expect("sh runs");
        assert_eq!(ran.end, End::Succeeded);
        assert_eq!(ran.lines, ["one", "two"]);
    }

    #[test]
    fn a_failure_is_told_from_a_success() {
        let ran = run(command("sh").args(["-c", "exit 3"]), SECOND * 60).expect("sh runs");
        assert_eq!(ran.end, End::Failed);
    }

    #[test]
    fn a_command_that_hangs_is_ended() {
        let ran = run(command("sleep").arg("600"), SECOND / 10).expect("sleep runs");
        assert_eq!(ran.end, End::TimedOut);
    }

    #[test]
    fn a_shown_command_can_be_typed() {
        let mut command = command("sh");
        command.args(["-c", "a b"]).env("X", "y z");
        assert!(shown(&command).ends_with("X='y z' sh -c 'a b'"));
    }
}
