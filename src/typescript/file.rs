//! The generated file on disk: written only when it changes, and never seen half written.

use super::{TypeScriptError, Written};
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

pub(super) fn write(path: &Path, text: &str) -> Result<Written, TypeScriptError> {
    if read(path)?.is_some_and(|there| first_difference(&there, text).is_none()) {
        return Ok(Written::AlreadyRight);
    }
    replace(path, text).map_err(|error| failed(path, error))?;
    Ok(Written::Rewritten)
}

pub(super) fn check(path: &Path, text: &str) -> Result<(), TypeScriptError> {
    let Some(there) = read(path)? else {
        return Err(TypeScriptError::Missing { path: path.to_owned() });
    };
    match first_difference(&there, text) {
        None => Ok(()),
        Some(Difference { line, there, right }) => {
            Err(TypeScriptError::Stale { path: path.to_owned(), line, there, right })
        }
    }
}

struct Difference {
    line: usize,
    there: String,
    right: String,
}

/// Line by line, because git may have changed how lines end.
fn first_difference(there: &str, right: &str) -> Option<Difference> {
    let (mut old, mut new) = (there.lines(), right.lines());
    for line in 1.. {
        match (old.next(), new.next()) {
            (None, None) => break,
            (there, right) if there == right => {}
            (there, right) => {
                let text = |line: Option<&str>| line.unwrap_or("the end of the file").trim().to_owned();
                return Some(Difference { line, there: text(there), right: text(right) });
            }
        }
    }
    None
}

fn read(path: &Path) -> Result<Option<String>, TypeScriptError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(path, error)),
    }
}

/// A file beside it takes its place in one step.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let name = path.file_name().ok_or_else(|| io::Error::other("names no file"))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let new = folder.join(format!(".{}.{}.new", name.to_string_lossy(), std::process::id()));
    let replaced = fs::write(&new, text).and_then(|()| fs::rename(&new, path));
    if replaced.is_err() {
        // Whatever failed is what is reported.
        let _ = fs::remove_file(&new);
    }
    replaced
}

fn failed(path: &Path, error: io::Error) -> TypeScriptError {
    TypeScriptError::Io { path: path.to_owned(), source: Arc::new(error) }
}
