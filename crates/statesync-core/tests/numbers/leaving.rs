//! What leaves for a page.

use crate::{ANY, NUMBER, RAW, RAWS, act, data, registered, sent, set};
use proptest::prelude::*;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};
use statesync_core::{Pattern, Registry, Scope, TopicKey};

#[test]
fn a_number_that_javascript_cannot_hold_goes_to_no_page() {
    let texts = [
        (r#"{"a":[1,9007199254740993]}"#, "unsafe-integer", "a[1]"),
        (r#"{"a":[1,{"b":-9007199254740992}]}"#, "unsafe-integer", "a[1].b"),
        ("18446744073709551615", "unsafe-integer", "."),
    ];
    let only_raw = [
        (r#" { "a" : [ 1 , 100000000000000000000000 ] } "#, "unsafe-integer", "a[1]"),
        (r#"{"a":{},"b":[[],{"c":1e400}]}"#, "unserializable", "b[1].c"),
        (r#"{"\"":"]","b":-1e400}"#, "unserializable", "b"),
    ];
    for (text, kind, path) in texts {
        let (registry, _) = registered(ANY, sent(text));
        let error = data(&registry, "any").unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(error.body().path.as_deref(), Some(path));
    }
    for (text, kind, path) in texts.into_iter().chain(only_raw) {
        let raw: Box<RawValue> = serde_json::from_str(text).unwrap();
        let (registry, _) = registered(RAWS, raw.clone());
        let error = data(&registry, "raw").unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(path), "{error}");
        let (registry, _) = registered(TopicKey::<Vec<Box<RawValue>>>::new("raws"), vec![raw.clone(), raw]);
        let error = data(&registry, "raws").unwrap_err().to_string();
        assert!(error.contains(&format!("[0].{path}")) || path == ".", "{error}");
        // Without the feature it does not even become a value, or one that is held.
        if let Ok(value) = serde_json::from_str::<Json>(text) {
            let float = value.to_string().contains('e');
            let (registry, _) = registered(ANY, value);
            assert!(float || data(&registry, "any").unwrap_err().kind() == kind);
            assert!(!data(&registry, "any").is_ok_and(|data| data.contains("400")));
        }
    }
}

#[test]
fn a_raw_value_goes_out_as_it_is_when_it_may() {
    for text in [
        r#"{ "b" : [ 1.50 , -0, 1E3, "\ud83d\ude00 9007199254740993", {} ], "a" : null }"#,
        "[]",
        "true",
        r#""{""#,
    ] {
        let raw: Box<RawValue> = serde_json::from_str(text).unwrap();
        let (registry, _) = registered(RAWS, raw);
        assert_eq!(data(&registry, "raw").unwrap(), text);
        let patterns: Vec<Pattern> = vec!["*".parse().unwrap()];
        let first = registry.handle_first_paint("main", &patterns, &Scope::everything());
        assert!(first.contains(text), "{first}");
    }
    let deep = format!("{}{}", "[".repeat(129), "]".repeat(129));
    let (registry, _) = registered(RAWS, serde_json::from_str(&deep).unwrap());
    assert_eq!(data(&registry, "raw").unwrap_err().kind(), "unserializable");
    let very_deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    let (registry, _) = registered(RAWS, RawValue::from_string(very_deep).unwrap());
    assert_eq!(data(&registry, "raw").unwrap_err().kind(), "unserializable");
}

#[test]
fn what_pretends_to_be_a_raw_value_or_number_of_serde_json_is_checked_like_one() {
    struct Pretends(&'static str, String);
    impl Serialize for Pretends {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::SerializeStruct;
            let name = if self.0 == "raw" { RAW } else { NUMBER };
            let mut fields = serializer.serialize_struct(name, 1)?;
            fields.serialize_field(name, &self.1)?;
            fields.end()
        }
    }
    for text in ["]", "", "1,2", "[1", "01", "1e999", "NaN"] {
        for name in ["raw", "number"] {
            let registry = Registry::new("e");
            registry.register(TopicKey::new("pretends"), Vec::<u8>::new()).unwrap();
            let act_on: TopicKey<Vec<u8>> = TopicKey::new("pretends");
            registry
                .action(act_on, "get", move |_, (): ()| Ok::<_, String>(Pretends(name, text.into())))
                .unwrap();
            assert_eq!(
                act(&registry, "pretends", "get", json!(null)).unwrap_err().kind(),
                "unserializable",
                "{text}"
            );
        }
    }
}

/// The text of some JSON, and whether it has something that no page may get.
fn any_text() -> impl Strategy<Value = (String, bool)> {
    let fine = |text: &'static str| Just((text.to_owned(), false));
    let bad = |text: &'static str| Just((text.to_owned(), true));
    let leaf = prop_oneof![
        4 => prop_oneof![fine("0"), fine("-0"), fine("1.50"), fine("9007199254740991"), fine("1e20"), fine("1E-400"), fine("null")],
        2 => any::<f64>().prop_filter("finite", |float| float.is_finite()).prop_map(|float| (format!("{float:e}"), false)),
        2 => any::<String>().prop_map(|text| (Json::from(text).to_string(), false)),
        1 => prop_oneof![bad("9007199254740992"), bad("-18446744073709551615"), bad("1e400"), bad("123456789012345678901234")],
    ];
    let blank = prop_oneof![Just(""), Just(" "), Just("\n\t")];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        let list = (prop::collection::vec(inner.clone(), 0..4), blank.clone()).prop_map(|(items, blank)| {
            let bad = items.iter().any(|(_, bad)| *bad);
            let texts: Vec<_> = items.into_iter().map(|(text, _)| format!("{blank}{text}{blank}")).collect();
            (format!("[{blank}{}]", texts.join(",")), bad)
        });
        let member = (any::<String>(), inner);
        let object = (prop::collection::vec(member, 0..4), blank.clone()).prop_map(|(members, blank)| {
            let bad = members.iter().any(|(_, (_, bad))| *bad);
            let text = |(key, (text, _)): (String, (String, bool))| {
                format!("{}{blank}:{blank}{text}", Json::from(key))
            };
            let texts: Vec<_> = members.into_iter().map(text).collect();
            (format!("{{{blank}{}{blank}}}", texts.join(",")), bad)
        });
        prop_oneof![list, object]
    })
}

fn only_held(json: &Json) -> bool {
    match json {
        Json::Number(number) => {
            let text = number.to_string();
            let float: f64 = text.parse().unwrap();
            float.is_finite() && (text.contains(['.', 'e', 'E']) || float.abs() < 9_007_199_254_740_992.0)
        }
        Json::Array(items) => items.iter().all(only_held),
        Json::Object(members) => members.values().all(only_held),
        _ => true,
    }
}

proptest! {
    #[test]
    fn what_leaves_is_json_whose_numbers_javascript_holds((text, bad) in any_text()) {
        let raw: Box<RawValue> = serde_json::from_str(&text).unwrap();
        let (registry, topic) = registered(RAWS, raw);
        let left = data(&registry, "raw");
        prop_assert_eq!(left.is_err(), bad, "{}", text);
        if let Ok(left) = left {
            prop_assert_eq!(left, topic.read(|raw| raw.get().to_owned()));
        }
        let Ok(value) = serde_json::from_str::<Json>(&text) else { return Ok(()) };
        let (registry, any) = registered(ANY, value.clone());
        if let Ok(left) = data(&registry, "any") {
            prop_assert!(only_held(&serde_json::from_str(&left).unwrap()), "{}", left);
        }
        // What a page may set it gets back, by value.
        any.set(json!(0)).unwrap();
        if set(&registry, "any", value).is_ok() {
            let left = data(&registry, "any").unwrap();
            prop_assert!(only_held(&serde_json::from_str(&left).unwrap()), "{}", left);
            let again = set(&registry, "any", sent(&left));
            prop_assert!(again.is_ok() && data(&registry, "any").unwrap() == left, "{}", left);
        }
    }
}
