//! A value's JSON: bounded, exact for JavaScript, and an error instead of a panic.
//!
//! What JavaScript cannot hold is refused, with the path of the field: a number that would arrive as another one
//! ([`numbers`]), and what is nested deeper than [`MAX_DEPTH`]. The serializer stops there, so that a deeper value
//! is never walked through. The text of a number or a raw value that `serde_json` hands on as it is has no way around
//! that.

use crate::depth::MAX_DEPTH;
use crate::excerpt::{excerpt, excerpt_of};
use crate::json_path::path_of_flaw;
use crate::numbers::{self, Held, MAX_SAFE, RESERVED};
use crate::raw;
use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter};
use serde_json::value::RawValue;
use std::any::Any;
use std::fmt::Display;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Why a value has no JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum JsonError {
    /// Its JSON has more bytes than the limit.
    TooLarge { limit: usize },
    /// It has an integer that JavaScript cannot hold.
    UnsafeInteger { path: String, number: String },
    /// Its `Serialize` failed or panicked.
    Unserializable { reason: String },
}

/// The JSON of a value, at most `max_bytes` of it. A panic in `Serialize` becomes an error.
pub(crate) fn make_json<T: Serialize + ?Sized>(value: &T, max_bytes: usize) -> Result<Arc<str>, JsonError> {
    let mut bytes = Bounded { bytes: Vec::with_capacity(128), max_bytes, overflow: false };
    let mut exact = Exact::default();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        value.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, &mut exact))
    }));
    match outcome {
        _ if bytes.overflow => Err(JsonError::TooLarge { limit: max_bytes }),
        Err(panic) => Err(JsonError::Unserializable {
            reason: format!("its Serialize panicked: {}", panic_text(&*panic)),
        }),
        _ if exact.found.is_some() => {
            let path = path_of_flaw(value);
            let reason = match exact.found.take() {
                Some(Flaw::UnsafeInteger(number)) => {
                    return Err(JsonError::UnsafeInteger { path, number: excerpt(number) });
                }
                Some(Flaw::Because(why)) => format!("{why} (at {path})"),
                _ => format!("it is nested more than {MAX_DEPTH} levels deep at {path}"),
            };
            Err(JsonError::Unserializable { reason })
        }
        Ok(Ok(())) => String::from_utf8(bytes.bytes).map(Into::into).map_err(|_| JsonError::Unserializable {
            reason: "its Serialize wrote bytes that are not UTF-8".into(),
        }),
        Ok(Err(error)) => Err(JsonError::Unserializable { reason: excerpt_of(&error) }),
    }
}

/// How many bytes of JSON a value has, or `None` when there are more than `max_bytes`.
pub(crate) fn json_bytes(value: &serde_json::Value, max_bytes: usize) -> Option<usize> {
    struct Counter(usize, usize);
    impl io::Write for Counter {
        fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
            self.0 += buf.len();
            if self.0 > self.1 {
                return Err(io::Error::other("too large"));
            }
            Ok(buf.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut counter = Counter(0, max_bytes);
    serde_json::to_writer(&mut counter, value).ok()?;
    Some(counter.0)
}

/// The JSON of a value for a storage: of any size and with any integer, but no deeper than it can be read back.
pub(crate) fn stored_json<T: Serialize + ?Sized>(value: &T) -> serde_json::Result<String> {
    let mut bytes = Vec::with_capacity(128);
    let mut exact = Exact { any_number: true, ..Exact::default() };
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, &mut exact))?;
    String::from_utf8(bytes).map_err(serde::ser::Error::custom)
}

/// What a panic said, shortened.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(excerpt_of);
    text.or_else(|| panic.downcast_ref::<String>().map(excerpt_of)).unwrap_or_else(|| "no message".into())
}

struct Bounded {
    bytes: Vec<u8>,
    max_bytes: usize,
    overflow: bool,
}

