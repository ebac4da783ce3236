//! `kill -9` at random moments, a thousand times: what was acknowledged is there, whole, and no revision goes back.
//!
//! `STATESYNC_KILLS=5000 STATESYNC_SEED=7 cargo test -p statesync-crash --test kills -- --nocapture` tries more.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// A small generator of our own, so that a seed means the same everywhere (xorshift64*, Vigna 2016).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % end
    }
}

/// What is known of one topic.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    /// The last number that was acknowledged as stored.
    stored: u64,
    /// The last number that was written.
    written: u64,
    /// The highest revision anybody saw.
    revision: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Account {
    durable: Known,
    debounced: Known,
    acknowledged: u64,
}

fn numbers(words: &[&str]) -> [u64; 2] {
    [words[0], words[1]].map(|word| word.parse().expect("a number"))
}

impl Account {
    fn hear(&mut self, line: &str) {
        let words: Vec<_> = line.split(' ').collect();
        match words[0] {
            "begin" => {
                assert_eq!(words[5], "", "nothing was torn, and nothing failed: {line}");
                // The write that was under way may have happened; of the other topic all that followed it.
                let next = self.durable.written + 1;
                self.durable.begin(numbers(&words[1..3]), next);
                self.debounced.begin(numbers(&words[3..5]), self.durable.written * 10 + 2);
            }
            "durable" => {
                let [number, revision] = numbers(&words[1..]);
                assert!(revision > self.durable.revision);
                self.durable = Known { stored: number, written: number, revision };
                self.acknowledged += 1;
            }
            _ => {
                let [number, revision] = numbers(&words[1..]);
                assert!(revision > self.debounced.revision);
                self.debounced.written = number;
                self.debounced.revision = revision;
            }
        }
    }
}

impl Known {
    /// The next life.
    fn begin(&mut self, [number, revision]: [u64; 2], at_most: u64) {
        assert!(number >= self.stored, "{number} is not what was acknowledged: {self:?}");
        assert!(number <= at_most, "{number} was never written: {self:?}");
        // A shared database has the one revision of every value, and it stays.
        let is_the_same = revision == self.revision && number == self.written;
        assert!(revision > self.revision || is_the_same, "revision {revision} is not above {self:?}");
        *self = Self { stored: number, written: number, revision };
    }
}

fn kill_again_and_again(storage: &str) {
    let kills = setting("STATESYNC_KILLS", 1000);
    let seed = setting("STATESYNC_SEED", u64::from(std::process::id()) + 1);
    println!("{storage}: {kills} kills, STATESYNC_SEED={seed}");
    let dir = tempfile::tempdir().expect("a directory");
    let mut chance = Chance(seed);
    let mut account = Account::default();
    for _ in 0..kills {
        // Sometimes in the middle of the start, mostly among the writes.
        let pause = Duration::from_micros(chance.below(12_000));
        live(storage, dir.path(), pause, &mut account);
    }
    println!("{storage}: {} acknowledged durable writes, none lost", account.acknowledged);
    assert!(account.acknowledged > kills / 5, "lives got as far as writing");
}

/// One life: killed `pause` after its first line, or after its start when the pause is an odd number.
fn live(storage: &str, dir: &Path, pause: Duration, account: &mut Account) {
    let mut victim = Command::new(env!("CARGO_BIN_EXE_victim"))
        .args([storage, &dir.to_string_lossy()])
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut lines = BufReader::new(victim.stdout.take().expect("a pipe")).lines();
    if !pause.as_micros().is_multiple_of(8) {
        let first = lines.next().expect("it begins").expect("a line");
        account.hear(&first);
    }
    // The moment of the kill is what is random here; nothing is waited for.
    thread::park_timeout(pause);
    victim.kill().expect("it is killed");
    victim.wait().expect("it ends");
    for line in lines.map_while(Result::ok) {
        account.hear(&line);
    }
}

#[test]
fn a_killed_process_loses_no_acknowledged_write_in_files() {
    kill_again_and_again("files");
}

#[test]
fn a_killed_process_loses_no_acknowledged_write_in_sqlite() {
    kill_again_and_again("sqlite");
}

#[test]
fn a_killed_process_loses_no_acknowledged_write_in_a_shared_database() {
    kill_again_and_again("sqlite-shared");
}
