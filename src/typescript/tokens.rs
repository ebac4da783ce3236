//! The words and marks that a declaration of ts-rs is made of.
//!
//! Keeps: comments, because they are documentation. Loses, on purpose: all space. What none of the marks below
//! is for is not understood, and the declaration with it.

use super::syntax::NotUnderstood;

/// One of them.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Docs(Vec<String>),
    Word(String),
    Text(String),
    Mark(char),
}

/// The lines of a doc comment as ts-rs writes it, without its marks.
pub(super) fn doc_lines(comment: &str) -> Vec<String> {
    let inside = comment.trim().trim_start_matches("/**").trim_end_matches("*/");
    let mut lines: Vec<_> = inside
        .lines()
        .map(|line| {
            let line = line.trim();
            let line = line.strip_prefix('*').unwrap_or(line);
            line.strip_prefix(' ').unwrap_or(line).to_owned()
        })
        .collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    let blank = lines.iter().take_while(|line| line.is_empty()).count();
    lines.drain(..blank);
    lines
}

/// Takes a text apart.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, NotUnderstood> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '/' => comment(rest)?,
            '"' | '\'' => {
                let inside = rest[1..].split(first).next().unwrap_or_default();
                if inside.len() + 2 > rest.len() || inside.contains('\n') {
                    return Err(NotUnderstood);
                }
                (Token::Text(inside.to_owned()), inside.len() + 2)
            }
            // A template is kept as it is; nothing here looks into it.
            '`' => {
                let end = rest[1..].find('`').ok_or(NotUnderstood)?;
                (Token::Word(rest[..end + 2].to_owned()), end + 2)
            }
            '{' | '}' | '[' | ']' | '(' | ')' | '<' | '>' | '|' | '&' | ',' | ';' | ':' | '?' | '=' => {
                (Token::Mark(first), 1)
            }
            _ => {
                let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.');
                let sign = usize::from(first == '-');
                let length = rest[sign..].find(|c| !is_word(c)).map_or(rest.len(), |end| end + sign);
                if length == sign
                    || first == '.'
                    || (sign == 1 && !rest[1..].starts_with(|c: char| c.is_ascii_digit()))
                {
                    return Err(NotUnderstood);
                }
                (Token::Word(rest[..length].to_owned()), length)
            }
        };
        // `=>` is a function, which is nothing that JSON has.
        if token == Token::Mark('>') && tokens.last() == Some(&Token::Mark('=')) {
            return Err(NotUnderstood);
        }
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

/// A doc comment, and how long it is. It may have `*/` inside, which TypeScript would take for its end: ts-rs
/// ends the comment of `///` lines with a line of its own, and any comment with a line break.
fn comment(rest: &str) -> Result<(Token, usize), NotUnderstood> {
    const END: &str = "*/\n";
    if !rest.starts_with("/**") {
        return Err(NotUnderstood);
    }
    let length = if rest.starts_with("/**\n *") && rest.contains("\n */\n") {
        rest.find("\n */\n").map(|at| at + "\n */\n".len())
    } else {
        let ends = rest.match_indices(END).map(|(at, _)| at + END.len());
        // Inside a block comment the next line is indented or has its star.
        ends.into_iter().find(|end| !rest[*end..].starts_with(|c: char| c.is_whitespace() || c == '*'))
    };
    let length = length.ok_or(NotUnderstood)?;
    Ok((Token::Docs(doc_lines(&rest[..length])), length))
}
