//! What is stored, and comes back in the next life.

use crate::{ANY, GAUGE, Gauge, NUMBER, RAW, Reading, any_float, data, next_life, patch, stored};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value as Json, json};
use statesync_core::TopicKey;
use statesync_core::persist::Persist;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_float_that_is_stored_comes_back(float in any_float()) {
        let expected = Gauge::of(float);
        let (registry, gauge, memory) = stored(GAUGE, &Gauge::text(&format!("{float:e}")), Persist::new(), Gauge::of(0.5));
        prop_assert_eq!(&gauge.get(), &expected, "as somebody wrote it");
        gauge.set(Gauge::of(1.0)).unwrap();
        gauge.set(expected.clone()).unwrap();
        registry.flush().unwrap();
        let (_registry, gauge) = next_life(&memory, GAUGE, Persist::new(), Gauge::of(0.5));
        prop_assert_eq!(gauge.get(), expected, "as it was saved");
    }
}

#[test]
fn a_stored_number_is_read_in_each_of_its_spellings_and_through_migrations_and_parts() {
    let half = Gauge::of(0.5);
    for (spelling, float) in [
        ("1.50", 1.5),
        ("15e-1", 1.5),
        ("1.5E0", 1.5),
        ("100000000000000000000", 1e20),
        ("0.30000000000000004440892098500626", 0.1 + 0.2),
        ("-0.0", 0.0),
    ] {
        let text = Gauge::text(spelling);
        let (_registry, gauge, _) = stored(GAUGE, &text, Persist::new(), half.clone());
        assert_eq!(gauge.get(), Gauge::of(float), "{spelling}");
        let steps = Persist::new()
            .schema(3)
            .migrate(1, |gauge: Gauge| Ok::<_, String>(gauge))
            .migrate(2, |json: Json| Ok::<_, String>(json));
        let (_registry, gauge, _) = stored(GAUGE, &text, steps, half.clone());
        assert_eq!(gauge.get(), Gauge::of(float), "{spelling} through migrations");
        let part = Persist::new().only(Gauge::clone, |gauge: Gauge, _| gauge);
        let (_registry, gauge, _) = stored(GAUGE, &text, part, half.clone());
        assert_eq!(gauge.get(), Gauge::of(float), "{spelling} as a part");
    }
}

#[test]
fn what_a_type_can_read_keeps_all_digits() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Exact {
        number: Number,
        wide: i128,
        #[serde(flatten)]
        reading: Reading,
    }
    const EXACT: TopicKey<Exact> = TopicKey::new("exact");
    let number: Number = "0.12345678901234567890123".parse().unwrap();
    let reading = Reading { ratio: 0.1, count: 1, delta: 1 };
    let exact = Exact { number, wide: i128::MAX, reading };
    let text = r#"{"number":0.12345678901234567890123,"wide":170141183460469231731687303715884105727,"ratio":0.1,"count":1,"delta":1}"#;
    let (registry, topic, memory) = stored(EXACT, text, Persist::new(), Exact { wide: 0, ..exact.clone() });
    assert_eq!(topic.get(), exact);
    assert_eq!(data(&registry, "exact").unwrap_err().kind(), "unsafe-integer");
    topic.update(|exact| exact.reading.ratio = 0.7).unwrap();
    registry.flush().unwrap();
    let (registry, topic) = next_life(&memory, EXACT, Persist::new(), exact.clone());
    let mut expected = Exact { reading: Reading { ratio: 0.7, count: 1, delta: 1 }, ..exact };
    assert_eq!(topic.get(), expected);
    // A patch of another member leaves the number as it is.
    expected.wide = 3;
    topic.update(|exact| exact.wide = 3).unwrap();
    patch(&registry, "exact", &json!([{ "op": "replace", "path": "/count", "value": 2 }])).unwrap();
    expected.reading.count = 2;
    assert_eq!(topic.get(), expected);
}

#[test]
fn a_key_that_serde_json_keeps_for_itself_is_not_saved() {
    for key in [NUMBER, RAW] {
        let (registry, any, memory) = stored(ANY, "[1]", Persist::new(), json!(0));
        assert_eq!(any.get(), json!([1]));
        let before = memory.record("any");
        any.set(Json::Object([(key.to_owned(), json!("7"))].into_iter().collect())).unwrap();
        let error = registry.flush().unwrap_err();
        assert!(error.to_string().contains("reserved"), "{error}");
        assert_eq!(memory.record("any"), before);
        any.set(json!([2])).unwrap();
        registry.flush().unwrap();
        assert_ne!(memory.record("any"), before);
    }
}
