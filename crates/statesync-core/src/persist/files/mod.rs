//! One readable JSON file for each topic, in a directory of the app.
//!
//! Keeps: the newest record of each topic and the one before it, each with a checksum. Loses nothing: a file
//! that is torn, edited or does not fit is renamed so that its name says why.
//!
//! A save writes `settings.json.tmp`, syncs it, renames `settings.json` to `settings.previous.json` and the new
//! file to `settings.json`, and syncs the directory. At every moment one of the three is the newest whole one,
//! so a crash leaves the record before or the new one (`crash.rs` tries every moment). Between processes the
//! directory is not shared: the first one that opens it saves, others read.
//!
//! | file | what |
//! |---|---|
//! | `settings.json` | the newest record; `name.rs` says how a topic becomes a file name |
//! | `settings.previous.json` | the one before |
//! | `settings.bad-checksum-mismatch.json` | was no whole record, and why |
//! | `@reserved.json` | the number no revision was ever above |
//! | `@lock` | held by the process that saves |

#[cfg(test)]
mod crash;
mod disk;
mod name;
mod text;

use super::storage::{Damage, Found, Fsync, StorageBackend, StorageError, StorageErrorKind, Stored, UNREAD};
use crate::revision::Revision;
use crate::topic::TopicName;
use disk::{Disk, RealDisk};
use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use text::{Flaw, Read};

const RESERVED: &str = "@reserved.json";
const LOCK: &str = "@lock";

/// How the JSON in a file is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Indented, one field a line.
    #[default]
    Pretty,
    /// Without white space: a third smaller, and not nice to read.
    Compact,
}

/// The storage with a file for each topic. See the [module](self).
///
/// Nothing is read or written before the first topic is registered. The directory is made with rights for its
/// owner only (0700, files 0600, where the platform has such), and made again when somebody removes it.
///
/// ```
/// use statesync_core::persist::{Files, Format};
/// let files = Files::in_dir("state").format(Format::Compact);
/// ```
#[derive(Debug)]
pub struct Files {
    dir: PathBuf,
    format: Format,
    disk: Box<dyn Disk>,
    owner: Mutex<Owner>,
    /// Files that could not be read, until they are put aside. Nothing is saved over them.
    unread: Mutex<BTreeSet<PathBuf>>,
}

/// Who may write the directory.
#[derive(Debug)]
enum Owner {
    /// Nobody has asked yet, or the directory is gone. Asking leads to one of the others.
    Unknown,
    /// This process, as long as it has the lock. `None` where there are no such locks.
    Us(#[expect(dead_code, reason = "dropping it gives the lock back")] Option<File>),
    /// Another process; asked again with the next save.
    Somebody,
}

impl Files {
    /// Files in this directory.
    pub fn in_dir(dir: impl Into<PathBuf>) -> Self {
        Self::on(Box::new(RealDisk), dir.into())
    }

    fn on(disk: Box<dyn Disk>, dir: PathBuf) -> Self {
        Self {
            dir,
            format: Format::default(),
            disk,
            owner: Mutex::new(Owner::Unknown),
            unread: Mutex::default(),
        }
    }

    /// How the JSON is laid out. [`Format::Pretty`] unless called.
    #[must_use]
    pub fn format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// Where a topic's newest record is.
    pub fn path(&self, topic: &TopicName) -> PathBuf {
        self.dir.join(format!("{}.json", name::stem(topic)))
    }

    fn previous(&self, topic: &TopicName) -> PathBuf {
        self.dir.join(format!("{}.previous.json", name::stem(topic)))
    }

    fn error(path: &Path, error: &io::Error) -> StorageError {
        StorageError::io(path.display().to_string(), error)
    }

