//! Real disks that are full, read-only, forbidden, or gone: a small file system of each test's own.
//!
//! Each runs in a mount namespace, which the system gives to root, and to others together with a user namespace.
//! The right to write everything is taken from root, or nothing would be forbidden to it.

use std::path::Path;
use std::process::Command;

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().expect("id");
    id.stdout == b"0\n"
}

fn survives(kind: &str) {
    let dir = tempfile::tempdir().expect("a directory");
    let mut unshare = Command::new("unshare");
    if is_root() {
        unshare.arg("--mount");
    } else {
        unshare.args(["--user", "--map-root-user", "--mount"]);
    }
    let without = "-dac_override,-dac_read_search";
    unshare.args(["setpriv", "--bounding-set", without, "--inh-caps", without]);
    unshare.args([env!("CARGO_BIN_EXE_trouble"), kind]).arg(dir.path());
    let ran = unshare.output().expect("unshare, of util-linux");
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    println!("{out}{err}");
    assert!(ran.status.success(), "{kind}: {err}");
    assert!(!Path::new(dir.path()).join("state").exists(), "it was on a disk of its own");
}

#[test]
fn a_full_disk_is_survived_and_everything_is_saved_once_there_is_space() {
    survives("full");
}

#[test]
fn a_read_only_disk_is_survived_and_everything_is_saved_once_it_is_writable() {
    survives("read-only");
}

#[test]
fn a_forbidden_directory_is_survived_and_everything_is_saved_once_it_is_allowed() {
    survives("denied");
}

#[test]
fn a_directory_that_is_gone_is_survived_and_made_again() {
    survives("removed");
}

#[test]
fn a_record_that_is_a_link_into_another_file_system_is_saved_through_it_while_it_is_there() {
    survives("linked");
}
