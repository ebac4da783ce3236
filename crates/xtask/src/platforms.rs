//! The step `platforms`: what the sources are on systems that are not at hand. Types for Windows and macOS, no warning
//! let through, and the tests of the core as Windows programs, under wine.
//!
//! Keeps: all of it below `target/platforms`, the toolchain, builds and wine's prefix. The system gets packages
//! (`need::PLATFORMS`) and no other change.

mod rust_src;
mod toolchain;
mod wine;

use std::{env, fs, time::Duration};

use anyhow::Result;

use crate::{
    exec, repo,
    steps::{Site, tallied},
    tally::{Counted, Tally},
    test::Skipped,
};
use toolchain::{MACOS, Toolchain, WINDOWS};
use wine::Wine;

pub use toolchain::MINGW;
pub use wine::PROGRAMS as WINE;

const BUILD: Duration = Duration::from_secs(40 * 60);

/// Checks and tests; the tally has a check for each system and the tests.
///
/// # Errors
/// [`Skipped`] where the machine cannot do it; anything else is a failure, also of apt or the network.
pub fn run(_: &Site) -> Result<Tally> {
    if let Some(why) = obstacle() {
        return Err(Skipped(why).into());
    }
    let toolchain = Toolchain::ready(&Rust::installed()?)?;
    let wine = Wine::ready()?;
    let mut tests = toolchain.cargo(["test", "-p", "statesync-core", "--features", "sqlite", "--tests"]);
    tests.args(["--no-fail-fast", "--target", WINDOWS]);
    wine.runs(&mut tests);
    let tests = tallied(&mut tests, &Counted::RustTests, BUILD)?;
    let checks = [WINDOWS, MACOS].map(|target| {
        let mut check = toolchain.cargo(["check", "-p", "tauri-plugin-statesync", "--all-features"]);
        tallied(check.args(["--target", target]), &Counted::AsOne, BUILD)
    });
    checks.into_iter().chain([Ok(tests)]).sum()
}

/// Why this machine cannot do it, whatever is installed.
pub fn obstacle() -> Option<String> {
    Machine::here().obstacle()
}

/// What doctor says of the part that no package manager installs.
pub fn sources() -> (bool, String) {
    match Rust::installed() {
        Ok(rust) => (Toolchain::is_ready(&rust), format!("rust-src {}", rust.version)),
        Err(_) => (false, "rust-src".to_owned()),
    }
}

/// The installed Rust.
struct Rust {
    /// Like `1.90.0`.
    version: String,
    /// All of what it says about itself, with the commit.
    identity: String,
    sysroot: String,
}

impl Rust {
    fn installed() -> Result<Self> {
        let said = |arguments: &[&str]| {
            exec::answer("rustc", arguments).ok_or_else(|| anyhow::anyhow!("rustc does not answer"))
        };
        let identity = said(&["--version"])?;
        let version = identity.split(' ').nth(1).unwrap_or_default().to_owned();
        Ok(Self { version, identity, sysroot: said(&["--print", "sysroot"])? })
    }
}

/// What decides whether the step can run.
struct Machine {
    /// As `std::env::consts` names system and processor.
    kind: (&'static str, &'static str),
    has_apt: bool,
    /// Whether `os-release` says Debian itself; its archive has the sources of the newest Rust.
    is_debian: bool,
    rust: Option<Rust>,
}

impl Machine {
    fn here() -> Self {
        Self {
            kind: (env::consts::OS, env::consts::ARCH),
            has_apt: exec::find_program("apt-get").is_some(),
            is_debian: fs::read_to_string("/etc/os-release")
                .is_ok_and(|text| text.lines().any(|line| line == "ID=debian")),
            rust: Rust::installed().ok(),
        }
    }

    fn obstacle(&self) -> Option<String> {
        let (system, processor) = self.kind;
        if self.kind != ("linux", "x86_64") {
            return Some(format!(
                "wine and the cross compiler are set up on Linux for x86_64, this is {system} for {processor}"
            ));
        }
        if !self.has_apt || !self.is_debian {
            return Some("rust-src and wine come from Debian's apt, this is no Debian".to_owned());
        }
        match &self.rust {
            None => Some("rustc does not answer".to_owned()),
            Some(rust) if rust.version.contains('-') => {
                Some(format!("no rust-src {}: Debian has releases only", rust.version))
            }
            Some(rust) if rust.sysroot == "/usr" => Some(
                "this Rust is the system's: it takes one in a folder of its own, as rustup makes it"
                    .to_owned(),
            ),
            Some(_) => None,
        }
    }
}

/// Where all of it is.
fn home() -> std::path::PathBuf {
    repo::target().join("platforms")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine() -> Machine {
        let rust = |version: &str| Rust {
            version: version.to_owned(),
            identity: format!("rustc {version} (abc 2026-01-01)"),
            sysroot: "/opt/rust".to_owned(),
        };
        Machine { kind: ("linux", "x86_64"), has_apt: true, is_debian: true, rust: Some(rust("1.95.0")) }
    }

    #[test]
    fn a_debian_machine_with_a_released_rust_has_no_obstacle() {
        assert_eq!(machine().obstacle(), None);
    }

    #[test]
    fn every_obstacle_says_what_the_machine_lacks() {
        let said = |change: fn(&mut Machine)| {
            let mut machine = machine();
            change(&mut machine);
            machine.obstacle().expect("an obstacle")
        };
        assert!(said(|machine| machine.kind = ("macos", "aarch64")).contains("macos for aarch64"));
        assert!(said(|machine| machine.has_apt = false).contains("no Debian"));
        assert!(said(|machine| machine.is_debian = false).contains("no Debian"));
        assert!(said(|machine| machine.rust = None).contains("rustc"));
        let version = |machine: &mut Machine| {
            machine.rust.as_mut().expect("Rust").version = "1.99.0-nightly".to_owned();
        };
        assert!(said(version).starts_with("no rust-src 1.99.0-nightly"));
        let sysroot =
            |machine: &mut Machine| machine.rust.as_mut().expect("Rust").sysroot = "/usr".to_owned();
        assert!(said(sysroot).contains("rustup"));
    }
}
