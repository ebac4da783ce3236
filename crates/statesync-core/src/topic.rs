//! Topic names and typed keys. A name is checked once, where it enters; after that it is known good.

use crate::excerpt::excerpt;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// The longest topic name, in bytes.
const MAX_NAME_BYTES: usize = 128;

const fn is_valid_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    if bytes.is_empty() || bytes.len() > MAX_NAME_BYTES {
        return false;
    }
    let mut i = 0;
    while i < bytes.len() {
        if !is_name_byte(bytes[i]) {
            return false;
        }
        i += 1;
    }
    true
}

/// Whether a topic name may contain this byte.
pub(crate) const fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'/' | b'.' | b'-')
}

/// The text is not a topic name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{name}\" is not a topic name: use 1 to 128 bytes of A-Z a-z 0-9 _ : / . -")]
pub struct InvalidTopicName {
    /// The text as it came, shortened when it is long.
    pub name: String,
}

/// A valid topic name: 1 to 128 bytes of `[A-Za-z0-9_:/.-]`. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicName(Arc<str>);

impl TopicName {
    /// Checks a name.
    ///
    /// # Errors
    /// [`InvalidTopicName`] when it is empty, too long, or has a character that is not allowed.
    ///
    /// ```
    /// use statesync_core::TopicName;
    /// assert!(TopicName::new("cart:42").is_ok());
    /// assert!(TopicName::new("cart 42").is_err());
    /// ```
    pub fn new(name: &str) -> Result<Self, InvalidTopicName> {
        if is_valid_name(name) {
            Ok(Self(name.into()))
        } else {
            Err(InvalidTopicName { name: excerpt(name) })
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TopicName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for TopicName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl Borrow<str> for TopicName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Serialize for TopicName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for TopicName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::new(&name).map_err(de::Error::custom)
    }
}

/// A topic's name together with its type, meant to be a constant.
///
/// A bad name in a constant does not compile:
///
/// ```
/// use statesync_core::TopicKey;
/// const SETTINGS: TopicKey<String> = TopicKey::new("settings");
/// ```
/// ```compile_fail
/// use statesync_core::TopicKey;
/// const SETTINGS: TopicKey<String> = TopicKey::new("my settings");
/// ```
///
/// For names that are known only at run time, see [`TopicFamily`](crate::TopicFamily).
pub struct TopicKey<T> {
    name: KeyName,
    read_only: bool,
    value: PhantomData<fn() -> T>,
}

#[derive(Clone)]
enum KeyName {
    Constant(&'static str),
    Made(TopicName),
}

impl<T> TopicKey<T> {
    /// The key with this name.
    ///
    /// # Panics
    /// When `name` is not a topic name; in a constant this is an error of the compiler.
    pub const fn new(name: &'static str) -> Self {
        assert!(is_valid_name(name), "a topic name has 1 to 128 bytes of A-Z a-z 0-9 _ : / . -");
        Self { name: KeyName::Constant(name), read_only: false, value: PhantomData }
    }

    pub(crate) const fn made(name: TopicName, read_only: bool) -> Self {
        Self { name: KeyName::Made(name), read_only, value: PhantomData }
    }

    /// The same key for a topic that windows can only read: their `set` and `patch` get the error
    /// `read-only`, whatever their permissions. Rust writes it as any other, and so do actions.
    ///
    /// ```
    /// use statesync_core::TopicKey;
    /// const LOAD: TopicKey<f64> = TopicKey::new("load").read_only();
    /// assert!(LOAD.is_read_only());
    /// ```
    #[must_use]
    pub const fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// Whether windows can only read the topic.
    pub const fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// The name as text.
    pub fn name(&self) -> &str {
        match &self.name {
            KeyName::Constant(name) => name,
            KeyName::Made(name) => name.as_str(),
        }
    }

    pub(crate) fn to_name(&self) -> TopicName {
        match &self.name {
            KeyName::Constant(name) => TopicName((*name).into()),
            KeyName::Made(name) => name.clone(),
        }
    }
}

impl<T> Clone for TopicKey<T> {
    fn clone(&self) -> Self {
        Self { name: self.name.clone(), read_only: self.read_only, value: PhantomData }
    }
}

impl<T> fmt::Debug for TopicKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TopicKey").field(&self.name()).finish()
    }
}

/// What names a topic together with its type: a [`TopicKey`], a reference to one, or to a
/// [`Topic`](crate::Topic).
pub trait Named: sealed::Sealed {
    /// The topic's type.
    type Value;
    /// The topic's name.
    fn topic_name(&self) -> TopicName;
}

pub(crate) mod sealed {
    pub trait Sealed {}
    impl<T> Sealed for super::TopicKey<T> {}
    impl<S: Sealed> Sealed for &S {}
}

impl<T> Named for TopicKey<T> {
    type Value = T;
    fn topic_name(&self) -> TopicName {
        self.to_name()
    }
}

impl<N: Named> Named for &N {
    type Value = N::Value;
    fn topic_name(&self) -> TopicName {
        (*self).topic_name()
    }
}

#[cfg(test)]
mod tests {
    use super::TopicName;

    #[test]
    fn names_of_1_to_128_allowed_bytes_are_valid() {
        for name in ["a", "settings", "cart:42", "a/b.c-d_E", "__proto__", &"x".repeat(128)] {
            assert!(TopicName::new(name).is_ok(), "{name:?} was refused");
        }
        for name in ["", " ", "a b", "ü", "a\n", "a\"b", "*", "cart:*", &"x".repeat(129)] {
            assert!(TopicName::new(name).is_err(), "{name:?} was taken");
        }
    }
}
