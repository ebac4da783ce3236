//! What is in a place of the file system, and files that are there for their lock.
//!
//! Keeps: a link is the user's. What is stored goes to the file that the link leads to, and the link stays. A file of the
//! library's own, a temporary one or a lock, is never a link: it is made exclusively, for its owner only.

use super::open_file::keeping_its_name;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// How often a lock file that is replaced while it is opened is looked at again. Each time somebody else had it.
const ATTEMPTS: u32 = 1000;

/// Rights for the owner only, from the first moment.
fn owner_only(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

/// Makes a directory, for its owner only. Those above it have to be there.
pub(super) fn create_dir(dir: &Path) -> io::Result<()> {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "only Unix has a mode to set"))]
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(dir)
}

/// Makes a file, for its owner only. Nothing may be in the place, not even a link.
pub(super) fn create(path: &Path) -> io::Result<File> {
    owner_only(OpenOptions::new().write(true).create_new(true)).open(path)
}

/// Whether anything is in the place, also a link that leads nowhere.
pub(super) fn is_taken(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// The file that a link leads to in the end; `None` for what is no link.
///
/// # Errors
/// Also when the link leads nowhere.
pub(super) fn target(path: &Path) -> io::Result<Option<PathBuf>> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => match fs::canonicalize(path) {
            Err(error) if error.kind() != io::ErrorKind::PermissionDenied => {
                let to = fs::read_link(path)?;
                Err(in_the_way(format!("it is a link to {}, where nothing is", to.display())))
            }
            found => found.map(Some),
        },
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(None),
    }
}

/// Reads a file. Anything else is an error: a pipe, for example, would be read forever.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    if fs::metadata(path)?.is_file() { fs::read(path) } else { Err(no_file()) }
}

/// What is in a place where a file should be.
pub(super) fn no_file() -> io::Error {
    in_the_way("it is no file".into())
}

/// What is in a place where a directory should be.
pub(super) fn no_dir(path: &Path) -> io::Error {
    target(path).err().unwrap_or_else(|| in_the_way("it is no directory".into()))
}

fn in_the_way(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

/// An open file, or directory, that is there for its lock. Dropping it gives the lock back.
#[derive(Debug)]
pub(super) struct LockFile {
    path: PathBuf,
    file: File,
}

impl LockFile {
    /// Opens the file, makes it if it is missing, and takes its lock, where there are such. The file is then the one in
    /// the place.
    ///
    /// # Errors
    /// `WouldBlock` when another process has it.
    pub(super) fn lock(
        path: &Path,
        write: bool,
        take: impl Fn(&File) -> Result<(), TryLockError>,
    ) -> io::Result<Self> {
        for _ in 0..ATTEMPTS {
            let opened = Self::open(path, write)?;
            match take(&opened.file) {
                Err(TryLockError::WouldBlock) => return Err(io::ErrorKind::WouldBlock.into()),
                Err(TryLockError::Error(error)) if error.kind() != io::ErrorKind::Unsupported => {
                    return Err(error);
                }
                _ if opened.is_in_place() => return Ok(opened),
                _ => {}
            }
        }
        Err(io::Error::new(io::ErrorKind::ResourceBusy, "it is replaced again and again"))
    }

    /// Opens the file, or makes it. The lock is not taken.
    pub(super) fn open(path: &Path, write: bool) -> io::Result<Self> {
        for _ in 0..ATTEMPTS {
            match fs::symlink_metadata(path) {
                Ok(found) if !found.is_file() => return Err(no_file()),
                Ok(_) => match keeping_its_name(OpenOptions::new().read(true).write(write)).open(path) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    opened => return Ok(Self { path: path.to_path_buf(), file: opened? }),
                },
                // Opened for reading in the next round: one that is open for writing keeps the system from making the disk read-only.
                Err(error) if error.kind() == io::ErrorKind::NotFound => match create(path) {
                    Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                    _ => {}
                },
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::new(io::ErrorKind::ResourceBusy, "it is replaced again and again"))
    }

    /// The lock of a directory; `None` where directories have none.
    ///
    /// # Errors
    /// `WouldBlock` when another process has it.
    pub(super) fn lock_dir(dir: &Path) -> io::Result<Option<Self>> {
        // Elsewhere a directory cannot be opened as a file.
        let opened = if cfg!(unix) { File::open(dir).ok() } else { None };
        let Some(file) = opened else { return Ok(None) };
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { path: dir.to_path_buf(), file })),
            Err(TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
            Err(TryLockError::Error(_)) => Ok(None),
        }
    }

    /// Whether it is what is in the place, and not deleted or replaced meanwhile.
    pub(super) fn is_in_place(&self) -> bool {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let (Ok(open), Ok(there)) = (self.file.metadata(), fs::metadata(&self.path)) else {
                return false;
            };
            (open.dev(), open.ino()) == (there.dev(), there.ino())
        }
        // There it keeps its name while it is open.
        #[cfg(not(unix))]
        self.path.exists()
    }

    /// Deletes the file and gives the lock back. A process that waits for it makes a new one.
    #[cfg(feature = "sqlite")]
    pub(super) fn remove(self) {
        let Self { path, file } = self;
        if cfg!(unix) {
            let _ = fs::remove_file(path);
        } else {
            // There it can be deleted once no process has it open.
            drop(file);
            let _ = fs::remove_file(path);
        }
    }

    #[cfg(feature = "sqlite")]
    pub(super) fn file(&mut self) -> &mut File {
        &mut self.file
    }
}
