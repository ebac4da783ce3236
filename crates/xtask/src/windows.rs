//! Where real windows are shown: the person's display, or an Xvfb of our own.
//!
//! A program that runs as root would keep `CAP_SYS_NICE`: `WebKit` then gives its receive thread real-time priority, and
//! that thread starves the owner of an allocator lock it waits for (pulls stall for most of a second). So it is dropped.

use std::{
    env,
    ffi::OsStr,
    fs::{self, File},
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::{exec, repo};

/// The number of `CAP_SYS_NICE` in a capability mask.
const SYS_NICE: u32 = 23;
const SCREEN: &str = "1400x900x24";

/// A place real windows can be opened in, until it is dropped.
#[derive(Debug)]
pub enum Stage {
    /// The display a person sits at.
    Person,
    /// A display of our own that nobody sees; it ends with this value.
    Unseen(Unseen),
}

/// A running Xvfb.
#[derive(Debug)]
pub struct Unseen {
    server: Child,
    display: String,
}

/// Whether there is a display a person may sit at.
pub fn has_display() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
}

impl Stage {
    /// A display of our own.
    ///
    /// # Errors
    /// When Xvfb does not come up; the message holds what it said.
    pub fn unseen() -> Result<Self> {
        make_socket_folder(Path::new("/tmp/.X11-unix"));
        let log = repo::scratch()?.join("xvfb.log");
        let mut server = exec::command("setpriv")
            .args([
                "--pdeathsig",
                "TERM",
                "Xvfb",
                "-displayfd",
                "1",
                "-screen",
                "0",
                SCREEN,
                "-nolisten",
                "tcp",
            ])
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?)
            .spawn()
            .context("Xvfb cannot be started")?;
        let mut number = String::new();
        if let Some(output) = server.stdout.take() {
            BufReader::new(output).read_line(&mut number)?;
        }
        if number.trim().is_empty() {
            let _ = server.wait();
            bail!("Xvfb did not come up: {}", fs::read_to_string(&log).unwrap_or_default());
        }
        let display = format!(":{}", number.trim());
        println!("windows open on an Xvfb display of their own, {display}, with a session bus of their own");
        let stage = Self::Unseen(Unseen { server, display });
        if keeps_sys_nice() {
            println!(
                "running with CAP_SYS_NICE: dropped for the windows, WebKit's pulls would stall with it"
            );
        }
        Ok(stage)
    }

    /// A program whose windows open here. Everything it starts ends with the display.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut words: Vec<&OsStr> = Vec::new();
        if keeps_sys_nice() {
            words.extend(["setpriv", "--bounding-set=-sys_nice", "--inh-caps=-sys_nice"].map(OsStr::new));
        }
        if matches!(self, Self::Unseen(_)) {
            words.extend(["dbus-run-session", "--"].map(OsStr::new));
        }
        words.push(program.as_ref());
        let mut command = exec::command(words[0]);
        command.args(&words[1..]);
        if let Self::Unseen(unseen) = self {
            unseen.describe_to(&mut command);
        }
        command
    }
}

impl Unseen {
    /// Points a program at this display, and keeps what it stores out of the person's home.
    fn describe_to(&self, command: &mut Command) {
        let home = repo::target().join("xtask/home");
        command.env("DISPLAY", &self.display).env("GDK_BACKEND", "x11").env("NO_AT_BRIDGE", "1");
        command.env_remove("WAYLAND_DISPLAY").env_remove("XAUTHORITY").env_remove("DBUS_SESSION_BUS_ADDRESS");
        for (name, folder) in
            [("XDG_DATA_HOME", "data"), ("XDG_CACHE_HOME", "cache"), ("XDG_CONFIG_HOME", "config")]
        {
            command.env(name, home.join(folder));
        }
    }
}

impl Drop for Unseen {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Whether a program started by us would have `CAP_SYS_NICE`, and we may take it away.
fn keeps_sys_nice() -> bool {
    fs::read_to_string("/proc/self/status").is_ok_and(|status| has_capability(&status, SYS_NICE))
}

/// Whether the process described by `/proc/N/status` has this capability now.
fn has_capability(status: &str, number: u32) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> number & 1 == 1)
}

/// X servers of ordinary users cannot make this folder as they want it; anyone may make it like this.
fn make_socket_folder(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    if !folder.exists() && fs::create_dir(folder).is_ok() {
        let _ = fs::set_permissions(folder, fs::Permissions::from_mode(0o1777));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sys_nice_is_seen_in_the_effective_mask() {
        assert!(has_capability("Name:\tx\nCapEff:\t000001fffeffffff\n", SYS_NICE));
        assert!(!has_capability("CapEff:\t000001fffe7fffff\n", SYS_NICE));
        assert!(!has_capability("CapEff:\t0000000000000000\n", SYS_NICE));
        assert!(!has_capability("", SYS_NICE));
    }
}
