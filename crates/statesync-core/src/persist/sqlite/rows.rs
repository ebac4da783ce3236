//! The two tables, and what is read and written in them. Everything here runs in a transaction of its caller.
//!
//! A save adds a row and deletes those older than the one before, so that nothing is copied. A row that was put aside
//! stays where it is and is marked with the reason. Revisions are decimal text: SQLite's integers end at 2^63.

use crate::persist::record::{Body, Record};
use crate::persist::sharing::Mark;
use crate::persist::storage::{Damage, Found};
use crate::revision::Revision;
use crate::topic::TopicName;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::BTreeSet;

/// Counts up when a database of today could not be read by the version before.
pub(super) const FORMAT: u32 = 1;

const TABLES: &str = "
    CREATE TABLE statesync_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE statesync_records (
        id INTEGER PRIMARY KEY,
        topic TEXT NOT NULL,
        aside TEXT, -- why it was put aside
        schema INTEGER NOT NULL,
        revision TEXT NOT NULL,
        reserved TEXT NOT NULL,
        checksum INTEGER NOT NULL,
        value BLOB NOT NULL -- text: JSON; a blob: encrypted
    );
    CREATE INDEX statesync_newest ON statesync_records (topic, id, revision, checksum) WHERE aside IS NULL;";

const COLUMNS: &str = "schema, revision, reserved, checksum, value, id, topic";

pub(super) fn has_tables(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row(
        "SELECT count(*) FROM sqlite_schema WHERE name = 'statesync_meta' AND type = 'table'",
        [],
        |row| row.get::<_, i64>(0).map(|count| count > 0),
    )
}

pub(super) fn create_tables(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(TABLES)?;
    write_format(connection)
}

pub(super) fn write_format(connection: &Connection) -> rusqlite::Result<()> {
    set_meta(connection, "format", &FORMAT.to_string())?;
    set_meta(connection, "format-checksum", &checksum_of_format(&FORMAT.to_string()))
}

/// In text, so that a damaged format is told from a newer one.
fn checksum_of_format(format: &str) -> String {
    format!("crc32:{:08x}", crc32fast::hash(format!("format\n{format}").as_bytes()))
}

/// The version of the tables: the one whose checksum is there. What is not a number, and not damaged, is a newer one.
pub(super) fn format(connection: &Connection) -> rusqlite::Result<u32> {
    let format = meta(connection, "format")?.unwrap_or_default();
    let checksum = meta(connection, "format-checksum")?;
    if checksum == Some(checksum_of_format(&FORMAT.to_string())) {
        return Ok(FORMAT);
    }
    Ok(format.parse().unwrap_or(u32::MAX))
}

/// Whether the rows that say the version are as they were written.
pub(super) fn has_whole_format(connection: &Connection) -> rusqlite::Result<bool> {
    let ours = FORMAT.to_string();
    let checksum = checksum_of_format(&ours);
    Ok(meta(connection, "format")? == Some(ours) && meta(connection, "format-checksum")? == Some(checksum))
}

/// The number that no revision was above. One that is damaged is zero.
pub(super) fn reserved(connection: &Connection) -> rusqlite::Result<Revision> {
    Ok(meta(connection, "reserved")?.and_then(|text| text.parse().ok()).unwrap_or(Revision::ZERO))
}

pub(super) fn reserve(connection: &Connection, up_to: Revision) -> rusqlite::Result<()> {
    set_meta(connection, "reserved", &up_to.to_string())
}

fn meta(connection: &Connection, name: &str) -> rusqlite::Result<Option<String>> {
    let mut statement = connection.prepare_cached("SELECT value FROM statesync_meta WHERE name = ?1")?;
    statement
        .query_row([name], |row| Ok(row.get_ref(0)?.as_str().ok().map(str::to_owned)))
        .optional()
        .map(Option::flatten)
}

fn set_meta(connection: &Connection, name: &str, value: &str) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO statesync_meta VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2",
    )?;
    statement.execute([name, value]).map(drop)
}

/// Adds what there is of a topic. A row that is no whole record is put aside if this connection may write, and told in
/// any case.
pub(super) fn load(connection: &Connection, topic: &TopicName, found: &mut Found) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM statesync_records WHERE topic = ?1 AND aside IS NULL ORDER BY id DESC LIMIT 2"
    ))?;
    let mut rows = statement.query([topic.as_str()])?;
    let mut damaged = Vec::new();
    while let Some(row) = rows.next()? {
        match record(row)? {
            Some((_, record)) => found.records.push(record),
            None => damaged.push((row.get::<_, i64>("id")?, found.records.is_empty())),
        }
    }
    drop(rows);
    for (id, is_newest) in damaged {
        let why = "checksum-mismatch";
        let _ = put_aside(connection, id, why);
        let damage = Damage::SetAside {
            why: "its checksum is not that of its content (damaged, or edited)".into(),
            place: place(connection, id),
        };
        found.damage.push(if is_newest { damage } else { Damage::OfEarlier(Box::new(damage)) });
    }
    Ok(())
}

/// The record in a row, if it is whole.
fn record(row: &Row<'_>) -> rusqlite::Result<Option<(TopicName, Record)>> {
    let text = |column| row.get_ref(column).map(|value| value.as_str().ok());
    let revision = |column| text(column).map(|text| text.and_then(|text| text.parse::<Revision>().ok()));
    let schema = row.get_ref("schema")?.as_i64().ok().and_then(|schema| u32::try_from(schema).ok());
    let body = match row.get_ref("value")? {
        ValueRef::Text(text) => std::str::from_utf8(text).ok().map(|text| Body::Json(text.into())),
        ValueRef::Blob(bytes) => Some(Body::Sealed(bytes.into())),
        _ => None,
    };
    let topic = text("topic")?.and_then(|name| TopicName::new(name).ok());
    let (Some(schema), Some(revision), Some(reserved), Some(body), Some(topic)) =
        (schema, revision("revision")?, revision("reserved")?, body, topic)
    else {
        return Ok(None);
    };
    let record = Record { schema, revision, reserved, body };
    let whole = row.get_ref("checksum")?.as_i64().ok() == Some(i64::from(record.fingerprint(&topic)));
    Ok(whole.then_some((topic, record)))
}

