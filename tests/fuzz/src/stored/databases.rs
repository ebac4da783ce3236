//! Damaged databases of the storage in SQLite.

use super::damage::Damage;
use super::folder;
use super::life::{Hit, Life, Saved, check_next, is_storable};
use crate::chance::Chance;
use crate::json;
use crate::target::{Target, without_parts};
use serde_json::Value;
use statesync_core::persist::{Sqlite, StorageBackend};
use std::fs;
use std::sync::Arc;

/// What was saved and what happens to it.
#[derive(Clone, Debug)]
pub struct Case {
    values: Vec<Value>,
    shared: bool,
    /// The process ended without closing the database: there is a journal, and it may be damaged instead.
    journal: Option<bool>,
    damage: Vec<Damage>,
}

/// The target.
pub struct Databases;

impl Target for Databases {
    const NAME: &'static str = "databases";
    const QUICK: u64 = 120;
    type Case = Case;

    fn draw(_: u64, chance: &mut Chance) -> Case {
        let values = (0..2 + chance.below(3)).map(|_| json::value(chance, 12, 4));
        let values: Vec<Value> = values.filter(is_storable).collect();
        let journal = chance.one_in(3).then(|| chance.one_in(2));
        let damage = (0..=chance.below(3)).map(|_| Damage::draw(chance)).collect();
        Case { values, shared: chance.one_in(3), journal, damage }
    }

    fn check(case: &Case) -> Result<u64, String> {
        let dir = folder()?;
        let database = dir.path().join("state.db");
        let journal = dir.path().join("state.db-wal");
        let open_at = |path: &std::path::Path| -> Arc<dyn StorageBackend> {
            if case.shared { Arc::new(Sqlite::shared(path)) } else { Arc::new(Sqlite::open(path)) }
        };
        let life = Life::begin(open_at(&database))?;
        for value in &case.values {
            life.save(value)?;
        }
        let saved = Saved { values: case.values.clone(), revision: life.note.revision().get() };
        // What a process that is killed leaves.
        let left = (fs::read(&database), fs::read(&journal));
        drop(life);
        let next = dir.path().join("next");
        fs::create_dir(&next).map_err(|error| error.to_string())?;
        let (mut bytes, mut log) = (fs::read(&database).map_err(|error| error.to_string())?, Vec::new());
        if let (Some(_), (Ok(open), Ok(beside))) = (case.journal, left) {
            (bytes, log) = (open, beside);
        }
        let in_journal = case.journal == Some(true) && !log.is_empty();
        let (damaged, other) = if in_journal { (&mut log, &bytes) } else { (&mut bytes, &log) };
        let other = if other.is_empty() { damaged.clone() } else { other.clone() };
        for damage in &case.damage {
            *damaged = damage.on(damaged, &other);
        }
        let path = next.join("state.db");
        fs::write(&path, &bytes).map_err(|error| error.to_string())?;
        if !log.is_empty() {
            fs::write(next.join("state.db-wal"), &log).map_err(|error| error.to_string())?;
        }
        check_next(|| open_at(&path), &saved, if in_journal { Hit::Journal } else { Hit::All })?;
        Ok(1)
    }

    fn smaller(case: &Case) -> impl Iterator<Item = Case> {
        let damages = without_parts(&case.damage).map(|damage| Case { damage, ..case.clone() });
        damages.chain(without_parts(&case.values).map(|values| Case { values, ..case.clone() }))
    }

    fn show(case: &Case) -> String {
        crate::target::shortened(&format!("{case:?}"), 3000)
    }
}
