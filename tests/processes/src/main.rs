//! One of several processes: counts up in a shared database, and says at which revisions.
//!
//! `statesync-processes PATH TIMES` registers its topic, says `ready`, waits for a line, counts up, and says the
//! revision of each increment and at last the value. It loses nothing; the test that starts it looks.

use statesync_core::persist::{Persist, Sqlite};
use statesync_core::{Registry, TopicKey};
use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::io;
use std::sync::Arc;

const COUNT: TopicKey<u64> = TopicKey::new("count");

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args().skip(1);
    let (Some(path), Some(times)) = (args.next(), args.next()) else {
        return Err("usage: statesync-processes PATH TIMES".into());
    };
    let registry = Registry::new("e");
    registry.persist_with(Arc::new(Sqlite::shared(path)), || {}, |event| eprintln!("{event}"));
    registry.persist(COUNT, Persist::new())?;
    let count = registry.register(COUNT, 0)?;
    println!("ready");
    io::stdin().read_line(&mut String::new())?;
    let mut said = String::new();
    for _ in 0..times.parse::<u32>()? {
        let revision = count.update(|n| *n += 1)?;
        writeln!(said, "{revision}")?;
    }
    print!("{said}");
    registry.poll_shared()?;
    println!("value {}", count.get());
    Ok(())
}
