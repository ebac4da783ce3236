//! Texts that a page sent must not come back in full: an error quotes at most 200 bytes of each.

use serde_json::Value;

/// The most bytes of one text that an error may quote, and the signs around a quote, which the text may have too.
const MOST_BYTES: usize = 200 + 2 * 2;

/// The first text of `sent` of which an error quotes too much.
pub fn too_long(sent: &Value, body: &Value) -> Option<String> {
    let mut texts = Vec::new();
    collect(sent, &mut texts);
    texts.retain(|text| text.len() > MOST_BYTES);
    // What a conflict shows is the topic's data.
    let fields =
        ["message", "topic", "path"].into_iter().filter_map(|name| Some((name, body[name].as_str()?)));
    let mut fields = fields.filter(|(_, field)| field.len() > MOST_BYTES);
    fields.find_map(|(name, field)| {
        let longest = texts.iter().map(|text| longest_quote(text, field)).max()?;
        (longest > MOST_BYTES).then(|| format!("{name} quotes {longest} bytes of one text"))
    })
}

/// Texts and names of members.
fn collect<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(list) => list.iter().for_each(|value| collect(value, texts)),
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            texts.push(name);
            collect(value, texts);
        }),
        _ => {}
    }
}

/// The length of the longest piece of `text` in `field`, if it is longer than allowed: every such piece has one of the
/// pieces that begin at multiples of half its length.
fn longest_quote(text: &str, field: &str) -> usize {
    let (text, field) = (text.as_bytes(), field.as_bytes());
    let half = MOST_BYTES / 2;
    let mut longest = 0;
    let pieces = (0..text.len().saturating_sub(half)).step_by(half).take(64);
    for begin in pieces {
        let piece = &text[begin..begin + half];
        for at in field.windows(half).enumerate().filter(|(_, window)| *window == piece).map(|(at, _)| at) {
            let before =
                text[..begin].iter().rev().zip(field[..at].iter().rev()).take_while(|(a, b)| a == b).count();
            let after = text[begin..].iter().zip(&field[at..]).take_while(|(a, b)| a == b).count();
            longest = longest.max(before + after);
        }
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::too_long;
    use serde_json::json;

    #[test]
    fn two_hundred_bytes_may_be_quoted_and_more_may_not() {
        let text: String = (0..2000_u32)
            .filter_map(|number| char::from_u32(u32::from(b'a') + number * number % 26))
            .collect();
        for (from, bytes, is_too_long) in
            [(0, 200, false), (0, 205, true), (77, 200, false), (777, 230, true)]
        {
            let body =
                json!({ "kind": "k", "message": format!("no: {}: mend it", &text[from..from + bytes]) });
            assert_eq!(
                too_long(&json!({ "a": [text] }), &body).is_some(),
                is_too_long,
                "{bytes} from {from}"
            );
        }
    }
}
