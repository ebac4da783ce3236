//! How many bytes a topic and a session hold, counted in the allocator.

use crate::many::{fill, names};
use crate::page::Page;
use statesync_core::Registry;
use std::alloc::{GlobalAlloc, Layout, System};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

static COUNTING: AtomicBool = AtomicBool::new(false);
static LIVE: AtomicUsize = AtomicUsize::new(0);

/// The system's allocator. While memory is measured it counts the bytes asked for; while speed is, it
/// does not.
pub struct Counting;

// SAFETY: every call goes to the system's allocator as it came.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if COUNTING.load(Ordering::Relaxed) {
            LIVE.fetch_add(layout.size(), Ordering::Relaxed);
        }
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if COUNTING.load(Ordering::Relaxed) {
            LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        }
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if COUNTING.load(Ordering::Relaxed) {
            LIVE.fetch_add(size.wrapping_sub(layout.size()), Ordering::Relaxed);
        }
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// Bytes held by one of something.
pub struct Size {
    pub name: &'static str,
    pub bytes: usize,
}

pub fn measure() -> Vec<Size> {
    const SESSIONS: usize = 1_000;
    const PAGES: usize = 8;
    let names = names();
    let wanted = &names[..1_000];
    let registry = Registry::new("bench");
    COUNTING.store(true, Ordering::Relaxed);
    let (topics, bytes) = growth(|| fill(&registry, &names));
    let topic =
        Size { name: "a topic with a value of a few bytes, and its handle", bytes: bytes / names.len() };

    let ((), bytes) = growth(|| subscribe(&registry, 0..SESSIONS, &names[..1]));
    let session = Size { name: "a session with one topic", bytes: bytes / SESSIONS };
    let ((), bytes) = growth(|| subscribe(&registry, SESSIONS..SESSIONS + PAGES, wanted));
    let subscription =
        Size { name: "each topic of a session that has a thousand", bytes: bytes / PAGES / wanted.len() };
    COUNTING.store(false, Ordering::Relaxed);
    drop(topics);
    vec![topic, session, subscription]
}

/// What is done, and by how many bytes it lets memory grow.
fn growth<T>(make: impl FnOnce() -> T) -> (T, usize) {
    let before = LIVE.load(Ordering::Relaxed);
    let kept = make();
    (kept, LIVE.load(Ordering::Relaxed).wrapping_sub(before))
}

/// Leaves behind what the registry keeps; what a page keeps would live in a window.
fn subscribe(registry: &Registry, numbers: Range<usize>, topics: &[&str]) {
    for number in numbers {
        drop(Page::subscribe(registry, number, topics));
    }
}
