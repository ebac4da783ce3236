//! Two real processes count up in one database, and none of their increments is lost.

use statesync_core::persist::{Persist, Sqlite};
use statesync_core::{Registry, TopicKey};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

const TIMES: u64 = 1000;

struct Running {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Running {
    fn begin(database: &std::path::Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_statesync-processes"))
            .args([database.as_os_str(), TIMES.to_string().as_ref()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut ready = String::new();
        output.read_line(&mut ready).unwrap();
        assert_eq!(ready, "ready\n");
        Self { child, input, output }
    }

    fn go(&mut self) {
        self.input.write_all(b"go\n").unwrap();
    }

    /// The revisions of its increments, and the last value it showed.
    fn finish(mut self) -> (Vec<u64>, u64) {
        let mut lines: Vec<String> = self.output.lines().map(Result::unwrap).collect();
        assert!(self.child.wait().unwrap().success());
        let value = lines.pop().unwrap().strip_prefix("value ").unwrap().parse().unwrap();
        (lines.iter().map(|line| line.parse().unwrap()).collect(), value)
    }
}

#[test]
fn two_processes_lose_no_increment_and_share_no_revision() {
    let rounds = std::env::var("STATESYNC_ROUNDS").map_or(2, |rounds| rounds.parse().unwrap());
    for round in 1..=rounds {
        let dir = tempfile::tempdir().unwrap();
        let database = dir.path().join("state.db");
        let mut running = [(); 2].map(|()| Running::begin(&database));
        let start = Instant::now();
        for process in &mut running {
            process.go();
        }
        let [one, other] = running.map(Running::finish);
        println!("round {round}: {:?}", start.elapsed());
        let all: BTreeSet<u64> = one.0.iter().chain(&other.0).copied().collect();
        assert_eq!(all.len() as u64, 2 * TIMES, "no revision was handed out twice");
        assert_eq!(all.last(), Some(&(2 * TIMES + 1)), "and none was left out");
        for (revisions, _) in [&one, &other] {
            assert!(revisions.is_sorted(), "a process went back");
        }
        assert_eq!(one.1.max(other.1), 2 * TIMES);
        // They took turns: nobody waited until the other one was done.
        assert!(one.0[0].max(other.0[0]) < TIMES, "{} and {}", one.0[0], other.0[0]);
        let registry = Registry::new("e");
        registry.persist_with(Arc::new(Sqlite::shared(&database)), || {}, |event| panic!("{event}"));
        let key = TopicKey::<u64>::new("count");
        registry.persist(key.clone(), Persist::new()).unwrap();
        let count = registry.register(key, 0).unwrap();
        assert_eq!((count.get(), count.revision().get()), (2 * TIMES, 2 * TIMES + 1));
    }
}
