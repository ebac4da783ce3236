//! Two real processes, and locks that are deleted or replaced while they run: never two that save.
#![cfg(unix)]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

struct Saver {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// What it began with, and was told.
    began: String,
}

impl Saver {
    fn begin(storage: &str, dir: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_saver"))
            .args([storage, &dir.to_string_lossy()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let input = child.stdin.take().expect("a pipe");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut saver = Self { child, input, output, began: String::new() };
        saver.began = saver.line();
        saver
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("it answers");
        line.trim_end().to_owned()
    }

    fn save(&mut self, number: u64) -> String {
        writeln!(self.input, "{number}").expect("it listens");
        self.line()
    }

    fn end(self) {
        let Self { mut child, input, .. } = self;
        drop(input);
        assert!(child.wait().expect("it ends").success());
    }
}

#[test]
fn a_second_process_is_held_although_the_lock_of_the_first_one_is_gone() {
    for replaced in [false, true] {
        let dir = tempfile::tempdir().expect("a directory");
        let mut first = Saver::begin("files", dir.path());
        assert_eq!(first.save(1), "saved");
        fs::remove_file(dir.path().join("@lock")).expect("there is one");
        if replaced {
            fs::write(dir.path().join("@lock"), "").expect("a file");
        }
        let mut second = Saver::begin("files", dir.path());
        assert_eq!(second.began, "begin 1 held,held");
        assert!(second.save(2).starts_with("refused"));
        assert_eq!(first.save(3), "saved");
        first.end();
        second.end();
        assert_eq!(Saver::begin("files", dir.path()).began, "begin 3");
    }
}

#[test]
fn a_process_whose_files_another_one_took_over_saves_no_more_also_when_that_one_has_ended() {
    for (storage, removed) in [("files", "state"), ("sqlite", "state/state.db-lock")] {
        let dir = tempfile::tempdir().expect("a directory");
        let (state, removed) = (dir.path().join("state"), dir.path().join(removed));
        let mut first = Saver::begin(storage, &state);
        assert_eq!(first.save(1), "saved");
        if removed.is_dir() {
            fs::remove_dir_all(&removed).expect("it is there");
        } else {
            fs::remove_file(&removed).expect("it is there");
        }
        let mut second = Saver::begin(storage, &state);
        assert_eq!(second.save(2), "saved", "{storage}");
        let refused = first.save(3);
        assert!(refused.contains("restart this one"), "{storage}: {refused}");
        second.end();
        assert!(first.save(4).starts_with("refused"), "{storage}");
        first.end();
        assert_eq!(Saver::begin(storage, &state).began, "begin 2", "{storage}");
    }
}

#[test]
fn a_process_that_notices_first_goes_on_and_keeps_the_second_one_out() {
    for (storage, lock) in [("files", "@lock"), ("sqlite", "state.db-lock")] {
        let dir = tempfile::tempdir().expect("a directory");
        let mut first = Saver::begin(storage, dir.path());
        fs::remove_file(dir.path().join(lock)).expect("there is one");
        assert_eq!(first.save(1), "saved");
        let mut second = Saver::begin(storage, dir.path());
        assert_eq!(second.began, "begin 1 held,held", "{storage}");
        assert!(second.save(2).starts_with("refused"), "{storage}");
        assert_eq!(first.save(3), "saved", "{storage}");
    }
}
