//! Stored values of older and newer versions of the app.

use crate::Life;
use serde_json::{Value as Json, json};
use statesync_core::persist::{Body, Memory, Persist, Record};
use statesync_core::{Registry, Revision, TopicKey, TopicName};
use std::sync::Arc;

const NOTES: TopicKey<Vec<String>> = TopicKey::new("notes");
const OTHER: TopicKey<u32> = TopicKey::new("notes");

fn stored(memory: &Memory, schema: u32, json: &Json) {
    let (revision, reserved) = (Revision::new(40), Revision::new(50));
    let record = Record { schema, revision, reserved, body: Body::Json(json.to_string().into()) };
    memory.put(TopicName::new("notes").unwrap(), record);
}

/// Version 1 was a text with lines, version 2 a list in an object.
fn options() -> Persist<Vec<String>> {
    Persist::new()
        .schema(3)
        .migrate(1, |text: String| Ok::<_, String>(json!({ "notes": text.lines().collect::<Vec<_>>() })))
        .migrate(2, |mut json: Json| match json["notes"].take() {
            Json::Null => Err("there are no notes"),
            notes => Ok(notes),
        })
}

#[test]
fn every_older_version_becomes_todays_and_is_saved_as_such() {
    for (schema, json) in [(1, json!("a\nb")), (2, json!({ "notes": ["a", "b"] })), (3, json!(["a", "b"]))] {
        let memory = Memory::new();
        stored(&memory, schema, &json);
        let app = Life::in_memory(&memory);
        let notes = app.topic(NOTES, options(), vec![]);
        assert_eq!(notes.get(), ["a", "b"]);
        assert!(notes.revision() > Revision::new(50));
        assert_eq!(memory.record("notes").unwrap().schema, schema, "the original stays until it is safe");
        app.registry.flush().unwrap();
        assert_eq!(memory.record("notes").unwrap().schema, 3);
        assert_eq!(app.told(), if schema < 3 { vec!["migrated"] } else { vec![] });
    }
}

#[test]
fn a_value_of_a_newer_version_is_left_alone_and_the_topic_lives_in_memory() {
    let memory = Memory::new();
    stored(&memory, 4, &json!({ "from": "the future" }));
    let before = memory.record("notes");
    let app = Life::in_memory(&memory);
    let notes = app.topic(NOTES, options(), vec!["default".into()]);
    assert_eq!(app.told(), ["held"]);
    assert_eq!(notes.get(), ["default"]);
    assert!(notes.revision() > Revision::new(50));
    notes.set(vec!["changed".into()]).unwrap();
    let error = notes.set_durable(vec![]).unwrap_err();
    assert!(error.to_string().contains("schema version 4"), "{error}");
    app.registry.flush().unwrap();
    app.registry.close().unwrap();
    assert_eq!(memory.record("notes"), before);
    assert_eq!(notes.get(), ["changed"]);
    // Who wants to begin anew says so.
    app.registry.erase_stored(notes.name()).unwrap();
    let app = Life::in_memory(&memory);
    app.topic(NOTES, options(), vec![]).set_durable(vec!["new".into()]).unwrap();
    assert_eq!(app.told(), [""; 0]);
}

#[test]
fn a_migration_that_fails_changes_nothing_that_is_stored() {
    let memory = Memory::new();
    stored(&memory, 2, &json!({ "other": 1 }));
    let before = memory.record("notes");
    let app = Life::in_memory(&memory);
    let notes = app.topic(NOTES, options(), vec![]);
    assert_eq!(app.told(), ["held"]);
    notes.set(vec!["x".into()]).unwrap();
    app.registry.flush().unwrap();
    assert_eq!(memory.record("notes"), before);
    // A version with a better step has it all.
    let mended = Persist::new().schema(3).migrate(2, |_: Json| Ok::<_, String>(vec!["mended"]));
    assert_eq!(Life::in_memory(&memory).topic(NOTES, mended, vec![]).get(), ["mended"]);
}

#[test]
fn a_version_without_a_step_is_held() {
    let memory = Memory::new();
    stored(&memory, 1, &json!("a"));
    let app = Life::in_memory(&memory);
    let _notes = app.topic(NOTES, Persist::new().schema(2), vec![]);
    assert_eq!(app.told(), ["held"]);
}

#[test]
fn contradictions_are_refused_when_they_are_declared() {
    let registry = Registry::new("e");
    let kind = |options: Persist<Vec<String>>| registry.persist(NOTES, options).unwrap_err().kind();
    assert_eq!(kind(Persist::new()), "no-storage");
    let memory = || Arc::new(Memory::new());
    let gap = Persist::new().schema(3).migrate(1, Ok::<Json, String>);
    assert_eq!(kind(gap.in_storage(memory())), "invalid-migrations");
    registry.persist(NOTES, Persist::new().in_storage(memory())).unwrap();
    assert_eq!(kind(Persist::new().in_storage(memory())), "already-declared");
    assert_eq!(registry.register(OTHER, 1).unwrap_err().kind(), "type-mismatch");
}
