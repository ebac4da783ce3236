//! The first snapshots of a page: which topics, as far as they fit, in one cut, and nothing but JSON.

use proptest::prelude::*;
use serde_json::{Value, json};
use statesync_core::{Limits, Pattern, Registry, Scope, TopicFamily, TopicKey};

const ITEM: TopicFamily<Value> = TopicFamily::new("item:{id}");
const LIMIT: usize = 1000;

fn registry() -> Registry {
    let limits = Limits { max_first_paint_bytes: LIMIT, max_value_bytes: 10 * LIMIT, ..Limits::default() };
    Registry::with_host("epoch", limits, Scope::default(), || {})
}

fn patterns(texts: &[&str]) -> Vec<Pattern> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn add(registry: &Registry, id: &str, value: Value) {
    registry.register(ITEM.key(id).unwrap(), value).unwrap();
}

fn answer(registry: &Registry, chosen: &[&str], scope: &Scope) -> Vec<(String, Value)> {
    let text = registry.handle_first_paint("main", &patterns(chosen), scope);
    assert!(text.len() <= LIMIT, "{} bytes", text.len());
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(answer["epoch"], "epoch");
    let results = answer["results"].as_array().unwrap();
    results.iter().map(|result| (result["topic"].as_str().unwrap().into(), result["data"].clone())).collect()
}

fn names(registry: &Registry, chosen: &[&str], scope: &Scope) -> Vec<String> {
    answer(registry, chosen, scope).into_iter().map(|(name, _)| name).collect()
}

#[test]
fn only_what_is_chosen_and_allowed_and_registered_is_there_scope_at_every_read() {
    let registry = registry();
    for id in ["a", "b", "secret"] {
        add(&registry, id, json!(id));
    }
    let everything = Scope::everything();
    assert!(names(&registry, &[], &everything).is_empty());
    assert_eq!(names(&registry, &["item:b", "missing"], &everything), ["item:b"]);
    let some = Scope::parse(["item:*"], ["item:secret"]).unwrap();
    assert_eq!(names(&registry, &["*"], &some), ["item:a", "item:b"]);
    assert!(names(&registry, &["item:secret"], &some).is_empty());
    assert!(names(&registry, &["*"], &Scope::default()).is_empty());
}

#[test]
fn topics_come_in_the_order_of_the_patterns_and_each_once() {
    let registry = registry();
    for id in ["c", "a", "b"] {
        add(&registry, id, json!(1));
    }
    let chosen = ["item:b", "item:*", "item:a"];
    assert_eq!(names(&registry, &chosen, &Scope::everything()), ["item:b", "item:a", "item:c"]);
}

#[test]
fn what_does_not_fit_is_left_out_and_what_fits_exactly_is_not() {
    let registry = registry();
    let everything = Scope::everything();
    add(&registry, "b", json!("x".repeat(2 * LIMIT)));
    add(&registry, "c", json!("small"));
    assert_eq!(names(&registry, &["*"], &everything), ["item:c"]);
    let chosen = patterns(&["item:c", "*"]);
    let used = registry.handle_first_paint("main", &chosen, &everything).len();
    // What another result takes. A comma is counted for each, also for the first, which has none.
    let room = LIMIT - used - 1 - r#",{"topic":"item:a","revision":"1","data":""}"#.len();
    let topic = registry.register(ITEM.key("a").unwrap(), json!("x".repeat(room))).unwrap();
    assert_eq!(registry.handle_first_paint("main", &chosen, &everything).len(), LIMIT - 1);
    topic.set(json!("x".repeat(room + 1))).unwrap();
    assert_eq!(names(&registry, &["item:c", "*"], &everything), ["item:c"]);
}

#[test]
fn a_topic_that_is_no_json_is_left_out_and_the_others_are_there() {
    #[derive(Clone, serde::Deserialize)]
    struct Broken;
    impl serde::Serialize for Broken {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            panic!("no JSON for you")
        }
    }
    let registry = registry();
    registry.register(TopicKey::<Broken>::new("broken"), Broken).unwrap();
    registry.register(TopicKey::<u64>::new("large"), u64::MAX).unwrap();
    add(&registry, "a", json!(1));
    assert_eq!(names(&registry, &["*"], &Scope::everything()), ["item:a"]);
}

#[test]
fn it_is_one_cut_while_transactions_run_one_cut() {
    let registry = registry();
    add(&registry, "a", json!(0));
    add(&registry, "b", json!(0));
    let writer = registry.clone();
    let thread = std::thread::spawn(move || {
        for n in 1..2000 {
            let change = |tx: &mut statesync_core::Transaction<'_>| {
                tx.update(ITEM.key("a").unwrap(), |value| *value = json!(n))?;
                tx.update(ITEM.key("b").unwrap(), |value| *value = json!(n))
            };
            writer.transaction(change).unwrap();
        }
    });
    while !thread.is_finished() {
        let seen = answer(&registry, &["*"], &Scope::everything());
        assert_eq!(seen[0].1, seen[1].1);
    }
    thread.join().unwrap();
}

#[test]
fn it_makes_no_session_and_is_counted_as_snapshots() {
    let registry = registry();
    add(&registry, "a", json!(1));
    names(&registry, &["*"], &Scope::everything());
    let inspection = registry.inspect();
    assert!(inspection.sessions.is_empty());
    assert_eq!((inspection.counters.snapshots, inspection.counters.pulls), (1, 0));
}

/// Any JSON that a topic may have: text of any characters, also as keys.
fn any_json() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        any::<String>(),
        "[<>!/&'\"\\\\\u{2028}\u{2029}\u{0}a-z-]{0,12}",
        Just("</script><script>boom()</script>".to_owned()),
        Just("<!--<script>".to_owned()),
        Just("__proto__".to_owned()),
        Just("constructor".to_owned()),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<i32>().prop_map(|n| Value::from(f64::from(n) / 4.0)),
        text.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((text.clone(), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_a_value_is_it_arrives_as_it_is_or_is_left_out(values in prop::collection::vec(any_json(), 1..4)) {
        let registry = registry();
        for (id, value) in values.iter().enumerate() {
            add(&registry, &id.to_string(), value.clone());
        }
        for (topic, data) in answer(&registry, &["*"], &Scope::everything()) {
            let id: usize = topic.trim_start_matches("item:").parse().unwrap();
            prop_assert_eq!(&data, &values[id]);
        }
    }
}
