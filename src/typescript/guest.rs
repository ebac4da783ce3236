//! The part of the file that tells the npm package which topics there are.
//!
//! The interfaces are declared outside the `declare module` block and only extended in it: inside, a name such
//! as `Topic` would mean the package's type, not the app's.

use super::collect::Use;
use super::layout;
use super::syntax::{self, Key, Member, Type};
use crate::declared::Access;
use serde_json::Value;
use std::collections::BTreeMap;

const PACKAGE: &str = "tauri-plugin-statesync-api";

/// A topic or a family, as it is written before a colon.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Subject {
    Topic(String),
    Family { prefix: String, placeholder: String, suffix: String },
}

impl Subject {
    /// A topic has no braces in its name, and a family has one pair.
    pub(super) fn of(name: &str) -> Self {
        match name.split_once('{').and_then(|(prefix, rest)| Some((prefix, rest.split_once('}')?))) {
            Some((prefix, (placeholder, suffix))) => {
                Self::Family { prefix: prefix.into(), placeholder: placeholder.into(), suffix: suffix.into() }
            }
            None => Self::Topic(name.to_owned()),
        }
    }

    fn key(&self) -> String {
        match self {
            Self::Topic(name) => layout::key(name),
            Self::Family { prefix, placeholder, suffix } => {
                let placeholder = if layout::is_identifier(placeholder) { placeholder } else { "name" };
                format!("[{placeholder}: `{prefix}${{string}}{suffix}`]")
            }
        }
    }
}

/// An action's types.
pub(super) struct Signature {
    pub(super) args: Use,
    pub(super) result: Use,
}

/// Everything pages can name.
#[derive(Default)]
pub(super) struct Guest {
    pub(super) topics: BTreeMap<Subject, (Access, Use)>,
    pub(super) actions: BTreeMap<Subject, BTreeMap<String, Signature>>,
}

/// A type as it is laid out, or the text it is when it is more than JSON has.
pub(super) fn understood(text: &str) -> Type {
    syntax::a_type(text).unwrap_or_else(|syntax::NotUnderstood| Type::named(text))
}

impl Guest {
    /// The interfaces, and the module that is told of them.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        let mut extended = Vec::new();
        let mut interface = |name: &str, docs: &str, members: String| {
            if !members.is_empty() {
                out.extend([
                    "\n/** ",
                    docs,
                    " */\nexport interface Generated",
                    name,
                    " {\n",
                    &members,
                    "}\n",
                ]);
                extended.push(format!("  interface {name} extends Generated{name} {{}}\n"));
            }
        };
        interface("Topics", "The app's topics.", self.topics());
        interface("ReadOnlyTopics", "The topics that windows can only read.", self.read_only_topics());
        interface("TopicActions", "What windows can ask Rust to do with a topic.", self.topic_actions());
        out + &format!("\ndeclare module '{PACKAGE}' {{\n{}}}\n", extended.concat())
    }

    fn topics(&self) -> String {
        let topics = self.topics.iter();
        topics
            .map(|(topic, (_, of))| layout::member(&of.docs, &topic.key(), &understood(&of.ty), 1))
            .collect()
    }

    fn read_only_topics(&self) -> String {
        let always = Type::Literal(Value::Bool(true));
        let topics = self.topics.iter().filter(|(_, (access, _))| *access == Access::ReadOnly);
        topics.map(|(topic, _)| layout::member(&[], &topic.key(), &always, 1)).collect()
    }

    fn topic_actions(&self) -> String {
        let of_topic = |(topic, actions): (&Subject, &BTreeMap<String, Signature>)| {
            let actions = actions.iter().map(|(name, signature)| signature.member(name)).collect();
            layout::member(&[], &topic.key(), &Type::Object(actions), 1)
        };
        self.actions.iter().map(of_topic).collect()
    }
}

impl Signature {
    /// The arguments' type has the words about the action.
    fn member(&self, name: &str) -> Member {
        let types = vec![
            field("args", &[], understood(&self.args.ty)),
            field("result", &[], understood(&self.result.ty)),
        ];
        field(name, &self.args.docs, Type::Object(types))
    }
}

fn field(name: &str, docs: &[String], value: Type) -> Member {
    Member { docs: docs.to_owned(), key: Key::Name(name.to_owned()), optional: false, value }
}
