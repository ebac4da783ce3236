//! The writes a page has made, so that a repeated one is harmless.
//!
//! A webview may send an aborted call again; without this a write would happen twice. An operation is reserved
//! before it runs. Keeps: the results of the last operations of each topic. A page has one write of a topic under way, but
//! calls that it has given up may arrive between that one and its repetition. Of older operations that their ids are used up, and of those that met no topic or action that they were
//! refused. Loses the oldest beyond its limits.

use crate::cell::Written;
use crate::limits::Limits;
use crate::refusal::RequestError;
use crate::sync::{Condvar, Mutex, lock, wait};
use crate::topic::TopicName;
use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::Arc;

/// Results of one topic that are kept.
const RESULTS_OF_A_TOPIC: usize = 8;
/// Results that are kept in all.
const MAX_RESULTS: usize = 4096;
/// Operations that met no topic or action and are remembered, as hashes: about 64 KiB.
const MAX_UNKNOWN: usize = 4096;
/// Bytes of JSON that the kept results of actions may add up to, beside the newest one.
const MAX_RESULT_BYTES: usize = 1 << 20;

type Outcome = Result<Done, RequestError>;

/// What a write came to.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    pub(crate) written: Written,
    /// What an action returned, as JSON.
    pub(crate) result: Option<Arc<str>>,
}

pub(crate) struct OperationLog {
    records: Mutex<Records>,
    settled: Condvar,
}

struct Records {
    /// The operations that run, and those whose results are kept, by id.
    known: HashMap<Arc<str>, Record>,
    /// The last settled operations of each topic, the oldest first.
    last: HashMap<TopicName, VecDeque<Arc<str>>>,
    /// How many these are.
    kept: usize,
    /// The bytes of their results.
    result_bytes: usize,
    /// How many operations were settled.
    count: u64,
    used: Used,
    /// Those that met no topic or action, each with the name of its topic.
    unknown: Used,
}

struct Record {
    topic: TopicName,
    state: State,
}

enum State {
    Running,
    /// Settled, as the operation of this number.
    Settled(u64, Outcome),
}

/// What older operations were called, as hashes: 65,536 of them take about a megabyte.
struct Used {
    hasher: RandomState,
    hashes: HashSet<u64>,
    order: VecDeque<u64>,
    limit: usize,
}

impl OperationLog {
    pub(crate) fn new(limits: &Limits) -> Self {
        let records = Records {
            known: HashMap::new(),
            last: HashMap::new(),
            kept: 0,
            result_bytes: 0,
            count: 0,
            used: Used::new(limits.max_operations_per_page),
            unknown: Used::new(MAX_UNKNOWN),
        };
        Self { records: Mutex::new(records), settled: Condvar::new() }
    }

    /// Runs `write` unless this operation ran before; a repetition of one that is still running waits for it. One that
    /// was refused because there was no topic or action is refused as `unknown` again, whatever there is by now.
    pub(crate) fn once(
        &self,
        operation: &str,
        topic: &TopicName,
        unknown: impl FnOnce() -> RequestError,
        write: impl FnOnce() -> Outcome,
    ) -> Outcome {
        let reused = || RequestError::OperationReused { topic: topic.clone(), operation: operation.into() };
        let mut records = lock(&self.records);
        loop {
            match records.known.get(operation) {
                Some(record) if record.topic != *topic => return Err(reused()),
                Some(Record { state: State::Settled(_, outcome), .. }) => return outcome.clone(),
                Some(Record { state: State::Running, .. }) => records = wait(&self.settled, records),
                None if records.used.has(operation) => return Err(reused()),
                None if records.unknown.has((operation, topic.as_str())) => {
                    drop(records);
                    return Err(unknown());
                }
                None => break,
            }
        }
        let id: Arc<str> = operation.into();
        records.known.insert(id.clone(), Record { topic: topic.clone(), state: State::Running });
        drop(records);

        let reservation = Reservation { log: self, operation: id };
        let outcome = write();
        reservation.settle(&outcome);
        outcome
    }
}

