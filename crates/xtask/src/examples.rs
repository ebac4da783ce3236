//! The example apps, one for each way to write pages: builds them and lets each one's check program use it like a person.
//! Pictures of their windows are in `target/examples/` afterwards.

use std::time::Duration;

use anyhow::Result;

use crate::{
    driver, exec, repo,
    tally::{Counted, Tally, count},
    windows::Stage,
};

const BUILD: Duration = Duration::from_secs(40 * 60);
/// Each is a folder below `examples/`, with a package and binary `statesync-example-NAME` and a `check.mjs`.
const NAMES: &[&str] = &["react-zustand", "vue-pinia", "svelte", "solid"];

/// Builds the four apps, which embed their pages as they are.
///
/// # Errors
/// When one does not build.
pub fn build() -> Result<()> {
    let packages = NAMES.iter().flat_map(|name| ["-p".to_owned(), binary(name)]);
    exec::must(&mut exec::cargo(["build".to_owned()].into_iter().chain(packages)), BUILD)
}

/// Runs the four checks one after the other; one that fails does not keep the others from running.
///
/// # Errors
/// When the driver does not come up.
pub fn check(stage: &Stage) -> Result<Tally> {
    NAMES.iter().map(|name| check_one(stage, name)).sum()
}

fn check_one(stage: &Stage, name: &str) -> Result<Tally> {
    let app = repo::target().join("debug").join(binary(name));
    let ran = driver::click_through(stage, &format!("examples/{name}/check.mjs"), &app)?;
    Ok(count(&Counted::Summary, ran.end, &ran.lines))
}

fn binary(name: &str) -> String {
    format!("statesync-example-{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_with_a_check_is_the_demo_or_an_example() {
        let folders = std::fs::read_dir(repo::root().join("examples")).expect("examples can be read");
        let mut checked: Vec<_> = folders
            .filter_map(|entry| {
                let entry = entry.expect("an entry can be read");
                let name = entry.file_name().into_string().expect("a name is text");
                (entry.path().join("check.mjs").exists() && name != "demo").then_some(name)
            })
            .collect();
        checked.sort_unstable();
        let mut names = NAMES.to_vec();
        names.sort_unstable();
        assert_eq!(checked, names);
    }
}
