//! What SQLite's errors mean to an app.

use crate::persist::storage::{StorageError, StorageErrorKind};
use rusqlite::ErrorCode;
use rusqlite::ffi;

/// The error at this place.
pub(super) fn of(place: &str, error: &rusqlite::Error) -> StorageError {
    StorageError::new(kind(error), place, error.to_string())
}

pub(super) fn kind(error: &rusqlite::Error) -> StorageErrorKind {
    let rusqlite::Error::SqliteFailure(failure, _) = error else { return StorageErrorKind::Other };
    match failure.extended_code {
        // The index of the journal could not grow.
        ffi::SQLITE_IOERR_SHMSIZE => return StorageErrorKind::Full,
        ffi::SQLITE_CANTOPEN_ISDIR => return StorageErrorKind::Damaged,
        _ => {}
    }
    match failure.code {
        ErrorCode::DiskFull | ErrorCode::TooBig => StorageErrorKind::Full,
        ErrorCode::ReadOnly => StorageErrorKind::ReadOnly,
        ErrorCode::PermissionDenied | ErrorCode::CannotOpen | ErrorCode::AuthorizationForStatementDenied => {
            StorageErrorKind::Denied
        }
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed => {
            StorageErrorKind::InUse
        }
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StorageErrorKind::Damaged,
        _ => StorageErrorKind::Other,
    }
}

/// What is wrong with a file that is not a whole database, for its new name.
pub(super) fn damage(error: &rusqlite::Error) -> Option<&'static str> {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => Some("not-a-database"),
        Some(ErrorCode::DatabaseCorrupt) => Some("damaged"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::kind;
    use crate::persist::storage::StorageErrorKind;
    use rusqlite::{Error, ffi};

    #[test]
    fn every_trouble_an_app_can_do_something_about_has_its_kind() {
        let of = |code| kind(&Error::SqliteFailure(ffi::Error::new(code), None));
        assert_eq!(of(ffi::SQLITE_FULL), StorageErrorKind::Full);
        assert_eq!(of(ffi::SQLITE_IOERR_SHMSIZE), StorageErrorKind::Full);
        assert_eq!(of(ffi::SQLITE_READONLY_DIRECTORY), StorageErrorKind::ReadOnly);
        assert_eq!(of(ffi::SQLITE_CANTOPEN), StorageErrorKind::Denied);
        assert_eq!(of(ffi::SQLITE_BUSY_RECOVERY), StorageErrorKind::InUse);
        assert_eq!(of(ffi::SQLITE_NOTADB), StorageErrorKind::Damaged);
        assert_eq!(of(ffi::SQLITE_CORRUPT), StorageErrorKind::Damaged);
        assert_eq!(of(ffi::SQLITE_CANTOPEN_ISDIR), StorageErrorKind::Damaged);
        assert_eq!(of(ffi::SQLITE_IOERR_FSYNC), StorageErrorKind::Other);
    }
}
