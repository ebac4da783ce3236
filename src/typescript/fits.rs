//! Whether a JSON value is what a generated type says.
//!
//! ts-rs reads serde's attributes and does not know them all (`into`, `serialize_with`, `transparent`,
//! `skip_serializing_if` without `default`, …). A topic's first value tells where the two disagree, before a
//! page finds out.

use super::syntax::{Declaration, Key, Member, Type};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Types may name each other in a circle without getting further into the value.
const DEEPEST: usize = 200;

/// Where a value is not what its type says, and how.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Misfit {
    pub(super) path: String,
    pub(super) how: String,
}

/// The declarations that types may name. One that is not here is one that fits everything.
pub(super) type Declared<'a> = BTreeMap<&'a str, &'a Declaration>;

/// Compares a value with a type.
pub(super) fn fits(value: &Value, ty: &Type, declared: &Declared<'_>) -> Result<(), Misfit> {
    Comparison { declared, bound: &BTreeMap::new(), depth: 0 }.compare(value, ty, "", Extra::Refused)
}

/// Fields that a type does not name: refused, unless another part of an intersection may name them.
#[derive(Clone, Copy, PartialEq)]
enum Extra {
    Refused,
    Elsewhere,
}

#[derive(Clone, Copy)]
struct Comparison<'a> {
    declared: &'a Declared<'a>,
    /// What the type parameters stand for here, with what theirs stand for.
    bound: &'a BTreeMap<String, Type>,
    depth: usize,
}

