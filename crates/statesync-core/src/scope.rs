//! What a window may read or write: names and prefix patterns, allowed and denied (`scope-at-every-read`).

use crate::topic::TopicName;
use std::str::FromStr;

/// A topic name, a prefix (`cart:*`), or every topic (`*`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(Match);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Match {
    Name(String),
    Prefix(String),
}

/// The text is not a pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{entry}\" is not a topic name or prefix pattern: use a name like \"settings\", a prefix like \"cart:*\", or \"*\""
)]
pub struct InvalidPattern {
    /// The text as it came.
    pub entry: String,
}

impl FromStr for Pattern {
    type Err = InvalidPattern;

    fn from_str(entry: &str) -> Result<Self, Self::Err> {
        let matched = match entry.strip_suffix('*') {
            Some("") => Match::Prefix(String::new()),
            Some(prefix) if TopicName::new(prefix).is_ok() => Match::Prefix(prefix.into()),
            None if TopicName::new(entry).is_ok() => Match::Name(entry.into()),
            _ => {
                return Err(InvalidPattern { entry: entry.into() });
            }
        };
        Ok(Self(matched))
    }
}

impl Pattern {
    /// Whether the pattern covers this topic.
    pub fn matches(&self, topic: &str) -> bool {
        match &self.0 {
            Match::Name(name) => name == topic,
            Match::Prefix(prefix) => topic.starts_with(prefix),
        }
    }
}

/// Allowed and denied patterns. Deny wins; an empty allow list allows nothing.
///
/// ```
/// use statesync_core::Scope;
/// let scope = Scope::parse(["cart:*"], ["cart:secret"])?;
/// assert!(scope.allows("cart:42"));
/// assert!(!scope.allows("cart:secret"));
/// assert!(!Scope::default().allows("cart:42"));
/// # Ok::<(), statesync_core::InvalidPattern>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Scope {
    allow: Vec<Pattern>,
    deny: Vec<Pattern>,
}

impl Scope {
    /// A scope from texts.
    ///
    /// # Errors
    /// [`InvalidPattern`] quotes the first entry that is neither a name nor a prefix pattern.
    pub fn parse<'a>(
        allow: impl IntoIterator<Item = &'a str>,
        deny: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, InvalidPattern> {
        Ok(Self {
            allow: allow.into_iter().map(str::parse).collect::<Result<_, _>>()?,
            deny: deny.into_iter().map(str::parse).collect::<Result<_, _>>()?,
        })
    }

    /// The scope that allows every topic.
    pub fn everything() -> Self {
        Self { allow: vec![Pattern(Match::Prefix(String::new()))], deny: Vec::new() }
    }

    /// Whether this topic is allowed and not denied.
    pub fn allows(&self, topic: &str) -> bool {
        self.allow.iter().any(|pattern| pattern.matches(topic))
            && !self.deny.iter().any(|pattern| pattern.matches(topic))
    }
}

/// Which actions of which topics a window may run. Deny wins; an empty allow list allows nothing.
///
/// ```
/// use statesync_core::{ActionPattern, ActionScope};
/// let any = ActionPattern::new("cart:*", None)?;
/// let clear = ActionPattern::new("cart:*", Some("clear"))?;
/// let scope = ActionScope { allow: vec![any], deny: vec![clear] };
/// assert!(scope.allows("cart:42", "add_item"));
/// assert!(!scope.allows("cart:42", "clear"));
/// # Ok::<(), statesync_core::InvalidPattern>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ActionScope {
    /// What may be run.
    pub allow: Vec<ActionPattern>,
    /// What may not be run, though it is allowed.
    pub deny: Vec<ActionPattern>,
}

/// Actions of the topics of a pattern: one of them by name, or all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionPattern {
    topic: Pattern,
    action: Option<String>,
}

impl ActionPattern {
    /// The action of this name, or every action, of the topics that `topic` covers.
    ///
    /// # Errors
    /// [`InvalidPattern`] when `topic` is neither a name nor a prefix pattern.
    pub fn new(topic: &str, action: Option<&str>) -> Result<Self, InvalidPattern> {
        Ok(Self { topic: topic.parse()?, action: action.map(Into::into) })
    }

    fn matches(&self, topic: &str, action: &str) -> bool {
        self.topic.matches(topic) && self.action.as_deref().is_none_or(|name| name == action)
    }
}

impl ActionScope {
    /// The scope that allows every action.
    pub fn everything() -> Self {
        let topic = Pattern(Match::Prefix(String::new()));
        Self { allow: vec![ActionPattern { topic, action: None }], deny: Vec::new() }
    }

    /// Whether this action of this topic is allowed and not denied.
    pub fn allows(&self, topic: &str, action: &str) -> bool {
        self.allow.iter().any(|pattern| pattern.matches(topic, action))
            && !self.deny.iter().any(|pattern| pattern.matches(topic, action))
    }
}

/// What a window may do with the topics it writes: the scope of the command, and which topics it may read.
///
/// A window that may not read a topic learns nothing of it from its own writes. Made of a scope alone, it says that
/// the window may read what it may write.
///
/// ```
/// use statesync_core::{Access, Scope};
/// let (write, read) = (Scope::parse(["token"], [])?, Scope::default());
/// let reads = |topic: &str| read.allows(topic);
/// let access = Access::new(&write, &reads);
/// # let _ = access;
/// # Ok::<(), statesync_core::InvalidPattern>(())
/// ```
pub struct Access<'a, S> {
    pub(crate) scope: &'a S,
    reads: Option<&'a dyn Fn(&str) -> bool>,
}

impl<'a, S> Access<'a, S> {
    /// The scope of the command, and whether the window may read a topic. `reads` is called without a lock held, at
    /// most once for a write, and only when no session of the page shows it already.
    pub fn new(scope: &'a S, reads: &'a dyn Fn(&str) -> bool) -> Self {
        Self { scope, reads: Some(reads) }
    }

    pub(crate) fn reads(&self, topic: &str) -> bool {
        self.reads.is_none_or(|reads| reads(topic))
    }
}

impl<'a, S> From<&'a S> for Access<'a, S> {
    fn from(scope: &'a S) -> Self {
        Self { scope, reads: None }
    }
}

impl<S: std::fmt::Debug> std::fmt::Debug for Access<'_, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access").field("scope", &self.scope).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{Pattern, Scope};

    #[test]
    fn a_star_is_only_allowed_at_the_end() {
        for entry in ["settings", "cart:*", "*", "a.b/*"] {
            assert!(entry.parse::<Pattern>().is_ok(), "{entry:?} was refused");
        }
        for entry in ["", "**", "*a", "a*b", "cart: *", "cart:**", "ü*"] {
            let error = entry.parse::<Pattern>().unwrap_err().to_string();
            assert!(error.contains(&format!("\"{entry}\"")), "{error} does not quote {entry:?}");
        }
    }

    #[test]
    fn deny_wins_and_empty_allows_nothing() {
        let scope = Scope::parse(["*"], ["secret:*", "own"]).unwrap();
        assert!(scope.allows("settings"));
        assert!(!scope.allows("secret:1"));
        assert!(!scope.allows("own"));
        assert!(scope.allows("owner"));
        assert!(!Scope::default().allows("settings"));
    }
}
