//! Power cuts: what was synced is on the disk, and what was being written may be there, in part, or as rubbish.
//!
//! A commit appends frames to the journal and syncs it. So a cut during the next one leaves the journal as it was, with
//! anything in the frames that came after. Every such journal is made, at every frame boundary and within frames,
//! and a new life begins on it.

use crate::{COUNT, OTHER, Process};
use statesync_core::persist::Sqlite;
use statesync_core::{Registry, Topic};
use std::fs;
use std::path::Path;

/// What is on the disk, and what was acknowledged by then: both counters have this value.
struct Disk {
    database: Vec<u8>,
    journal: Vec<u8>,
    acknowledged: u64,
    revision: u64,
}

fn topics(process: &Process) -> [Topic<u64>; 2] {
    [COUNT, OTHER].map(|key| process.counter(key))
}

fn add_to_both(registry: &Registry, [one, other]: &[Topic<u64>; 2]) {
    registry
        .transaction(|tx| {
            tx.durable();
            tx.update(one, |n| *n += 1)?;
            tx.update(other, |n| *n += 1)
        })
        .unwrap();
}

fn disk(dir: &Path, acknowledged: u64, revision: u64) -> Disk {
    let read = |ending| fs::read(dir.join(format!("state.db{ending}"))).unwrap_or_default();
    Disk { database: read(""), journal: read("-wal"), acknowledged, revision }
}

fn storage(dir: &Path, shared: bool) -> Sqlite {
    let path = dir.join("state.db");
    if shared { Sqlite::shared(path) } else { Sqlite::open(path) }
}

/// Begins a life on what the cut left, and says what both counters have.
fn next_life(database: &[u8], journal: &[u8], shared: bool) -> (u64, u64) {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("state.db"), database).unwrap();
    fs::write(dir.path().join("state.db-wal"), journal).unwrap();
    let process = Process::on(storage(dir.path(), shared));
    let both = topics(&process);
    assert_eq!(both[0].get(), both[1].get(), "half a transaction");
    assert_eq!(process.told(), Vec::<&str>::new(), "nothing is damaged");
    let shown = (both[0].get(), both[0].revision().get());
    add_to_both(&process.registry, &both);
    assert_eq!(both[0].get(), shown.0 + 1, "and life goes on");
    shown
}

/// The disk after the start, and after each of these commits.
fn life(dir: &Path, shared: bool, commits: u64) -> Vec<Disk> {
    let process = Process::on(storage(dir, shared));
    let both = topics(&process);
    let mut disks = vec![disk(dir, 0, both[0].revision().get())];
    for n in 1..=commits {
        add_to_both(&process.registry, &both);
        disks.push(disk(dir, n, both[0].revision().get()));
    }
    disks
}

const HEADER: usize = 32;
const FRAME: usize = 24 + 4096;

#[test]
fn a_power_cut_within_a_commit_loses_none_before_it_and_tears_nothing() {
    for shared in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        let disks = life(dir.path(), shared, 4);
        let mut cuts = 0;
        for pair in disks.windows(2) {
            let [before, after] = pair else { unreachable!() };
            assert_eq!(before.database, after.database, "all of it is in the journal");
            assert_eq!((before.journal.len() - HEADER) % FRAME, 0);
            let (synced, written) = (before.journal.len(), after.journal.len());
            assert!(written > synced && after.journal.starts_with(&before.journal));
            let mut check = |journal: &[u8], what: &str| {
                cuts += 1;
                let (value, revision) = next_life(&after.database, journal, shared);
                let whole = journal == after.journal;
                let allowed = [before.acknowledged, after.acknowledged];
                assert!(allowed[usize::from(whole)..].contains(&value), "{what}: {value}");
                assert!(revision >= before.revision, "{what}: revision {revision}");
            };
            for frame in (synced..written).step_by(FRAME) {
                for within in [0, 1, 8, 24, 25, FRAME / 2, FRAME - 1] {
                    let end = frame + within;
                    check(&after.journal[..end], "cut");
                    let mut zeros = after.journal[..end].to_vec();
                    zeros.resize(written, 0);
                    check(&zeros, "zeros");
                    let mut rubbish = after.journal.clone();
                    rubbish[end..].iter_mut().for_each(|byte| *byte ^= 0x5A);
                    check(&rubbish, "rubbish");
                }
                // A later frame reached the disk, and this one did not.
                let mut hole = after.journal.clone();
                hole[frame..frame + FRAME].fill(0);
                check(&hole, "hole");
            }
            check(&after.journal, "whole");
        }
        assert!(cuts > 100, "{cuts} cuts were made");
    }
}

#[test]
fn a_power_cut_while_the_journal_is_copied_to_the_database_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let last = life(dir.path(), true, 6).pop().unwrap();
    // The last one that closed the database copied everything.
    let copied = fs::read(dir.path().join("state.db")).unwrap();
    assert!(!dir.path().join("state.db-wal").exists());
    let mut old = last.database.clone();
    old.resize(copied.len(), 0);
    let pages = copied.len() / 4096;
    for subset in 0..1_u32 << pages.min(6) {
        let mut mixed = old.clone();
        for page in (0..pages).filter(|page| subset & (1 << (page % 6)) != 0) {
            let at = page * 4096;
            let torn = if page % 2 == 0 { 4096 } else { 512 };
            mixed[at..at + torn].copy_from_slice(&copied[at..at + torn]);
        }
        let (value, revision) = next_life(&mixed, &last.journal, true);
        assert_eq!((value, revision), (last.acknowledged, last.revision));
    }
}
