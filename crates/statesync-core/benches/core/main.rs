//! What the core's own work costs, without windows: `cargo bench -p statesync-core --bench core [-- --quick]`.
//!
//! Every speed is also given as a ratio to locking and incrementing an uncontended `Mutex<u64>`, measured
//! in turns with it in the same run: ratios travel between machines, times do not. Prints a table and
//! writes `core.json` to the folder named by `STATESYNC_BENCH_OUT`, or else to `target/bench`.

mod many;
mod memory;
mod page;
mod persist;
mod pull;
mod report;
mod rounds;
mod update;
mod value;

use rounds::Rounds;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

fn main() -> ExitCode {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let mut rounds = Rounds::new(quick);
    update::measure(&mut rounds);
    pull::measure(&mut rounds);
    many::measure(&mut rounds);
    let memory = memory::measure();
    let rates = persist::measure(quick);
    match report::write(&rounds, &memory, &rates, quick) {
        Ok(file) => {
            println!("\nwritten to {}", file.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("the numbers cannot be written: {error}");
            ExitCode::FAILURE
        }
    }
}
