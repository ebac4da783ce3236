//! Lays types out as TypeScript: the same type always gives the same text.

use super::syntax::{Declaration, Element, Key, Member, Type};
use serde_json::Value;

/// The longest line, as far as it can be helped.
const WIDTH: usize = 100;

/// `export type …`, with its doc comment.
pub(super) fn exported(docs: &[String], declaration: &Declaration) -> String {
    let parameters: Vec<_> = declaration
        .parameters
        .iter()
        .map(|parameter| match &parameter.default {
            Some(default) => format!("{} = {}", parameter.name, whole(default)),
            None => parameter.name.clone(),
        })
        .collect();
    let generics = if parameters.is_empty() { String::new() } else { format!("<{}>", parameters.join(", ")) };
    let mut out = doc_comment(docs, 0);
    let head = format!("export type {}{generics} =", declaration.name);
    out.push_str(&head);
    let definition = match &declaration.definition {
        // An object is read line by line, however short it is.
        Type::Object(members) if !members.is_empty() => format!(" {}", object(members, 0)),
        definition => after(definition, 0, head.len() + 2),
    };
    out.push_str(&definition);
    out.push_str(";\n");
    out
}

/// A field of an interface at this depth, with its doc comment and its end.
pub(super) fn member(docs: &[String], name: &str, value: &Type, depth: usize) -> String {
    let head = format!("{}{name}:", indent(depth));
    let value = after(value, depth, head.len() + 2);
    format!("{}{head}{value};\n", doc_comment(docs, depth))
}

/// A doc comment at this depth, or nothing.
pub(super) fn doc_comment(docs: &[String], depth: usize) -> String {
    let indent = indent(depth);
    // The text must not end the comment it stands in.
    let lines: Vec<_> = docs.iter().map(|line| line.replace("*/", "*\\/")).collect();
    match lines.as_slice() {
        [] => String::new(),
        [line] if line.len() + indent.len() + 7 <= WIDTH => format!("{indent}/** {line} */\n"),
        lines => {
            let mut out = format!("{indent}/**\n");
            for line in lines {
                out.push_str(format!("{indent} * {line}").trim_end());
                out.push('\n');
            }
            out + &indent + " */\n"
        }
    }
}

/// A name as it stands before a colon: quoted unless it is a plain identifier.
pub(super) fn key(name: &str) -> String {
    if is_identifier(name) { name.to_owned() } else { quoted(name) }
}

pub(super) fn is_identifier(name: &str) -> bool {
    let starts = name.starts_with(|first: char| first.is_ascii_alphabetic() || matches!(first, '_' | '$'));
    starts && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$'))
}

/// A string literal.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("'");
    for c in text.chars() {
        match c {
            '\'' | '\\' => out.extend(['\\', c]),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
                out.extend(["\\u", &format!("{:04x}", u32::from(c))]);
            }
            c => out.push(c),
        }
    }
    out + "'"
}

fn indent(depth: usize) -> String {
    "  ".repeat(depth)
}

/// The type after a colon or an equals sign, with the space or the line break before it. A broken union begins
/// on a line of its own.
fn after(ty: &Type, depth: usize, column: usize) -> String {
    match ty {
        Type::Union(parts) if !fits(ty, column) => {
            let inner = indent(depth + 1);
            parts.iter().fold(String::new(), |lines, part| {
                lines + "\n" + &inner + "| " + &laid(part, depth + 2, inner.len() + 2, Within::Union)
            })
        }
        ty => format!(" {}", laid(ty, depth, column, Within::Nothing)),
    }
}

/// What a type stands in decides whether it needs parentheses.
#[derive(Clone, Copy, PartialEq)]
enum Within {
    Nothing,
    Union,
    Intersection,
    Array,
}

fn fits(ty: &Type, column: usize) -> bool {
    short(ty, Within::Nothing).is_some_and(|text| column + text.len() < WIDTH)
}

/// On one line, whatever its length and without its comments.
fn whole(ty: &Type) -> String {
    line(ty, Within::Nothing)
}

/// On one line, unless there are comments in it.
fn short(ty: &Type, within: Within) -> Option<String> {
    (!has_docs(ty)).then(|| line(ty, within))
}

fn has_docs(ty: &Type) -> bool {
    match ty {
        Type::Object(members) => {
            members.iter().any(|member| !member.docs.is_empty() || has_docs(&member.value))
        }
        Type::Named { arguments: parts, .. } | Type::Union(parts) | Type::Intersection(parts) => {
            parts.iter().any(has_docs)
        }
        Type::Tuple(elements) => elements.iter().any(|element| has_docs(&element.value)),
        Type::Literal(_) => false,
    }
}

fn line(ty: &Type, within: Within) -> String {
    match ty {
        Type::Named { name, arguments } => match arguments.as_slice() {
            [] => name.clone(),
            [item] if name == "Array" => format!("{}[]", line(item, Within::Array)),
            arguments => format!("{name}<{}>", joined(arguments, ", ", Within::Nothing)),
        },
        Type::Literal(Value::String(text)) => quoted(text),
        Type::Literal(value) => value.to_string(),
        Type::Object(members) if members.is_empty() => "{}".to_owned(),
        Type::Object(members) => {
            let members: Vec<_> = members
                .iter()
                .map(|member| format!("{}: {}", member_name(member), whole(&member.value)))
                .collect();
            format!("{{ {} }}", members.join("; "))
        }
        Type::Tuple(elements) => {
            let elements: Vec<_> =
                elements.iter().map(|element| optional(element, whole(&element.value))).collect();
            format!("[{}]", elements.join(", "))
        }
        Type::Union(parts) => parenthesized(
            joined(parts, " | ", Within::Union),
            within != Within::Nothing && within != Within::Union,
        ),
        Type::Intersection(parts) => {
            parenthesized(joined(parts, " & ", Within::Intersection), within == Within::Array)
        }
    }
}

