//! Files that somebody has open. Elsewhere they can be renamed, replaced and deleted all the same; on Windows only if
//! everybody who has them open allowed it.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// The pause before a file that a program has open is tried again, and how often: for about half a second.
const PAUSE: Duration = Duration::from_millis(10);
const TRIES: u32 = 50;

/// On Windows the file keeps its name as long as it is open: a lock on a file that is deleted, or another one by now,
/// would keep nobody out.
pub(super) fn keeping_its_name(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(windows)]
    {
        use std::os::windows::fs::OpenOptionsExt;
        const SHARE_READ_AND_WRITE: u32 = 1 | 2;
        options.share_mode(SHARE_READ_AND_WRITE);
    }
    options
}

/// Renames, and replaces what is there. Virus scanners on Windows hold a new file for moments: that is waited for.
///
/// # Errors
/// As `std::fs::rename`; on Windows also when a program keeps one of the two files open.
pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    patiently(|| fs::rename(from, to), is_held, pause)
}

fn patiently(
    mut act: impl FnMut() -> io::Result<()>,
    is_held: impl Fn(&io::Error) -> bool,
    mut pause: impl FnMut(),
) -> io::Result<()> {
    for _ in 1..TRIES {
        match act() {
            Err(error) if is_held(&error) => pause(),
            other => return other,
        }
    }
    act()
}

/// Whether a program may have the file open.
fn is_held(error: &io::Error) -> bool {
    const ACCESS_DENIED: i32 = 5;
    const SHARING_VIOLATION: i32 = 32;
    cfg!(windows) && matches!(error.raw_os_error(), Some(ACCESS_DENIED | SHARING_VIOLATION))
}

fn pause() {
    static NEVER: (Mutex<()>, Condvar) = (Mutex::new(()), Condvar::new());
    let guard = NEVER.0.lock().unwrap_or_else(PoisonError::into_inner);
    drop(NEVER.1.wait_timeout(guard, PAUSE));
}

#[cfg(test)]
mod tests {
    use super::{TRIES, patiently};
    use std::io;

    /// How often it was tried, and what came of it, when the first tries end with this error.
    fn tried(failing: u32, kind: io::ErrorKind) -> (u32, u32, io::Result<()>) {
        let (mut tries, mut pauses) = (0, 0);
        let act = || {
            tries += 1;
            if tries <= failing { Err(kind.into()) } else { Ok(()) }
        };
        let is_held = |error: &io::Error| error.kind() == io::ErrorKind::ResourceBusy;
        let result = patiently(act, is_held, || pauses += 1);
        (tries, pauses, result)
    }

    #[test]
    fn a_file_that_is_held_for_moments_is_waited_for() {
        let (tries, pauses, result) = tried(3, io::ErrorKind::ResourceBusy);
        assert_eq!((tries, pauses, result.is_ok()), (4, 3, true));
    }

    #[test]
    fn a_file_that_stays_held_is_given_up_after_a_bounded_number_of_tries() {
        let (tries, pauses, result) = tried(u32::MAX, io::ErrorKind::ResourceBusy);
        assert_eq!((tries, pauses), (TRIES, TRIES - 1));
        assert_eq!(result.unwrap_err().kind(), io::ErrorKind::ResourceBusy);
    }

    #[test]
    fn any_other_error_is_told_at_once() {
        let (tries, pauses, result) = tried(u32::MAX, io::ErrorKind::NotFound);
        assert_eq!((tries, pauses), (1, 0));
        assert_eq!(result.unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