impl Records {
    fn settle(&mut self, operation: Arc<str>, outcome: Outcome) {
        self.count += 1;
        let bytes = result_bytes(&outcome);
        let Some(record) = self.known.get_mut(&operation) else { return };
        record.state = State::Settled(self.count, outcome);
        self.result_bytes += bytes;
        let recent = self.last.entry(record.topic.clone()).or_default();
        recent.push_back(operation);
        self.kept += 1;
        if recent.len() > RESULTS_OF_A_TOPIC
            && let Some(oldest) = recent.pop_front()
        {
            self.retire(&oldest);
        }
        // What is there beside the newest one has to fit.
        while self.kept > MAX_RESULTS || self.result_bytes - bytes > MAX_RESULT_BYTES {
            let number = |id: &Arc<str>| match self.known.get(id).map(|record| &record.state) {
                Some(State::Settled(number, _)) => *number,
                _ => u64::MAX,
            };
            let fronts = self.last.iter().filter_map(|(topic, recent)| Some((topic, recent.front()?)));
            let Some((topic, oldest)) = fronts.min_by_key(|(_, id)| number(id)) else { return };
            let (topic, oldest) = (topic.clone(), oldest.clone());
            if let Some(recent) = self.last.get_mut(&topic) {
                recent.pop_front();
                if recent.is_empty() {
                    self.last.remove(&topic);
                }
            }
            self.retire(&oldest);
        }
    }

    /// Forgets the result of an operation; its id stays used.
    fn retire(&mut self, operation: &str) {
        if let Some(Record { state: State::Settled(_, outcome), .. }) = self.known.remove(operation) {
            self.result_bytes -= result_bytes(&outcome);
        }
        self.kept -= 1;
        self.used.add(operation);
    }
}

fn result_bytes(outcome: &Outcome) -> usize {
    outcome.as_ref().ok().and_then(|done| done.result.as_ref()).map_or(0, |result| result.len())
}

impl Used {
    fn new(limit: usize) -> Self {
        Self { hasher: RandomState::new(), hashes: HashSet::new(), order: VecDeque::new(), limit }
    }

    fn has(&self, name: impl Hash) -> bool {
        self.hashes.contains(&self.hasher.hash_one(name))
    }

    fn add(&mut self, name: impl Hash) {
        let hash = self.hasher.hash_one(name);
        if self.hashes.insert(hash) {
            self.order.push_back(hash);
        }
        if self.order.len() > self.limit
            && let Some(oldest) = self.order.pop_front()
        {
            self.hashes.remove(&oldest);
        }
    }
}

/// Gives the operation back if the write unwinds, so that a repetition does not wait without end.
struct Reservation<'a> {
    log: &'a OperationLog,
    operation: Arc<str>,
}

