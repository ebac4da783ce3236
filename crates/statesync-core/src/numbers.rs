//! Numbers between `serde_json` and JavaScript: the same whatever features the app's `serde_json` is built with.
//!
//! Any crate of an app can switch on `arbitrary_precision`, and does so for all of them. Then a number in a
//! [`Json`] is a text of any length, it can stand for what no JavaScript number holds, and what serde keeps in between
//! (`flatten`, `untagged`, an internal tag) cannot read a float any more, because it gets a map that only `serde_json`
//! understands. What holds at every door, with that feature or without:
//!
//! - An integer is written without a fraction and an exponent. Outside ±(2^53-1) it goes to no page.
//! - Every other number is a float, on both sides the `f64` nearest to its digits. `9007199254740993.0` and `1e20` are
//!   floats. What is beyond all finite ones, such as `1e400`, goes to no page and is taken from none.
//! - A number from a page is what JavaScript has: an integer of 64 bits, or a float.
//! - A number that Rust or a storage has keeps all its digits for a type that can read them, and is a float for
//!   every other.
//! - A key that begins with [`RESERVED`] goes to no page and is taken from none: `serde_json` reads an object with such a
//!   key as something else.

use crate::depth::too_deep_text;
use crate::excerpt::excerpt;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Number, Value as Json};
use std::borrow::Cow;

/// Why JSON is no value of a type, and where.
type Misfit = serde_path_to_error::Error<serde_json::Error>;

/// How the keys begin by which `serde_json` passes numbers and raw values on to itself.
pub(crate) const RESERVED: &str = "$serde_json::private::";

/// `Number.MAX_SAFE_INTEGER`.
pub(crate) const MAX_SAFE: u64 = (1 << 53) - 1;

/// What a number is to JavaScript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    Yes,
    /// It would be another integer.
    UnsafeInteger,
    /// It would be infinite.
    Infinite,
}

/// What the text of a number is to JavaScript. `None`: it is no number of JSON.
pub(crate) fn held(number: &str) -> Option<Held> {
    let is_json = serde_json::from_str::<&RawValue>(number).is_ok_and(|raw| raw.get() == number);
    if !is_json || !number.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        return None;
    }
    if is_integer(number) {
        let integer = number.strip_prefix('-').unwrap_or(number).parse::<u64>();
        let is_safe = integer.is_ok_and(|integer| integer <= MAX_SAFE);
        return Some(if is_safe { Held::Yes } else { Held::UnsafeInteger });
    }
    let float = number.parse::<f64>().ok()?;
    Some(if float.is_finite() { Held::Yes } else { Held::Infinite })
}

fn is_integer(number: &str) -> bool {
    !number.contains(['.', 'e', 'E'])
}

/// Whether numbers are kept as texts (`arbitrary_precision`).
pub(crate) fn are_texts() -> bool {
    "1e400".parse::<Number>().is_ok()
}

/// Why a value from a page is refused, and where.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) path: String,
    pub(crate) reason: String,
}

impl Refused {
    pub(crate) fn too_deep(path: String) -> Self {
        Self { path, reason: too_deep_text() }
    }
}

/// A value from a page, of a depth that was checked, with every number as JavaScript has it.
///
/// # Errors
/// As [`check`].
pub(crate) fn from_page(mut value: Json) -> Result<Json, Refused> {
    check(&value)?;
    if are_texts() {
        round(&mut value);
    }
    Ok(value)
}

/// Whether pages may send this. Its depth has been checked.
///
/// # Errors
/// When it has a number that JavaScript cannot hold, or a reserved key.
pub(crate) fn check(value: &Json) -> Result<(), Refused> {
    let Some((mut steps, reason)) = find(value) else { return Ok(()) };
    steps.reverse();
    let path = steps.concat();
    let path = excerpt(path.strip_prefix('.').unwrap_or(&path));
    Err(Refused { path: if path.is_empty() { ".".into() } else { path }, reason })
}

/// What no page may send: the steps to it, the last one first, and what is wrong with it.
fn find(value: &Json) -> Option<(Vec<String>, String)> {
    let below = |step: &dyn Fn() -> String, value| {
        let (mut steps, reason) = find(value)?;
        steps.push(step());
        Some((steps, reason))
    };
    match value {
        Json::Number(number) if number.as_f64().is_none() => {
            Some((Vec::new(), infinite(&number.to_string())))
        }
        Json::Array(items) => {
            items.iter().enumerate().find_map(|(index, item)| below(&|| format!("[{index}]"), item))
        }
        Json::Object(members) => members.iter().find_map(|(key, member)| {
            if key.starts_with(RESERVED) {
                Some((vec![format!(".{key}")], reserved(key)))
            } else {
                below(&|| format!(".{key}"), member)
            }
        }),
        _ => None,
    }
}