/// The newest version of every topic, by its mark.
pub(super) fn marks(connection: &Connection) -> rusqlite::Result<Vec<(TopicName, Mark)>> {
    // A plain column beside `max` is that of the row with the greatest: SQLite promises it.
    let mut statement = connection.prepare_cached(
        "SELECT topic, revision, checksum, max(id) FROM statesync_records WHERE aside IS NULL GROUP BY topic",
    )?;
    let mut rows = statement.query([])?;
    let mut marks = Vec::new();
    while let Some(row) = rows.next()? {
        let Some(topic) = row.get_ref(0)?.as_str().ok().and_then(|name| TopicName::new(name).ok()) else {
            continue;
        };
        // What is damaged has a mark nobody knows, and is found to be damaged when it is loaded.
        let revision = row.get_ref(1)?.as_str().ok().and_then(|text| text.parse().ok()).unwrap_or_default();
        let fingerprint = row.get_ref(2)?.as_i64().ok().and_then(|number| u32::try_from(number).ok());
        marks.push((topic, Mark { revision, fingerprint: fingerprint.unwrap_or_default() }));
    }
    Ok(marks)
}

pub(super) fn save(connection: &Connection, topic: &TopicName, record: &Record) -> rusqlite::Result<()> {
    let value = match &record.body {
        Body::Json(text) => ValueRef::Text(text.as_bytes()),
        Body::Sealed(bytes) => ValueRef::Blob(bytes),
    };
    let mut insert = connection.prepare_cached(
        "INSERT INTO statesync_records (topic, schema, revision, reserved, checksum, value)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    insert.execute(params![
        topic.as_str(),
        record.schema,
        record.revision.to_string(),
        record.reserved.to_string(),
        record.fingerprint(topic),
        rusqlite::types::ToSqlOutput::Borrowed(value),
    ])?;
    let mut thin = connection.prepare_cached(
        "DELETE FROM statesync_records WHERE topic = ?1 AND aside IS NULL AND id < (
             SELECT min(id) FROM (
                 SELECT id FROM statesync_records WHERE topic = ?1 AND aside IS NULL ORDER BY id DESC LIMIT 2))",
    )?;
    thin.execute([topic.as_str()]).map(drop)
}

/// Marks the newest row of a topic as put aside, and says where it is.
pub(super) fn set_aside(
    connection: &Connection,
    topic: &TopicName,
    why: &str,
) -> rusqlite::Result<Option<String>> {
    let newest = connection.query_row(
        "SELECT max(id) FROM statesync_records WHERE topic = ?1 AND aside IS NULL",
        [topic.as_str()],
        |row| row.get::<_, Option<i64>>(0),
    )?;
    let Some(id) = newest else { return Ok(None) };
    put_aside(connection, id, why)?;
    Ok(Some(place(connection, id)))
}

fn put_aside(connection: &Connection, id: i64, why: &str) -> rusqlite::Result<()> {
    connection.execute("UPDATE statesync_records SET aside = ?2 WHERE id = ?1", params![id, why]).map(drop)
}

fn place(connection: &Connection, id: i64) -> String {
    format!("row {id} of statesync_records in {}", connection.path().unwrap_or_default())
}

/// Deletes everything of a topic. Whatever comes under its name later has a higher revision.
pub(super) fn erase(connection: &Connection, topic: &TopicName) -> rusqlite::Result<()> {
    let mut found = Found::default();
    load(connection, topic, &mut found)?;
    let highest = found.records.iter().map(|record| record.revision).max().unwrap_or_default();
    if highest > reserved(connection)? {
        reserve(connection, highest)?;
    }
    connection.pragma_update(None, "secure_delete", true)?;
    let deleted = connection.execute("DELETE FROM statesync_records WHERE topic = ?1", [topic.as_str()]);
    connection.pragma_update(None, "secure_delete", "fast")?;
    deleted.map(drop)
}

/// Copies what is whole in a damaged database to a new one, as far as it can be read.
pub(super) fn salvage(from: &Connection, to: &Connection) -> rusqlite::Result<()> {
    let reserved = reserved(from).unwrap_or_default();
    if reserved > Revision::ZERO {
        reserve(to, reserved)?;
    }
    // Each way to the rows gets as far as the first page that is damaged.
    let ways = [
        "NOT INDEXED ORDER BY id",
        "NOT INDEXED ORDER BY id DESC",
        "INDEXED BY statesync_newest WHERE aside IS NULL ORDER BY topic",
        "INDEXED BY statesync_newest WHERE aside IS NULL ORDER BY topic DESC",
    ];
    let mut known = BTreeSet::new();
    for way in ways {
        let Ok(mut statement) = from.prepare(&format!("SELECT id FROM statesync_records {way}")) else {
            continue;
        };
        let read = statement.query_map([], |row| row.get::<_, i64>(0));
        known.extend(read.into_iter().flatten().map_while(Result::ok));
    }
    let one = format!("SELECT {COLUMNS}, aside FROM statesync_records WHERE id = ?1");
    for id in known {
        let row = from.query_row(&one, [id], |row| Ok((record(row)?, row.get::<_, Value>("aside")?)));
        if let Ok((Some((topic, record)), Value::Null)) = row {
            save(to, &topic, &record)?;
        }
    }
    Ok(())
}
