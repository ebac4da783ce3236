//! A value's JSON: bounded, exact for JavaScript, and an error instead of a panic.
//!
//! A number in JavaScript holds integers exactly only up to 2^53-1. A larger one would arrive rounded, so
//! it is refused, with the path of the field. So is what is nested deeper than [`MAX_DEPTH`]: the serializer stops
//! there, so that a deeper value is never walked through.

use crate::depth::MAX_DEPTH;
use crate::excerpt::{excerpt, excerpt_of};
use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter};
use std::any::Any;
use std::fmt::{Display, Write as _};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// `Number.MAX_SAFE_INTEGER`.
const MAX_SAFE: u64 = (1 << 53) - 1;

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
    let mut exact = Exact { in_key: false, depth: 0, found: None };
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        value.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, &mut exact))
    }));
    match outcome {
        _ if bytes.overflow => Err(JsonError::TooLarge { limit: max_bytes }),
        Err(panic) => Err(JsonError::Unserializable {
            reason: format!("its Serialize panicked: {}", panic_text(&*panic)),
        }),
        _ if exact.found.is_some() => match exact.found.take() {
            Some(Flaw::UnsafeInteger(number)) => {
                Err(JsonError::UnsafeInteger { path: path_of_flaw(value), number: excerpt(number) })
            }
            _ => Err(JsonError::Unserializable {
                reason: format!("it is nested more than {MAX_DEPTH} levels deep at {}", path_of_flaw(value)),
            }),
        },
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
    let mut shallow = Shallow { depth: 0 };
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, &mut shallow))?;
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

fn unsafe_integer() -> io::Error {
    io::Error::other("an integer beyond 2^53-1")
}

fn nested_too_deep() -> io::Error {
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
enum Flaw {
    UnsafeInteger(String),
    TooDeep,
}

/// Writes as compact JSON and stops at the first integer that JavaScript cannot hold, or where it is too deep.
struct Exact {
    /// A map's key is text whatever it was before.
    in_key: bool,
    depth: usize,
    found: Option<Flaw>,
}

/// Writes as compact JSON and stops where it is too deep.
struct Shallow {
    depth: usize,
}

impl Formatter for &mut Shallow {
    fn begin_array<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        enter(&mut self.depth)?;
        CompactFormatter.begin_array(writer)
    }

    fn end_array<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth -= 1;
        CompactFormatter.end_array(writer)
    }

    fn begin_object<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        enter(&mut self.depth)?;
        CompactFormatter.begin_object(writer)
    }

    fn end_object<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth -= 1;
        CompactFormatter.end_object(writer)
    }
}

impl Exact {
    fn integer<W: io::Write + ?Sized, N: Display>(
        &mut self,
        writer: &mut W,
        number: N,
        is_safe: bool,
    ) -> io::Result<()> {
        if is_safe || self.in_key {
            return write!(writer, "{number}");
        }
        self.found = Some(Flaw::UnsafeInteger(number.to_string()));
        Err(unsafe_integer())
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

/// Where the first integer that JavaScript cannot hold stands, or what is too deep. Slower than [`Exact`], so it
/// runs only then.
fn path_of_flaw<T: Serialize + ?Sized>(value: &T) -> String {
    let mut path = Path::default();
    let _ = catch_unwind(AssertUnwindSafe(|| {
        value.serialize(&mut serde_json::Serializer::with_formatter(io::sink(), &mut path))
    }));
    let text = path.text();
    if text.is_empty() { ".".into() } else { excerpt(text) }
}

/// A formatter that writes nothing and knows where it is.
#[derive(Default)]
struct Path {
    parts: Vec<Part>,
    key: Option<String>,
}

enum Part {
    Object(String),
    Array(usize),
}

impl Path {
    fn text(&self) -> String {
        let mut text = String::new();
        for part in &self.parts {
            let _ = match part {
                Part::Object(key) if text.is_empty() => write!(text, "{key}"),
                Part::Object(key) => write!(text, ".{key}"),
                Part::Array(index) => write!(text, "[{index}]"),
            };
        }
        text
    }

    fn enter(&mut self, part: Part) -> io::Result<()> {
        if self.parts.len() == MAX_DEPTH {
            return Err(nested_too_deep());
        }
        self.parts.push(part);
        Ok(())
    }

    fn integer(&mut self, number: impl Display, is_safe: bool) -> io::Result<()> {
        match &mut self.key {
            Some(key) => {
                let _ = write!(key, "{number}");
                Ok(())
            }
            None if is_safe => Ok(()),
            None => Err(unsafe_integer()),
        }
    }
}

impl Formatter for &mut Path {
    fn begin_array<W: io::Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.enter(Part::Array(0))
    }

    fn begin_array_value<W: io::Write + ?Sized>(&mut self, _: &mut W, first: bool) -> io::Result<()> {
        if let (false, Some(Part::Array(index))) = (first, self.parts.last_mut()) {
            *index += 1;
        }
        Ok(())
    }

    fn end_array<W: io::Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.parts.pop();
        Ok(())
    }

    fn begin_object<W: io::Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.enter(Part::Object(String::new()))
    }

    fn begin_object_key<W: io::Write + ?Sized>(&mut self, _: &mut W, _: bool) -> io::Result<()> {
        self.key = Some(String::new());
        Ok(())
    }

    fn end_object_key<W: io::Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        if let (Some(key), Some(Part::Object(at))) = (self.key.take(), self.parts.last_mut()) {
            *at = key;
        }
        Ok(())
    }

    fn end_object<W: io::Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.parts.pop();
        Ok(())
    }

    fn write_string_fragment<W: io::Write + ?Sized>(&mut self, _: &mut W, text: &str) -> io::Result<()> {
        if let Some(key) = &mut self.key {
            key.push_str(text);
        }
        Ok(())
    }

    fn write_i64<W: io::Write + ?Sized>(&mut self, _: &mut W, number: i64) -> io::Result<()> {
        self.integer(number, number.unsigned_abs() <= MAX_SAFE)
    }

    fn write_u64<W: io::Write + ?Sized>(&mut self, _: &mut W, number: u64) -> io::Result<()> {
        self.integer(number, number <= MAX_SAFE)
    }

    fn write_i128<W: io::Write + ?Sized>(&mut self, _: &mut W, number: i128) -> io::Result<()> {
        self.integer(number, number.unsigned_abs() <= u128::from(MAX_SAFE))
    }

    fn write_u128<W: io::Write + ?Sized>(&mut self, _: &mut W, number: u128) -> io::Result<()> {
        self.integer(number, number <= u128::from(MAX_SAFE))
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
