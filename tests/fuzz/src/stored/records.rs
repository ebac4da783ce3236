//! Damaged files of the storage in files.

use super::damage::Damage;
use super::folder;
use super::life::{Hit, Life, NAME, Saved, check_next, is_storable};
use crate::chance::Chance;
use crate::json;
use crate::target::{Target, without_parts};
use serde_json::Value;
use statesync_core::persist::{Body, Files, Format, Fsync, Record, StorageBackend};
use statesync_core::{Revision, TopicName};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Which file of the topic is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    Newest,
    Previous,
    Reserved,
}

/// What was saved and what happens to it.
#[derive(Clone, Debug)]
pub struct Case {
    first: Value,
    second: Value,
    sealed: bool,
    compact: bool,
    which: Which,
    /// Without any, every single bit is flipped, one after the other.
    damage: Vec<Damage>,
}

/// The target.
pub struct Records;

impl Target for Records {
    const NAME: &'static str = "records";
    const QUICK: u64 = 240;
    type Case = Case;

    fn draw(run: u64, chance: &mut Chance) -> Case {
        let which = *chance.pick(&[Which::Newest, Which::Newest, Which::Previous, Which::Reserved]);
        let every_bit = run.is_multiple_of(16);
        let size = if every_bit { 4 } else { 12 };
        Case {
            first: json::value(chance, size, 4),
            second: json::value(chance, size, 4),
            sealed: chance.one_in(4),
            compact: chance.one_in(2),
            which,
            damage: if every_bit {
                Vec::new()
            } else {
                (0..=chance.below(3)).map(|_| Damage::draw(chance)).collect()
            },
        }
    }

    fn check(case: &Case) -> Result<u64, String> {
        let bits = flips(case)?;
        if !case.damage.is_empty() {
            life(case)?;
        }
        Ok(bits)
    }

    fn smaller(case: &Case) -> impl Iterator<Item = Case> {
        // Without any damage it would be another case.
        let damages = without_parts(&case.damage).filter(|damage| !damage.is_empty());
        damages.map(|damage| Case { damage, ..case.clone() })
    }

    fn show(case: &Case) -> String {
        crate::target::shortened(&format!("{case:?}"), 3000)
    }
}

fn format(case: &Case) -> Format {
    if case.compact { Format::Compact } else { Format::Pretty }
}

fn file(dir: &Path, which: Which) -> PathBuf {
    match which {
        Which::Newest => dir.join(format!("{NAME}.json")),
        Which::Previous => dir.join(format!("{NAME}.previous.json")),
        Which::Reserved => dir.join("@reserved.json"),
    }
}

fn record(case: &Case, value: &Value, revision: u64) -> Record {
    let text = value.to_string();
    let body = if case.sealed { Body::Sealed(text.as_bytes().into()) } else { Body::Json(text.into()) };
    Record { schema: 1, revision: Revision::new(revision), reserved: Revision::new(revision + 1000), body }
}

/// Compared as JSON: how it is laid out is the storage's own.
fn same(one: &Record, other: &Record) -> bool {
    let parsed = |body: &Body| match body {
        Body::Json(text) => serde_json::from_str::<Value>(text).ok(),
        Body::Sealed(_) => None,
    };
    let head = |record: &Record| (record.schema, record.revision, record.reserved);
    head(one) == head(other)
        && match (&one.body, &other.body) {
            (Body::Json(_), Body::Json(_)) => parsed(&one.body) == parsed(&other.body),
            (one, other) => one == other,
        }
}

/// Reads damaged files of the storage alone.
fn flips(case: &Case) -> Result<u64, String> {
    let dir = folder()?;
    let error = |error: &dyn std::fmt::Display| error.to_string();
    let (topic, other) = (
        TopicName::new(NAME).map_err(|why| error(&why))?,
        TopicName::new("other").map_err(|why| error(&why))?,
    );
    // It keeps the lock, so that the storages below only read, and what they read stays where it is.
    let owner = Files::in_dir(dir.path()).format(format(case));
    let (first, second) = (record(case, &case.first, 7), record(case, &case.second, 8));
    let reserved = Revision::new(5000);
    for record in [&first, &second] {
        let records = [(topic.clone(), record.clone()), (other.clone(), record.clone())];
        owner.save(&records, Fsync::No).map_err(|why| error(&why))?;
    }
    owner.reserve(reserved).map_err(|why| error(&why))?;
    let path = file(dir.path(), case.which);
    let whole = fs::read(&path).map_err(|why| error(&why))?;
    let beside = fs::read(dir.path().join("other.json")).map_err(|why| error(&why))?;
    let damages: Vec<Vec<u8>> = if case.damage.is_empty() {
        (0..whole.len() * 8).map(|bit| Damage::Flip { bit }.on(&whole, &beside)).collect()
    } else {
        vec![case.damage.iter().fold(whole.clone(), |bytes, damage| damage.on(&bytes, &beside))]
    };
    let single = case.damage.is_empty();
    for (number, damaged) in damages.iter().enumerate() {
        fs::write(&path, damaged).map_err(|why| error(&why))?;
        let storage = Files::in_dir(dir.path());
        let found = storage.load(&topic).map_err(|why| error(&why))?;
        let what = || format!("{:?}, damage {number}: {:?}", case.which, String::from_utf8_lossy(damaged));
        for record in &found.records {
            if ![&first, &second].into_iter().any(|saved| same(saved, record)) {
                return Err(format!("{record:?} was never saved: {}", what()));
            }
        }
        if found.damage.iter().any(|damage| matches!(damage, statesync_core::persist::Damage::Newer { .. })) {
            return Err(format!("a damaged file is taken for one of a newer version: {}", what()));
        }
        let whole_ones = usize::from(case.which == Which::Reserved) + 1;
        if single && found.records.len() < whole_ones {
            return Err(format!("a whole record is not found beside a damaged one: {}", what()));
        }
        let number = storage.reserved().map_err(|why| error(&why))?;
        if number != reserved && number != Revision::ZERO {
            return Err(format!("{number} was never reserved: {}", what()));
        }
    }
    Ok(damages.len() as u64)
}

/// An app that begins with damaged files.
fn life(case: &Case) -> Result<(), String> {
    let dir = folder()?;
    let open = || -> Arc<dyn StorageBackend> { Arc::new(Files::in_dir(dir.path()).format(format(case))) };
    let life = Life::begin(open())?;
    let mut saved = Saved { values: Vec::new(), revision: 0 };
    for value in [&case.first, &case.second] {
        // What no page could read is not stored either.
        if is_storable(value) {
            life.save(value)?;
            saved.values.push(value.clone());
        }
    }
    saved.revision = life.note.revision().get();
    drop(life);
    let path = file(dir.path(), case.which);
    let Ok(whole) = fs::read(&path) else { return Ok(()) };
    let other = fs::read(file(dir.path(), Which::Reserved)).unwrap_or_default();
    let damaged = case.damage.iter().fold(whole, |bytes, damage| damage.on(&bytes, &other));
    fs::write(&path, damaged).map_err(|error| error.to_string())?;
    check_next(open, &saved, Hit::One)
}
