//! Which process saves in a directory.
//!
//! Keeps: at most one. It has the lock of the file `@lock`, and that of the directory itself where directories have
//! locks, so that deleting the file lets no second one in. Before each save what is locked is compared with what is in the place.
//! A process that finds another `@lock`, and did not keep the directory's lock meanwhile, was replaced by another process and
//! saves no more: it would write older values over newer ones.

use super::LOCK;
use super::disk::Disk;
use crate::persist::place::LockFile;
use crate::persist::storage::{StorageError, StorageErrorKind};
use std::io;
use std::path::Path;

/// Who may write the directory.
#[derive(Debug)]
pub(super) enum Owner {
    /// Not asked yet. Asking leads to one of the others.
    Unknown,
    /// This process, as long as its locks are in the place.
    Us(Locks),
    /// Another process; asked again with the next save.
    Somebody,
    /// Another process came after this one had lost its locks. For the rest of this process.
    Lost,
}

/// `None` where there are no such locks.
#[derive(Debug)]
pub(super) struct Locks {
    dir: Option<LockFile>,
    file: Option<LockFile>,
}

impl Owner {
    /// Makes sure of the directory, and that this process may write it.
    pub(super) fn ask(&mut self, disk: &dyn Disk, dir: &Path) -> Result<(), StorageError> {
        let at = |path: &Path, error: &io::Error| StorageError::io(path.display().to_string(), error);
        let refused =
            |message| Err(StorageError::new(StorageErrorKind::InUse, dir.display().to_string(), message));
        let lost = "another process of the app took over when the file @lock of this one was removed: restart this one";
        match self {
            Self::Us(locks) if locks.file.as_ref().is_none_or(LockFile::is_in_place) => return Ok(()),
            Self::Lost => return refused(lost),
            _ => {}
        }
        disk.create_dir(dir).map_err(|error| at(dir, &error))?;
        let lock = dir.join(LOCK);
        let mut was_us = false;
        if let Self::Us(locks) = self {
            was_us = true;
            let kept = locks.dir.as_ref().is_some_and(LockFile::is_in_place);
            if !kept && disk.is_taken(&lock) {
                *self = Self::Lost;
                return refused(lost);
            }
            if kept {
                // No other process can have saved here meanwhile.
                locks.file = disk.lock(&lock).map_err(|error| at(&lock, &error))?;
                return Ok(());
            }
        }
        // The directory first: a process that does not get it must not make a file that looks like that of an owner.
        let taken = disk.lock_dir(dir).and_then(|dir| Ok(Locks { dir, file: disk.lock(&lock)? }));
        match taken {
            Ok(locks) => *self = Self::Us(locks),
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(at(&lock, &error)),
            Err(_) if was_us => {
                *self = Self::Lost;
                return refused(lost);
            }
            Err(_) => {
                *self = Self::Somebody;
                return refused("another process of the app saves here");
            }
        }
        Ok(())
    }
}
