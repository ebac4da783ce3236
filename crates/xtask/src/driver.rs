//! tauri-driver: the `WebDriver` server that opens a Tauri app on a stage. It ends when dropped.

use std::{
    fs::{self, File},
    io::ErrorKind,
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::{
    exec::{self, Ran},
    need, processes, repo,
    windows::Stage,
};

const PATIENCE: Duration = Duration::from_secs(20);
/// For one check program, however many windows it clicks through.
const CHECK: Duration = Duration::from_secs(10 * 60);

/// Lets a check program (a script of Node, by its path from the root) use an app like a person, and returns what it
/// printed.
///
/// # Errors
/// When the driver does not come up.
pub fn click_through(stage: &Stage, script: &str, binary: &Path) -> Result<Ran> {
    let driver = Driver::start(stage)?;
    let mut check = exec::command("node");
    check.arg(script).env("STATESYNC_CHECK_DRIVER", driver.url());
    exec::run(check.env("STATESYNC_CHECK_BINARY", binary), CHECK)
}

/// A running tauri-driver. The apps it opens keep their data in a folder of its own, empty at first: not that of the
/// person who runs the check.
#[derive(Debug)]
pub struct Driver {
    server: Child,
    port: u16,
}

impl Driver {
    /// Starts the driver on two free ports and waits until it answers.
    ///
    /// # Errors
    /// When it cannot be started or does not come up; its log is in `target/xtask/driver.log`.
    pub fn start(stage: &Stage) -> Result<Self> {
        let native = exec::find_program("WebKitWebDriver").context("WebKitWebDriver is missing")?;
        let [port, native_port] = free_ports()?;
        let log = File::create(repo::scratch()?.join("driver.log"))?;
        let data = repo::scratch()?.join("data");
        let _ = fs::remove_dir_all(&data);
        let server = stage
            .command(need::tool("tauri-driver"))
            .env("XDG_DATA_HOME", data)
            .args(["--port", &port.to_string(), "--native-port", &native_port.to_string(), "--native-driver"])
            .arg(native)
            .stdout(log.try_clone()?)
            .stderr(log)
            .stdin(Stdio::null())
            .spawn()
            .context("tauri-driver cannot be started")?;
        let mut driver = Self { server, port };
        for port in [port, native_port] {
            driver.wait_for(port)?;
        }
        Ok(driver)
    }

    /// Where `WebDriver` clients connect to.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn wait_for(&mut self, port: u16) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match TcpStream::connect(("127.0.0.1", port)) {
                Ok(_) => return Ok(()),
                Err(error) if error.kind() != ErrorKind::ConnectionRefused => {
                    return Err(error.into());
                }
                Err(_) => {}
            }
            if self.server.try_wait()?.is_some() || Instant::now() > deadline {
                bail!("tauri-driver did not come up; see target/xtask/driver.log");
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        processes::kill_tree(self.server.id());
        let _ = self.server.wait();
    }
}

/// Two ports nobody listens on now. Both are held until both are known, so they differ.
fn free_ports() -> Result<[u16; 2]> {
    let first = TcpListener::bind("127.0.0.1:0")?;
    let second = TcpListener::bind("127.0.0.1:0")?;
    Ok([first.local_addr()?.port(), second.local_addr()?.port()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_ports_differ() {
        let [first, second] = free_ports().expect("ports are free");
        assert_ne!(first, second);
    }
}
