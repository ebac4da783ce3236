//! Opening the database: the file, the lock, the tables, and what is done with a file that is no database.
//!
//! Loses nothing: such a file is renamed, with its journal, and what is whole in it is taken over. All of it happens
//! under a lock of its own, so that two processes that start at once do not rename each other's.

use super::database::{Database, LOCK, Opened, Sharing, Standing, TRIES, identity, pause};
use super::rows;
use super::trouble::damage;
use crate::persist::open_file;
use crate::persist::place::{self, LockFile};
use crate::persist::storage::{Fsync, StorageError, StorageErrorKind};
use crate::sync::next_id;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};
use std::cell::Cell;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

/// What the journal is cut to once it was longer.
const JOURNAL_BYTES: u32 = 16 << 20;
/// The file that is locked while the database is opened, and deleted afterwards.
const OPENING: &str = "-open";

impl Database {
    pub(super) fn open(&self) -> Result<Opened, StorageError> {
        if let Some(why) = temporary(self.path()) {
            return Err(StorageError::new(StorageErrorKind::NotAFile, format!("\"{}\"", self.place()), why));
        }
        let file = self.file()?;
        let dir = file.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        create_dir(dir).map_err(|why| StorageError::io(dir.display().to_string(), &why))?;
        check_places(&file)?;
        let take = |file: &File| file.lock().map_err(TryLockError::Error);
        // Where the directory cannot be written, nothing is renamed either.
        let opening = LockFile::lock(&beside(&file, OPENING), false, take);
        let opened = self.open_at(&file, dir);
        if let Ok(opening) = opening {
            opening.remove();
        }
        opened
    }

    /// The caller must have the lock.
    fn open_at(&self, file: &Path, dir: &Path) -> Result<Opened, StorageError> {
        let error = |error: &io::Error| StorageError::io(self.place(), error);
        let mut damaged_before: Option<PathBuf> = None;
        loop {
            if create_file(file).map_err(|why| error(&why))? && cfg!(unix) {
                File::open(dir).and_then(|dir| dir.sync_all()).map_err(|why| error(&why))?;
            }
            let why = match self.connect(file) {
                Ok(opened) => {
                    if let (Some(place), Standing::Ours(_)) = (&damaged_before, &opened.standing) {
                        salvage(place, &opened);
                    }
                    return Ok(opened);
                }
                Err(Unopened::Error(error)) => return Err(error),
                Err(Unopened::Damaged(why)) if damaged_before.is_none() => why,
                Err(Unopened::Damaged(why)) => {
                    return Err(StorageError::new(StorageErrorKind::Damaged, self.place(), why));
                }
            };
            let place = move_away(file, why).map_err(|why| error(&why))?;
            tracing::warn!(target: "statesync::persist", "{} is {why}; it was moved to {}", self.place(), place.display());
            self.suspect.store(false, Ordering::Release);
            self.note_moved(why, &place);
            damaged_before = Some(place);
        }
    }

    fn connect(&self, file: &Path) -> Result<Opened, Unopened> {
        let lock = self.lock(file)?;
        let connection = self.prepare(file, lock.is_some()).map_err(|error| match damage(&error) {
            Some(why) => Unopened::Damaged(why),
            None => self.error(&error).into(),
        })?;
        let prepared = || -> rusqlite::Result<Standing> {
            let (mut has_tables, read_only) =
                (rows::has_tables(&connection)?, connection.is_readonly("main")?);
            if self.suspect.load(Ordering::Acquire) && has_tables {
                check(&connection)?;
            }
            if let (Some(_), false, false) = (&lock, has_tables, read_only) {
                let immediate = TransactionBehavior::Immediate;
                let transaction = rusqlite::Transaction::new_unchecked(&connection, immediate)?;
                if !rows::has_tables(&transaction)? {
                    rows::create_tables(&transaction)?;
                }
                transaction.commit()?;
                has_tables = true;
            }
            if has_tables && rows::format(&connection)? > rows::FORMAT {
                return Ok(Standing::Newer);
            }
            if let (Some(_), true, false) = (&lock, has_tables, read_only)
                && !rows::has_whole_format(&connection)?
            {
                let immediate = TransactionBehavior::Immediate;
                let transaction = rusqlite::Transaction::new_unchecked(&connection, immediate)?;
                // Another process may have been faster, or newer.
                if rows::format(&transaction)? <= rows::FORMAT {
                    rows::write_format(&transaction)?;
                }
                transaction.commit()?;
            }
            Ok(match lock {
                Some(lock) if has_tables => Standing::Ours(lock),
                _ => Standing::Somebodys { has_tables },
            })
        };
        let standing = prepared().map_err(|error| match damage(&error) {
            Some(why) => Unopened::Damaged(why),
            None => self.error(&error).into(),
        })?;
        self.suspect.store(false, Ordering::Release);
        let file = identity(self.path());
        Ok(Opened { connection, file, generation: next_id(), standing, synced: Cell::new(Fsync::Yes) })
    }