impl Reservation<'_> {
    fn settle(&self, outcome: &Outcome) {
        let mut records = lock(&self.log.records);
        match outcome {
            // What does not exist changed nothing, and costs no more than a hash however often it is named. The page was
            // told, so a second copy of the call must not find that it exists by now.
            Err(RequestError::UnknownTopic { topic } | RequestError::UnknownAction { topic, .. }) => {
                records.unknown.add((&*self.operation, topic.as_str()));
            }
            _ => records.settle(self.operation.clone(), outcome.clone()),
        }
    }
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        let mut records = lock(&self.log.records);
        if matches!(records.known.get(&self.operation), Some(Record { state: State::Running, .. })) {
            records.known.remove(&self.operation);
        }
        drop(records);
        self.log.settled.notify_all();
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::{Done, MAX_RESULT_BYTES, MAX_RESULTS, OperationLog};
    use crate::cell::{Computable, Written};
    use crate::limits::Limits;
    use crate::refusal::RequestError;
    use crate::revision::Revision;
    use crate::topic::TopicName;

    fn topic(name: &str) -> TopicName {
        TopicName::new(name).unwrap()
    }

    fn done(revision: u64, result: Option<&str>) -> Done {
        let written = Written { revision: Revision::new(revision), computable: Computable::No };
        Done { written, result: result.map(Into::into) }
    }

    fn never() -> RequestError {
        panic!("it was not refused as unknown")
    }

    fn first_result(log: &OperationLog, operation: &str, name: &str) -> Option<u64> {
        let again = log.once(operation, &topic(name), never, || panic!("{operation} is carried out again"));
        again.ok().map(|done| done.written.revision.to_string().parse().unwrap())
    }

    #[test]
    fn the_last_operation_of_a_topic_is_known_whatever_else_was_written() {
        let log = OperationLog::new(&Limits::default());
        log.once("a", &topic("settings"), never, || Ok(done(7, None))).unwrap();
        for number in 0..3000 {
            log.once(&format!("w{number}"), &topic("cursor"), never, || Ok(done(number, None))).unwrap();
        }
        assert_eq!(first_result(&log, "a", "settings"), Some(7));
        assert_eq!(first_result(&log, "w2999", "cursor"), Some(2999));
    }

    #[test]
    fn a_call_that_was_given_up_and_arrives_late_does_not_take_the_place_of_the_one_under_way() {
        let log = OperationLog::new(&Limits::default());
        log.once("w5", &topic("t"), never, || Ok(done(5, None))).unwrap();
        log.once("w4", &topic("t"), never, || Ok(done(6, None))).unwrap();
        assert_eq!(first_result(&log, "w5", "t"), Some(5));
    }

    #[test]
    fn an_older_operation_is_not_carried_out_again() {
        let log = OperationLog::new(&Limits::default());
        log.once("a", &topic("cursor"), never, || Ok(done(1, None))).unwrap();
        for number in 0..60_000 {
            log.once(&format!("w{number}"), &topic("cursor"), never, || Ok(done(number, None))).unwrap();
        }
        let again = log.once("a", &topic("cursor"), never, || panic!("a is carried out again"));
        assert_eq!(again.unwrap_err().kind(), "operation-reused");
    }

    #[test]
    fn results_are_bounded_in_number_and_bytes_and_their_ids_stay_used() {
        let log = OperationLog::new(&Limits::default());
        let large = "x".repeat(MAX_RESULT_BYTES / 2);
        for number in 0..10 {
            let name = format!("large:{number}");
            log.once(&name, &topic(&name), never, || Ok(done(number, Some(&large)))).unwrap();
        }
        // The newest, and as many more as fit.
        let kept = (0..10).filter(|number| {
            let name = format!("large:{number}");
            first_result(&log, &name, &name).is_some()
        });
        assert_eq!(kept.count(), 3);
        for number in 0..MAX_RESULTS + 100 {
            let name = format!("small:{number}");
            log.once(&name, &topic(&name), never, || Ok(done(1, None))).unwrap();
        }
        assert_eq!(super::lock(&log.records).known.len(), MAX_RESULTS);
        assert_eq!(super::lock(&log.records).result_bytes, 0);
        assert_eq!(first_result(&log, "large:0", "large:0"), None);
    }

    #[test]
    fn topics_that_do_not_exist_leave_nothing() {
        let log = OperationLog::new(&Limits::default());
        for number in 0..100 {
            let name = topic(&format!("none:{number}"));
            let unknown = || RequestError::UnknownTopic { topic: name.clone() };
            let refused = log.once("a", &name, never, || Err(unknown()));
            assert!(refused.is_err());
        }
        assert!(super::lock(&log.records).known.is_empty());
    }

    #[test]
    fn what_was_refused_as_unknown_is_refused_so_again_although_it_exists_by_now() {
        let log = OperationLog::new(&Limits::default());
        let name = topic("late");
        let unknown = || RequestError::UnknownTopic { topic: name.clone() };
        log.once("a", &name, never, || Err(unknown())).unwrap_err();
        log.once("b", &name, never, || Ok(done(1, None))).unwrap();
        let again = log.once("a", &name, unknown, || panic!("a is carried out after all"));
        assert_eq!(again.unwrap_err().kind(), "unknown-topic");
        assert_eq!(first_result(&log, "b", "late"), Some(1));
    }
}
