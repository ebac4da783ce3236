//! The JSON inside a raw value, shown to a formatter as if it were written piece by piece.
//!
//! A raw value is text that goes out as it is. So it is looked at, without a tree of it, by what looks at every other
//! value: how deep it is, its numbers, its keys.

use serde_json::ser::Formatter;
use std::io;

/// What is open around a place.
enum Around {
    List { first: bool },
    Object { key_next: bool },
}

/// Shows `formatter` what is in a text that is JSON. It writes nothing.
///
/// # Errors
/// What the formatter refuses.
pub(crate) fn walk(json: &str, mut formatter: impl Formatter) -> io::Result<()> {
    let to = &mut io::sink();
    let mut around: Vec<Around> = Vec::new();
    let mut rest = json.trim_start_matches(is_blank);
    while let Some(first) = rest.chars().next() {
        let token = &rest[..length_of_token(rest)];
        rest = rest[token.len()..].trim_start_matches(is_blank);
        match (first, around.last_mut()) {
            (',', Some(Around::Object { key_next })) => *key_next = true,
            (',' | ':', _) => {}
            (']', _) => {
                around.pop();
                formatter.end_array(to)?;
            }
            ('}', _) => {
                around.pop();
                formatter.end_object(to)?;
            }
            ('"', Some(Around::Object { key_next })) if *key_next => {
                *key_next = false;
                // A half of a surrogate pair is no text of Rust's.
                let key = serde_json::from_str::<String>(token).unwrap_or_else(|_| token.into());
                formatter.begin_object_key(to, false)?;
                formatter.write_string_fragment(to, &key)?;
                formatter.end_object_key(to)?;
            }
            (_, last) => {
                if let Some(Around::List { first }) = last {
                    formatter.begin_array_value(to, std::mem::take(first))?;
                }
                match first {
                    '[' => {
                        formatter.begin_array(to)?;
                        around.push(Around::List { first: true });
                    }
                    '{' => {
                        formatter.begin_object(to)?;
                        around.push(Around::Object { key_next: true });
                    }
                    '-' | '0'..='9' => formatter.write_number_str(to, token)?,
                    _ => {}
                }
            }
        }
    }
    Ok(())
}

fn is_blank(char: char) -> bool {
    matches!(char, ' ' | '\t' | '\n' | '\r')
}

/// How many bytes the first token has: a text, a sign, or a number or word up to the next sign or blank.
fn length_of_token(json: &str) -> usize {
    match json.as_bytes()[0] {
        b'"' => {
            let mut escaped = false;
            let end = json.bytes().skip(1).position(|byte| {
                let is_end = byte == b'"' && !escaped;
                escaped = byte == b'\\' && !escaped;
                is_end
            });
            end.map_or(json.len(), |end| end + 2)
        }
        b'[' | b']' | b'{' | b'}' | b',' | b':' => 1,
        _ => json.find(|char| is_blank(char) || matches!(char, ',' | ']' | '}')).unwrap_or(json.len()),
    }
}
