//! What other processes committed in a shared storage, brought into memory.
//!
//! Keeps: one moment. Everything that is new is looked at before anything changes, and then all of it is committed in
//! one step, so that windows see a transaction of another process whole or not at all (`one-cut`).
//!
//! | in the storage | then |
//! |---|---|
//! | a higher revision | it is taken as it is |
//! | a lower one, or another record at the same: it was replaced by an older copy | its value is taken with a new revision above both, which is stored (`monotone`) |
//! | nothing, and it was deleted by [`erase_stored`](crate::Registry::erase_stored) | memory stays, and is stored with its next change |
//! | nothing, because the storage was lost | memory is stored again |
//! | a record that is damaged | memory is stored again, with a new revision |
//! | a value of a newer schema, or one that does not fit | memory stays and is not written until the storage has one that does |

use super::event::{HoldReason, StorageEvent};
use super::lease::Lease;
use super::load::Standing;
use super::record::Record;
use super::sharing::{Mark, SharedRead};
use super::slot::Slot;
use super::storage::{Damage, Found, StorageError};
use super::store::{Store, guarded};
use crate::cell::{AnyTopic, Updating, is_updating};
use crate::contain::contain;
use crate::registry::{Committed, Registry, Shared, TopicId};
use crate::revision::Revision;
use crate::snapshot::AnySnapshot;
use crate::sync::lock;
use crate::topic::TopicName;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

/// What has to happen so that memory and storage agree.
pub(crate) struct Plan {
    /// The version of the storage that was looked at.
    version: u64,
    changes: Vec<Change>,
    events: Vec<StorageEvent>,
    /// Something damaged was put out of the way, which has to be committed.
    put_aside: bool,
}

/// For one topic.
struct Change {
    slot: Arc<Slot>,
    seen: Option<Mark>,
    standing: Standing,
    commit: Option<(TopicId, Arc<dyn AnySnapshot>)>,
    store: Option<Record>,
}

/// A topic as it is in memory.
struct Here {
    slot: Arc<Slot>,
    id: TopicId,
    topic: Arc<dyn AnyTopic>,
    current: Arc<dyn AnySnapshot>,
}

impl Registry {
    /// Takes over what other processes committed in shared storages. Costs next to nothing when that is nothing. To be
    /// called when one of the files [`watched`](Self::watched) changes, and now and then. Whether there was anything
    /// new.
    ///
    /// # Errors
    /// The last [`StorageError`], when a storage could not be read; call again.
    pub fn poll_shared(&self) -> Result<bool, StorageError> {
        if is_updating() {
            return Ok(false);
        }
        let mut outcome = Ok(false);
        for store in self.shared.persistence.stores() {
            if store.shared.is_none() || store.slots().is_empty() {
                continue;
            }
            let followed = Lease::turn(&self.shared, &store).follow();
            outcome = match (outcome, followed) {
                (_, Err(error)) => Err(error),
                (Ok(before), Ok(now)) => Ok(before || now),
                (error, Ok(_)) => error,
            };
        }
        outcome
    }

    /// A file of each shared storage, which is written after somebody committed in it.
    pub fn watched(&self) -> Vec<PathBuf> {
        let stores = self.shared.persistence.stores();
        let shared = stores.iter().filter_map(|store| store.shared.as_ref());
        shared.filter_map(|shared| contain("a storage's watched", || shared.watched())).collect()
    }
}

impl Plan {
    /// Looks at everything that is new. For who has the storage's turn.
    pub(crate) fn make(
        store: &Store,
        shared: &Shared,
        source: &mut dyn SharedRead,
    ) -> Result<Self, StorageError> {
        let version = guarded(|| source.version())?;
        // A write from inside the app's `Deserialize`, or the `Drop` of a value that is not taken after all, is an error
        // instead of waiting for itself.
        let _updating = Updating::enter();
        let mut plan = Self { version, changes: Vec::new(), events: Vec::new(), put_aside: false };
        if *lock(&store.caught_up) == Some(version) {
            return Ok(plan);
        }
        let marks: HashMap<TopicName, Mark> = guarded(|| source.marks())?.into_iter().collect();
        let mut replaced = false;
        for here in here(store, shared) {
            let mark = marks.get(here.slot.name.as_str()).copied();
            let (seen, is_free) = {
                let state = here.slot.state();
                (state.seen, state.standing == Standing::Free)
            };
            match mark {
                None => {
                    let lost = here.current.revision() > guarded(|| source.reserved())?;
                    if lost && is_free {
                        // What became of it, if the storage knows.
                        let found = guarded(|| source.load(&here.slot.name))?;
                        plan.note_damage(&here.slot.name, found.damage);
                        let current = here.current.clone();
                        replaced |= seen.is_some();
                        plan.store(here, current, false);
                    } else if seen.is_some() {
                        plan.keep(here, None, Standing::Free);
                    }
                }
                Some(mark) if seen == Some(mark) => {}
                Some(mark) => {
                    let found = guarded(|| source.load(&here.slot.name))?;
                    replaced |= plan.judge(here, mark, seen, found, source)?;
                }
            }
        }
        if replaced {
            plan.events.insert(0, StorageEvent::Replaced { place: store.place() });
        }
        Ok(plan)
    }

