//! From a stored value of an older version of the app to one of today's: typed steps, all or none.

use crate::contain::said;
use crate::depth;
use crate::json::stored_json;
use crate::numbers;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};

type Step = Box<dyn Fn(Json) -> Result<Json, String> + Send + Sync>;

/// The steps of one topic.
pub(crate) struct Migrations {
    /// Today's version.
    pub(crate) current: u32,
    steps: BTreeMap<u32, Step>,
    /// A version two steps were given for.
    twice: Option<u32>,
}

impl Default for Migrations {
    fn default() -> Self {
        Self { current: 1, steps: BTreeMap::new(), twice: None }
    }
}

/// Why a stored value did not become one of today's version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum MigrationError {
    #[error("there is no step from version {from} of its shape")]
    Missing { from: u32 },
    #[error("the step from version {from} failed: {reason}")]
    Failed { from: u32, reason: String },
}

impl Migrations {
    pub(crate) fn add<A, B, E>(&mut self, from: u32, step: impl Fn(A) -> Result<B, E> + Send + Sync + 'static)
    where
        A: DeserializeOwned,
        B: Serialize,
        E: Display,
    {
        let step: Step = Box::new(move |mut json| {
            let old = numbers::from_json::<A>(&mut json).map_err(|error| {
                format!("the stored value does not fit at {}: {}", error.path(), error.inner())
            })?;
            let new = step(old).map_err(|error| error.to_string())?;
            stored_json(&new).and_then(|text| depth::read(&text)).map_err(|error| error.to_string())
        });
        if self.steps.insert(from, step).is_some() {
            self.twice = Some(from);
        }
    }

    /// What is wrong with the steps themselves, whatever is stored.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.current == 0 {
            return Err("the first schema version is 1".into());
        }
        if let Some(from) = self.twice {
            return Err(format!("there are two steps from schema version {from}: keep one"));
        }
        if let Some((from, _)) = self.steps.range(self.current..).next() {
            let current = self.current;
            return Err(format!(
                "there is a step from schema version {from}, and the schema is {current}: count `schema` up to {}",
                from + 1
            ));
        }
        let first = self.steps.keys().next().copied().unwrap_or(self.current);
        match (first..self.current).find(|from| !self.steps.contains_key(from)) {
            Some(gap) => Err(format!("there is no step from schema version {gap}: add `migrate({gap}, ..)`")),
            None => Ok(()),
        }
    }

    /// The value in today's version.
    pub(crate) fn run(&self, mut json: Json, from: u32) -> Result<Json, MigrationError> {
        for version in from..self.current {
            let step = self.steps.get(&version).ok_or(MigrationError::Missing { from: version })?;
            json = match catch_unwind(AssertUnwindSafe(|| step(json))) {
                Ok(Ok(next)) => next,
                Ok(Err(reason)) => return Err(MigrationError::Failed { from: version, reason }),
                Err(panic) => {
                    let reason = format!("it panicked: {}", said(panic));
                    return Err(MigrationError::Failed { from: version, reason });
                }
            };
        }
        Ok(json)
    }
}

#[cfg(test)]
mod tests {
    use super::{MigrationError, Migrations};
    use serde_json::{Value as Json, json};

    fn steps(current: u32, from: &[u32]) -> Migrations {
        let mut migrations = Migrations { current, ..Migrations::default() };
        for from in from.iter().copied() {
            migrations.add(from, move |mut passed: Vec<u32>| {
                passed.push(from);
                Ok::<_, String>(passed)
            });
        }
        migrations
    }

    #[test]
    fn every_step_from_the_stored_version_on_runs_in_order() {
        let migrations = steps(4, &[3, 1, 2]);
        assert_eq!(migrations.run(json!([]), 1).unwrap(), json!([1, 2, 3]));
        assert_eq!(migrations.run(json!([]), 3).unwrap(), json!([3]));
        assert_eq!(migrations.run(json!([]), 4).unwrap(), json!([]));
    }

    #[test]
    fn a_step_that_fails_or_panics_or_gets_another_shape_is_an_error_with_its_version() {
        let mut migrations = Migrations { current: 4, ..Migrations::default() };
        migrations.add(1, |_: Json| Err::<Json, _>("no"));
        migrations.add(2, |_: Json| -> Result<Json, String> { panic!("oh") });
        migrations.add(3, |numbers: Vec<u32>| Ok::<_, String>(numbers));
        for (from, words) in [(1, "no"), (2, "panicked: oh"), (3, "does not fit at [1]")] {
            match migrations.run(json!([1, "x"]), from) {
                Err(MigrationError::Failed { from: failed, reason }) if failed == from => {
                    assert!(reason.contains(words), "{reason}");
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(steps(2, &[]).run(json!([]), 1), Err(MigrationError::Missing { from: 1 }));
    }

    #[test]
    fn steps_that_contradict_the_schema_are_refused() {
        assert_eq!(steps(3, &[1, 2]).check(), Ok(()));
        assert_eq!(steps(3, &[2]).check(), Ok(()));
        assert_eq!(steps(9, &[]).check(), Ok(()));
        for (bad, words) in [
            (steps(3, &[1]), "no step from schema version 2"),
            (steps(2, &[2]), "count `schema` up to 3"),
            (steps(0, &[]), "first schema version is 1"),
            (steps(2, &[1, 1]), "two steps"),
        ] {
            assert!(bad.check().unwrap_err().contains(words));
        }
    }
}
