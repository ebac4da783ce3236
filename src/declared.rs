//! What the builder was told: which topics and families there will be, and their actions.
//!
//! Keeps: every declaration in its order. Loses nothing: what contradicts something else is an error when the
//! app starts, and in the generated TypeScript.

use crate::described::TypeOf;

/// Declarations that contradict each other. The app does not start with them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeclarationError {
    /// A topic or family is declared twice.
    #[error("\"{topic}\" is declared twice: name it once, in `topic`, `family` or `declare`")]
    Twice {
        /// The topic's name or the family's pattern.
        topic: String,
    },
    /// A topic could belong to two families.
    #[error("the families \"{first}\" and \"{second}\" overlap: some names belong to both")]
    Overlap {
        /// One pattern.
        first: String,
        /// The other.
        second: String,
    },
    /// A topic has a name of a family and is not like the family's topics.
    #[error(
        "the topic \"{topic}\" has a name of the family \"{family}\", but is not like its topics: {difference}"
    )]
    UnlikeItsFamily {
        /// The topic's name.
        topic: String,
        /// The family's pattern.
        family: String,
        /// What is different.
        difference: String,
    },
    /// An action belongs to nothing that was declared.
    #[error(
        "the action \"{action}\" is for \"{target}\", which is not declared: name that in `topic`, `family` or `declare` too"
    )]
    ActionOfNothing {
        /// The topic's name or the family's pattern.
        target: String,
        /// The action's name.
        action: String,
    },
    /// What is to be persisted was not declared.
    #[error(
        "\"{target}\" is to be persisted and is not declared: name it in `topic`, `family` or `declare` too"
    )]
    PersistOfNothing {
        /// The topic's name or the family's pattern.
        target: String,
    },
    /// A topic and what is to be persisted of it are of different types.
    #[error("\"{target}\" is to be persisted as a {expected}, but is declared as {declared}")]
    PersistOfAnotherType {
        /// The topic's name or the family's pattern.
        target: String,
        /// The type that is to be persisted.
        expected: String,
        /// The type of the topic.
        declared: String,
    },
    /// A topic and its action are of different types.
    #[error("the action \"{action}\" changes a {expected}, but \"{target}\" is declared as {declared}")]
    ActionOfAnotherType {
        /// The topic's name or the family's pattern.
        target: String,
        /// The action's name.
        action: String,
        /// The type that the action changes.
        expected: String,
        /// The type of the topic.
        declared: String,
    },
}

/// What windows may do with a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    ReadWrite,
    ReadOnly,
}

impl Access {
    pub(crate) fn read_only(only: bool) -> Self {
        if only { Self::ReadOnly } else { Self::ReadWrite }
    }
}

/// A topic, or a family of them.
#[derive(Clone)]
pub(crate) struct Subject {
    /// The name, or the pattern with its placeholder in braces.
    pub(crate) pattern: String,
    pub(crate) access: Access,
    pub(crate) of: TypeOf,
}

/// What a page may ask for.
pub(crate) struct Action {
    pub(crate) target: String,
    pub(crate) name: String,
    /// The type it changes, and those of its arguments and its result.
    pub(crate) of: TypeOf,
    #[cfg_attr(not(feature = "typescript"), allow(dead_code))]
    pub(crate) args: TypeOf,
    #[cfg_attr(not(feature = "typescript"), allow(dead_code))]
    pub(crate) result: TypeOf,
}

/// What is stored.
pub(crate) struct Kept {
    pub(crate) target: String,
    pub(crate) of: TypeOf,
}

/// All declarations.
#[derive(Default)]
pub(crate) struct Declared {
    pub(crate) subjects: Vec<Subject>,
    pub(crate) actions: Vec<Action>,
    pub(crate) kept: Vec<Kept>,
}

/// The texts around a family's placeholder; nothing for a topic, whose name has no braces.
pub(crate) fn around_placeholder(pattern: &str) -> Option<(&str, &str)> {
    let (prefix, rest) = pattern.split_once('{')?;
    Some((prefix, rest.split_once('}')?.1))
}

/// Whether the family has topics of this name.
pub(crate) fn covers(family: &str, topic: &str) -> bool {
    around_placeholder(family).is_some_and(|(prefix, suffix)| {
        topic.len() > prefix.len() + suffix.len() && topic.starts_with(prefix) && topic.ends_with(suffix)
    })
}

impl Subject {
    fn is_family(&self) -> bool {
        around_placeholder(&self.pattern).is_some()
    }

    /// Whether some name belongs to both families. There always is a long one, unless a beginning or an end
    /// keeps them apart.
    fn overlaps(&self, other: &Self) -> bool {
        match (around_placeholder(&self.pattern), around_placeholder(&other.pattern)) {
            (Some((a, b)), Some((c, d))) => {
                (a.starts_with(c) || c.starts_with(a)) && (b.ends_with(d) || d.ends_with(b))
            }
            _ => false,
        }
    }

    fn difference(&self, topic: &Self) -> Option<String> {
        if self.of.id != topic.of.id {
            Some(format!("it is a {}, they are {}", topic.of.name, self.of.name))
        } else if self.access != topic.access {
            Some("only one of the two is read-only for windows".to_owned())
        } else {
            None
        }
    }
}

impl Declared {
    /// The family that has topics of this name.
    pub(crate) fn family_of(&self, topic: &str) -> Option<&Subject> {
        self.subjects.iter().find(|subject| covers(&subject.pattern, topic))
    }

