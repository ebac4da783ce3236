//! Writes that are stored before anybody sees them.
//!
//! The record is written and synced while the writer has its topic, and committed afterwards. So a durable
//! write that returned is stored, one that failed changed nothing, and no window ever shows what a power cut
//! could take back. The price is an exception to `no-lock-across-calls`: other writers of the topic wait
//! for the disk. Readers and pulls do not.

use super::event::HoldReason;
use super::load::Standing;
use super::record::Record;
use super::slot::Slot;
use super::storage::{Fsync, StorageError};
use super::store::Store;
use crate::error::UpdateError;
use crate::revision::Revision;
use crate::topic::TopicName;
use crate::writer::Writing;
use std::sync::Arc;

/// A change that is to be stored before it is committed.
pub(crate) struct Pending {
    pub(crate) slot: Arc<Slot>,
    pub(crate) record: Record,
}

/// Stores these changes, those of one storage together.
pub(crate) fn store(mut pending: Vec<Pending>) -> Result<(), UpdateError> {
    let mut touched: Vec<Arc<Slot>> = Vec::new();
    while let Some(first) = pending.first() {
        let store = first.slot.store.clone();
        let (batch, rest) = pending.into_iter().partition(|pending| Arc::ptr_eq(&pending.slot.store, &store));
        pending = rest;
        let batch: Vec<Pending> = batch;
        touched.extend(batch.iter().map(|pending| pending.slot.clone()));
        let topic = batch[0].slot.name.clone();
        if let Err(reason) = store_together(&store, batch).map_err(|refusal| refusal.told(&store, &topic)) {
            // A part of it may be stored: what is in memory has to be stored over it.
            for slot in &touched {
                slot.doubt();
            }
            return Err(UpdateError::Storage { topic, reason });
        }
    }
    Ok(())
}

/// Why a change was not stored.
enum Refusal {
    Held(HoldReason),
    Failed(StorageError),
}

impl Refusal {
    /// The reason, for the writer; the app hears of a failure from the saver, which has no lock.
    fn told(self, store: &Store, topic: &TopicName) -> String {
        match self {
            Self::Held(reason) => format!("what is stored of it must stay as it is: {reason}"),
            Self::Failed(error) => {
                let reason = error.to_string();
                store.fail(vec![topic.clone()], error, None);
                reason
            }
        }
    }
}

fn store_together(store: &Store, batch: Vec<Pending>) -> Result<(), Refusal> {
    for pending in &batch {
        if let Standing::Held(reason) = &pending.slot.state().standing {
            return Err(Refusal::Held(reason.clone()));
        }
    }
    let turn = Writing::begin(&store.io);
    let outcome = write(store, batch).map_err(Refusal::Failed);
    drop(turn);
    outcome
}

fn write(store: &Store, batch: Vec<Pending>) -> Result<(), StorageError> {
    batch.iter().try_for_each(|pending| store.put_unread_aside(&pending.slot))?;
    let (mut slots, mut stored) = (Vec::with_capacity(batch.len()), Vec::with_capacity(batch.len()));
    for Pending { slot, record } in batch {
        stored.push((slot.name.clone(), record));
        slots.push(slot);
    }
    store.guarded(|backend| backend.save(&stored, Fsync::Yes))?;
    for (slot, (_, record)) in slots.iter().zip(&stored) {
        // The saver must not write an older value over this one before it is committed.
        slot.state().saved = record.revision;
    }
    Ok(())
}

impl Slot {
    /// The revision, if it may be handed out. For who holds the registry's lock.
    pub(crate) fn check_reserved(&self, revision: Revision) -> Result<(), UpdateError> {
        if self.store.host.saver_ended().is_some() {
            Err(UpdateError::SaverEnded { topic: self.name.clone() })
        } else if revision <= self.store.reservation.limit() {
            Ok(())
        } else {
            Err(UpdateError::Unreserved { topic: self.name.clone() })
        }
    }
}