    /// Makes sure of the directory, and that it is ours.
    fn own(&self) -> Result<MutexGuard<'_, Owner>, StorageError> {
        let mut owner = self.owner.lock().unwrap_or_else(PoisonError::into_inner);
        let lock = self.dir.join(LOCK);
        if matches!(*owner, Owner::Us(_)) && self.disk.exists(&lock) {
            return Ok(owner);
        }
        self.disk.create_dir(&self.dir).map_err(|error| Self::error(&self.dir, &error))?;
        *owner = match self.disk.lock(&lock) {
            Ok(file) => Owner::Us(file),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Owner::Somebody,
            Err(error) => return Err(Self::error(&lock, &error)),
        };
        match *owner {
            Owner::Us(_) => Ok(owner),
            _ => Err(StorageError::new(
                StorageErrorKind::InUse,
                self.place(),
                "another process of the app saves here",
            )),
        }
    }

    fn read(&self, path: &Path, topic: &TopicName) -> Result<Option<Read>, StorageError> {
        match self.disk.read(path) {
            Ok(bytes) => Ok(Some(text::read(&bytes, topic))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Self::error(path, &error)),
        }
    }

    /// Renames a file so that the name says why, and tells the new name.
    fn put_away(&self, path: &Path, topic: &TopicName, why: &str) -> Result<PathBuf, StorageError> {
        let _owner = self.own()?;
        let stem = name::stem(topic);
        let free = (1..).map(|count| match count {
            1 => self.dir.join(format!("{stem}.bad-{why}.json")),
            _ => self.dir.join(format!("{stem}.bad-{why}-{count}.json")),
        });
        let mut free = free;
        let free = free.find(|path| !self.disk.exists(path)).expect("numbers do not end");
        self.disk.rename(path, &free).map_err(|error| Self::error(path, &error))?;
        self.disk.sync_dir(&self.dir).map_err(|error| Self::error(&self.dir, &error))?;
        Ok(free)
    }

    /// Replaces a file by one with these bytes. With `previous` the old one is kept under that name.
    fn replace(&self, path: &Path, previous: Option<&Path>, bytes: &[u8], fsync: Fsync) -> io::Result<()> {
        let mut new = path.as_os_str().to_owned();
        new.push(".tmp");
        let new = PathBuf::from(new);
        let written = self.disk.write(&new, bytes).and_then(|()| match fsync {
            Fsync::Yes => self.disk.sync(&new),
            Fsync::No => Ok(()),
        });
        if let Err(error) = written {
            // Half a file is of no use, and its space may be what is missing.
            let _ = self.disk.remove(&new);
            return Err(error);
        }
        if let Some(previous) = previous {
            match self.disk.rename(path, previous) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        self.disk.rename(&new, path)?;
        match fsync {
            Fsync::Yes => self.disk.sync_dir(&self.dir),
            Fsync::No => Ok(()),
        }
    }
}

/// Whether what is no record may be put aside when it is found.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Moving {
    Now,
    /// The directory cannot be written. Before a save it can be.
    Later,
    /// Nothing is saved here by this process.
    Never,
}

impl Files {
    fn unread(&self) -> MutexGuard<'_, BTreeSet<PathBuf>> {
        self.unread.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Deals with a file that is no record.
    fn damaged(&self, path: &Path, topic: &TopicName, flaw: Flaw, moving: Moving) -> Damage {
        let why = flaw.to_string();
        let moved = match moving {
            Moving::Now => self.put_away(path, topic, flaw.name()).ok(),
            Moving::Later => None,
            Moving::Never => Some(path.to_path_buf()),
        };
        match moved {
            Some(place) => Damage::SetAside { why, place: place.display().to_string() },
            None => {
                let place = path.display().to_string();
                self.unreadable(path, StorageError::new(StorageErrorKind::Damaged, place, why))
            }
        }
    }

    fn unreadable(&self, path: &Path, error: StorageError) -> Damage {
        self.unread().insert(path.to_path_buf());
        Damage::Unread { error }
    }
}

