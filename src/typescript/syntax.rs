//! The TypeScript that ts-rs writes for one Rust type, taken apart.
//!
//! Keeps: names, types and doc comments. Loses, on purpose: the layout, which `layout.rs` makes anew. What an
//! app wrote by hand in `#[ts(type = "…")]` may be more than is understood here; then the whole declaration
//! stays the text it is.

use super::tokens::{Token, tokens};
use serde_json::Value;

/// A declaration: `type Name<T> = …;`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Declaration {
    pub(super) name: String,
    pub(super) parameters: Vec<Parameter>,
    pub(super) definition: Type,
}

/// A type parameter and what it is when nobody says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) default: Option<Type>,
}

/// A type, as far as JSON needs them.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Type {
    /// `string`, `Settings`, `Array<T>`.
    Named { name: String, arguments: Vec<Self> },
    /// `'dark'`, `1`, `true`, `null`.
    Literal(Value),
    /// `{ a: T; b?: T; [key: string]: T }`.
    Object(Vec<Member>),
    /// `[A, B?]`.
    Tuple(Vec<Element>),
    /// `A | B`.
    Union(Vec<Self>),
    /// `A & B`.
    Intersection(Vec<Self>),
}

/// A field of an object.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Member {
    pub(super) docs: Vec<String>,
    pub(super) key: Key,
    pub(super) optional: bool,
    pub(super) value: Type,
}

/// What a field is called.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Key {
    /// This.
    Name(String),
    /// Every value of a type: the keys of a map.
    Each(Type),
}

/// A place in a tuple.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Element {
    pub(super) value: Type,
    pub(super) optional: bool,
}

impl Type {
    pub(super) fn named(name: &str) -> Self {
        Self::Named { name: name.to_owned(), arguments: Vec::new() }
    }
}

/// The text is more than this understands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct NotUnderstood;

/// Takes a declaration apart.
pub(super) fn declaration(text: &str) -> Result<Declaration, NotUnderstood> {
    let mut parser = Parser::new(text)?;
    if parser.word()? != "type" {
        return Err(NotUnderstood);
    }
    let name = parser.word()?;
    let parameters = if parser.takes('<') { parser.parameters()? } else { Vec::new() };
    parser.expect('=')?;
    let definition = parser.union()?;
    parser.expect(';')?;
    parser.end()?;
    Ok(Declaration { name, parameters, definition })
}

/// Takes a type apart.
pub(super) fn a_type(text: &str) -> Result<Type, NotUnderstood> {
    let mut parser = Parser::new(text)?;
    let found = parser.union()?;
    parser.end()?;
    Ok(found)
}

struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
}

impl Parser {
    fn new(text: &str) -> Result<Self, NotUnderstood> {
        Ok(Self { tokens: tokens(text)?.into_iter().peekable() })
    }

    fn takes(&mut self, mark: char) -> bool {
        self.tokens.next_if(|token| *token == Token::Mark(mark)).is_some()
    }

    fn expect(&mut self, mark: char) -> Result<(), NotUnderstood> {
        if self.takes(mark) { Ok(()) } else { Err(NotUnderstood) }
    }

    fn word(&mut self) -> Result<String, NotUnderstood> {
        match self.tokens.next() {
            Some(Token::Word(word)) => Ok(word),
            _ => Err(NotUnderstood),
        }
    }

    fn end(&mut self) -> Result<(), NotUnderstood> {
        if self.tokens.peek().is_none() { Ok(()) } else { Err(NotUnderstood) }
    }

    fn parameters(&mut self) -> Result<Vec<Parameter>, NotUnderstood> {
        let mut parameters = Vec::new();
        while !self.takes('>') {
            let name = self.word()?;
            let default = if self.takes('=') { Some(self.union()?) } else { None };
            parameters.push(Parameter { name, default });
            if !self.takes(',') {
                self.expect('>')?;
                break;
            }
        }
        Ok(parameters)
    }

    fn union(&mut self) -> Result<Type, NotUnderstood> {
        self.takes('|');
        let mut parts = Vec::new();
        loop {
            match self.intersection()? {
                Type::Union(more) => parts.extend(more),
                part => parts.push(part),
            }
            if !self.takes('|') {
                break;
            }
        }
        // `Option<Option<T>>` says null twice.
        let mut different: Vec<Type> = Vec::new();
        for part in parts {
            if !different.contains(&part) {
                different.push(part);
            }
        }
        Ok(one_or(different, Type::Union))
    }

    fn intersection(&mut self) -> Result<Type, NotUnderstood> {
        self.takes('&');
        let mut parts: Vec<Type> = Vec::new();
        loop {
            match (parts.last_mut(), self.primary()?) {
                (Some(Type::Object(fields)), Type::Object(more)) if has_names(fields) && has_names(&more) => {
                    fields.extend(more);
                }
                (_, part) => parts.push(part),
            }
            if !self.takes('&') {
                break;
            }
        }
        Ok(one_or(parts, Type::Intersection))
    }

    fn primary(&mut self) -> Result<Type, NotUnderstood> {
        let mut found = match self.tokens.next() {
            Some(Token::Mark('(')) => {
                let inside = self.union()?;
                self.expect(')')?;
                inside
            }
            Some(Token::Mark('{')) => Type::Object(self.members()?),
            Some(Token::Mark('[')) => Type::Tuple(self.elements()?),
            Some(Token::Text(text)) => Type::Literal(Value::String(text)),
            Some(Token::Word(word)) => self.named(word)?,
            _ => return Err(NotUnderstood),
        };
        while self.takes('[') {
            self.expect(']')?;
            found = Type::Named { name: "Array".to_owned(), arguments: vec![found] };
        }
        Ok(found)
    }

