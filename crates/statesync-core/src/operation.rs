//! The writes a page has made, so that a repeated one is answered with the first result.
//!
//! A webview may send an aborted call again; without this a write would happen twice. An operation is
//! reserved before it runs. Keeps the newest results up to a limit; loses older ones.

use crate::cell::Written;
use crate::refusal::RequestError;
use crate::sync::{Condvar, Mutex, lock, wait};
use crate::topic::TopicName;
use std::collections::VecDeque;
use std::sync::Arc;

type Outcome = Result<Done, RequestError>;

/// What a write came to.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    pub(crate) written: Written,
    /// What an action returned, as JSON.
    pub(crate) result: Option<Arc<str>>,
}

pub(crate) struct OperationLog {
    records: Mutex<VecDeque<Record>>,
    settled: Condvar,
    limit: usize,
}

struct Record {
    operation: String,
    topic: TopicName,
    /// `None` while it runs.
    outcome: Option<Outcome>,
}

impl OperationLog {
    pub(crate) fn new(limit: usize) -> Self {
        Self { records: Mutex::new(VecDeque::new()), settled: Condvar::new(), limit }
    }

    /// Runs `write` unless this operation ran before; a repetition of one that is still running waits for it.
    pub(crate) fn once(
        &self,
        operation: &str,
        topic: &TopicName,
        write: impl FnOnce() -> Outcome,
    ) -> Outcome {
        let mut records = lock(&self.records);
        loop {
            match records.iter().find(|record| record.operation == operation) {
                Some(record) if record.topic != *topic => {
                    return Err(RequestError::OperationReused {
                        topic: topic.clone(),
                        operation: operation.into(),
                    });
                }
                Some(Record { outcome: Some(outcome), .. }) => return outcome.clone(),
                Some(_) => records = wait(&self.settled, records),
                None => break,
            }
        }
        while records.len() >= self.limit && records.front().is_some_and(|r| r.outcome.is_some()) {
            records.pop_front();
        }
        records.push_back(Record { operation: operation.into(), topic: topic.clone(), outcome: None });
        drop(records);

        let reservation = Reservation { log: self, operation };
        let outcome = write();
        reservation.settle(outcome.clone());
        outcome
    }
}

/// Gives the operation back if the write unwinds, so that nobody waits for it for ever.
struct Reservation<'a> {
    log: &'a OperationLog,
    operation: &'a str,
}

impl Reservation<'_> {
    fn settle(&self, outcome: Outcome) {
        let mut records = lock(&self.log.records);
        if let Some(record) = records.iter_mut().find(|r| r.operation == self.operation) {
            record.outcome = Some(outcome);
        }
    }
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        lock(&self.log.records).retain(|r| r.operation != self.operation || r.outcome.is_some());
        self.log.settled.notify_all();
    }
}
