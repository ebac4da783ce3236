//! The sources of the standard library, of exactly the installed Rust: from Debian's backports, where they are the same
//! for every architecture and release. apt gets a configuration and lists of its own; the system's are only read.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, bail};

use super::home;
use crate::{exec, test::Skipped};

/// Where Debian puts Rust when its own release is older.
const SUITE: &str = "trixie-backports";
const KEYRINGS: &[&str] =
    &["/usr/share/keyrings/debian-archive-keyring.pgp", "/usr/share/keyrings/debian-archive-keyring.gpg"];
const DOWNLOAD: Duration = Duration::from_secs(20 * 60);
/// What [`archive`] reads, as `apt-get indextargets` fills it in.
const TARGET: &str = "$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)";

/// Puts `library/` of this version at `place`.
///
/// # Errors
/// [`Skipped`] when Debian does not have this version; another error when apt fails or does not reach the archive.
pub fn unpack(version: &str, place: &Path) -> Result<()> {
    let apt = Apt::fresh()?;
    exec::must(apt.command("apt-get").args(["-qq", "update"]), DOWNLOAD)?;
    let mut question = apt.command("apt-cache");
    let answer = question.args(["madison", "rust-src"]).output().context("apt-cache cannot be started")?;
    let package = match choose(&String::from_utf8_lossy(&answer.stdout), version) {
        Choice::This(package) => package,
        Choice::NoneOf(others) if others.is_empty() => bail!("apt got an empty list of {SUITE}"),
        Choice::NoneOf(others) => {
            let why = format!("no rust-src {version} in Debian's {SUITE}, which has {}", others.join(", "));
            return Err(Skipped(why).into());
        }
    };
    exec::must(apt.command("apt-get").args(["-qq", "download", &format!("rust-src={package}")]), DOWNLOAD)?;
    let unpacked = apt.home.join("unpacked");
    exec::must(exec::command("dpkg-deb").arg("-x").arg(apt.downloaded()?).arg(&unpacked), DOWNLOAD)?;
    fs::create_dir_all(place.parent().context("a place below a folder")?)?;
    fs::rename(unpacked.join(format!("usr/src/rustc-{version}/library")), place)
        .with_context(|| format!("rust-src {package} has no library of {version}"))?;
    // The sources of the compiler, half a gigabyte.
    Ok(fs::remove_dir_all(&apt.home)?)
}

/// apt with one source: Debian's backports, from where this machine gets Debian.
struct Apt {
    home: PathBuf,
}

impl Apt {
    fn fresh() -> Result<Self> {
        let home = home().join("apt");
        if home.exists() {
            fs::remove_dir_all(&home)?;
        }
        for folder in ["lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(home.join(folder))?;
        }
        let targets = exec::answer("apt-get", &["indextargets", "--format", TARGET, "Created-By: Packages"]);
        let os = fs::read_to_string("/etc/os-release").unwrap_or_default();
        let codename = os.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME=")).unwrap_or_default();
        let Some(archive) = targets.as_deref().and_then(|targets| archive(targets, codename)) else {
            return Err(Skipped("apt is not set up to get Debian itself".to_owned()).into());
        };
        let keyring = KEYRINGS.iter().find(|path| Path::new(path).is_file());
        let signed = keyring.map(|path| format!("[signed-by={path}] ")).unwrap_or_default();
        fs::write(home.join("sources.list"), format!("deb {signed}{archive} {SUITE} main\n"))?;
        Ok(Self { home })
    }

    fn command(&self, program: &str) -> Command {
        let mut command = exec::command(program);
        let at = |name: &str| self.home.join(name).display().to_string();
        command.current_dir(&self.home);
        for option in [
            format!("Dir::Etc::sourcelist={}", at("sources.list")),
            "Dir::Etc::sourceparts=/dev/null".to_owned(),
            format!("Dir::State::Lists={}", at("lists")),
            format!("Dir::Cache={}", at("cache")),
            // The user apt otherwise becomes may not see our folder.
            "APT::Sandbox::User=root".to_owned(),
            // Otherwise a list that cannot be got is a warning.
            "APT::Update::Error-Mode=any".to_owned(),
            "Acquire::Languages=none".to_owned(),
        ] {
            command.args(["-o", &option]);
        }
        command
    }

    fn downloaded(&self) -> Result<PathBuf> {
        let mut files = fs::read_dir(&self.home)?.filter_map(|entry| entry.ok().map(|entry| entry.path()));
        let is_package = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "deb");
        files.find(is_package).context("apt downloaded nothing")
    }
}

