//! Topics of one type whose names are known only at run time: `cart:1`, `cart:2`, and so on.

use crate::topic::{InvalidTopicName, TopicKey, TopicName, is_name_byte};
use std::fmt;
use std::marker::PhantomData;

/// A pattern of topic names together with the type they share, meant to be a constant.
///
/// The pattern has one placeholder in braces, and something around it. A bad pattern in a constant
/// does not compile:
///
/// ```
/// use statesync_core::TopicFamily;
/// const CART: TopicFamily<Vec<u32>> = TopicFamily::new("cart:{id}");
/// assert_eq!(CART.key(42)?.name(), "cart:42");
/// assert!(CART.key("4 2").is_err());
/// # Ok::<(), statesync_core::InvalidTopicName>(())
/// ```
/// ```compile_fail
/// use statesync_core::TopicFamily;
/// const CART: TopicFamily<Vec<u32>> = TopicFamily::new("cart:id");
/// ```
///
/// Every member is a topic of its own, with its own revision; register and remove them at run time.
pub struct TopicFamily<T> {
    pattern: &'static str,
    /// Where the placeholder begins, and where the text after it does.
    open: usize,
    close: usize,
    read_only: bool,
    value: PhantomData<fn() -> T>,
}

impl<T> TopicFamily<T> {
    /// The family of topics with names of this pattern.
    ///
    /// # Panics
    /// When `pattern` is not one; in a constant this is an error of the compiler.
    pub const fn new(pattern: &'static str) -> Self {
        let bytes = pattern.as_bytes();
        assert!(bytes.len() <= 128, "a pattern has at most 128 bytes");
        let mut open = usize::MAX;
        let mut close = usize::MAX;
        let mut i = 0;
        while i < bytes.len() {
            match bytes[i] {
                b'{' => {
                    assert!(open == usize::MAX, "a pattern has one placeholder");
                    open = i;
                }
                b'}' => {
                    assert!(open != usize::MAX && close == usize::MAX, "a pattern has one placeholder");
                    close = i + 1;
                }
                byte => assert!(
                    is_name_byte(byte),
                    "a pattern has A-Z a-z 0-9 _ : / . - and a placeholder in braces"
                ),
            }
            i += 1;
        }
        assert!(close != usize::MAX && close > open + 2, "a pattern has a placeholder with a name in braces");
        assert!(open > 0 || close < bytes.len(), "a pattern has more than its placeholder");
        Self { pattern, open, close, read_only: false, value: PhantomData }
    }

    /// The same family with topics that windows can only read; see [`TopicKey::read_only`].
    #[must_use]
    pub const fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// Whether windows can only read the topics.
    pub const fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// The pattern as text, for example `cart:{id}`.
    pub const fn pattern(&self) -> &'static str {
        self.pattern
    }

    /// What stands before the placeholder.
    pub fn prefix(&self) -> &'static str {
        &self.pattern[..self.open]
    }

    /// What stands after the placeholder.
    pub fn suffix(&self) -> &'static str {
        &self.pattern[self.close..]
    }

    /// The key of one member.
    ///
    /// # Errors
    /// [`InvalidTopicName`] when `id` is empty, has a character that is not allowed, or is too long.
    pub fn key(&self, id: impl fmt::Display) -> Result<TopicKey<T>, InvalidTopicName> {
        let id = id.to_string();
        if id.is_empty() {
            return Err(InvalidTopicName { name: self.pattern.into() });
        }
        let name = TopicName::new(&format!("{}{id}{}", self.prefix(), self.suffix()))?;
        Ok(TopicKey::made(name, self.read_only))
    }
}

impl<T> Clone for TopicFamily<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for TopicFamily<T> {}

impl<T> fmt::Debug for TopicFamily<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TopicFamily").field(&self.pattern).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::TopicFamily;

    #[test]
    fn the_placeholder_may_stand_anywhere() {
        for (pattern, name) in [("a:{id}", "a:7"), ("{id}/b", "7/b"), ("a/{the_id}.b", "a/7.b")] {
            let family = TopicFamily::<u32>::new(pattern);
            assert_eq!(family.key(7).unwrap().name(), name);
            assert!(family.key("").is_err());
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for pattern in ["", "a", "{id}", "a{}", "a{b}{c}", "a}b{", "a{b", "a b{c}", "a{{b}}"] {
            let made = std::panic::catch_unwind(|| TopicFamily::<u32>::new(pattern));
            assert!(made.is_err(), "{pattern:?} was taken");
        }
    }

    #[test]
    fn members_inherit_that_they_are_read_only() {
        assert!(TopicFamily::<u32>::new("a:{id}").read_only().key(1).unwrap().is_read_only());
    }
}
