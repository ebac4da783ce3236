//! Getting what is missing: system packages through apt where root or sudo allows it, otherwise the exact command.

use std::{process::Command, time::Duration};

use anyhow::{Result, bail};

use crate::{
    exec,
    need::{Need, Remedy},
};

const LONG: Duration = Duration::from_secs(30 * 60);

/// Whose rights a system package can be installed with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Rights {
    Root,
    /// `sudo` that asks for no password.
    Sudo,
    None,
}

/// Makes sure all of it is there, and says what it does for that.
///
/// # Errors
/// When something cannot be got without a person; the message says what to do.
pub fn ensure(lists: &[&[&'static Need]]) -> Result<()> {
    let missing = missing(lists);
    let packages: Vec<_> = missing
        .iter()
        .filter_map(|need| if let Remedy::Apt(package) = need.remedy { Some(package) } else { None })
        .collect();
    for need in &missing {
        println!("missing: {} ({})", need.name, need.why);
    }
    if let Some(need) = missing.iter().find(|need| matches!(need.remedy, Remedy::ByHand(_))) {
        bail!("{} is missing: {}", need.name, how(need.remedy));
    }
    if !packages.is_empty() {
        install_packages(&packages, rights())?;
    }
    for need in &missing {
        match need.remedy {
            Remedy::Apt(_) | Remedy::ByHand(_) => {}
            Remedy::Component(name) => {
                exec::must(exec::command("rustup").args(["component", "add", name]), LONG)?;
            }
            Remedy::NpmCi => exec::must(exec::command("npm").arg("ci"), LONG)?,
            Remedy::Crate(name, version) => exec::must(&mut install_crate(name, version), LONG)?,
        }
    }
    if let Some(need) = missing.iter().find(|need| !need.met()) {
        bail!("{} is still missing after: {}", need.name, how(need.remedy));
    }
    Ok(())
}

/// The command that gets it.
pub fn how(remedy: Remedy) -> String {
    match remedy {
        Remedy::Apt(package) => format!("apt-get install {package}"),
        Remedy::Component(name) => format!("rustup component add {name}"),
        Remedy::NpmCi => "npm ci".to_owned(),
        Remedy::Crate(name, version) => {
            format!("cargo install {name} --version {version} --locked --root target/tools")
        }
        Remedy::ByHand(what) => what.to_owned(),
    }
}

fn missing(lists: &[&[&'static Need]]) -> Vec<&'static Need> {
    let mut missing: Vec<&'static Need> = Vec::new();
    for need in lists.concat() {
        if !missing.iter().any(|known| known.name == need.name) && need.of_use() && !need.met() {
            missing.push(need);
        }
    }
    missing
}

fn install_packages(packages: &[&str], rights: Rights) -> Result<()> {
    if exec::find_program("apt-get").is_none() {
        bail!("this system has no apt: install what Debian calls {}", packages.join(" "));
    }
    if rights == Rights::None {
        bail!("run this once, then try again:\n\n    {}\n", by_hand(packages));
    }
    exec::must(&mut apt(rights, &["update"]), LONG)?;
    let mut install = apt(rights, &["install", "--yes", "--no-install-recommends"]);
    exec::must(install.args(packages), LONG)
}

/// What a person types who may become root.
fn by_hand(packages: &[&str]) -> String {
    format!(
        "sudo apt-get update && sudo apt-get install --yes --no-install-recommends {}",
        packages.join(" ")
    )
}

fn apt(rights: Rights, arguments: &[&str]) -> Command {
    let mut command = match rights {
        Rights::Sudo => {
            let mut sudo = exec::command("sudo");
            sudo.args(["-n", "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
            sudo
        }
        Rights::Root | Rights::None => {
            let mut apt = exec::command("apt-get");
            apt.env("DEBIAN_FRONTEND", "noninteractive");
            apt
        }
    };
    command.args(arguments);
    command
}

fn rights() -> Rights {
    if exec::answer("id", &["-u"]).as_deref() == Some("0") {
        Rights::Root
    } else if exec::says_yes("sudo", &["-n", "true"]) {
        Rights::Sudo
    } else {
        Rights::None
    }
}

fn install_crate(name: &str, version: &str) -> Command {
    let mut command =
        exec::cargo(["install", name, "--version", version, "--locked", "--root", "target/tools"]);
    command.env("CARGO_TARGET_DIR", "target/tools-build");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_for_a_person_names_every_package() {
        let command = by_hand(&["xvfb", "dbus"]);
        assert!(command.starts_with("sudo apt-get update && "));
        assert!(command.ends_with(" xvfb dbus"));
    }

    #[test]
    fn without_rights_the_exact_command_is_the_error() {
        let error =
            install_packages(&["xvfb"], Rights::None).expect_err("no rights, no packages").to_string();
        assert!(
            error.contains("apt-get install --yes --no-install-recommends xvfb") || error.contains("no apt")
        );
    }
}