impl io::Write for Bounded {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + buf.len() > self.max_bytes {
            self.overflow = true;
            return Err(io::Error::other("too large"));
        }
        self.bytes.extend_from_slice(buf);
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(crate) fn not_held() -> io::Error {
    io::Error::other("JavaScript cannot hold it")
}

pub(crate) fn nested_too_deep() -> io::Error {
    io::Error::other("it is nested too deep")
}

/// One level deeper, if that is allowed.
fn enter(depth: &mut usize) -> io::Result<()> {
    if *depth == MAX_DEPTH {
        return Err(nested_too_deep());
    }
    *depth += 1;
    Ok(())
}

/// Why a value cannot go to a page.
pub(crate) enum Flaw {
    UnsafeInteger(String),
    TooDeep,
    Because(String),
}

/// What is wrong with the text of a number.
pub(crate) fn flaw_of(number: &str) -> Option<Flaw> {
    match numbers::held(number) {
        Some(Held::Yes) => None,
        Some(Held::UnsafeInteger) => Some(Flaw::UnsafeInteger(number.into())),
        Some(Held::Infinite) => Some(Flaw::Because(numbers::infinite(number))),
        None => Some(Flaw::Because("the text of a number is no number of JSON".into())),
    }
}

/// Writes as compact JSON and stops at the first thing that JavaScript cannot hold, or where it is too deep.
#[derive(Default)]
struct Exact {
    /// It goes to a storage, not to a page.
    any_number: bool,
    /// A map's key is text whatever it was before.
    in_key: bool,
    depth: usize,
    found: Option<Flaw>,
}

impl Exact {
    fn integer<W: io::Write + ?Sized, N: Display>(
        &mut self,
        writer: &mut W,
        number: N,
        is_safe: bool,
    ) -> io::Result<()> {
        if is_safe || self.in_key || self.any_number {
            return write!(writer, "{number}");
        }
        self.stop(Flaw::UnsafeInteger(number.to_string()))
    }

    fn stop(&mut self, flaw: Flaw) -> io::Result<()> {
        let error = match &flaw {
            Flaw::Because(why) => io::Error::other(why.clone()),
            _ => not_held(),
        };
        self.found = Some(flaw);
        Err(error)
    }

    fn enter(&mut self) -> io::Result<()> {
        enter(&mut self.depth).inspect_err(|_| self.found = Some(Flaw::TooDeep))
    }
}

impl Formatter for &mut Exact {
    fn begin_array<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.enter()?;
        CompactFormatter.begin_array(writer)
    }

    fn end_array<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth -= 1;
        CompactFormatter.end_array(writer)
    }

    fn begin_object<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.enter()?;
        CompactFormatter.begin_object(writer)
    }

    fn end_object<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth -= 1;
        CompactFormatter.end_object(writer)
    }

    fn begin_object_key<W: io::Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.in_key = true;
        CompactFormatter.begin_object_key(writer, first)
    }

    fn end_object_key<W: io::Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.in_key = false;
        Ok(())
    }

    fn write_string_fragment<W: io::Write + ?Sized>(&mut self, writer: &mut W, text: &str) -> io::Result<()> {
        if self.in_key && text.starts_with(RESERVED) {
            return self.stop(Flaw::Because(numbers::reserved(text)));
        }
        CompactFormatter.write_string_fragment(writer, text)
    }

    fn write_number_str<W: io::Write + ?Sized>(&mut self, writer: &mut W, number: &str) -> io::Result<()> {
        match flaw_of(number) {
            Some(flaw) if !self.any_number => self.stop(flaw),
            _ => CompactFormatter.write_number_str(writer, number),
        }
    }

    fn write_raw_fragment<W: io::Write + ?Sized>(&mut self, writer: &mut W, json: &str) -> io::Result<()> {
        if serde_json::from_str::<&RawValue>(json).is_err() {
            return self.stop(Flaw::Because("the text of a raw value is no JSON".into()));
        }
        raw::walk(json, &mut **self)?;
        CompactFormatter.write_raw_fragment(writer, json)
    }

    fn write_i64<W: io::Write + ?Sized>(&mut self, writer: &mut W, number: i64) -> io::Result<()> {
        if number.unsigned_abs() <= MAX_SAFE {
            return CompactFormatter.write_i64(writer, number);
        }
        self.integer(writer, number, false)
    }

    fn write_u64<W: io::Write + ?Sized>(&mut self, writer: &mut W, number: u64) -> io::Result<()> {
        if number <= MAX_SAFE {
            return CompactFormatter.write_u64(writer, number);
        }
        self.integer(writer, number, false)
    }

    fn write_i128<W: io::Write + ?Sized>(&mut self, writer: &mut W, number: i128) -> io::Result<()> {
        self.integer(writer, number, number.unsigned_abs() <= u128::from(MAX_SAFE))
    }

    fn write_u128<W: io::Write + ?Sized>(&mut self, writer: &mut W, number: u128) -> io::Result<()> {
        self.integer(writer, number, number <= u128::from(MAX_SAFE))
    }
}

