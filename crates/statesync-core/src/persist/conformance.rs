//! The claims every [`StorageBackend`] has to meet, for a test of yours:
//!
//! ```
//! use statesync_core::persist::{Memory, conformance};
//! let memory = Memory::new();
//! conformance::check(|| Box::new(memory.clone()));
//! ```
//!
//! A claim that does not hold panics with its text. What only a crash can show is not among them.

use super::record::{Body, Record};
use super::storage::{Fsync, StorageBackend, Stored};
use crate::revision::Revision;
use crate::topic::TopicName;

/// Checks a storage. `open` opens the same one again each time, as the next start of an app would; it is empty at
/// the first call, and the one before was dropped.
///
/// # Panics
/// When a claim does not hold.
pub fn check(mut open: impl FnMut() -> Box<dyn StorageBackend>) {
    let claims: [Claim; 8] = [
        ("what was never saved is not there", nothing),
        ("a record comes back to the letter, also in the next life", round_trip),
        ("the newest record comes first", newest_first),
        ("topics do not touch each other, whatever their names", names),
        ("records of one save are all there", together),
        ("what is set aside is out of the way", aside),
        ("what is erased is gone", erase),
        ("the reserved number is kept", reserve),
    ];
    for (claim, holds) in claims {
        let held = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| holds(&mut open)));
        assert!(held.is_ok(), "storage conformance: {claim}");
    }
}

type Open<'a> = &'a mut dyn FnMut() -> Box<dyn StorageBackend>;
type Claim = (&'static str, fn(Open<'_>));

fn topic(name: &str) -> TopicName {
    TopicName::new(name).expect("a name")
}

fn record(revision: u64, json: &str) -> Record {
    let body = Body::Json(json.into());
    Record { schema: 1, revision: Revision::new(revision), reserved: Revision::new(revision + 100), body }
}

fn save(storage: &dyn StorageBackend, records: &[Stored]) {
    storage.save(records, Fsync::Yes).expect("a save");
}

fn newest(storage: &dyn StorageBackend, topic: &TopicName) -> Option<Record> {
    let found = storage.load(topic).expect("a load");
    assert_eq!(found.damage, [], "nothing is damaged");
    found.records.into_iter().next()
}

/// Compared as JSON: how it is laid out is the storage's own.
fn same(found: Option<Record>, saved: &Record) {
    let found = found.expect("a record");
    let meta = |record: &Record| (record.schema, record.revision, record.reserved);
    assert_eq!(meta(&found), meta(saved));
    match (&found.body, &saved.body) {
        (Body::Json(found), Body::Json(saved)) => {
            let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
            assert_eq!(parse(found), parse(saved));
        }
        (found, saved) => assert_eq!(found, saved),
    }
}

fn nothing(open: Open<'_>) {
    let storage = open();
    assert_eq!(newest(&*storage, &topic("never")), None);
    assert_eq!(storage.set_aside(&topic("never"), "reason").expect("nothing to do"), None);
    storage.erase(&topic("never")).expect("nothing to do");
    assert!(!storage.place().is_empty(), "it says where it is");
}

fn round_trip(open: Open<'_>) {
    let texts = [
        "null",
        "\"\"",
        "{}",
        "[[],{\"a\":[1,-2.5e-7,18446744073709551615]}]",
        "{\"__proto__\":{\"x\":1},\"</script>\":\"\u{2028}\u{10FFFF}\u{1F980}\\ud83e\\udd80\\u0000\"}",
    ];
    let long = format!("\"{}\"", "x".repeat(1 << 20));
    for (revision, text) in (1..).zip(texts.into_iter().chain([long.as_str()])) {
        let saved = Record { schema: 7, ..record(revision, text) };
        save(&*open(), &[(topic("round"), saved.clone())]);
        same(newest(&*open(), &topic("round")), &saved);
    }
    let sealed: Vec<u8> = (0..=255).collect();
    for bytes in [Vec::new(), sealed] {
        let saved = Record { body: Body::Sealed(bytes.into()), ..record(u64::MAX - 100, "") };
        save(&*open(), &[(topic("round"), saved.clone())]);
        same(newest(&*open(), &topic("round")), &saved);
    }
}

fn newest_first(open: Open<'_>) {
    let storage = open();
    for revision in 1..=5 {
        save(&*storage, &[(topic("newest"), record(revision, "1"))]);
    }
    let found = storage.load(&topic("newest")).expect("a load");
    let revisions: Vec<_> = found.records.iter().map(|record| record.revision.get()).collect();
    assert_eq!(revisions[0], 5);
    assert!(revisions.is_sorted_by(|a, b| a > b), "{revisions:?}");
}

fn names(open: Open<'_>) {
    let long = "x/".repeat(64);
    let upper = long.to_uppercase();
    let names = [
        "a",
        "A",
        "a.b",
        "a/b",
        "a:b",
        "..",
        "../a",
        "/a",
        "con",
        "CON",
        "a.previous",
        "__proto__",
        &long,
        &upper,
    ];
    let storage = open();
    for (revision, name) in (1..).zip(names) {
        save(&*storage, &[(topic(name), record(revision, "1"))]);
    }
    drop(storage);
    let storage = open();
    for (revision, name) in (1..).zip(names) {
        let found = newest(&*storage, &topic(name)).expect("a record");
        assert_eq!(found.revision.get(), revision, "{name}");
    }
}

fn together(open: Open<'_>) {
    let storage = open();
    let records: Vec<_> =
        (1..=50).map(|number| (topic(&format!("many:{number}")), record(number, "1"))).collect();
    save(&*storage, &records);
    storage.save(&[], Fsync::No).expect("nothing to do");
    for (topic, saved) in &records {
        same(newest(&*storage, topic), saved);
    }
}

fn aside(open: Open<'_>) {
    let storage = open();
    for revision in 1..=2 {
        save(&*storage, &[(topic("aside"), record(revision, "1"))]);
        let place = storage.set_aside(&topic("aside"), "some-reason").expect("it is put aside");
        assert!(place.is_some_and(|place| !place.is_empty()), "it says where");
        let left = newest(&*storage, &topic("aside"));
        assert!(left.is_none_or(|left| left.revision.get() < revision), "the newest is out of the way");
    }
    save(&*storage, &[(topic("aside"), record(3, "1"))]);
    save(&*storage, &[(topic("aside"), record(4, "1"))]);
    let kept = storage.load(&topic("aside")).expect("a load").records.len();
    for _ in 0..kept {
        let place = storage.set_aside(&topic("aside"), "some-reason").expect("it is put aside");
        assert!(place.is_some(), "each of the {kept} that were kept");
    }
    assert_eq!(newest(&*storage, &topic("aside")), None, "all of them are out of the way");
}

fn erase(open: Open<'_>) {
    let storage = open();
    save(&*storage, &[(topic("erase"), record(1, "1")), (topic("erased"), record(2, "1"))]);
    save(&*storage, &[(topic("erase"), record(2, "1"))]);
    storage.erase(&topic("erase")).expect("it is erased");
    assert_eq!(newest(&*storage, &topic("erase")), None);
    assert!(newest(&*storage, &topic("erased")).is_some(), "another one is not");
}

fn reserve(open: Open<'_>) {
    for number in [1, 1 << 40, u64::MAX, 7] {
        open().reserve(Revision::new(number)).expect("it is kept");
        assert_eq!(open().reserved().expect("it is read").get(), number);
    }
}
