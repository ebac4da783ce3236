//! npm packages by lock file: whether what is installed is what the lock file names.

use std::{fs, path::Path};

use serde_json::Value;

/// Whether every package of the lock file is installed in its version. npm itself notes what it installed in
/// `node_modules/.package-lock.json`; an `npm install` by hand is therefore as good as ours.
pub fn installed(root: &Path) -> bool {
    let wanted = fs::read_to_string(root.join("package-lock.json"));
    let present = fs::read_to_string(root.join("node_modules/.package-lock.json"));
    matches!((wanted, present), (Ok(wanted), Ok(present)) if covers(&present, &wanted, root))
}

/// Whether the `present` lock file has all the `wanted` one needs. What is optional may be for another platform.
fn covers(present: &str, wanted: &str, root: &Path) -> bool {
    let (Some(present), Some(wanted)) = (packages(present), packages(wanted)) else {
        return false;
    };
    wanted.iter().filter(|(place, package)| needed(place, package, root)).all(|(place, package)| {
        present.get(place).is_some_and(|there| there["version"] == package["version"])
    })
}

/// A workspace is linked, and only when its folder is there.
fn needed(place: &str, package: &Value, root: &Path) -> bool {
    let absent =
        package["link"] == true && package["resolved"].as_str().is_none_or(|to| !root.join(to).exists());
    place.starts_with("node_modules/") && package["optional"] != true && !absent
}

fn packages(lock_file: &str) -> Option<serde_json::Map<String, Value>> {
    match serde_json::from_str::<Value>(lock_file).ok()?["packages"].take() {
        Value::Object(packages) => Some(packages),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: &str = r#"{ "packages": { "": {}, "guest-js": { "version": "0.1.0" },
        "node_modules/a": { "version": "1.0.0" }, "node_modules/us": { "resolved": "proc", "link": true },
        "node_modules/gone": { "resolved": "no/such/folder", "link": true },
        "node_modules/mac": { "version": "1.0.0", "optional": true } } }"#;

    #[test]
    fn packages_in_their_version_are_installed_and_optional_ones_may_miss() {
        let present = r#"{ "packages": { "node_modules/a": { "version": "1.0.0" }, "node_modules/us": { "link": true } } }"#;
        assert!(covers(present, WANTED, Path::new("/")));
    }

    #[test]
    fn another_version_or_a_missing_package_is_not_installed() {
        let other = r#"{ "packages": { "node_modules/a": { "version": "1.0.1" }, "node_modules/us": { "link": true } } }"#;
        assert!(!covers(other, WANTED, Path::new("/")));
        assert!(!covers(r#"{ "packages": {} }"#, WANTED, Path::new("/")));
        assert!(!covers("", WANTED, Path::new("/")));
    }
}