    pub(crate) fn check(&self) -> Result<(), DeclarationError> {
        for (at, subject) in self.subjects.iter().enumerate() {
            for other in &self.subjects[..at] {
                if other.pattern == subject.pattern {
                    return Err(DeclarationError::Twice { topic: subject.pattern.clone() });
                }
                if other.overlaps(subject) {
                    let (first, second) = (other.pattern.clone(), subject.pattern.clone());
                    return Err(DeclarationError::Overlap { first, second });
                }
            }
        }
        self.subjects
            .iter()
            .filter(|subject| !subject.is_family())
            .try_for_each(|topic| self.check_family(topic))?;
        self.actions.iter().try_for_each(|action| self.check_action(action))?;
        self.kept.iter().try_for_each(|kept| self.check_kept(kept))
    }

    /// What was declared by this name, or the family that has topics of it.
    fn subject_of(&self, target: &str) -> Option<&Subject> {
        let declared = self.subjects.iter().find(|subject| subject.pattern == target);
        declared.or_else(|| self.family_of(target))
    }

    fn check_kept(&self, kept: &Kept) -> Result<(), DeclarationError> {
        let target = kept.target.clone();
        match self.subject_of(&target) {
            None => Err(DeclarationError::PersistOfNothing { target }),
            Some(subject) if subject.of.id == kept.of.id => Ok(()),
            Some(subject) => Err(DeclarationError::PersistOfAnotherType {
                target,
                expected: kept.of.name.to_owned(),
                declared: subject.of.name.to_owned(),
            }),
        }
    }

    fn check_family(&self, topic: &Subject) -> Result<(), DeclarationError> {
        let Some(family) = self.family_of(&topic.pattern) else { return Ok(()) };
        match family.difference(topic) {
            None => Ok(()),
            Some(difference) => Err(DeclarationError::UnlikeItsFamily {
                topic: topic.pattern.clone(),
                family: family.pattern.clone(),
                difference,
            }),
        }
    }

    fn check_action(&self, action: &Action) -> Result<(), DeclarationError> {
        let (target, name) = (action.target.clone(), action.name.clone());
        match self.subject_of(&target) {
            None => Err(DeclarationError::ActionOfNothing { target, action: name }),
            Some(subject) if subject.of.id == action.of.id => Ok(()),
            Some(subject) => Err(DeclarationError::ActionOfAnotherType {
                target,
                action: name,
                expected: action.of.name.to_owned(),
                declared: subject.of.name.to_owned(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject<T: crate::Described + 'static>(pattern: &str) -> Subject {
        Subject { pattern: pattern.to_owned(), access: Access::ReadWrite, of: TypeOf::of::<T>() }
    }

    fn check(subjects: &[Subject], action: Option<(&str, TypeOf)>) -> Result<(), String> {
        let unit = TypeOf::of::<()>();
        let actions = action.into_iter().map(|(target, of)| Action {
            target: target.to_owned(),
            name: "act".to_owned(),
            of,
            args: unit,
            result: unit,
        });
        let declared = Declared { subjects: subjects.to_vec(), actions: actions.collect(), kept: Vec::new() };
        declared.check().map_err(|error| error.to_string())
    }

    fn refused(subjects: &[Subject], action: Option<(&str, TypeOf)>, words: &str) {
        let error = check(subjects, action).unwrap_err();
        assert!(error.contains(words), "{error}");
    }

    #[test]
    fn what_does_not_contradict_itself_is_taken() {
        let cart = || subject::<u32>("cart:{id}");
        let families =
            [cart(), subject::<u32>("cart:main"), subject::<String>("carts/{id}"), subject::<bool>("cart")];
        assert_eq!(check(&families, None), Ok(()));
        assert_eq!(check(&families, Some(("cart:{id}", TypeOf::of::<u32>()))), Ok(()));
        assert_eq!(check(&[cart()], Some(("cart:7", TypeOf::of::<u32>()))), Ok(()));
        assert_eq!(check(&[subject::<u32>("{id}/a"), subject::<u32>("{id}/b")], None), Ok(()));
    }

    #[test]
    fn a_topic_or_family_declared_twice_is_refused_by_name() {
        refused(&[subject::<u32>("a"), subject::<u32>("a")], None, "\"a\" is declared twice");
        refused(&[subject::<u32>("a:{id}"), subject::<u32>("a:{id}")], None, "\"a:{id}\" is declared twice");
    }

    #[test]
    fn families_with_common_names_are_refused() {
        for (first, second) in
            [("a:{id}", "a:{other}"), ("a:{id}", "a:b:{id}"), ("{id}/x", "a:{id}"), ("a{id}c", "a{id}bc")]
        {
            refused(&[subject::<u32>(first), subject::<u32>(second)], None, "overlap");
        }
    }

    #[test]
    fn a_topic_that_is_not_like_its_family_is_refused() {
        refused(&[subject::<bool>("a:x"), subject::<u32>("a:{id}")], None, "it is a bool, they are u32");
        let only = Subject { access: Access::ReadOnly, ..subject::<u32>("a:x") };
        refused(&[only, subject::<u32>("a:{id}")], None, "read-only");
    }

    #[test]
    fn an_action_of_nothing_or_of_another_type_is_refused() {
        refused(&[], Some(("a", TypeOf::of::<u32>())), "\"a\", which is not declared");
        refused(
            &[subject::<bool>("a")],
            Some(("a", TypeOf::of::<u32>())),
            "changes a u32, but \"a\" is declared as bool",
        );
    }
}
