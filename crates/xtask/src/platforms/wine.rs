//! Runs Windows programs, in a prefix of our own: nothing of it is in a person's home, menus or own wine.

use std::{fs, path::PathBuf, process::Command, time::Duration};

use anyhow::{Context, Result};

use super::{home, toolchain::MINGW};
use crate::exec;

/// Where Debian has it, whatever the release.
pub const PROGRAMS: &[&str] = &["wine64", "/usr/lib/wine/wine64"];

/// The one function that every Rust program asks a system library for which wine before 8.13 lacks.
const SHIM: &str = "#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE bytes, SIZE_T count) {
    return SystemFunction036(bytes, (ULONG)count);
}
";
const BEGIN: Duration = Duration::from_secs(5 * 60);

/// wine with its prefix.
pub struct Wine {
    program: PathBuf,
}

impl Wine {
    /// Makes the prefix, once.
    ///
    /// # Errors
    /// When wine is missing or does not begin.
    pub fn ready() -> Result<Self> {
        let program =
            PROGRAMS.iter().find_map(|name| exec::find_program(name)).context("wine64 is missing")?;
        let wine = Self { program };
        let stamp = prefix().join("ready");
        if !stamp.exists() {
            if prefix().exists() {
                fs::remove_dir_all(prefix())?;
            }
            fs::create_dir_all(shim())?;
            let source = shim().join("bcryptprimitives.c");
            fs::write(&source, SHIM)?;
            let mut compile = exec::command(MINGW);
            compile.arg("-shared").arg(&source).arg("-ladvapi32");
            exec::must(compile.arg("-o").arg(shim().join("bcryptprimitives.dll")), BEGIN)?;
            let mut begin = exec::command(&wine.program);
            describe_to(&mut begin);
            exec::must(begin.args(["wineboot", "--init"]), BEGIN)?;
            fs::write(stamp, "")?;
        }
        Ok(wine)
    }

    /// Lets a cargo command run its Windows programs with it.
    pub fn runs(&self, cargo: &mut Command) {
        cargo.env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER", &self.program);
        describe_to(cargo);
    }
}

fn describe_to(command: &mut Command) {
    command
        .env("WINEPREFIX", prefix())
        .env("WINEARCH", "win64")
        .env("WINEDEBUG", "-all")
        .env("WINEPATH", shim())
        // The last three: no entries in menus, no downloads of .NET and a browser.
        .env("WINEDLLOVERRIDES", "bcryptprimitives=n,b;winemenubuilder.exe=;mscoree=;mshtml=");
}

fn prefix() -> PathBuf {
    home().join("wine")
}

fn shim() -> PathBuf {
    home().join("shim")
}
