//! From a topic's name to that of its file: one to one, on every file system, and never out of the directory.
//!
//! Lower-case letters, digits, `_` and `-` stay. Everything else is `%` and two hexadecimal digits: the slash
//! and the dot, and capitals too, because some file systems do not tell them from small letters. A name that
//! Windows keeps for a device begins with `%` as well. What would get too long is `~` and the name in base 32.

use crate::topic::TopicName;
use std::fmt::Write as _;

/// Longer stems would not leave room for an ending, in the 255 bytes a file name may have.
const MAX_STEM_BYTES: usize = 200;

/// Names that mean a device on Windows, whatever their ending.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

fn is_device(name: &str) -> bool {
    let port = |kind: &str| {
        name.strip_prefix(kind)
            .is_some_and(|number| number.len() == 1 && number.as_bytes()[0].is_ascii_digit())
    };
    DEVICES.contains(&name) || port("com") || port("lpt")
}

/// The file's name without its ending.
pub(super) fn stem(topic: &TopicName) -> String {
    let name = topic.as_str();
    let mut stem = String::with_capacity(name.len() + 8);
    for (place, byte) in name.bytes().enumerate() {
        let plain = byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-';
        if plain && !(place == 0 && is_device(name)) {
            stem.push(char::from(byte));
        } else {
            let _ = write!(stem, "%{byte:02x}");
        }
    }
    if stem.len() > MAX_STEM_BYTES { format!("~{}", base32(name.as_bytes())) } else { stem }
}

/// Whether the file belongs to the topic with this stem.
pub(super) fn is_of(file: &str, stem: &str) -> bool {
    // A stem has no dot.
    file.strip_prefix(stem).is_some_and(|ending| ending.starts_with('.'))
}

fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    let (mut bits, mut count) = (0_u32, 0);
    for byte in bytes {
        bits = (bits << 8) | u32::from(*byte);
        count += 8;
        while count >= 5 {
            count -= 5;
            text.push(char::from(ALPHABET[(bits >> count) as usize & 31]));
        }
        bits &= (1 << count) - 1;
    }
    if count > 0 {
        text.push(char::from(ALPHABET[(bits << (5 - count)) as usize & 31]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{is_device, stem};
    use crate::topic::TopicName;
    use proptest::prelude::*;

    fn of(name: &str) -> String {
        stem(&TopicName::new(name).unwrap())
    }

    #[test]
    fn an_ordinary_name_stays_readable() {
        assert_eq!(of("settings"), "settings");
        assert_eq!(of("cart:42"), "cart%3a42");
        assert_eq!(of("a/b.c-d_E"), "a%2fb%2ec-d_%45");
    }

    #[test]
    fn no_name_leads_out_of_the_directory_or_to_a_device() {
        for name in [".", "..", "../x", "/etc/passwd", "a/../../b", "c:/x", ".hidden"] {
            let stem = of(name);
            assert!(!stem.contains(['/', '\\', ':', '.']), "{name}: {stem}");
        }
        for name in ["con", "nul", "com1", "lpt9", "aux", "prn"] {
            assert!(is_device(name));
            assert!(of(name).starts_with('%'), "{name}");
        }
        assert_eq!(of("console"), "console");
    }

    proptest! {
        #[test]
        fn two_topics_never_share_a_file_also_where_case_does_not_count(
            one in "[A-Za-z0-9_:/.-]{1,128}",
            other in "[A-Za-z0-9_:/.-]{1,128}",
        ) {
            let (a, b) = (of(&one), of(&other));
            prop_assert_eq!(one == other, a.eq_ignore_ascii_case(&b));
            prop_assert!(a.len() <= 206 && a.bytes().all(|b| b.is_ascii_graphic() && !b"/\\:.*?\"<>|@".contains(&b)));
        }

        #[test]
        fn names_that_differ_only_in_case_or_punctuation_have_their_own_files(name in "[aA./:]{1,128}") {
            let swapped: String = name.chars().map(|c| match c { 'a' => 'A', 'A' => 'a', '.' => '/', '/' => '.', c => c }).collect();
            let (a, b) = (of(&name), of(&swapped));
            prop_assert_eq!(name == swapped, a.eq_ignore_ascii_case(&b));
        }
    }
}
