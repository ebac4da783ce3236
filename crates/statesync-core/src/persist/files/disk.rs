//! The file system, as far as it is needed; `crash.rs` has another one that forgets.

use crate::persist::open_file;
use crate::persist::place::{self, LockFile};
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What [`Files`](super::Files) asks of a file system.
pub(super) trait Disk: Send + Sync + fmt::Debug {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// Makes the file, readable for its owner only, and writes it. What a dead process left there is removed; a link is
    /// not followed.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;
    /// Returns when the file's bytes are on the disk.
    fn sync(&self, path: &Path) -> io::Result<()>;
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Returns when what the directory names is on the disk.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Whether anything is there, also a link that leads nowhere.
    fn is_taken(&self, path: &Path) -> bool;
    fn is_dir(&self, path: &Path) -> bool;
    /// Where a link leads; `None` for what is none. An error when it leads nowhere.
    fn target(&self, path: &Path) -> io::Result<Option<PathBuf>>;
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;
    /// Makes the directory, with those above it, on the disk. A directory that is there is left as it is.
    fn create_dir(&self, dir: &Path) -> io::Result<()>;
    /// Takes the lock of a directory until what is returned is dropped. `WouldBlock` when another process has it;
    /// `None` where directories have no locks.
    fn lock_dir(&self, dir: &Path) -> io::Result<Option<LockFile>>;
    /// As [`lock_dir`](Self::lock_dir), of a file that is made if it is missing.
    fn lock(&self, path: &Path) -> io::Result<Option<LockFile>>;
}

/// The real one.
#[derive(Debug)]
pub(super) struct RealDisk;

impl Disk for RealDisk {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        place::read(path)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        match fs::symlink_metadata(path) {
            Ok(left) if left.is_dir() => return Err(place::no_file()),
            Ok(_) => fs::remove_file(path)?,
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Err(_) => {}
        }
        place::create(path)?.write_all(bytes)
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        // Some systems sync only what was opened for writing.
        OpenOptions::new().write(true).open(path)?.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        open_file::rename(from, to)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        // Elsewhere a directory cannot be opened, and a rename is on the disk by itself or not at all.
        if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn is_taken(&self, path: &Path) -> bool {
        place::is_taken(path)
    }

    fn is_dir(&self, path: &Path) -> bool {
        fs::symlink_metadata(path).is_ok_and(|found| found.is_dir())
    }

    fn target(&self, path: &Path) -> io::Result<Option<PathBuf>> {
        place::target(path)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let names = fs::read_dir(dir)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
        names.collect()
    }

    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        if dir.is_dir() {
            return Ok(());
        }
        let parent = dir.parent().filter(|parent| !parent.as_os_str().is_empty());
        if let Some(parent) = parent {
            self.create_dir(parent)?;
        }
        match place::create_dir(dir) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            Err(_) if !dir.is_dir() => return Err(place::no_dir(dir)),
            _ => {}
        }
        self.sync_dir(parent.unwrap_or(Path::new(".")))
    }

    fn lock_dir(&self, dir: &Path) -> io::Result<Option<LockFile>> {
        LockFile::lock_dir(dir)
    }

    fn lock(&self, path: &Path) -> io::Result<Option<LockFile>> {
        // Not for writing: a file that is open for that keeps the system from making the disk read-only.
        LockFile::lock(path, false, File::try_lock).map(Some)
    }
}
