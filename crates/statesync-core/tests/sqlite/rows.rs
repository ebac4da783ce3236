//! Rows that are damaged: records, and the version of the tables.

use crate::{COUNT, Process};
use rusqlite::Connection;
use std::path::Path;

fn raw(dir: &Path) -> Connection {
    Connection::open(dir.join("state.db")).unwrap()
}

#[test]
fn the_newest_whole_row_wins_and_each_that_is_damaged_is_told_and_kept() {
    // By the values of the damaged rows.
    let states = [
        (vec![], 3, vec![]),
        (vec![2], 3, vec!["set-aside"]),
        (vec![3], 2, vec!["set-aside", "recovered"]),
        (vec![2, 3], 0, vec!["set-aside", "set-aside"]),
    ];
    for (damaged, value, told) in states {
        for shared in [true, false] {
            let dir = tempfile::tempdir().unwrap();
            let begin = || if shared { Process::sharing(dir.path()) } else { Process::alone(dir.path()) };
            let app = begin();
            let count = app.counter(COUNT);
            for n in 1..=3 {
                count.set_durable(n).unwrap();
            }
            drop((app, count));
            for number in &damaged {
                let damage = "UPDATE statesync_records SET schema = 9 WHERE value = ?1";
                assert_eq!(raw(dir.path()).execute(damage, [number.to_string()]).unwrap(), 1);
            }
            let app = begin();
            let count = app.counter(COUNT);
            assert_eq!((count.get(), app.told()), (value, told.clone()), "{damaged:?}, shared: {shared}");
            count.set_durable(4).unwrap();
            drop((app, count));
            let kept: u32 = raw(dir.path())
                .query_row("SELECT count(*) FROM statesync_records WHERE aside NOT NULL", [], |row| {
                    row.get(0)
                })
                .unwrap();
            assert_eq!(kept as usize, damaged.len());
            assert_eq!(begin().counter(COUNT).get(), 4);
        }
    }
}

#[test]
fn a_damaged_format_is_damage_and_is_repaired() {
    for damage in [
        "value = '3' WHERE name = 'format'",
        "value = 'q' WHERE name = 'format'",
        "value = x'b1' WHERE name = 'format'",
        "value = 'crc32:0' WHERE name = 'format-checksum'",
    ] {
        for shared in [true, false] {
            let dir = tempfile::tempdir().unwrap();
            let begin = || if shared { Process::sharing(dir.path()) } else { Process::alone(dir.path()) };
            begin().counter(COUNT).set_durable(5).unwrap();
            raw(dir.path()).execute(&format!("UPDATE statesync_meta SET {damage}"), []).unwrap();
            let app = begin();
            let count = app.counter(COUNT);
            assert_eq!((count.get(), app.told()), (5, vec![]), "{damage}");
            count.set_durable(6).unwrap();
            let format: String = raw(dir.path())
                .query_row("SELECT value FROM statesync_meta WHERE name = 'format'", [], |row| row.get(0))
                .unwrap();
            assert_eq!(format, "1");
        }
    }
}

#[test]
fn a_database_from_before_the_format_had_a_checksum_is_read_and_gets_one() {
    let dir = tempfile::tempdir().unwrap();
    Process::alone(dir.path()).counter(COUNT).set_durable(5).unwrap();
    raw(dir.path()).execute("DELETE FROM statesync_meta WHERE name = 'format-checksum'", []).unwrap();
    let app = Process::alone(dir.path());
    assert_eq!(app.counter(COUNT).get(), 5);
    let checksum: i64 = raw(dir.path())
        .query_row("SELECT count(*) FROM statesync_meta WHERE name = 'format-checksum'", [], |row| row.get(0))
        .unwrap();
    assert_eq!((checksum, app.told()), (1, vec![]));
}