impl Comparison<'_> {
    fn compare(self, value: &Value, ty: &Type, path: &str, extra: Extra) -> Result<(), Misfit> {
        if self.depth > DEEPEST {
            return Ok(());
        }
        let deeper = Self { depth: self.depth + 1, ..self };
        match ty {
            Type::Named { name, arguments } => deeper.named(value, name, arguments, path, extra),
            Type::Literal(literal) if literal == value => Ok(()),
            Type::Literal(literal) => misfit(path, format!("is {}, not {literal}", kind(value))),
            Type::Object(members) => deeper.object(value, members, path, extra),
            Type::Tuple(elements) => {
                let Some(items) = value.as_array() else {
                    return misfit(path, format!("is {}, not a list", kind(value)));
                };
                let needed = elements.iter().filter(|element| !element.optional).count();
                if items.len() < needed || items.len() > elements.len() {
                    return misfit(path, format!("has {} items, not {}", items.len(), elements.len()));
                }
                let mut pairs = items.iter().zip(elements).enumerate();
                pairs.try_for_each(|(at, (item, element))| {
                    deeper.compare(item, &element.value, &format!("{path}/{at}"), Extra::Refused)
                })
            }
            Type::Union(parts) => {
                let mut misfits = Vec::new();
                for part in parts {
                    match deeper.compare(value, part, path, extra) {
                        Ok(()) => return Ok(()),
                        Err(misfit) => misfits.push(misfit),
                    }
                }
                // The one that got furthest is most likely the one that was meant.
                match misfits.into_iter().rev().max_by_key(|misfit| misfit.path.len()) {
                    Some(furthest) if furthest.path.len() > path.len() => Err(furthest),
                    _ => misfit(path, format!("is {}, and none of the type's alternatives", kind(value))),
                }
            }
            Type::Intersection(parts) => {
                parts.iter().try_for_each(|part| deeper.compare(value, part, path, Extra::Elsewhere))
            }
        }
    }

    fn named(
        self,
        value: &Value,
        name: &str,
        arguments: &[Type],
        path: &str,
        extra: Extra,
    ) -> Result<(), Misfit> {
        let right = match (name, arguments) {
            ("string", []) => value.is_string(),
            ("number", []) => value.is_number(),
            ("boolean", []) => value.is_boolean(),
            ("undefined" | "never", []) => false,
            ("Array", [item]) => {
                let Some(items) = value.as_array() else {
                    return misfit(path, format!("is {}, not a list", kind(value)));
                };
                let mut items = items.iter().enumerate();
                return items.try_for_each(|(at, found)| {
                    self.compare(found, item, &format!("{path}/{at}"), Extra::Refused)
                });
            }
            _ => return self.declared(value, name, arguments, path, extra),
        };
        if right { Ok(()) } else { misfit(path, format!("is {}, not {name}", kind(value))) }
    }

    fn declared(
        self,
        value: &Value,
        name: &str,
        arguments: &[Type],
        path: &str,
        extra: Extra,
    ) -> Result<(), Misfit> {
        if let Some(ty) = self.bound.get(name) {
            // What is bound has no type parameters left.
            return Comparison { bound: &BTreeMap::new(), ..self }.compare(value, ty, path, extra);
        }
        let Some(declaration) = self.declared.get(name) else { return Ok(()) };
        let bound = declaration.parameters.iter().enumerate().filter_map(|(at, parameter)| {
            let ty = arguments.get(at).or(parameter.default.as_ref())?;
            Some((parameter.name.clone(), self.resolved(ty)))
        });
        Comparison { bound: &bound.collect(), ..self }.compare(value, &declaration.definition, path, extra)
    }

    /// The type with what its parameters stand for in their place.
    fn resolved(self, ty: &Type) -> Type {
        let all = |parts: &[Type]| parts.iter().map(|part| self.resolved(part)).collect();
        match ty {
            Type::Named { name, arguments } => match self.bound.get(name) {
                Some(bound) => bound.clone(),
                None => Type::Named { name: name.clone(), arguments: all(arguments) },
            },
            Type::Literal(_) => ty.clone(),
            Type::Union(parts) => Type::Union(all(parts)),
            Type::Intersection(parts) => Type::Intersection(all(parts)),
            Type::Object(members) => {
                let mut members = members.clone();
                for member in &mut members {
                    member.value = self.resolved(&member.value);
                    if let Key::Each(keys) = &mut member.key {
                        *keys = self.resolved(keys);
                    }
                }
                Type::Object(members)
            }
            Type::Tuple(elements) => {
                let mut elements = elements.clone();
                for element in &mut elements {
                    element.value = self.resolved(&element.value);
                }
                Type::Tuple(elements)
            }
        }
    }

    fn object(self, value: &Value, members: &[Member], path: &str, extra: Extra) -> Result<(), Misfit> {
        let Value::Object(fields) = value else {
            return misfit(path, format!("is {}, not an object", kind(value)));
        };
        for member in members {
            self.member(fields, members, member, path, extra)?;
        }
        let open =
            extra == Extra::Elsewhere || members.iter().any(|member| matches!(member.key, Key::Each(_)));
        let unknown = fields.keys().find(|field| !open && !names(members, field));
        match unknown {
            Some(field) => {
                misfit(&format!("{path}/{field}"), "is a field that the type does not have".to_owned())
            }
            None => Ok(()),
        }
    }

    fn member(
        self,
        fields: &Map<String, Value>,
        members: &[Member],
        member: &Member,
        path: &str,
        extra: Extra,
    ) -> Result<(), Misfit> {
        match &member.key {
            Key::Name(name) => match fields.get(name) {
                Some(field) => self.compare(field, &member.value, &format!("{path}/{name}"), Extra::Refused),
                None if member.optional => Ok(()),
                None => misfit(
                    &format!("{path}/{name}"),
                    "is missing, but the type says it is always there".to_owned(),
                ),
            },
            // In an intersection the other fields are somebody else's.
            Key::Each(_) if extra == Extra::Elsewhere => Ok(()),
            Key::Each(_) => {
                fields.iter().filter(|(name, _)| !names(members, name)).try_for_each(|(name, field)| {
                    self.compare(field, &member.value, &format!("{path}/{name}"), Extra::Refused)
                })
            }
        }
    }
}

