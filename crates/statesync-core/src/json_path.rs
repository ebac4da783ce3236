//! Where in a value something stands that cannot go to a page. Slower than making its JSON, so it runs only after
//! that was refused.

use crate::depth::MAX_DEPTH;
use crate::excerpt::excerpt;
use crate::json::{flaw_of, nested_too_deep, not_held};
use crate::numbers::{MAX_SAFE, RESERVED};
use crate::raw;
use serde::Serialize;
use serde_json::ser::Formatter;
use std::fmt::{Display, Write as _};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The path of the first thing that cannot go to a page.
pub(crate) fn path_of_flaw<T: Serialize + ?Sized>(value: &T) -> String {
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
            None => Err(not_held()),
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
        let (Some(key), Some(Part::Object(at))) = (self.key.take(), self.parts.last_mut()) else {
            return Ok(());
        };
        *at = key;
        if at.starts_with(RESERVED) { Err(not_held()) } else { Ok(()) }
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

    fn write_number_str<W: io::Write + ?Sized>(&mut self, _: &mut W, number: &str) -> io::Result<()> {
        if flaw_of(number).is_some() { Err(not_held()) } else { Ok(()) }
    }

    fn write_raw_fragment<W: io::Write + ?Sized>(&mut self, _: &mut W, json: &str) -> io::Result<()> {
        raw::walk(json, &mut **self)
    }
}