    fn prepare(&self, file: &Path, held: bool) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(file, flags)?;
        connection.busy_handler(Some(|tried| {
            pause();
            tried < TRIES
        }))?;
        if held && !connection.is_readonly("main")? {
            connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
        }
        connection.execute_batch(&format!(
            "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;
             PRAGMA journal_size_limit = {JOURNAL_BYTES}; PRAGMA secure_delete = FAST;
             PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
        ))?;
        let limit = self.max_bytes.load(Ordering::Relaxed);
        if limit > 0 {
            let page: u64 = connection.query_row("PRAGMA page_size", [], |row| row.get::<_, u32>(0))?.into();
            connection.execute_batch(&format!("PRAGMA max_page_count = {}", (limit / page).max(1)))?;
        }
        connection.set_prepared_statement_cache_capacity(32);
        Ok(connection)
    }

    /// The lock; `None` when another process has it.
    fn lock(&self, file: &Path) -> Result<Option<LockFile>, StorageError> {
        if self.lost.load(Ordering::Acquire) {
            return Ok(None);
        }
        let take = |file: &File| match self.sharing() {
            Sharing::Alone => file.try_lock(),
            Sharing::Processes => file.try_lock_shared(),
        };
        let path = beside(file, LOCK);
        match LockFile::lock(&path, false, take) {
            Ok(lock) => Ok(Some(lock)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(StorageError::io(path.display().to_string(), &error)),
        }
    }
}

/// What is in the way of the database or of a file that belongs to it is an error that names it.
fn check_places(file: &Path) -> Result<(), StorageError> {
    for ending in ["", "-wal", "-shm", "-journal", LOCK, OPENING] {
        let path = beside(file, ending);
        if fs::symlink_metadata(&path).is_ok_and(|found| !found.is_file()) {
            return Err(StorageError::io(path.display().to_string(), &place::no_file()));
        }
    }
    Ok(())
}

/// Makes an empty file for its owner only. One that is there is not even opened: closing it would give back the
/// locks of a connection of this process.
fn create_file(file: &Path) -> io::Result<bool> {
    if place::is_taken(file) {
        return Ok(false);
    }
    let orphan = beside(file, "-wal");
    if fs::metadata(&orphan).is_ok_and(|journal| journal.len() > 0) {
        // SQLite deletes a journal without a database.
        let free = free_name(file, "journal-without-database");
        open_file::rename(&orphan, &beside(&free, "-wal"))?;
    }
    match place::create(file) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

/// Renames the file and its journal so that the name says why, and tells the new name.
fn move_away(file: &Path, why: &str) -> io::Result<PathBuf> {
    let place = free_name(file, why);
    // The journal first: SQLite deletes one that is left without its database.
    for ending in ["-wal", "-shm", ""] {
        match open_file::rename(&beside(file, ending), &beside(&place, ending)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(place)
}

fn free_name(file: &Path, why: &str) -> PathBuf {
    let mut names = (1..).map(|count| match count {
        1 => beside(file, &format!(".bad-{why}")),
        _ => beside(file, &format!(".bad-{why}-{count}")),
    });
    let is_free = |name: &PathBuf| !place::is_taken(name) && !place::is_taken(&beside(name, "-wal"));
    names.find(is_free).expect("numbers do not end")
}

/// Why SQLite would keep a database of this name in memory, or in a file that it deletes, or would take the name for
/// something else than a path.
fn temporary(path: &Path) -> Option<&'static str> {
    let name = path.to_string_lossy().to_ascii_lowercase();
    let parameters = name.rsplit_once('?').map_or("", |(_, parameters)| parameters);
    let has_parameter = parameters.split('&').any(|parameter| {
        ["mode=", "cache=", "vfs=", "immutable=", "nolock=", "psow=", "modeof="]
            .iter()
            .any(|known| parameter.starts_with(known))
    });
    if name.is_empty() {
        Some("a database without a name would be deleted when it is closed")
    } else if name == ":memory:" {
        Some("a database in memory is gone when the app ends; for a test there is `Memory`")
    } else if name.starts_with("file:") || has_parameter {
        Some("a URI is no path, and what it asks for may not be kept")
    } else {
        None
    }
}

/// Takes over what is whole in a damaged database. What cannot be read stays there.
fn salvage(damaged: &Path, to: &Opened) {
    let rescued = || -> rusqlite::Result<()> {
        let from = Connection::open_with_flags(damaged, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let immediate = TransactionBehavior::Immediate;
        let transaction = rusqlite::Transaction::new_unchecked(&to.connection, immediate)?;
        rows::salvage(&from, &transaction)?;
        transaction.commit()
    };
    if let Err(error) = rescued() {
        tracing::warn!(target: "statesync::persist", "nothing was saved out of {}: {error}", damaged.display());
    }
}

/// Why there is no connection.
enum Unopened {
    Error(StorageError),
    Damaged(&'static str),
}

impl From<StorageError> for Unopened {
    fn from(error: StorageError) -> Self {
        Self::Error(error)
    }
}

/// Looks at all of the database; damage is an error.
fn check(connection: &Connection) -> rusqlite::Result<()> {
    let result: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if result == "ok" {
        return Ok(());
    }
    let code = rusqlite::ffi::Error {
        code: ErrorCode::DatabaseCorrupt,
        extended_code: rusqlite::ffi::SQLITE_CORRUPT,
    };
    Err(rusqlite::Error::SqliteFailure(code, Some(result)))
}

pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn create_dir(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    if let Some(parent) = dir.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        create_dir(parent)?;
    }
    match place::create_dir(dir) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        Err(_) if !dir.is_dir() => Err(place::no_dir(dir)),
        _ => Ok(()),
    }
}