fn joined(parts: &[Type], between: &str, within: Within) -> String {
    parts.iter().map(|part| line(part, within)).collect::<Vec<_>>().join(between)
}

fn parenthesized(text: String, needed: bool) -> String {
    if needed { format!("({text})") } else { text }
}

/// As it stands at this depth, beginning in this column: on one line, or broken where it is too long.
fn laid(ty: &Type, depth: usize, column: usize, within: Within) -> String {
    if let Some(short) = short(ty, within).filter(|short| column + short.len() < WIDTH) {
        return short;
    }
    match ty {
        Type::Object(members) => object(members, depth),
        Type::Named { name, arguments } => match arguments.as_slice() {
            [item] if name == "Array" => format!("{}[]", laid(item, depth, column, Within::Array)),
            [] => name.clone(),
            arguments => {
                let arguments: Vec<_> =
                    arguments.iter().map(|argument| laid(argument, depth, column, Within::Nothing)).collect();
                format!("{name}<{}>", arguments.join(", "))
            }
        },
        Type::Tuple(elements) => {
            let inner = indent(depth + 1);
            let elements = elements.iter().fold(String::new(), |lines, element| {
                let text = laid(&element.value, depth + 1, inner.len(), Within::Nothing);
                lines + &inner + &optional(element, text) + ",\n"
            });
            format!("[\n{elements}{}]", indent(depth))
        }
        // A broken union stands by itself only behind a colon; see `after`.
        Type::Union(_) => format!("({}\n{})", after(ty, depth, WIDTH), indent(depth)),
        Type::Intersection(parts) => {
            let parts: Vec<_> =
                parts.iter().map(|part| laid(part, depth, column, Within::Intersection)).collect();
            parenthesized(parts.join(" & "), within == Within::Array)
        }
        Type::Literal(_) => line(ty, within),
    }
}

fn object(members: &[Member], depth: usize) -> String {
    let inside: String = members
        .iter()
        .map(|field| member(&field.docs, &member_name(field), &field.value, depth + 1))
        .collect();
    format!("{{\n{inside}{}}}", indent(depth))
}

fn optional(element: &Element, text: String) -> String {
    match (element.optional, &element.value) {
        (false, _) => text,
        (true, Type::Union(_) | Type::Intersection(_)) => format!("({text})?"),
        (true, _) => format!("{text}?"),
    }
}

/// A field's name with all that stands before the colon.
fn member_name(member: &Member) -> String {
    let mark = if member.optional { "?" } else { "" };
    match &member.key {
        Key::Name(name) => format!("{}{mark}", key(name)),
        // Only for these two is an index signature the same, and it reads better.
        Key::Each(Type::Named { name, .. }) if !member.optional && (name == "string" || name == "number") => {
            format!("[key: {name}]")
        }
        Key::Each(keys) => format!("[key in {}]{mark}", whole(keys)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::syntax::{a_type, declaration};
    use super::*;

    fn text(declared: &str) -> String {
        exported(&[], &declaration(declared).unwrap())
    }

    #[test]
    fn objects_are_read_line_by_line_and_short_types_on_one() {
        let laid = text(
            "type A<T> = { a: Array<T | null>, \"b c\"?: { d: [1, \"it's\"], }, e: { [key in string]: A<T> }, };",
        );
        assert_eq!(
            laid,
            "export type A<T> = {\n  a: (T | null)[];\n  'b c'?: { d: [1, 'it\\'s'] };\n  e: { [key: string]: A<T> };\n};\n"
        );
    }

    #[test]
    fn a_long_union_has_a_line_for_each_of_its_parts() {
        let name = "x".repeat(60);
        let laid = text(&format!("type A = {{ \"{name}\": string, }} | {{ b: \"{name}\", }};"));
        assert_eq!(laid, format!("export type A =\n  | {{ {name}: string }}\n  | {{ b: '{name}' }};\n"));
    }

    #[test]
    fn a_documented_field_breaks_what_it_stands_in() {
        let laid =
            text("type A = { \"k\": \"a\",  \n/**\n * It ends here */ or not.\n */\nb: string, } | null;");
        assert_eq!(
            laid,
            "export type A =\n  | {\n      k: 'a';\n      /** It ends here *\\/ or not. */\n      b: string;\n    }\n  | null;\n"
        );
    }

    #[test]
    fn a_broken_union_inside_another_type_has_parentheses_around_its_lines() {
        let laid = text("type A = { a: string, } & ({ \n/**\n * B.\n */\nb: string, } | null);");
        assert_eq!(
            laid,
            "export type A = { a: string } & (\n  | {\n      /** B. */\n      b: string;\n    }\n  | null\n);\n"
        );
    }

    #[test]
    fn laying_out_keeps_the_meaning() {
        let parts = [
            "{ a: (\"x\" | \"y\")[]; b?: [string, number?] } & ({ c: A<B, C> } | { d: null })",
            "{ [key in \"a\" | \"b\"]?: boolean } | -1",
        ];
        for part in parts {
            let once = a_type(part).unwrap();
            assert_eq!(a_type(&whole(&once)).unwrap(), once, "{part}");
        }
    }
}