/// The address of Debian's own archive among what apt gets packages from, one a line as [`TARGET`] says.
/// Where apt does not know an origin, because it never got a list, the release's name has to do.
fn archive<'a>(targets: &'a str, codename: &str) -> Option<&'a str> {
    let found = |is_debian: &dyn Fn(&str, &str) -> bool| {
        targets.lines().find_map(|line| {
            let (address, rest) = line.split_once(' ')?;
            let (release, rest) = rest.split_once(' ')?;
            let (component, origin) = rest.split_once(' ').unwrap_or((rest, ""));
            (component == "main" && is_debian(release, origin)).then_some(address)
        })
    };
    // `-security` and `-updates` have other addresses or none of the backports.
    found(&|release, origin| origin == "Debian" && !release.contains(['-', '/'])).or_else(|| {
        found(&|release, origin| release == codename && (origin.is_empty() || origin.starts_with('$')))
    })
}

#[derive(PartialEq, Eq, Debug)]
enum Choice {
    /// The version of the package.
    This(String),
    /// The versions of Rust there are.
    NoneOf(Vec<String>),
}

/// Chooses from what `apt-cache madison` prints, a line for each version, the newest first.
fn choose(madison: &str, version: &str) -> Choice {
    let packages: Vec<&str> =
        madison.lines().filter_map(|line| line.split('|').nth(1)).map(str::trim).collect();
    // `1.95.0+dfsg1-2~bpo13+1`, `1.95.0-1`, and not `1.95.0~beta`.
    let rust = |package: &str| package.split(['+', '-']).next().unwrap_or_default().to_owned();
    if let Some(package) = packages.iter().find(|package| rust(package) == version) {
        return Choice::This((*package).to_owned());
    }
    let mut others: Vec<String> = packages.iter().map(|package| rust(package)).collect();
    others.dedup();
    Choice::NoneOf(others)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MADISON: &str = "\
  rust-src | 1.95.0+dfsg1-2~bpo13+1 | a://b/debian trixie-backports/main amd64 Packages
  rust-src | 1.94.1+dfsg1-1~bpo13+2 | a://b/debian trixie-backports/main amd64 Packages
  rust-src | 1.94.1+dfsg1-1~bpo13+1 | a://b/debian trixie-backports/main amd64 Packages
  rust-src | 1.93.0~beta3+dfsg1-1 | a://b/debian trixie-backports/main amd64 Packages
";

    #[test]
    fn the_newest_package_of_exactly_this_version_is_chosen() {
        assert_eq!(choose(MADISON, "1.95.0"), Choice::This("1.95.0+dfsg1-2~bpo13+1".to_owned()));
        assert_eq!(choose(MADISON, "1.94.1"), Choice::This("1.94.1+dfsg1-1~bpo13+2".to_owned()));
        assert_eq!(choose(" rust-src | 1.9.0-1 | x", "1.9.0"), Choice::This("1.9.0-1".to_owned()));
    }

    #[test]
    fn a_version_that_only_begins_alike_is_another_one() {
        let all = ["1.95.0", "1.94.1", "1.93.0~beta3"].map(str::to_owned);
        for other in ["1.95.00", "1.9", "1.95", "1.93.0", ""] {
            assert_eq!(choose(MADISON, other), Choice::NoneOf(all.to_vec()), "{other}");
        }
        assert_eq!(choose("", "1.95.0"), Choice::NoneOf(Vec::new()));
    }

    #[test]
    fn the_archive_is_debians_own_and_not_its_security_or_somebody_elses() {
        let targets = "a://other/ bookworm main Other\n\
                       a://security/ bookworm-security main Debian\n\
                       a://free/ bookworm non-free Debian\n\
                       a://debian/ bookworm main Debian\n";
        assert_eq!(archive(targets, "bookworm"), Some("a://debian/"));
        assert_eq!(archive("a://debian/ stable main Debian", "trixie"), Some("a://debian/"));
        assert_eq!(archive("a://other/ bookworm main Other", "bookworm"), None);
        assert_eq!(archive("", "bookworm"), None);
    }

    #[test]
    fn before_apt_ever_got_a_list_the_releases_name_tells_debian() {
        let targets = "a://tools/ tools main $(ORIGIN)\na://debian/ bookworm main $(ORIGIN)";
        assert_eq!(archive(targets, "bookworm"), Some("a://debian/"));
        assert_eq!(archive("a://debian/ bookworm main ", "bookworm"), Some("a://debian/"));
        assert_eq!(archive(targets, "trixie"), None);
    }
}
