//! The app's code, run so that a panic in it goes no further.
//!
//! The `Drop` of a value is the app's, and so are wakers, hooks, storages, and whoever listens to `tracing`. They run
//! after a commit and between the steps of a save: a panic that left them would leave a write that was made and told
//! to no one, or end the thread that saves. Keeps: what the panic said, as the event `statesync::panic`. Loses: the panic.

use crate::json::panic_text;
use crate::sync::thread_local;
use std::any::{Any, type_name};
use std::cell::Cell;
use std::mem::{forget, needs_drop};
use std::ops::{Deref, DerefMut};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A `Drop` may write topics, which drops values, whose `Drop` may write topics. The innermost of so many is leaked, or a
/// value that writes its own topic would fill the stack and end the process.
const MAX_NESTED_DROPS: u32 = 8;

thread_local! {
    /// How many values are being dropped on this thread, one inside the other.
    static DROPS: Cell<u32> = Cell::new(0);
}

/// Runs the app's code. `None`: it panicked, which is reported. `what` says whose code it was.
pub(crate) fn contain<U>(what: &str, call: impl FnOnce() -> U) -> Option<U> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|panic| report(what, panic)).ok()
}

/// What a panic said. Whatever else it carried is gone.
pub(crate) fn said(panic: Box<dyn Any + Send>) -> String {
    let text = panic_text(&*panic);
    // That can have a `Drop` that panics, too; what that one carries is left alone.
    catch_unwind(AssertUnwindSafe(|| drop(panic))).unwrap_or_else(forget);
    text
}

#[cold]
fn report(what: &str, panic: Box<dyn Any + Send>) {
    let text = said(panic);
    // The listener may be what panics.
    let told =
        || tracing::error!(target: "statesync::panic", "{what} panicked, which changed nothing: {text}");
    catch_unwind(AssertUnwindSafe(told)).unwrap_or_else(|panic| drop(said(panic)));
}

#[cold]
fn leak<T>(value: T) {
    forget(value);
    let name = type_name::<T>();
    tracing::error!(target: "statesync::panic", "a {name} was leaked: its Drop writes topics whose values' Drop does so");
}

/// Something of the app's, whose `Drop` may panic. Costs nothing where there is no `Drop`.
pub(crate) struct Contained<T>(Option<T>);

impl<T> Contained<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Some(value))
    }

    pub(crate) fn into_inner(mut self) -> T {
        self.0.take().expect("it is there until it is dropped")
    }
}

impl<T> Deref for Contained<T> {
    type Target = T;
    fn deref(&self) -> &T {
        self.0.as_ref().expect("it is there until it is dropped")
    }
}

impl<T> DerefMut for Contained<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.as_mut().expect("it is there until it is dropped")
    }
}

impl<T> Drop for Contained<T> {
    fn drop(&mut self) {
        if needs_drop::<T>()
            && let Some(value) = self.0.take()
        {
            let nested = DROPS.with(|drops| drops.replace(drops.get() + 1));
            let dropping = || if nested < MAX_NESTED_DROPS { drop(value) } else { leak(value) };
            if let Err(panic) = catch_unwind(AssertUnwindSafe(dropping)) {
                report(&format!("the Drop of {}", type_name::<T>()), panic);
            }
            DROPS.with(|drops| drops.set(nested));
        }
    }
}
