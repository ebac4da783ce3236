//! Files that are written, replaced and put out of the way.
//!
//! Keeps: at every moment the record before or the new one, whole. A file that is a link stays one: the new file is made
//! beside the file that the link leads to, and takes its place. Such a file is never moved, so what it had is copied.

use super::{Files, Known, name, text};
use crate::persist::storage::{Fsync, StorageError};
use crate::topic::TopicName;
use std::io;
use std::path::{Path, PathBuf};

/// How often a file that is there, and not when it is read, is looked at again.
const ATTEMPTS: u32 = 8;

/// The path with something after its name.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Where a new file is made before it takes its place. A link leads to a directory of somebody else, where the name says
/// whose file it is.
pub(super) fn stage(path: &Path, is_linked: bool) -> PathBuf {
    beside(path, if is_linked { ".statesync-tmp" } else { ".tmp" })
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// An error of the file system, in this place.
pub(super) fn at(path: &Path) -> impl Fn(io::Error) -> StorageError + '_ {
    |error| StorageError::io(path.display().to_string(), &error)
}

impl Files {
    /// Where a topic's record goes, if that is not its path: a link leads there.
    pub(super) fn target(&self, path: &Path) -> Result<Option<PathBuf>, StorageError> {
        self.disk.target(path).map_err(at(path))
    }

    /// The bytes in a place; `None` when nothing is there.
    pub(super) fn bytes(&self, path: &Path) -> Result<Option<Vec<u8>>, StorageError> {
        for _ in 0..ATTEMPTS {
            match self.disk.read(path) {
                Ok(bytes) => return Ok(Some(bytes)),
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(path)(error)),
                Err(_) if !self.disk.is_taken(path) => return Ok(None),
                // A link that leads nowhere is an error. If it is none, another process saves just now.
                Err(_) => drop(self.target(path)?),
            }
        }
        Ok(None)
    }

    /// Replaces a file by one with these bytes. With `keeping` what is there becomes the version before, of this topic.
    pub(super) fn replace(
        &self,
        path: &Path,
        keeping: Option<&TopicName>,
        bytes: &[u8],
        fsync: Fsync,
    ) -> Result<(), StorageError> {
        let target = self.target(path)?;
        let place = target.as_deref().unwrap_or(path);
        let new = stage(place, target.is_some());
        let replaced = self.write(&new, bytes, fsync).and_then(|()| {
            if let Some(topic) = keeping {
                self.keep(path, target.is_some(), topic, fsync)?;
            }
            self.disk.rename(&new, place).map_err(at(place))
        });
        if let Err(error) = replaced {
            // Half a file is of no use, and its space may be what is missing.
            let _ = self.disk.remove(&new);
            return Err(error);
        }
        match fsync {
            Fsync::Yes => self.disk.sync_dir(parent(place)).map_err(at(parent(place))),
            Fsync::No => Ok(()),
        }
    }

    fn write(&self, new: &Path, bytes: &[u8], fsync: Fsync) -> Result<(), StorageError> {
        let written = self.disk.write(new, bytes).and_then(|()| match fsync {
            Fsync::Yes => self.disk.sync(new),
            Fsync::No => Ok(()),
        });
        written.map_err(at(new))
    }

    /// Makes the record that is about to be replaced the version before.
    fn keep(
        &self,
        path: &Path,
        is_linked: bool,
        topic: &TopicName,
        fsync: Fsync,
    ) -> Result<(), StorageError> {
        let previous = self.previous(topic);
        if !is_linked && self.target(&previous)?.is_none() {
            return match self.disk.rename(path, &previous) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    Err(self.blamed(path, &previous, error))
                }
                _ => Ok(()),
            };
        }
        if self.known().get(path) == Some(&Known::Aside) {
            return Ok(());
        }
        let Some(bytes) = self.bytes(path)? else { return Ok(()) };
        match text::read(&bytes, topic) {
            Ok(_) => self.replace(&previous, None, &bytes, fsync),
            Err(flaw) => self.move_away(path, topic, flaw.name()).map(drop),
        }
    }

    /// The error, with the path that is in the way of a rename.
    fn blamed(&self, from: &Path, to: &Path, error: io::Error) -> StorageError {
        let is_to = self.disk.is_dir(to) && !self.disk.is_dir(from);
        at(if is_to { to } else { from })(error)
    }

    /// Renames a file so that the name says why, and tells the new name. What a link leads to is copied. The caller
    /// must own the directory.
    pub(super) fn move_away(
        &self,
        path: &Path,
        topic: &TopicName,
        why: &str,
    ) -> Result<PathBuf, StorageError> {
        let linked = match self.target(path)? {
            Some(_) => self.bytes(path)?,
            None => None,
        };
        let stem = name::stem(topic);
        let names = (1..).map(|count| match count {
            1 => self.dir.join(format!("{stem}.bad-{why}.json")),
            _ => self.dir.join(format!("{stem}.bad-{why}-{count}.json")),
        });
        for free in names {
            if self.disk.is_taken(&free) {
                // It stays in its place, and is found again: one copy is enough.
                if linked.is_some() && self.disk.read(&free).ok() == linked {
                    return Ok(free);
                }
                continue;
            }
            match &linked {
                Some(bytes) => self.write(&free, bytes, Fsync::Yes)?,
                None => self.disk.rename(path, &free).map_err(at(path))?,
            }
            self.disk.sync_dir(&self.dir).map_err(at(&self.dir))?;
            return Ok(free);
        }
        unreachable!("numbers do not end")
    }

    /// Deletes a file of a topic; of a link also what it leads to.
    pub(super) fn delete(&self, path: &Path) -> Result<(), StorageError> {
        if let Ok(Some(target)) = self.disk.target(path) {
            let _ = self.disk.remove(&stage(&target, true));
            self.disk.remove(&target).map_err(at(&target))?;
            self.disk.sync_dir(parent(&target)).map_err(at(parent(&target)))?;
        }
        self.disk.remove(path).map_err(at(path))
    }
}
