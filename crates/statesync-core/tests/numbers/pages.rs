//! What comes from a page: `set`, `patch`, and the arguments of actions.

use crate::{
    ANY, GAUGE, Gauge, NUMBER, RAW, RAWS, TEXTS, act, any_float, data, javascript, patch, registered,
    request, sent, set,
};
use proptest::prelude::*;
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};
use statesync_core::{Revision, Scope, Signal, SignalSink, TopicKey, WriteRequest, parse_request};
use std::collections::BTreeMap;
use std::sync::Arc;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_float_of_a_page_is_taken_at_every_door(float in any_float()) {
        let expected = Gauge::of(float);
        let text = javascript(float);
        let (registry, gauge) = registered(GAUGE, Gauge::of(0.5));
        registry.action(GAUGE, "replace", |gauge, new: Gauge| *gauge = new).unwrap();

        let answer = set(&registry, "gauge", sent(&Gauge::text(&text))).unwrap();
        prop_assert_eq!(&gauge.get(), &expected);
        prop_assert_eq!(&answer["results"], &json!([]));
        act(&registry, "gauge", "replace", sent(&Gauge::text("0.25"))).unwrap();
        prop_assert_eq!(&gauge.get(), &Gauge::of(0.25));
        act(&registry, "gauge", "replace", sent(&Gauge::text(&text))).unwrap();
        prop_assert_eq!(&gauge.get(), &expected);

        gauge.set(Gauge::of(0.5)).unwrap();
        let places = ["/ratio", "/low", "/shape/radius", "/setting", "/adjacent/c/0", "/plain"];
        let operation = |place: &&str| format!(r#"{{"op":"replace","path":"{place}","value":{text}}}"#);
        let operations: Vec<_> = places.iter().map(operation).collect();
        patch(&registry, "gauge", &sent(&format!("[{}]", operations.join(",")))).unwrap();
        prop_assert_eq!(&gauge.get(), &expected);
        let shown = data(&registry, "gauge").unwrap();
        gauge.set(Gauge::of(0.5)).unwrap();
        patch(&registry, "gauge", &sent(&format!(r#"[{{"op":"test","path":"/ratio","value":{half}}}]"#, half = "5.0e-1"))).unwrap();
        set(&registry, "gauge", sent(&shown)).unwrap();
        prop_assert_eq!(&gauge.get(), &expected, "what a page got it can send back");
    }
}

#[test]
fn what_a_page_sent_is_answered_as_written_however_its_number_is_spelled() {
    let (registry, _) = registered(ANY, json!(0));
    let (floats, _) = registered(TopicKey::<f64>::new("any"), 0.5);
    for text in ["1e+21", "100000000000000000000", "0.1", "1.0", "5e-324", "1", "[-7, 1.50]"] {
        let generation = json!({ "page": "p", "generation": 1, "topics": [{ "topic": "any" }] });
        for registry in [&registry, &floats].into_iter().filter(|_| !text.starts_with('[')) {
            struct Nowhere;
            impl SignalSink for Nowhere {
                fn send(&self, _: &Signal) {}
            }
            registry.handle_window_gone("main");
            let subscribe = parse_request(generation.clone()).unwrap();
            registry.handle_subscribe("main", &subscribe, &Scope::everything(), Arc::new(Nowhere)).unwrap();
            let request = WriteRequest { generation: 1, ..request("any", None) };
            let answer = registry.handle_set("main", &request, sent(text), &Scope::everything()).unwrap();
            assert!(answer.contains(r#""written":true"#), "{text}: {answer}");
        }
    }
}

#[test]
fn the_kind_of_an_error_and_its_place_do_not_depend_on_features() {
    let (registry, gauge) = registered(GAUGE, Gauge::of(0.5));
    for (change, kind, path) in [
        (json!({ "count": 1.5 }), "invalid-value", "."),
        (json!({ "plain": "1.5" }), "invalid-value", "plain"),
        (json!({ "wide": 0.5 }), "invalid-value", "wide"),
        (json!({ "wide": 9_007_199_254_740_992_u64 }), "unsafe-integer", "wide"),
        (json!({ "shape": { "kind": "Circle", "radius": 1, "segments": 300 } }), "invalid-value", "shape"),
    ] {
        let mut value = sent(&Gauge::text("1.5"));
        value.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let error = set(&registry, "gauge", value).unwrap_err();
        assert_eq!((error.kind(), error.body().path.as_deref()), (kind, Some(path)), "{error}");
    }
    assert_eq!(gauge.get(), Gauge::of(0.5));
}

#[test]
fn a_number_beyond_all_floats_is_taken_from_no_page() {
    for text in ["1e400", "-1e400", "[1,1e400]"] {
        // Without `arbitrary_precision` it is no JSON to begin with.
        let Ok(value) = serde_json::from_str::<Json>(text) else { continue };
        let (registry, any) = registered(ANY, json!({ "a": 1 }));
        registry.register(RAWS, RawValue::from_string("1".into()).unwrap()).unwrap();
        registry.register(TopicKey::<f64>::new("float"), 0.5).unwrap();
        registry.action(ANY, "put", |any, new: Json| *any = new).unwrap();
        for topic in ["any", "raw", "float"] {
            let error = set(&registry, topic, value.clone()).unwrap_err();
            assert_eq!(error.kind(), "invalid-value", "{error}");
        }
        assert_eq!(act(&registry, "any", "put", value.clone()).unwrap_err().kind(), "invalid-value");
        let operations = json!([{ "op": "add", "path": "/b", "value": value }]);
        let error = patch(&registry, "any", &operations).unwrap_err();
        assert_eq!((error.kind(), error.body().topic.as_deref()), ("invalid-patch", Some("any")));
        assert_eq!((any.get(), any.revision()), (json!({ "a": 1 }), Revision::new(1)));
    }
}

#[test]
fn a_key_that_serde_json_keeps_for_itself_is_refused_at_every_door() {
    let (registry, any) = registered(ANY, json!({}));
    let texts = registry.register(TEXTS, BTreeMap::new()).unwrap();
    registry.register(RAWS, RawValue::from_string("1".into()).unwrap()).unwrap();
    registry.action(ANY, "put", |any, new: Json| *any = new).unwrap();
    registry.action(TEXTS, "put", |texts, new: BTreeMap<String, String>| *texts = new).unwrap();
    for key in [NUMBER, RAW] {
        for text in ["[[[[", "1e999", "7", "{\"a\":1}", "x"] {
            let hostile = Json::Object([(key.to_owned(), Json::from(text))].into_iter().collect());
            for value in [hostile.clone(), json!([1, { "a": hostile }]), json!({ "a": 1, key: text })] {
                for topic in ["any", "texts", "raw"] {
                    let error = set(&registry, topic, value.clone()).unwrap_err();
                    assert_eq!(error.kind(), "invalid-value", "{error}");
                    assert!(error.to_string().contains("reserved"), "{error}");
                }
                for topic in ["any", "texts"] {
                    assert_eq!(
                        act(&registry, topic, "put", value.clone()).unwrap_err().kind(),
                        "invalid-value"
                    );
                }
                let operations = json!([{ "op": "add", "path": "/a", "value": value }]);
                assert_eq!(patch(&registry, "any", &operations).unwrap_err().kind(), "invalid-patch");
            }
            let operations = json!([{ "op": "add", "path": format!("/{key}"), "value": text }]);
            for topic in ["any", "texts"] {
                let error = patch(&registry, topic, &operations).unwrap_err();
                assert_eq!(error.kind(), "invalid-patch", "{error}");
            }
        }
        assert_eq!((any.get(), any.revision()), (json!({}), Revision::new(1)));
        assert_eq!(texts.revision(), Revision::new(1));
        // Rust's own, too: a page would get what Rust cannot read back.
        let (registry, _) = registered(TEXTS, BTreeMap::from([(key.into(), "7".into())]));
        let error = data(&registry, "texts").unwrap_err();
        assert_eq!(error.kind(), "unserializable");
        assert!(error.to_string().contains(key), "{error}");
        let escaped = format!(r#"{{"a":{{"\u0024{}":"[["}}}}"#, &key[1..]);
        let (registry, _) = registered(RAWS, RawValue::from_string(escaped).unwrap());
        assert_eq!(data(&registry, "raw").unwrap_err().kind(), "unserializable");
    }
}
