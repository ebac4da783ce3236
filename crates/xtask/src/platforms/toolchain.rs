//! A copy of the installed toolchain that also has the sources of the standard library, so that cargo builds it for
//! systems no precompiled one is at hand for. The copy consists of hard links and costs no space.

use std::{
    ffi::OsStr,
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use super::{Rust, home, rust_src};
use crate::exec;

pub const WINDOWS: &str = "x86_64-pc-windows-gnu";
pub const MACOS: &str = "aarch64-apple-darwin";
/// The C compiler for Windows.
pub const MINGW: &str = "x86_64-w64-mingw32-gcc";

/// Stands in for a compiler and an archiver where none is to be had: what it should make, it makes empty. A check links
/// nothing.
const STUB: &str = r#"#!/bin/sh
previous=
for word; do
    case "$previous $word" in
    "-o "* | *.a) : >"$word" ;;
    esac
    previous=$word
done
"#;

/// The copy, ready to build.
pub struct Toolchain {
    place: PathBuf,
    stub: PathBuf,
}

impl Toolchain {
    /// Whether it was made, of this very Rust.
    pub fn is_ready(rust: &Rust) -> bool {
        fs::read_to_string(stamp()).is_ok_and(|made_of| made_of == rust.identity)
    }

    /// Makes it unless it is there.
    ///
    /// # Errors
    /// As [`rust_src::unpack`], or when files cannot be written.
    pub fn ready(rust: &Rust) -> Result<Self> {
        let place = place();
        if !Self::is_ready(rust) {
            println!("making a toolchain that builds for {WINDOWS} and {MACOS}");
            if place.exists() {
                fs::remove_dir_all(&place)?;
            }
            for folder in ["bin", "lib"] {
                link_all(&Path::new(&rust.sysroot).join(folder), &place.join(folder))?;
            }
            let library = place.join("lib/rustlib/src/rust/library");
            if !library.join("std/Cargo.toml").is_file() {
                rust_src::unpack(&rust.version, &library)?;
            }
            // Last: a toolchain that is made by half is made again.
            fs::write(stamp(), &rust.identity)?;
        }
        let stub = home().join("stub");
        fs::write(&stub, STUB)?;
        fs::set_permissions(&stub, fs::Permissions::from_mode(0o755))?;
        Ok(Self { place, stub })
    }

    /// A cargo command that builds with it, in a build directory of its own. Warnings of the repository's own crates are
    /// errors, so that they are not only printed the first time.
    pub fn cargo<I: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = I>) -> Command {
        // Its own cargo: one of rustup's would lead back to the original.
        let mut cargo = exec::command(self.place.join("bin/cargo"));
        cargo
            .args(arguments)
            .env("CARGO_TARGET_DIR", "target/platforms/build")
            .env("RUSTC", self.place.join("bin/rustc"))
            // rustup points it at the original, and rustc takes itself to be where its libraries are.
            .env("LD_LIBRARY_PATH", self.place.join("lib"))
            // For `build-std`, which only knows nightly otherwise.
            .env("RUSTC_BOOTSTRAP", "1")
            .env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort,panic_unwind,test")
            .env("RUSTFLAGS", "-D warnings")
            // Nobody debugs it, and it is half of what the linker has to do.
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER", MINGW)
            .env("CC_x86_64_pc_windows_gnu", MINGW)
            .env("AR_x86_64_pc_windows_gnu", "x86_64-w64-mingw32-ar")
            .env("CC_aarch64_apple_darwin", &self.stub)
            .env("AR_aarch64_apple_darwin", &self.stub);
        cargo
    }
}

fn place() -> PathBuf {
    home().join("toolchain")
}

fn stamp() -> PathBuf {
    place().join("made-of")
}

/// Makes `to` a copy of `from` out of hard links, or of copies where it is on another disk.
fn link_all(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("{} is missing", from.display()))? {
        let entry = entry?;
        let (source, place, kind) = (entry.path(), to.join(entry.file_name()), entry.file_type()?);
        if kind.is_dir() {
            link_all(&source, &place)?;
        } else if kind.is_symlink() {
            symlink(fs::read_link(&source)?, place)?;
        } else if fs::hard_link(&source, &place).is_err() {
            fs::copy(&source, &place)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("statesync-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder can be made");
        folder
    }

    #[test]
    fn a_linked_copy_has_every_file_and_link_and_takes_no_space() {
        use std::os::unix::fs::MetadataExt;
        let folder = scratch("linked");
        let (from, to) = (folder.join("from"), folder.join("to"));
        fs::create_dir_all(from.join("deep")).expect("a folder can be made");
        fs::write(from.join("deep/file"), "x").expect("a file can be written");
        symlink("deep/file", from.join("link")).expect("a link can be made");
        link_all(&from, &to).expect("linked");
        let same = |name: &str| {
            let id = |folder: &Path| fs::metadata(folder.join(name)).map(|file| file.ino()).ok();
            id(&from).is_some() && id(&from) == id(&to)
        };
        let found = (same("deep/file"), fs::read_link(to.join("link")).ok());
        fs::remove_dir_all(&folder).expect("the folder can be removed");
        assert_eq!(found, (true, Some(PathBuf::from("deep/file"))));
    }

    #[test]
    fn the_stub_makes_what_a_compiler_and_an_archiver_make_and_touches_nothing_else() {
        let folder = scratch("stub");
        fs::write(folder.join("a.c"), "int x;").expect("a file can be written");
        let stub = |arguments: &[&str]| {
            let mut shell = exec::command("sh");
            shell.args(["-c", STUB, "stub"]).args(arguments).current_dir(&folder);
            shell.status().expect("sh runs").success()
        };
        assert!(stub(&["-O0", "-o", "a.o", "-c", "a.c"]));
        assert!(stub(&["cq", "liba.a", "a.o"]));
        assert!(stub(&["--version"]));
        let length = |name: &str| fs::metadata(folder.join(name)).map(|file| file.len()).ok();
        let found = [length("a.o"), length("liba.a"), length("a.c")];
        let count = fs::read_dir(&folder).expect("readable").count();
        fs::remove_dir_all(&folder).expect("the folder can be removed");
        assert_eq!((found, count), ([Some(0), Some(0), Some(6)], 3));
    }
}
