//! Persistence of a page in real files, through commands of the app.

use crate::files::path;
use crate::page::{Page, read};
use crate::stage::{Outcome, Stage, check};
use serde::Deserialize;
use serde_json::{Value, json};
use std::fs;

/// Stands in what the page saves; see tests/engines/page/values.ts.
const MARKER: &str = "plain-text-marker";

/// What a page found in a file.
#[derive(Debug, Deserialize)]
struct Loaded {
    intact: bool,
    problems: Vec<String>,
}

fn text(file: &str) -> Result<String, String> {
    fs::read_to_string(path(file)).map_err(|error| format!("{file}: {error}"))
}

fn keep(page: &Page, file: &str, options: &[&str]) -> Outcome {
    let problems: Vec<String> = read(page.order("keep", &json!({ "file": file, "options": options }))?)?;
    check(problems.is_empty(), || format!("saving {file} with {options:?}: {problems:?}"))
}

fn load(page: &Page, file: &str, hashed: bool) -> Result<Loaded, String> {
    read(page.order("load", &json!({ "file": file, "verifyHash": hashed }))?)
}

fn is_intact(page: &Page, file: &str, hashed: bool) -> Outcome {
    let loaded = load(page, file, hashed)?;
    check(loaded.intact && loaded.problems.is_empty(), || format!("{file}: {loaded:?}"))
}

pub fn kept(stage: &Stage) -> Outcome {
    let page = stage.open("files-page", "files.html")?;
    let plain = keep(&page, "plain", &[]).and_then(|()| text("plain"))?;
    check(plain.contains(MARKER), || "the file does not hold the value".to_owned())?;
    for options in
        [&["lz"][..], &["gzip"], &["hash"], &["ttl"], &["schema"], &["gzip", "hash", "ttl", "schema"]]
    {
        let file = options.join("-");
        keep(&page, &file, options)?;
        let text = text(&file)?;
        let small = options.iter().any(|option| ["lz", "gzip"].contains(option));
        check(small != text.contains(MARKER), || format!("{file} is stored as {} bytes", text.len()))?;
        // Text of UTF-16 takes three bytes a letter in a file.
        check(!small || text.len() * 10 < plain.len() * 7, || format!("{file} takes {} bytes", text.len()))?;
        for (option, word) in [("hash", "sha256:"), ("ttl", "3600000"), ("schema", "schemaVersion")] {
            let there = !options.contains(&option) || text.contains(word);
            check(there, || format!("{file} does not say {word}: {}", &text[..text.len().min(300)]))?;
        }
        is_intact(&page, &file, options.contains(&"hash"))?;
    }
    stage.close(&page)?;
    let again = stage.open("files-again", "files.html")?;
    is_intact(&again, "gzip-hash-ttl-schema", true)
}

pub fn torn(stage: &Stage) -> Outcome {
    let page = stage.open("files-torn", "files.html")?;
    keep(&page, "torn", &["hash"])?;
    let whole = text("torn")?;
    let path = path("torn");
    let changed = whole.replace(MARKER, "another-text");
    check(changed != whole, || "nothing was changed".to_owned())?;
    for (damage, says) in [(&whole[..whole.len() / 2], "no JSON"), (&changed, "hash")] {
        fs::write(&path, damage).map_err(|error| error.to_string())?;
        let loaded = load(&page, "torn", true)?;
        let told = loaded.problems.len() == 1 && loaded.problems[0].contains(says);
        check(told && !loaded.intact, || format!("of {} bytes: {loaded:?}", damage.len()))?;
        check(text("torn")? == damage, || "the damaged file was changed".to_owned())?;
    }
    keep(&page, "torn", &["hash"])?;
    is_intact(&page, "torn", true)?;
    page.order("clear", &json!({ "file": "torn" }))?;
    let loaded = page.order("load", &json!({ "file": "torn" }))?;
    check(loaded["problems"] == json!([]) && loaded["revision"] == Value::Null, || {
        format!("after clear: {loaded}")
    })
}
