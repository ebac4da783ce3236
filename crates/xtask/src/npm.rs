//! npm packages by lock file: whether what is installed is what the lock file names.

use std::{fs, path::Path};

use serde_json::Value;

/// Whether every package of the lock file is installed in its version. npm itself notes what it installed in
/// `node_modules/.package-lock.json`; an `npm install` by hand is therefore as good as ours.
pub fn installed(root: &Path) -> bool {
    let wanted = fs::read_to_string(root.join("package-lock.json"));
    let present = fs::read_to_string(root.join("node_modules/.package-lock.json"));
    matches!((wanted, present), (Ok(wanted), Ok(present)) if covers(&present, &wanted))
}

/// Whether the `present` lock file has all the `wanted` one needs. What is optional may be for another platform.
fn covers(present: &str, wanted: &str) -> bool {
    let (Some(present), Some(wanted)) = (packages(present), packages(wanted)) else {
        return false;
    };
    wanted.iter().filter(|(place, package)| needed(place, package)).all(|(place, package)| {
        present.get(place).is_some_and(|there| there["version"] == package["version"])
    })
}

fn needed(place: &str, package: &Value) -> bool {
    place.starts_with("node_modules/") && package["optional"] != true
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
        "node_modules/a": { "version": "1.0.0" }, "node_modules/us": { "link": true },
        "node_modules/mac": { "version": "1.0.0", "optional": true } } }"#;

    #[test]
    fn packages_in_their_version_are_installed_and_optional_ones_may_miss() {
        let present = r#"{ "packages": { "node_modules/a": { "version": "1.0.0" }, "node_modules/us": { "link": true } } }"#;
        assert!(covers(present, WANTED));
    }

    #[test]
    fn another_version_or_a_missing_package_is_not_installed() {
        let other = r#"{ "packages": { "node_modules/a": { "version": "1.0.1" }, "node_modules/us": { "link": true } } }"#;
        assert!(!covers(other, WANTED));
        assert!(!covers(r#"{ "packages": {} }"#, WANTED));
        assert!(!covers("", WANTED));
    }
}
