//! A record as the text of a file, and back. Whatever is not to the letter what was written is a [`Flaw`].
//!
//! The checksum is compared before the version is looked at, and every version computes it in another way, so that a
//! damaged version is damage. Version 1 hashes the fields. Every later version hashes the version and all bytes of the file
//! but those of the checksum's own field: this can be checked without knowing the other fields.

use super::Format;
use crate::persist::record::{Body, Record};
use crate::revision::Revision;
use crate::topic::TopicName;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use std::fmt::Write as _;

/// Counts up when a file of today could not be read by the version before.
const VERSION: u32 = 1;

/// Why bytes are no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Flaw {
    #[error("it is not the JSON of a record (torn, or edited)")]
    NotARecord,
    #[error("its checksum is not that of its content (torn, or edited)")]
    Checksum,
    #[error("it is the file of another topic")]
    OtherTopic,
    #[error("it was written by a newer version of statesync")]
    Newer,
}

impl Flaw {
    /// For a file's name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::NotARecord => "not-a-record",
            Self::Checksum => "checksum-mismatch",
            Self::OtherTopic => "other-topic",
            Self::Newer => "newer",
        }
    }
}

/// What the file of every version has.
#[derive(Deserialize)]
struct Head<'a> {
    statesync: u32,
    #[serde(borrow)]
    checksum: &'a RawValue,
}

#[derive(Deserialize)]
struct Content<'a> {
    topic: String,
    schema: u32,
    revision: Revision,
    reserved: Revision,
    checksum: String,
    #[serde(borrow, default, deserialize_with = "also_null")]
    data: Option<&'a RawValue>,
    sealed: Option<String>,
}

/// `null` is a value too.
fn also_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    Deserialize::deserialize(deserializer).map(Some)
}

/// CRC-32 (ISO-HDLC): sees every torn write and every edit of a few bytes. It is no protection against
/// somebody who means harm; that is what a cipher is for.
fn checksum(topic: &str, schema: u32, revision: Revision, reserved: Revision, body: &str) -> String {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(format!("{topic}\n{schema}\n{revision}\n{reserved}\n").as_bytes());
    hasher.update(body.as_bytes());
    format!("crc32:{:08x}", hasher.finalize())
}

/// Whether the file of another version is as it was written.
fn is_whole(text: &str, head: &Head<'_>) -> bool {
    let field = head.checksum.get();
    let from = field.as_ptr().addr() - text.as_ptr().addr();
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(format!("{}\n", head.statesync).as_bytes());
    hasher.update(&text.as_bytes()[..from]);
    hasher.update(&text.as_bytes()[from + field.len()..]);
    field == format!("\"crc32:{:08x}\"", hasher.finalize())
}

pub(super) fn write(topic: &TopicName, record: &Record, format: Format) -> String {
    let Record { schema, revision, reserved, body } = record;
    let (field, body) = match (body, format) {
        (Body::Json(json), Format::Compact) => ("data", json.to_string()),
        (Body::Json(json), Format::Pretty) => ("data", indented(json)),
        (Body::Sealed(bytes), _) => ("sealed", format!("\"{}\"", BASE64.encode(bytes))),
    };
    let checksum = checksum(topic.as_str(), *schema, *revision, *reserved, &body);
    let (open, next, close) = match format {
        Format::Pretty => ("{\n  ", ",\n  ", "\n}\n"),
        Format::Compact => ("{", ",", "}\n"),
    };
    let colon = if format == Format::Pretty { ": " } else { ":" };
    let mut text = String::with_capacity(body.len() + 256);
    let fields = [
        ("statesync", VERSION.to_string()),
        ("topic", format!("\"{topic}\"")),
        ("schema", schema.to_string()),
        ("revision", format!("\"{revision}\"")),
        ("reserved", format!("\"{reserved}\"")),
        ("checksum", format!("\"{checksum}\"")),
        (field, body),
    ];
    for (place, (name, value)) in fields.iter().enumerate() {
        let before = if place == 0 { open } else { next };
        let _ = write!(text, "{before}\"{name}\"{colon}{value}");
    }
    text.push_str(close);
    text
}

pub(super) fn read(bytes: &[u8], topic: &TopicName) -> Result<Record, Flaw> {
    let text = std::str::from_utf8(bytes).map_err(|_| Flaw::NotARecord)?;
    let head: Head<'_> = serde_json::from_str(text).map_err(|_| Flaw::NotARecord)?;
    if head.statesync != VERSION {
        return Err(if is_whole(text, &head) { Flaw::Newer } else { Flaw::Checksum });
    }
    let content: Content<'_> = serde_json::from_str(text).map_err(|_| Flaw::NotARecord)?;
    let Content { schema, revision, reserved, .. } = content;
    let (raw, body) = match (content.data, content.sealed) {
        (Some(data), None) => (data.get().to_owned(), None),
        (None, Some(sealed)) => (format!("\"{sealed}\""), Some(sealed)),
        _ => return Err(Flaw::NotARecord),
    };
    if checksum(&content.topic, schema, revision, reserved, &raw) != content.checksum {
        return Err(Flaw::Checksum);
    }
    if content.topic != topic.as_str() {
        return Err(Flaw::OtherTopic);
    }
    let body = match body {
        None => Body::Json(raw.into()),
        Some(sealed) => Body::Sealed(BASE64.decode(sealed).map_err(|_| Flaw::NotARecord)?.into()),
    };
    Ok(Record { schema, revision, reserved, body })
}