    fn named(&mut self, word: String) -> Result<Type, NotUnderstood> {
        if matches!(word.as_str(), "true" | "false" | "null")
            || word.starts_with(|c: char| c == '-' || c.is_ascii_digit())
        {
            return serde_json::from_str(&word).map(Type::Literal).map_err(|_| NotUnderstood);
        }
        let mut arguments = Vec::new();
        if self.takes('<') {
            loop {
                arguments.push(self.union()?);
                if !self.takes(',') {
                    self.expect('>')?;
                    break;
                }
            }
        }
        Ok(Type::Named { name: word, arguments })
    }

    fn members(&mut self) -> Result<Vec<Member>, NotUnderstood> {
        let mut members = Vec::new();
        while !self.takes('}') {
            let docs = match self.tokens.next_if(|token| matches!(token, Token::Docs(_))) {
                Some(Token::Docs(lines)) => lines,
                _ => Vec::new(),
            };
            let key = self.key()?;
            let optional = self.takes('?');
            self.expect(':')?;
            members.push(Member { docs, key, optional, value: self.union()? });
            if !self.takes(',') && !self.takes(';') {
                self.expect('}')?;
                break;
            }
        }
        Ok(members)
    }

    fn key(&mut self) -> Result<Key, NotUnderstood> {
        match self.tokens.next() {
            Some(Token::Word(name) | Token::Text(name)) => Ok(Key::Name(name)),
            Some(Token::Mark('[')) => {
                self.word()?;
                if !self.takes(':') && self.word()? != "in" {
                    return Err(NotUnderstood);
                }
                let keys = self.union()?;
                self.expect(']')?;
                Ok(Key::Each(keys))
            }
            _ => Err(NotUnderstood),
        }
    }

    fn elements(&mut self) -> Result<Vec<Element>, NotUnderstood> {
        let mut elements = Vec::new();
        while !self.takes(']') {
            let value = self.union()?;
            let optional = self.takes('?');
            elements.push(Element { value, optional });
            if !self.takes(',') {
                self.expect(']')?;
                break;
            }
        }
        Ok(elements)
    }
}

/// Whether these may stand between the same braces as others: the keys of a map may not.
fn has_names(members: &[Member]) -> bool {
    members.iter().all(|member| matches!(member.key, Key::Name(_)))
}

fn one_or(mut parts: Vec<Type>, many: fn(Vec<Type>) -> Type) -> Type {
    if parts.len() == 1 { parts.remove(0) } else { many(parts) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, value: Type) -> Member {
        Member { docs: Vec::new(), key: Key::Name(name.to_owned()), optional: false, value }
    }

    #[test]
    fn a_declaration_of_every_kind_of_type_is_taken_apart() {
        let text = "type Page<T, U = string> = { items: Array<T>, \"total-count\"?: number | null | null, at: [1, (string)?], } & { by: { [key in U]?: T }, };";
        let page = declaration(text).unwrap();
        assert_eq!(page.name, "Page");
        assert_eq!(page.parameters[1], Parameter { name: "U".into(), default: Some(Type::named("string")) });
        let Type::Object(members) = page.definition else { panic!("{:?}", page.definition) };
        let items = Type::Named { name: "Array".into(), arguments: vec![Type::named("T")] };
        assert_eq!(members[0], field("items", items));
        let total = Type::Union(vec![Type::named("number"), Type::Literal(Value::Null)]);
        assert_eq!(members[1], Member { optional: true, ..field("total-count", total) });
        let by = Member {
            docs: Vec::new(),
            key: Key::Each(Type::named("U")),
            optional: true,
            value: Type::named("T"),
        };
        assert_eq!(members[3], field("by", Type::Object(vec![by])));
        let at = vec![
            Element { value: Type::Literal(1.into()), optional: false },
            Element { value: Type::named("string"), optional: true },
        ];
        assert_eq!(members[2], field("at", Type::Tuple(at)));
    }

    #[test]
    fn a_template_is_kept_as_it_is() {
        assert_eq!(a_type("`a-${number | string}`"), Ok(Type::named("`a-${number | string}`")));
    }

    #[test]
    fn a_map_keeps_braces_of_its_own() {
        let both = a_type("{ a: string, } & ({ [key in string]: number })").unwrap();
        assert!(matches!(both, Type::Intersection(parts) if parts.len() == 2));
    }

    #[test]
    fn doc_comments_lose_their_marks_and_nothing_else() {
        let text = "type A = { \n/**\n * One */ two.\n *\n *  - a list\n */\na: string, \n/** In a block\n     * of two. */\nb: string, };";
        let Type::Object(members) = declaration(text).unwrap().definition else { panic!("an object") };
        assert_eq!(members[0].docs, ["One */ two.", "", " - a list"]);
        assert_eq!(members[1].docs, ["In a block", "of two."]);
    }

    #[test]
    fn what_json_has_no_words_for_is_left_alone() {
        for text in [
            "(a: string) => void",
            "keyof A",
            "A['b']",
            "A extends B ? C : D",
            "import('a').B",
            "'a",
            "[...A]",
            "`a",
            "- 1",
        ] {
            assert_eq!(a_type(text), Err(NotUnderstood), "{text}");
        }
    }
}