#[cfg(test)]
mod tests {
    use super::{JsonError, make_json, stored_json};
    use proptest::prelude::*;
    use serde::Serialize;
    use std::collections::BTreeMap;

    fn unsafe_at<T: Serialize>(value: &T) -> (String, String) {
        match make_json(value, 1 << 20) {
            Err(JsonError::UnsafeInteger { path, number }) => (path, number),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_integer_that_javascript_cannot_hold_is_refused_with_its_path() {
        #[derive(Serialize)]
        struct Disk {
            name: &'static str,
            blocks: Vec<u64>,
        }
        let disks = BTreeMap::from([("a", vec![Disk { name: "x", blocks: vec![1, 1 << 53] }])]);
        assert_eq!(unsafe_at(&disks), ("a[0].blocks[1]".into(), "9007199254740992".into()));
        assert_eq!(disks["a"][0].name, "x");
        assert_eq!(unsafe_at(&u64::MAX), (".".into(), u64::MAX.to_string()));
        assert_eq!(unsafe_at(&i64::MIN), (".".into(), i64::MIN.to_string()));
        assert_eq!(unsafe_at(&vec![u128::MAX]), ("[0]".into(), u128::MAX.to_string()));
        assert_eq!(unsafe_at(&vec![i128::MIN]), ("[0]".into(), i128::MIN.to_string()));
    }

    #[test]
    fn integers_up_to_the_limit_floats_and_keys_are_fine() {
        let limit = (1_i64 << 53) - 1;
        assert_eq!(&*make_json(&[limit, -limit], 100).unwrap(), format!("[{limit},{}]", -limit));
        assert!(make_json(&1e300, 100).is_ok());
        let keyed = BTreeMap::from([(u64::MAX, 1_u8)]);
        assert_eq!(&*make_json(&keyed, 100).unwrap(), format!("{{\"{}\":1}}", u64::MAX));
    }

    #[test]
    fn a_value_deeper_than_128_is_refused_before_it_is_walked_through() {
        #[derive(Serialize)]
        struct Chain(Vec<Chain>);
        let chain = |depth: usize| (1..depth).fold(Chain(Vec::new()), |inner, _| Chain(vec![inner]));
        assert!(make_json(&chain(128), 1000).is_ok() && stored_json(&chain(128)).is_ok());
        for depth in [129, 10_000] {
            let deep = chain(depth);
            match make_json(&deep, 1 << 20) {
                Err(JsonError::Unserializable { reason }) => {
                    assert!(reason.contains("more than 128 levels deep at [0][0]"), "{reason}");
                }
                other => panic!("{other:?}"),
            }
            assert!(stored_json(&deep).unwrap_err().to_string().contains("too deep"));
            // A chain of ten thousand is dropped level by level, whatever the stack of this thread is.
            let mut rest = vec![deep];
            while let Some(Chain(inner)) = rest.pop() {
                rest.extend(inner);
            }
        }
    }

    proptest! {
        #[test]
        fn what_has_only_safe_integers_is_the_json_that_serde_makes(numbers: Vec<i32>, text: String, float: f32) {
            let value = serde_json::json!({ "numbers": numbers, "text": text, "nested": { &text: float } });
            prop_assert_eq!(&*make_json(&value, 1 << 20).unwrap(), value.to_string());
        }
    }
}