/// What is wrong with a number that would be infinite.
pub(crate) fn infinite(number: &str) -> String {
    format!("the number {} is beyond all that JavaScript holds: send it as text", excerpt(number))
}

/// What is wrong with a reserved key.
pub(crate) fn reserved(key: &str) -> String {
    format!("the key {} is reserved by serde_json: use another one", excerpt(key))
}

/// What a page sent, with every number as JavaScript has it.
pub(crate) fn rounded(value: &Json) -> Cow<'_, Json> {
    if !are_texts() {
        return Cow::Borrowed(value);
    }
    let mut value = value.clone();
    round(&mut value);
    Cow::Owned(value)
}

/// As [`rounded`], in place. Says whether anything is another text now.
pub(crate) fn round(value: &mut Json) -> bool {
    settle(value, |_, _| true)
}

/// A value of this type. Numbers keep their digits where the type can read them, and are floats where it cannot.
///
/// # Errors
/// When the JSON does not fit the type.
pub(crate) fn from_json<T: DeserializeOwned>(json: &mut Json) -> Result<T, Misfit> {
    if !are_texts() {
        return serde_path_to_error::deserialize(&*json);
    }
    settle(json, |number, float| !is_integer(number) && digits(number) == digits(float));
    serde_path_to_error::deserialize(&*json)
        .or_else(|misfit| if round(json) { serde_path_to_error::deserialize(&*json) } else { Err(misfit) })
}

/// Makes every number, whose text and whose float's text are such, the text of an integer or float as `serde_json`
/// writes it: then it is one to whatever reads it. Says whether anything is another text now.
fn settle(value: &mut Json, may: fn(&str, &str) -> bool) -> bool {
    let mut any = false;
    match value {
        Json::Number(number) => {
            let plain = plain(number).filter(|plain| plain != number);
            if let Some(plain) = plain.filter(|plain| may(&number.to_string(), &plain.to_string())) {
                *number = plain;
                any = true;
            }
        }
        Json::Array(items) => items.iter_mut().for_each(|item| any |= settle(item, may)),
        Json::Object(members) => members.values_mut().for_each(|member| any |= settle(member, may)),
        _ => {}
    }
    any
}

/// The number as it is without `arbitrary_precision`.
fn plain(number: &Number) -> Option<Number> {
    // `-0` is no integer: JavaScript knows it from `0`.
    let is_integer = number.is_u64() || number.as_i64().is_some_and(|integer| integer != 0);
    if is_integer { None } else { Number::from_f64(number.as_f64()?) }
}

/// Sign, digits without zeros around them, and exponent: equal for two texts of the same number.
fn digits(number: &str) -> Option<(bool, String, i64)> {
    let unsigned = number.strip_prefix('-').unwrap_or(number);
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let significant = all.trim_end_matches('0');
    let shift = i64::try_from(all.len() - significant.len()).ok()? - i64::try_from(fraction.len()).ok()?;
    let digits = significant.trim_start_matches('0').to_owned();
    let exponent = if digits.is_empty() { 0 } else { exponent.parse::<i64>().ok()?.checked_add(shift)? };
    Some((unsigned.len() < number.len(), digits, exponent))
}

#[cfg(test)]
mod tests {
    use super::{Held, digits, held};
    use proptest::prelude::*;

    #[test]
    fn a_number_is_held_when_javascript_has_it_too() {
        for (number, expected) in [
            ("0", Some(Held::Yes)),
            ("-0", Some(Held::Yes)),
            ("9007199254740991", Some(Held::Yes)),
            ("-9007199254740991", Some(Held::Yes)),
            ("9007199254740992", Some(Held::UnsafeInteger)),
            ("-9007199254740992", Some(Held::UnsafeInteger)),
            ("100000000000000000000", Some(Held::UnsafeInteger)),
            ("9007199254740993.0", Some(Held::Yes)),
            ("1e20", Some(Held::Yes)),
            ("1.7976931348623157e+308", Some(Held::Yes)),
            ("1E400", Some(Held::Infinite)),
            ("-1e400", Some(Held::Infinite)),
            ("1e-400", Some(Held::Yes)),
            ("", None),
            (" 1", None),
            ("01", None),
            ("+1", None),
            (".5", None),
            ("5.", None),
            ("inf", None),
            ("NaN", None),
            ("1]", None),
            ("\"1\"", None),
        ] {
            assert_eq!(held(number), expected, "{number}");
        }
    }

    proptest! {
        #[test]
        fn every_text_of_a_number_has_the_same_digits(float: f64) {
            prop_assume!(float.is_finite() && float != 0.0);
            let (short, scientific) = (format!("{float}"), format!("{float:e}"));
            prop_assert_eq!(digits(&short), digits(&scientific));
            prop_assert_eq!(digits(&short), digits(&serde_json::to_string(&float).unwrap()));
            prop_assert_ne!(digits(&short), digits(&format!("{scientific}1")));
        }
    }
}
