//! Opening the database: the file, the lock, the tables, and what is done with a file that is no database.
//!
//! Loses nothing: such a file is renamed, with its journal, and what is whole in it is taken over. All of it happens
//! under a lock of the directory, so that two processes that start at once do not rename each other's.

use super::database::{Database, Opened, Sharing, Standing, TRIES, identity, owner_only, pause};
use super::rows;
use super::trouble::damage;
use crate::persist::storage::{Fsync, StorageError, StorageErrorKind};
use crate::sync::next_id;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};
use std::cell::Cell;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

/// What the journal is cut to once it was longer.
const JOURNAL_BYTES: u32 = 16 << 20;

impl Database {
    pub(super) fn open(&self) -> Result<Opened, StorageError> {
        let error = |error: &io::Error| StorageError::io(self.place(), error);
        let dir = self.path().parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        create_dir(dir).map_err(|why| error(&why))?;
        // Elsewhere a directory cannot be opened; there an open database cannot be renamed either.
        let opening = if cfg!(unix) { File::open(dir).ok() } else { None };
        if let Some(opening) = &opening {
            let _ = opening.lock();
        }
        let mut damaged_before: Option<PathBuf> = None;
        loop {
            let created = self.create_file().map_err(|why| error(&why))?;
            if let (true, Some(dir)) = (created, &opening) {
                dir.sync_all().map_err(|why| error(&why))?;
            }
            let why = match self.connect() {
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
            let place = self.move_away(why).map_err(|why| error(&why))?;
            tracing::warn!(target: "statesync::persist", "{} is {why}; it was moved to {}", self.place(), place.display());
            self.suspect.store(false, Ordering::Release);
            self.note_moved(why, &place);
            damaged_before = Some(place);
        }
    }

    /// Makes an empty file for its owner only. One that is there is not even opened: closing it would give back the
    /// locks of a connection of this process.
    fn create_file(&self) -> io::Result<bool> {
        if self.path().exists() {
            return Ok(false);
        }
        let orphan = self.beside("-wal");
        if fs::metadata(&orphan).is_ok_and(|journal| journal.len() > 0) {
            // SQLite deletes a journal without a database.
            let free = self.free_name("journal-without-database");
            fs::rename(&orphan, beside(&free, "-wal"))?;
        }
        let mut options = OpenOptions::new();
        match owner_only(options.write(true).create_new(true)).open(self.path()) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn connect(&self) -> Result<Opened, Unopened> {
        let place = self.place();
        let lock = self.lock().map_err(|error| StorageError::io(&place, &error))?;
        let connection = self.prepare(lock.is_held()).map_err(|error| match damage(&error) {
            Some(why) => Unopened::Damaged(why),
            None => self.error(&error).into(),
        })?;
        let prepared = || -> rusqlite::Result<Standing> {
            let (mut has_tables, read_only) =
                (rows::has_tables(&connection)?, connection.is_readonly("main")?);
            if self.suspect.load(Ordering::Acquire) && has_tables {
                check(&connection)?;
            }
            if let (Lock::Held(_), false, false) = (&lock, has_tables, read_only) {
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
            if let (Lock::Held(_), true, false) = (&lock, has_tables, read_only)
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
                Lock::Held(file) if has_tables => Standing::Ours(file),
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

    fn prepare(&self, held: bool) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(self.path(), flags)?;
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

    fn lock(&self) -> io::Result<Lock> {
        let file = self.lock_file("-lock")?;
        let taken = match self.sharing() {
            Sharing::Alone => file.try_lock(),
            Sharing::Processes => file.try_lock_shared(),
        };
        match taken {
            Ok(()) => Ok(Lock::Held(Some(file))),
            Err(TryLockError::WouldBlock) => Ok(Lock::Somebodys),
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                Ok(Lock::Held(None))
            }
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Renames the file and its journal so that the name says why, and tells the new name.
    fn move_away(&self, why: &str) -> io::Result<PathBuf> {
        let place = self.free_name(why);
        // The journal first: SQLite deletes one that is left without its database.
        for ending in ["-wal", "-shm", ""] {
            match fs::rename(self.beside(ending), beside(&place, ending)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(place)
    }

    fn free_name(&self, why: &str) -> PathBuf {
        let mut names = (1..).map(|count| match count {
            1 => self.beside(&format!(".bad-{why}")),
            _ => self.beside(&format!(".bad-{why}-{count}")),
        });
        let is_free = |name: &PathBuf| !name.exists() && !beside(name, "-wal").exists();
        names.find(is_free).expect("numbers do not end")
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

enum Lock {
    /// `None` where there are no locks.
    Held(Option<File>),
    Somebodys,
}

impl Lock {
    fn is_held(&self) -> bool {
        matches!(self, Self::Held(_))
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
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    if dir.is_dir() { Ok(()) } else { builder.recursive(true).create(dir) }
}