impl StorageBackend for Files {
    fn load(&self, topic: &TopicName) -> Result<Found, StorageError> {
        let mut found = Found::default();
        // A directory that another process has, or that cannot be written, is only read.
        let mut moving = match self.own().map(drop) {
            Ok(()) => Moving::Now,
            Err(error) if error.kind == StorageErrorKind::InUse => {
                found.damage.push(Damage::InUse);
                Moving::Never
            }
            Err(_) => Moving::Later,
        };
        for path in [self.path(topic), self.previous(topic)] {
            self.unread().remove(&path);
            let is_newest = found.records.is_empty();
            let damage = match self.read(&path, topic) {
                Ok(None) => continue,
                Ok(Some(Ok(record))) => {
                    found.records.push(record);
                    continue;
                }
                Ok(Some(Err(Flaw::Newer))) if is_newest => {
                    let was_newer = found.damage.iter().any(|damage| matches!(damage, Damage::Newer { .. }));
                    if was_newer {
                        continue;
                    }
                    // From here on everything stays where it is.
                    moving = Moving::Never;
                    Damage::Newer { why: Flaw::Newer.to_string() }
                }
                Ok(Some(Err(flaw))) => self.damaged(&path, topic, flaw, moving),
                Err(error) => self.unreadable(&path, error),
            };
            found.damage.push(if is_newest { damage } else { Damage::OfEarlier(Box::new(damage)) });
        }
        Ok(found)
    }

    fn save(&self, records: &[Stored], fsync: Fsync) -> Result<(), StorageError> {
        let _owner = self.own()?;
        for (topic, record) in records {
            let (path, previous) = (self.path(topic), self.previous(topic));
            let bytes = text::write(topic, record, self.format);
            self.replace(&path, Some(&previous), bytes.as_bytes(), fsync)
                .map_err(|error| Self::error(&path, &error))?;
        }
        Ok(())
    }

    fn set_aside(&self, topic: &TopicName, why: &str) -> Result<Option<String>, StorageError> {
        let files = [self.path(topic), self.previous(topic)];
        let (unread, rest): (Vec<_>, Vec<_>) = {
            let unread = self.unread();
            files.into_iter().filter(|path| self.disk.exists(path)).partition(|path| unread.contains(path))
        };
        let chosen =
            if why == UNREAD && !unread.is_empty() { unread } else { rest.into_iter().take(1).collect() };
        let mut first = None;
        for path in chosen {
            match self.put_away(&path, topic, why) {
                Ok(place) => first = first.or_else(|| Some(place.display().to_string())),
                Err(error) => {
                    self.unread().insert(path);
                    return Err(error);
                }
            }
            self.unread().remove(&path);
        }
        Ok(first)
    }

    fn erase(&self, topic: &TopicName) -> Result<(), StorageError> {
        let _owner = self.own()?;
        let stem = name::stem(topic);
        let names = self.disk.list(&self.dir).map_err(|error| Self::error(&self.dir, &error))?;
        for name in names.iter().filter(|name| name::is_of(name, &stem)) {
            let path = self.dir.join(name);
            self.disk.remove(&path).map_err(|error| Self::error(&path, &error))?;
        }
        self.disk.sync_dir(&self.dir).map_err(|error| Self::error(&self.dir, &error))
    }

    fn reserved(&self) -> Result<Revision, StorageError> {
        let path = self.dir.join(RESERVED);
        match self.disk.read(&path) {
            Ok(bytes) => Ok(text::read_reserved(&bytes).unwrap_or(Revision::ZERO)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Revision::ZERO),
            Err(error) => Err(Self::error(&path, &error)),
        }
    }

    fn reserve(&self, up_to: Revision) -> Result<(), StorageError> {
        let _owner = self.own()?;
        let path = self.dir.join(RESERVED);
        let bytes = text::write_reserved(up_to);
        self.replace(&path, None, bytes.as_bytes(), Fsync::Yes).map_err(|error| Self::error(&path, &error))
    }

    fn place(&self) -> String {
        self.dir.display().to_string()
    }
}
