//! One readable JSON file for each topic, in a directory of the app.
//!
//! Keeps: the newest record of each topic and the one before it, each with a checksum. Loses nothing: a file
//! that is torn, edited or does not fit is renamed so that its name says why.
//!
//! A save writes `settings.json.tmp`, syncs it, renames `settings.json` to `settings.previous.json` and the new
//! file to `settings.json`, and syncs the directory. At every moment one of the three is the newest whole one,
//! so a crash leaves the record before or the new one (`crash.rs` tries every moment). Between processes the
//! directory is not shared: the first one that opens it saves, others read (`owner.rs`). Any of the files may be a link:
//! it is saved through and stays (`replace.rs`).
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
mod owner;
mod replace;
mod text;

use super::storage::{Damage, Found, Fsync, StorageBackend, StorageError, StorageErrorKind, Stored, UNREAD};
use crate::revision::Revision;
use crate::topic::TopicName;
use disk::{Disk, RealDisk};
use owner::Owner;
use replace::at;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use text::Flaw;

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
    /// Files that are no longer, or not, what the next save may keep as the version before.
    known: Mutex<BTreeMap<PathBuf, Known>>,
}

/// What became of a file that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    /// It could not be read. Nothing is saved over it before it is put aside.
    Unread,
    /// It is a link, and there is a copy of what it leads to.
    Aside,
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
            known: Mutex::default(),
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

    /// Makes sure of the directory, and that it is ours.
    fn own(&self) -> Result<MutexGuard<'_, Owner>, StorageError> {
        let mut owner = self.owner.lock().unwrap_or_else(PoisonError::into_inner);
        owner.ask(&*self.disk, &self.dir)?;
        Ok(owner)
    }

    /// Puts a file out of the way, and tells where it is.
    fn put_away(&self, path: &Path, topic: &TopicName, why: &str) -> Result<PathBuf, StorageError> {
        let _owner = self.own()?;
        let place = self.move_away(path, topic, why)?;
        let mut known = self.known();
        if self.disk.is_taken(path) {
            known.insert(path.to_path_buf(), Known::Aside);
        } else {
            known.remove(path);
        }
        Ok(place)
    }

    /// What a topic has, the newest first.
    fn files(&self, topic: &TopicName) -> [PathBuf; 2] {
        [self.path(topic), self.previous(topic)]
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
    fn known(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Deals with a file that is no record.
    fn damaged(&self, path: &Path, topic: &TopicName, flaw: Flaw, moving: Moving) -> Damage {
        let why = flaw.to_string();
        let moved = match moving {
            Moving::Now => self.put_away(path, topic, flaw.name()).ok(),
            Moving::Later => None,
            Moving::Never => Some(path.to_path_buf()),
        };
        if let Some(place) = moved {
            return Damage::SetAside { why, place: place.display().to_string() };
        }
        let place = path.display().to_string();
        self.unreadable(path, StorageError::new(StorageErrorKind::Damaged, place, why))
    }

    fn unreadable(&self, path: &Path, error: StorageError) -> Damage {
        self.known().insert(path.to_path_buf(), Known::Unread);
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
        for path in self.files(topic) {
            self.known().remove(&path);
            let is_newest = found.records.is_empty();
            let bytes = self.bytes(&path);
            let damage = match bytes.map(|bytes| bytes.map(|bytes| text::read(&bytes, topic))) {
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
            let path = self.path(topic);
            let bytes = text::write(topic, record, self.format);
            self.replace(&path, Some(topic), bytes.as_bytes(), fsync)?;
            self.known().remove(&path);
        }
        Ok(())
    }

    fn set_aside(&self, topic: &TopicName, why: &str) -> Result<Option<String>, StorageError> {
        let files = self.files(topic).into_iter().filter(|path| self.disk.is_taken(path));
        let files: Vec<_> = files.map(|path| (self.known().get(&path).copied(), path)).collect();
        let of = |state| files.iter().filter(move |(known, _)| *known == state).map(|(_, path)| path);
        let chosen: Vec<_> = match why {
            UNREAD if of(Some(Known::Unread)).next().is_some() => of(Some(Known::Unread)).collect(),
            _ => of(None).take(1).collect(),
        };
        let mut first = None;
        for path in chosen {
            match self.put_away(path, topic, why) {
                Ok(place) => first = first.or_else(|| Some(place.display().to_string())),
                Err(error) => {
                    self.known().insert(path.clone(), Known::Unread);
                    return Err(error);
                }
            }
        }
        Ok(first)
    }

    fn erase(&self, topic: &TopicName) -> Result<(), StorageError> {
        let _owner = self.own()?;
        let stem = name::stem(topic);
        let names = self.disk.list(&self.dir).map_err(at(&self.dir))?;
        for name in names.iter().filter(|name| name::is_of(name, &stem)) {
            let path = self.dir.join(name);
            self.delete(&path)?;
            self.known().remove(&path);
        }
        self.disk.sync_dir(&self.dir).map_err(at(&self.dir))
    }

    fn reserved(&self) -> Result<Revision, StorageError> {
        let bytes = self.bytes(&self.dir.join(RESERVED))?;
        Ok(bytes.and_then(|bytes| text::read_reserved(&bytes)).unwrap_or(Revision::ZERO))
    }

    fn reserve(&self, up_to: Revision) -> Result<(), StorageError> {
        let _owner = self.own()?;
        let bytes = text::write_reserved(up_to);
        self.replace(&self.dir.join(RESERVED), None, bytes.as_bytes(), Fsync::Yes)
    }

    fn place(&self) -> String {
        self.dir.display().to_string()
    }
}