fn names(members: &[Member], field: &str) -> bool {
    members.iter().any(|member| matches!(&member.key, Key::Name(name) if name == field))
}

fn misfit(path: &str, how: String) -> Result<(), Misfit> {
    Err(Misfit { path: path.to_owned(), how })
}

fn kind(value: &Value) -> String {
    match value {
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        Value::String(text) if text.chars().count() > 40 => "a string".to_owned(),
        short => short.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::syntax::declaration;
    use super::*;
    use serde_json::json;

    const DECLARED: &[&str] = &[
        "type Theme = \"light\" | \"dark\";",
        "type Page<T, U = number> = { items: Array<T>, next?: U | null, };",
        "type Tree = { name: string, below: Array<Tree>, };",
        "type Twice<T> = Page<Page<T>, string>;",
        "type Loop = Loop;",
        "type Shape = { kind: \"circle\", radius: number, } | ({ kind: \"box\" } & { width: number, });",
        "type Map = { a: string, } & ({ [key in string]: unknown });",
        "type Scores = { [key in Theme]?: number };",
        "type Pair = [string, (number)?];",
    ];

    fn against(ty: &str, value: &Value) -> Result<(), (String, String)> {
        let declarations: Vec<_> = DECLARED.iter().map(|text| declaration(text).unwrap()).collect();
        let declared = declarations.iter().map(|found| (found.name.as_str(), found)).collect();
        let ty = super::super::syntax::a_type(ty).unwrap();
        fits(value, &ty, &declared).map_err(|misfit| (misfit.path, misfit.how))
    }

    #[test]
    fn values_that_are_what_the_type_says_fit() {
        for (ty, value) in [
            ("Theme", json!("dark")),
            ("Page<string>", json!({ "items": ["a"], "next": 1 })),
            ("Page<Theme> | null", json!(null)),
            ("Twice<number>", json!({ "items": [{ "items": [1] }], "next": "b" })),
            ("Tree", json!({ "name": "a", "below": [{ "name": "b", "below": [] }] })),
            ("Shape", json!({ "kind": "box", "width": 1 })),
            ("Map", json!({ "a": "b", "c": 1 })),
            ("Scores", json!({ "dark": 1 })),
            ("Pair", json!(["a"])),
            ("Elsewhere", json!({ "anything": 1 })),
            ("unknown", json!([1, "a"])),
            ("Loop", json!(1)),
        ] {
            assert_eq!(against(ty, &value), Ok(()), "{ty}");
        }
    }

    #[test]
    fn a_misfit_says_where_and_how() {
        for (ty, value, path, how) in [
            ("Theme", json!("blue"), "", "none of the type's alternatives"),
            ("Page<string>", json!({ "items": [1] }), "/items/0", "is 1, not string"),
            ("Page<string>", json!({}), "/items", "is missing"),
            ("Page<string>", json!({ "items": [], "more": 1 }), "/more", "does not have"),
            ("Twice<number>", json!({ "items": [{ "items": ["x"] }] }), "/items/0/items/0", "not number"),
            ("Tree", json!({ "name": "a", "below": [{ "name": 2, "below": [] }] }), "/below/0/name", "is 2"),
            ("Shape", json!({ "kind": "circle", "radius": "r" }), "/radius", "not number"),
            ("Shape", json!({ "kind": "box" }), "/width", "is missing"),
            ("Scores", json!({ "dark": "1" }), "/dark", "not number"),
            ("Pair", json!(["a", 1, 2]), "", "has 3 items"),
            ("{ a: string }", json!([]), "", "is a list, not an object"),
            ("null", json!({}), "", "is an object, not null"),
        ] {
            let (found, said) = against(ty, &value).expect_err(ty);
            assert_eq!(found, path, "{ty}: {said}");
            assert!(said.contains(how), "{ty}: {said}");
        }
    }
}
