//! Damage to bytes: flipped bits, cuts, pieces in the wrong place.

use crate::chance::Chance;

/// What happens to the bytes of a file. Places are taken modulo its length.
#[derive(Clone, Debug)]
pub enum Damage {
    Flip {
        bit: usize,
    },
    Put {
        at: usize,
        byte: u8,
    },
    Cut {
        at: usize,
    },
    Remove {
        at: usize,
        bytes: usize,
    },
    Insert {
        at: usize,
        bytes: Vec<u8>,
    },
    Zero {
        at: usize,
        bytes: usize,
    },
    /// From here on it continues as the other file.
    Splice {
        at: usize,
        other_at: usize,
    },
    /// A piece of the other file lies over this one.
    Overlay {
        at: usize,
        other_at: usize,
        bytes: usize,
    },
}

impl Damage {
    pub fn draw(chance: &mut Chance) -> Self {
        let at = chance.below(1 << 20);
        let other_at = if chance.one_in(2) { at } else { chance.below(1 << 20) };
        let bytes = 1 << chance.below(13);
        match chance.below(10) {
            0..3 => Self::Flip { bit: chance.below(1 << 23) },
            3 => Self::Put { at, byte: chance.byte() },
            4 => Self::Cut { at },
            5 => Self::Remove { at, bytes: chance.below(40) + 1 },
            6 => {
                let piece = *chance.pick(&["0", "\"", "{}", ",", "\0", "9", " ", "ü", "null,"]);
                Self::Insert { at, bytes: piece.as_bytes().to_vec() }
            }
            7 => Self::Zero { at, bytes },
            8 => Self::Splice { at, other_at },
            _ => Self::Overlay { at, other_at, bytes },
        }
    }

    /// The bytes after it. `other` is a file of the same kind.
    pub fn on(&self, whole: &[u8], other: &[u8]) -> Vec<u8> {
        let mut bytes = whole.to_vec();
        if bytes.is_empty() {
            return bytes;
        }
        let length = bytes.len();
        let within = |at: usize| at % length;
        let part = |list: &[u8], at: usize| list[at % (list.len() + 1)..].to_vec();
        match self {
            Self::Flip { bit } => bytes[within(bit / 8)] ^= 1 << (bit % 8),
            Self::Put { at, byte } => bytes[within(*at)] = *byte,
            Self::Cut { at } => bytes.truncate(within(*at)),
            Self::Remove { at, bytes: count } => {
                let at = within(*at);
                bytes.drain(at..(at + count).min(length));
            }
            Self::Insert { at, bytes: piece } => {
                let at = within(*at);
                bytes.splice(at..at, piece.iter().copied());
            }
            Self::Zero { at, bytes: count } => {
                let at = within(*at);
                let end = (at + count).min(length);
                bytes[at..end].fill(0);
            }
            Self::Splice { at, other_at } => {
                bytes.truncate(within(*at));
                bytes.extend(part(other, *other_at));
            }
            Self::Overlay { at, other_at, bytes: count } => {
                let at = within(*at);
                for (place, byte) in part(other, *other_at).into_iter().take(*count).enumerate() {
                    if let Some(old) = bytes.get_mut(at + place) {
                        *old = byte;
                    }
                }
            }
        }
        bytes
    }
}
