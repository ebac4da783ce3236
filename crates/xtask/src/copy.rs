//! Copies of folders. Keeps the time of a file whose content is the same already, so that a build in the copy builds
//! only what changed.

use std::{fs, path::Path};

use anyhow::{Context, Result};

/// What a build makes or npm installs.
const NOT_SOURCES: &[&str] = &["target", "node_modules", "dist", "dist-js", "gen", ".git"];

/// Makes `to` hold exactly the sources of `from`.
///
/// # Errors
/// When a file cannot be read or written.
pub fn sources(from: &Path, to: &Path) -> Result<()> {
    mirror(from, to, NOT_SOURCES)
}

/// Makes `to` hold exactly what `from` holds.
///
/// # Errors
/// When a file cannot be read or written.
pub fn whole(from: &Path, to: &Path) -> Result<()> {
    mirror(from, to, &[])
}

fn mirror(from: &Path, to: &Path, skipped: &[&str]) -> Result<()> {
    fs::create_dir_all(to)?;
    remove_strangers(from, to, skipped)?;
    for entry in fs::read_dir(from).with_context(|| format!("{} is missing", from.display()))? {
        let entry = entry?;
        let place = to.join(entry.file_name());
        if skipped.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            mirror(&entry.path(), &place, skipped)?;
        } else {
            let content = fs::read(entry.path())?;
            if fs::read(&place).ok().as_ref() != Some(&content) {
                fs::write(place, content)?;
            }
        }
    }
    Ok(())
}

fn remove_strangers(from: &Path, to: &Path, skipped: &[&str]) -> Result<()> {
    for entry in fs::read_dir(to)? {
        let entry = entry?;
        let name = entry.file_name();
        if skipped.iter().any(|skipped| name == *skipped) || from.join(&name).exists() {
            continue;
        }
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_of_the_sources_follows_them_and_leaves_what_is_built_alone() {
        let folder = std::env::temp_dir().join(format!("statesync-copy-{}", std::process::id()));
        let (from, to) = (folder.join("from"), folder.join("to"));
        let write = |path: &Path, text: &str| {
            fs::create_dir_all(path.parent().expect("below")).expect("a folder can be made");
            fs::write(path, text).expect("a file can be written");
        };
        write(&from.join("src/a"), "new");
        write(&from.join("target/b"), "built");
        write(&to.join("src/a"), "old");
        write(&to.join("src/gone"), "x");
        write(&to.join("node_modules/c"), "linked");
        sources(&from, &to).expect("copied");
        let there = |path: &str| fs::read_to_string(to.join(path)).ok();
        let found = [there("src/a"), there("target/b"), there("src/gone"), there("node_modules/c")];
        fs::remove_dir_all(&folder).expect("the folder can be removed");
        assert_eq!(found, [Some("new".to_owned()), None, None, Some("linked".to_owned())]);
    }
}
