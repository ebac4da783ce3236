//! What the project needs from a machine: one entry each, with how to see it, what it is for and how to get it.

use std::path::PathBuf;

use crate::{exec, npm, platforms, repo};

/// One thing that must be there.
#[derive(Debug)]
pub struct Need {
    pub name: &'static str,
    pub why: &'static str,
    sight: Sight,
    pub remedy: Remedy,
}

/// How one sees that it is there.
#[derive(Debug)]
enum Sight {
    /// A program in PATH.
    Program(&'static str),
    /// One of these programs, in PATH or by its full path.
    AnyProgram(&'static [&'static str]),
    /// A library that pkg-config knows.
    Library(&'static str),
    /// A cargo subcommand that comes as a component of the toolchain.
    CargoCommand(&'static str),
    /// Node at least this major version.
    Node(u64),
    /// Everything the lock file names is installed.
    NpmPackages,
    /// A program cargo installed below `target/tools`.
    Tool(&'static str),
}

/// How one gets it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Remedy {
    /// A Debian package.
    Apt(&'static str),
    /// A component of the Rust toolchain.
    Component(&'static str),
    /// `npm ci`
    NpmCi,
    /// `cargo install` below `target/tools`, this crate in this version.
    Crate(&'static str, &'static str),
    /// Nothing xtask does by itself.
    ByHand(&'static str),
}

const LINKER: Need = Need {
    name: "C compiler",
    why: "Rust links with it, and some crates build C code",
    sight: Sight::Program("cc"),
    remedy: Remedy::Apt("build-essential"),
};
const PKG_CONFIG: Need = Need {
    name: "pkg-config",
    why: "finds the system libraries a Tauri app links to",
    sight: Sight::Program("pkg-config"),
    remedy: Remedy::Apt("pkg-config"),
};
const WEBKIT: Need = Need {
    name: "WebKitGTK 4.1",
    why: "the webview of every Tauri window on Linux",
    sight: Sight::Library("webkit2gtk-4.1"),
    remedy: Remedy::Apt("libwebkit2gtk-4.1-dev"),
};
const XVFB: Need = Need {
    name: "Xvfb",
    why: "a display for real windows on a machine that has none, and one of their own for the tests",
    sight: Sight::Program("Xvfb"),
    remedy: Remedy::Apt("xvfb"),
};
const BUS: Need = Need {
    name: "D-Bus session",
    why: "GTK looks for a session bus: windows under Xvfb get one of their own",
    sight: Sight::Program("dbus-run-session"),
    remedy: Remedy::Apt("dbus"),
};
const WEB_DRIVER: Need = Need {
    name: "WebKitWebDriver",
    why: "clicks through the demo where no person does",
    sight: Sight::Program("WebKitWebDriver"),
    remedy: Remedy::Apt("webkit2gtk-driver"),
};
const TAURI_DRIVER: Need = Need {
    name: "tauri-driver",
    why: "lets WebDriver open a Tauri app",
    sight: Sight::Tool("tauri-driver"),
    remedy: Remedy::Crate("tauri-driver", "2.1.0"),
};
const CHROMIUM: Need = Need {
    name: "Chromium",
    why: "the second browser engine that window-side persistence is tested in; the first is WebKitGTK's own",
    sight: Sight::Program("chromium"),
    remedy: Remedy::Apt("chromium"),
};
const NODE: Need = Need {
    name: "Node.js 20",
    why: "builds and tests the page side",
    sight: Sight::Node(20),
    remedy: Remedy::ByHand("install Node.js 20 or newer with npm, from your system or nodejs.org"),
};
const NPM: Need = Need {
    name: "npm",
    why: "installs the page side's tools by lock file",
    sight: Sight::Program("npm"),
    remedy: Remedy::ByHand("install npm; it comes with Node.js"),
};
const NPM_PACKAGES: Need = Need {
    name: "npm packages",
    why: "compiler, bundler and test runner of the page side, as the lock file names them",
    sight: Sight::NpmPackages,
    remedy: Remedy::NpmCi,
};
const MINGW: Need = Need {
    name: "MinGW",
    why: "compiles C and links for Windows, so that the sources are tried for it",
    sight: Sight::Program(platforms::MINGW),
    remedy: Remedy::Apt("gcc-mingw-w64-x86-64-win32"),
};
const WINE: Need = Need {
    name: "wine",
    why: "runs the core's tests as Windows programs",
    sight: Sight::AnyProgram(platforms::WINE),
    remedy: Remedy::Apt("wine64"),
};
const RUSTFMT: Need = Need {
    name: "rustfmt",
    why: "checks the Rust formatting",
    sight: Sight::CargoCommand("fmt"),
    remedy: Remedy::Component("rustfmt"),
};
const CLIPPY: Need = Need {
    name: "clippy",
    why: "checks the Rust code",
    sight: Sight::CargoCommand("clippy"),
    remedy: Remedy::Component("clippy"),
};

/// What builds Rust without a window.
pub const RUST: &[&Need] = &[&LINKER];
/// What builds and tests the two packages without a window.
pub const CORE: &[&Need] = &[&LINKER, &NODE, &NPM, &NPM_PACKAGES];
/// What builds a Tauri app and lets a person look at it.
pub const APP: &[&Need] = &[&LINKER, &PKG_CONFIG, &WEBKIT, &NODE, &NPM, &NPM_PACKAGES];
/// What shows real windows where nobody looks.
pub const STAGE: &[&Need] = &[&XVFB, &BUS];
/// What clicks through an app where no person does.
pub const DRIVER: &[&Need] = &[&WEB_DRIVER, &TAURI_DRIVER];
/// What the page side is tested in beside the engine of the system's webview.
pub const ENGINES: &[&Need] = &[&CHROMIUM];
/// What tries the sources for other systems. Of no use where [`platforms::obstacle`] says so.
pub const PLATFORMS: &[&Need] = &[&MINGW, &WINE];
/// What checks the sources.
pub const CHECKS: &[&Need] = &[&RUSTFMT, &CLIPPY];

/// Everything any command needs, each once.
pub fn all() -> Vec<&'static Need> {
    [APP, STAGE, DRIVER, ENGINES, PLATFORMS, CHECKS].concat()
}

impl Need {
    /// Whether this machine can make use of it.
    pub fn of_use(&self) -> bool {
        !PLATFORMS.iter().any(|need| need.name == self.name) || platforms::obstacle().is_none()
    }

    /// Whether the machine has it.
    pub fn met(&self) -> bool {
        match self.sight {
            Sight::Program(name) => exec::find_program(name).is_some(),
            Sight::AnyProgram(names) => names.iter().any(|name| exec::find_program(name).is_some()),
            Sight::Library(name) => exec::says_yes("pkg-config", &["--exists", name]),
            Sight::CargoCommand(name) => {
                let mut question = exec::cargo([name, "--version"]);
                question.output().is_ok_and(|answer| answer.status.success())
            }
            Sight::Node(least) => {
                let version = exec::answer("node", &["--version"]);
                version.as_deref().and_then(major).is_some_and(|major| major >= least)
            }
            Sight::NpmPackages => npm::installed(repo::root()),
            Sight::Tool(name) => tool(name).is_file(),
        }
    }
}

/// Where cargo puts a tool of ours.
pub fn tool(name: &str) -> PathBuf {
    repo::target().join("tools/bin").join(name)
}

/// The major number of a version like `v20.11.1`.
fn major(version: &str) -> Option<u64> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_what_node_prints() {
        assert_eq!(major("v20.20.2"), Some(20));
        assert_eq!(major("20.20.2"), None);
        assert_eq!(major("vnext"), None);
    }

    #[test]
    fn every_need_is_listed_once() {
        let mut names: Vec<_> = all().iter().map(|need| need.name).collect();
        let before = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), before);
    }
}