#[derive(Deserialize, Serialize)]
struct Ceiling {
    statesync: u32,
    reserved: Revision,
    checksum: String,
}

fn reserved_checksum(reserved: Revision) -> String {
    checksum("", 0, reserved, reserved, "")
}

pub(super) fn write_reserved(reserved: Revision) -> String {
    let content = Ceiling { statesync: VERSION, reserved, checksum: reserved_checksum(reserved) };
    let mut text = serde_json::to_string_pretty(&content).expect("numbers and text are JSON");
    text.push('\n');
    text
}

/// `None`: torn, or edited. The records carry the number too.
pub(super) fn read_reserved(bytes: &[u8]) -> Option<Revision> {
    let text = std::str::from_utf8(bytes).ok()?;
    let head: Head<'_> = serde_json::from_str(text).ok()?;
    let content: Ceiling = serde_json::from_str(text).ok()?;
    let whole = match head.statesync {
        VERSION => content.checksum == reserved_checksum(content.reserved),
        // A newer version reserved it, and it must not go down.
        _ => is_whole(text, &head),
    };
    whole.then_some(content.reserved)
}

/// Compact JSON with line breaks and blanks: only layout, every other byte stays as it is, also a number
/// that no parser holds exactly.
fn indented(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let mut depth = 1;
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    };
    let mut in_text = false;
    let mut chars = json.chars().peekable();
    while let Some(char) = chars.next() {
        out.push(char);
        if in_text {
            match char {
                '\\' => out.extend(chars.next()),
                '"' => in_text = false,
                _ => {}
            }
            continue;
        }
        match char {
            '"' => in_text = true,
            '{' | '[' if matches!(chars.peek(), Some('}' | ']')) => out.extend(chars.next()),
            '{' | '[' => {
                depth += 1;
                line(&mut out, depth);
            }
            ',' => line(&mut out, depth),
            ':' => out.push(' '),
            _ => {}
        }
        if let (Some('}' | ']'), false) = (chars.peek(), in_text) {
            depth -= 1;
            line(&mut out, depth);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Flaw, Format, indented, read, read_reserved, write, write_reserved};
    use crate::persist::record::{Body, Record};
    use crate::revision::Revision;
    use crate::topic::TopicName;
    use proptest::prelude::*;
    use serde_json::Value as Json;

    fn topic() -> TopicName {
        TopicName::new("cart:42").unwrap()
    }

    fn record(body: Body) -> Record {
        Record { schema: 3, revision: Revision::new(7), reserved: Revision::new(u64::MAX), body }
    }

    fn any_json() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            any::<i64>().prop_map(Json::from),
            any::<f64>().prop_map(Json::from),
            any::<String>().prop_map(Json::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
                prop::collection::btree_map(any::<String>(), inner, 0..4)
                    .prop_map(|map| Json::Object(map.into_iter().collect())),
            ]
        })
    }

    #[test]
    fn a_file_is_what_a_person_would_write() {
        let json = r#"{"theme":"dark","zoom":[1,{}],"empty":[]}"#;
        let text = write(&topic(), &record(Body::Json(json.into())), Format::Pretty);
        let expected = [
            "{",
            "  \"statesync\": 1,",
            "  \"topic\": \"cart:42\",",
            "  \"schema\": 3,",
            "  \"revision\": \"7\",",
            "  \"reserved\": \"18446744073709551615\",",
        ];
        assert!(text.starts_with(&expected.join("\n")), "{text}");
        let data = "\n  \"data\": {\n    \"theme\": \"dark\",\n    \"zoom\": [\n      1,\n      {}\n    ],\n    \"empty\": []\n  }\n}\n";
        assert!(text.ends_with(data), "{text}");
    }

    proptest! {
        #[test]
        fn layout_changes_nothing_but_white_space(json in any_json()) {
            let compact = json.to_string();
            let laid_out = indented(&compact);
            prop_assert_eq!(serde_json::from_str::<Json>(&laid_out).unwrap(), json);
        }

        #[test]
        fn what_is_written_is_read_back(json in any_json(), compact: bool, bytes: Vec<u8>, sealed: bool) {
            let format = if compact { Format::Compact } else { Format::Pretty };
            let body = if sealed { Body::Sealed(bytes.into()) } else { Body::Json(json.to_string().into()) };
            let record = record(body);
            let back = read(write(&topic(), &record, format).as_bytes(), &topic()).unwrap();
            prop_assert_eq!((back.schema, back.revision, back.reserved), (record.schema, record.revision, record.reserved));
            match (back.body, record.body) {
                (Body::Json(back), Body::Json(_)) => prop_assert_eq!(serde_json::from_str::<Json>(&back).unwrap(), json),
                (back, body) => prop_assert_eq!(back, body),
            }
        }

        #[test]
        fn a_file_that_is_cut_or_has_another_byte_is_no_record(json in any_json(), at: prop::sample::Index, flip in 1..=255_u8, cut: bool) {
            let record = record(Body::Json(json.to_string().into()));
            let mut bytes = write(&topic(), &record, Format::Pretty).into_bytes();
            let place = at.index(bytes.len() - 2);
            if cut { bytes.truncate(place); } else { bytes[place] ^= flip; }
            // A changed blank between the fields changes nothing that counts.
            if let Ok(back) = read(&bytes, &topic()) {
                prop_assert_eq!((back.revision, back.schema, back.reserved), (record.revision, record.schema, record.reserved));
                let Body::Json(text) = back.body else { panic!("not sealed") };
                prop_assert_eq!(serde_json::from_str::<Json>(&text).unwrap(), json);
                prop_assert!(!cut);
            }
        }
    }

    /// The file as a newer version would write it.
    fn newer(text: &str, version: &str) -> String {
        let text = text.replace("\"statesync\":1", &format!("\"statesync\":{version}"));
        let text = text.replace("\"statesync\": 1", &format!("\"statesync\": {version}"));
        let (before, after) = text.split_once("\"crc32:").unwrap();
        let after = after.split_once('"').unwrap().1;
        let sum = crc32fast::hash(format!("{version}\n{before}{after}").as_bytes());
        format!("{before}\"crc32:{sum:08x}\"{after}")
    }

    #[test]
    fn a_newer_file_is_newer_only_if_it_is_whole() {
        let text = newer(&write(&topic(), &record(Body::Json("1".into())), Format::Pretty), "2");
        for text in [text.clone(), text.replace("\"schema\"", "\"shape\""), text.replace("data", "packed")] {
            let whole = newer(&text, "2");
            assert_eq!(read(whole.as_bytes(), &topic()), Err(Flaw::Newer), "whatever its other fields are");
            for at in 0..whole.len() - 2 {
                let mut bytes = whole.clone().into_bytes();
                bytes[at] ^= 1;
                let flaw = read(&bytes, &topic()).unwrap_err();
                assert_ne!(flaw, Flaw::Newer, "{}", String::from_utf8_lossy(&bytes));
            }
        }
    }

    #[test]
    fn every_bit_of_the_version_is_damage_when_it_flips() {
        for format in [Format::Pretty, Format::Compact] {
            let text = write(&topic(), &record(Body::Json("1".into())), format);
            let at = text.find('1').unwrap();
            for bit in 0..8 {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                let flaw = read(&bytes, &topic()).unwrap_err();
                assert!(matches!(flaw, Flaw::Checksum | Flaw::NotARecord), "{flaw}");
                let mut bytes = write_reserved(Revision::new(77)).into_bytes();
                let at = bytes.iter().position(|byte| *byte == b'1').unwrap();
                bytes[at] ^= 1 << bit;
                assert_eq!(read_reserved(&bytes), None);
            }
        }
    }

    #[test]
    fn every_flaw_has_its_name() {
        let text = write(&topic(), &record(Body::Json("1".into())), Format::Compact);
        let flaw = |text: &str| read(text.as_bytes(), &topic()).unwrap_err();
        assert_eq!(flaw(""), Flaw::NotARecord);
        assert_eq!(flaw("{}"), Flaw::NotARecord);
        assert_eq!(flaw(&text[..text.len() - 3]), Flaw::NotARecord);
        assert_eq!(flaw(&text.replace("\"data\":1", "\"data\":2")), Flaw::Checksum);
        assert_eq!(flaw(&text.replace("\"schema\":3", "\"schema\":4")), Flaw::Checksum);
        assert_eq!(flaw(&newer(&text, "2")), Flaw::Newer);
        assert_eq!(read(text.as_bytes(), &TopicName::new("other").unwrap()), Err(Flaw::OtherTopic));
    }

    #[test]
    fn the_reserved_number_is_read_back_or_not_at_all() {
        let text = write_reserved(Revision::new(1 << 40));
        assert_eq!(read_reserved(text.as_bytes()), Some(Revision::new(1 << 40)));
        for at in 0..text.len() - 2 {
            assert_eq!(read_reserved(&text.as_bytes()[..at]), None);
        }
        assert_eq!(read_reserved(text.replace('6', "7").as_bytes()), None);
        let newer = newer(&text, "9");
        assert_eq!(read_reserved(newer.as_bytes()), Some(Revision::new(1 << 40)), "a newer app reserved it");
        assert_eq!(read_reserved(newer.replace('9', "8").as_bytes()), None);
    }
}