    /// Whether the storage has an older version of it than memory.
    fn judge(
        &mut self,
        here: Here,
        mark: Mark,
        seen: Option<Mark>,
        found: Found,
        source: &mut dyn SharedRead,
    ) -> Result<bool, StorageError> {
        let Here { topic, current, .. } = &here;
        self.note_damage(&here.slot.name, found.damage);
        let highest = found.records.iter().map(|record| record.revision).max().unwrap_or_default();
        let above = highest.max(current.revision());
        let newest = found.records.first().filter(|record| Mark::of(&here.slot.name, record) == mark);
        let Some(record) = newest else {
            // Its newest version is damaged. Somebody may have seen it.
            let above = above.max(guarded(|| source.reserved())?);
            let renewed = above.next().map(|at| topic.renew(&**current, at));
            if let Some(Ok(snapshot)) = renewed {
                self.store(here, snapshot, true);
            }
            return Ok(false);
        };
        let is_older = record.revision <= current.revision();
        let as_it_is = !is_older && record.schema == topic.schema();
        let at = if as_it_is { Some(record.revision) } else { above.next() };
        let Some(at) = at else {
            let why = "the revisions of a u64 are used up".to_owned();
            self.hold(here, mark, HoldReason::Unfit { why });
            return Ok(is_older);
        };
        match topic.adopt(record, &**current, at) {
            Ok(snapshot) if as_it_is => {
                let commit = Some((here.id, snapshot));
                let standing = Standing::Free;
                self.changes.push(Change {
                    slot: here.slot,
                    seen: Some(mark),
                    standing,
                    commit,
                    store: None,
                });
            }
            Ok(snapshot) => self.store(here, snapshot, true),
            Err(reason) => self.hold(here, mark, reason),
        }
        Ok(is_older && seen.is_some())
    }

    fn note_damage(&mut self, topic: &TopicName, damage: Vec<Damage>) {
        for damage in damage {
            let damage = match damage {
                Damage::OfEarlier(damage) => *damage,
                damage => damage,
            };
            if let Damage::SetAside { why, place } = damage {
                self.put_aside = true;
                self.events.push(StorageEvent::SetAside { topic: topic.clone(), why, place });
            }
        }
    }

    /// Stores this snapshot; with `commit` it is a new one in memory too.
    fn store(&mut self, here: Here, snapshot: Arc<dyn AnySnapshot>, commit: bool) {
        let Here { slot, id, topic, .. } = here;
        match topic.encode(&*snapshot) {
            Ok(record) => self.changes.push(Change {
                seen: Some(Mark::of(&slot.name, &record)),
                standing: Standing::Free,
                commit: commit.then_some((id, snapshot)),
                store: Some(record),
                slot,
            }),
            Err(error) => {
                let topic = slot.name.clone();
                self.events.push(StorageEvent::Unsavable { topic, reason: error.reason });
            }
        }
    }

    fn hold(&mut self, here: Here, mark: Mark, reason: HoldReason) {
        let topic = here.slot.name.clone();
        self.events.push(StorageEvent::Held { topic, reason: reason.clone() });
        self.keep(here, Some(mark), Standing::Held(reason));
    }

    fn keep(&mut self, here: Here, seen: Option<Mark>, standing: Standing) {
        self.changes.push(Change { slot: here.slot, seen, standing, commit: None, store: None });
    }

    /// Whether something has to be stored before it is carried out.
    pub(crate) fn writes(&self) -> bool {
        self.put_aside || self.records().next().is_some()
    }

    pub(crate) fn changes_anything(&self) -> bool {
        !self.changes.is_empty()
    }

    pub(crate) fn records(&self) -> impl Iterator<Item = (&TopicName, &Record)> {
        self.changes.iter().filter_map(|change| Some((&change.slot.name, change.store.as_ref()?)))
    }

    /// All of it in one step. For who has the storage's turn, once the records are stored.
    pub(crate) fn carry_out(self, store: &Store, shared: &Shared) -> Vec<Committed> {
        let mut committed = Vec::new();
        let mut state = shared.lock();
        for change in &self.changes {
            if let Some((id, snapshot)) = &change.commit {
                committed.push(state.commit(*id, snapshot.clone()));
            }
        }
        drop(state);
        for Change { slot, seen, standing, .. } in self.changes {
            let mut state = slot.state();
            (state.seen, state.standing) = (seen, standing);
            state.saved = seen.map_or(Revision::ZERO, |mark| mark.revision);
        }
        *lock(&store.caught_up) = Some(self.version);
        for event in self.events {
            store.note(event);
        }
        committed
    }
}

/// The topics of a storage that are registered. None of them is removed while its turn is held.
fn here(store: &Store, shared: &Shared) -> Vec<Here> {
    let slots = store.slots();
    let state = shared.lock();
    let mut here = Vec::with_capacity(slots.len());
    for slot in slots {
        let Some(id) = state.topics.find(slot.name.as_str()) else { continue };
        let entry = state.topics.entry(id);
        let Some((topic, current)) = entry.topic.clone().zip(entry.current.clone()) else { continue };
        if topic.slot().is_some_and(|of| Arc::ptr_eq(of, &slot)) {
            here.push(Here { slot, id, topic, current });
        }
    }
    drop(state);
    here
}
