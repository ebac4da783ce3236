//! Plays runs, one after the other, until one fails.

use crate::chance::Chance;
use crate::target::{Target, Wish};
use std::any::Any;
use std::cell::RefCell;
use std::env;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};
use std::thread;
use std::time::{Duration, Instant};

/// The stack of the threads that Tauri runs commands on.
const STACK_BYTES: usize = 2 << 20;
/// How long a failing case may be made smaller.
const SHRINKING: Duration = Duration::from_secs(20);
/// The variable that names the file in which the supervisor finds how far a player is.
pub const PROGRESS: &str = "STATESYNC_FUZZ_PROGRESS";

thread_local! {
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Plays every `workers`-th run from `from` on. False when one failed.
pub fn play<T: Target + 'static>(wish: &Wish) -> bool {
    // The core turns panics of an app's code into errors, and some cases panic on purpose.
    set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        PANIC.with(|text| *text.borrow_mut() = place);
    }));
    let wish = wish.clone();
    let player = thread::Builder::new().stack_size(STACK_BYTES).spawn(move || play_here::<T>(&wish));
    player.expect("a thread begins").join().unwrap_or(false)
}

fn play_here<T: Target>(wish: &Wish) -> bool {
    let progress = env::var_os(PROGRESS).and_then(|path| File::options().write(true).open(path).ok());
    let seed = wish.seed.unwrap_or_default();
    let began = Instant::now();
    let mut tried = 0;
    let mut run = wish.from;
    let mut played = 0;
    while wish.runs.is_none_or(|runs| played < runs) && wish.time.is_none_or(|time| began.elapsed() < time) {
        if let Some(progress) = &progress {
            let state = [run.to_le_bytes(), played.to_le_bytes(), u64::to_le_bytes(tried)].concat();
            let _ = progress.write_all_at(&state, 0);
        }
        let case = T::draw(run, &mut Chance::of(seed, T::NAME, run));
        match outcome::<T>(&case) {
            Ok(count) => tried += count,
            Err(problem) => {
                report::<T>(run, case, problem);
                return false;
            }
        }
        played += 1;
        run += wish.workers.max(1);
    }
    if let Some(progress) = &progress {
        let state = [run.to_le_bytes(), played.to_le_bytes(), u64::to_le_bytes(tried)].concat();
        let _ = progress.write_all_at(&state, 0);
    }
    true
}

/// What a check came to; a panic in it is a failure.
fn outcome<T: Target>(case: &T::Case) -> Result<u64, String> {
    catch_unwind(AssertUnwindSafe(|| T::check(case))).unwrap_or_else(|panic| {
        let place = PANIC.with(|text| text.borrow().clone());
        Err(format!("panicked at {place}: {}", text_of(&*panic)))
    })
}

fn text_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}

fn report<T: Target>(run: u64, case: T::Case, problem: String) {
    let (case, problem) = smallest::<T>(case, problem);
    println!("run {run} failed: {problem}\n{}", T::show(&case));
}

/// Takes parts out of a failing case as long as it goes on failing.
fn smallest<T: Target>(mut case: T::Case, mut problem: String) -> (T::Case, String) {
    let until = Instant::now() + SHRINKING;
    let in_time = |_: &T::Case| Instant::now() < until;
    let failing = |smaller: T::Case| outcome::<T>(&smaller).err().map(|problem| (smaller, problem));
    loop {
        let Some(next) = T::smaller(&case).take_while(in_time).find_map(failing) else { break };
        (case, problem) = next;
    }
    (case, problem)
}
