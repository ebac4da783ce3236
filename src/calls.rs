//! Calls that may run the app's code or wait for it: on threads that may block, never on an async worker.
//!
//! Keeps: which calls of each webview run, and for each topic it writes, which one. Loses a webview with its last
//! call. The threads are those of `spawn_blocking`, which the app shares; so a webview gets a few of them, and calls
//! beyond that wait without a thread (`bounded`).

use crate::error::CommandError;
use statesync_core::TopicName;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tauri::async_runtime;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many reads of one webview run at a time, and how many writes.
const RUNNING: usize = 32;

/// What calls stand in line for. Who waits in one line stands in no other.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Line {
    /// One write at a time for each topic: another one would only wait for the topic's writer lock, on a thread.
    Topic {
        webview: String,
        topic: TopicName,
    },
    Writes {
        webview: String,
    },
    Reads {
        webview: String,
    },
}

impl Line {
    fn places(&self) -> usize {
        match self {
            Self::Topic { .. } => 1,
            Self::Writes { .. } | Self::Reads { .. } => RUNNING,
        }
    }
}

/// The lines that somebody stands in or runs through.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls(Arc<Mutex<HashMap<Line, Arc<Semaphore>>>>);

impl Calls {
    fn lines(&self) -> MutexGuard<'_, HashMap<Line, Arc<Semaphore>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the answer to a read of this webview.
    ///
    /// # Errors
    /// What `make` says, or that it panicked or cannot run because the app ends.
    pub(crate) async fn read<T, E>(
        &self,
        webview: &str,
        make: impl FnOnce() -> Result<T, E> + Send + 'static,
    ) -> Result<T, CommandError>
    where
        T: Send + 'static,
        E: Into<CommandError> + Send + 'static,
    {
        let place = self.place(Line::Reads { webview: webview.into() }).await;
        run(place, make).await
    }

    /// Makes a write of this webview, after those of the same topic that came before it.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub(crate) async fn write<T, E>(
        &self,
        webview: &str,
        topic: TopicName,
        write: impl FnOnce() -> Result<T, E> + Send + 'static,
    ) -> Result<T, CommandError>
    where
        T: Send + 'static,
        E: Into<CommandError> + Send + 'static,
    {
        // The topic first: who waits for it takes nothing from writes of other topics.
        let turn = self.place(Line::Topic { webview: webview.into(), topic }).await;
        let place = self.place(Line::Writes { webview: webview.into() }).await;
        run((turn, place), write).await
    }

    /// Waits for a place in the order of arrival.
    async fn place(&self, line: Line) -> Place {
        let places = line.places();
        let semaphore =
            self.lines().entry(line.clone()).or_insert_with(|| Arc::new(Semaphore::new(places))).clone();
        // Made before the wait, so that a call which is dropped meanwhile leaves its line.
        let mut place = Place { calls: self.clone(), line, semaphore: Some(semaphore.clone()), permit: None };
        place.permit = Some(semaphore.acquire_owned().await.expect("the semaphore is never closed"));
        place
    }
}

/// A place in a line, until dropped. The last one takes the line away.
struct Place {
    calls: Calls,
    line: Line,
    semaphore: Option<Arc<Semaphore>>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut lines = self.calls.lines();
        drop((self.permit.take(), self.semaphore.take()));
        // Every other place has a clone, and gives it back under this lock.
        if lines.get(&self.line).is_some_and(|semaphore| Arc::strong_count(semaphore) == 1) {
            lines.remove(&self.line);
        }
    }
}

/// Runs what may block on a thread that may. The places are free again once it has ended, whoever waits for it.
async fn run<T, E>(
    places: impl Send + 'static,
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, CommandError>
where
    T: Send + 'static,
    E: Into<CommandError> + Send + 'static,
{
    let running = async_runtime::spawn_blocking(move || {
        let _places = places;
        work()
    });
    running.await.map_err(|error| why_not(&error))?.map_err(Into::into)
}

/// Why the work did not come to its end.
fn why_not(error: &tauri::Error) -> CommandError {
    match error {
        tauri::Error::JoinError(error) if error.is_panic() => CommandError::Panicked,
        _ => CommandError::Ending,
    }
}

#[cfg(test)]
mod tests {
    use super::{Calls, RUNNING, why_not};
    use crate::error::CommandError;
    use statesync_core::{RequestError, TopicName};
    use std::future::{Future, pending};
    use std::pin::pin;
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::sync::{Arc, Mutex};
    use std::task::{Context, Poll, Waker};
    use tauri::async_runtime::{block_on, spawn};

    fn topic() -> TopicName {
        TopicName::new("topic").unwrap()
    }

    fn kind(error: &CommandError) -> String {
        serde_json::to_value(error).unwrap()["kind"].as_str().unwrap().into()
    }

    /// Work that ends when the sender is dropped, and says that it began.
    fn held() -> (Sender<()>, Receiver<()>, impl FnOnce() -> Result<(), RequestError> + Send) {
        let (release, end) = channel();
        let (started, begun) = channel();
        let work = move || {
            started.send(()).unwrap();
            let _ = end.recv();
            Ok(())
        };
        (release, begun, work)
    }

    fn begin(call: &mut (impl Future + Unpin)) {
        let mut context = Context::from_waker(Waker::noop());
        assert!(matches!(std::pin::Pin::new(call).poll(&mut context), Poll::Pending));
    }

    #[test]
    fn a_panic_is_an_error_with_a_kind_and_leaves_no_line_behind() {
        let calls = Calls::default();
        let panics = || -> Result<(), RequestError> { panic!("this is part of the test") };
        assert_eq!(kind(&block_on(calls.write("w", topic(), panics)).unwrap_err()), "panicked");
        assert_eq!(kind(&block_on(calls.read("w", panics)).unwrap_err()), "panicked");
        assert!(calls.lines().is_empty());
    }

    #[test]
    fn a_call_that_never_ran_is_an_error_with_a_kind() {
        let task = spawn(pending::<()>());
        task.abort();
        assert_eq!(kind(&why_not(&block_on(task).unwrap_err())), "ending");
    }

    #[test]
    fn one_write_of_a_topic_and_webview_runs_at_a_time_and_in_order() {
        let calls = Calls::default();
        let (release, begun, first) = held();
        let mut one = pin!(calls.write("w", topic(), first));
        begin(&mut one);
        begun.recv().unwrap();
        let (_, second_begun, second) = held();
        let mut two = pin!(calls.write("w", topic(), second));
        begin(&mut two);
        // Another webview, another topic and a read wait for none of them.
        block_on(calls.write("other", topic(), || Ok::<_, RequestError>(()))).unwrap();
        block_on(calls.write("w", TopicName::new("b").unwrap(), || Ok::<_, RequestError>(()))).unwrap();
        block_on(calls.read("w", || Ok::<_, RequestError>(()))).unwrap();
        assert!(second_begun.try_recv().is_err());
        drop(release);
        block_on(one).unwrap();
        block_on(two).unwrap();
        assert!(calls.lines().is_empty());
    }

    #[test]
    fn a_webview_runs_so_many_reads_at_a_time_and_a_dropped_call_leaves_its_line() {
        let calls = Calls::default();
        let (release, end) = channel::<()>();
        let end = Arc::new(Mutex::new(end));
        let (started, begun) = channel();
        let work = || {
            let (started, end) = (started.clone(), end.clone());
            move || {
                started.send(()).unwrap();
                let _ = end.lock().unwrap().recv();
                Ok::<_, RequestError>(())
            }
        };
        let mut running: Vec<_> = (0..RUNNING).map(|_| Box::pin(calls.read("w", work()))).collect();
        running.iter_mut().for_each(begin);
        for _ in 0..RUNNING {
            begun.recv().unwrap();
        }
        let mut late = Box::pin(calls.read("w", work()));
        begin(&mut late);
        drop(late);
        block_on(calls.read("other", || Ok::<_, RequestError>(()))).unwrap();
        assert_eq!(calls.lines().len(), 1);
        drop(release);
        for call in running {
            block_on(call).unwrap();
        }
        assert!(begun.try_recv().is_err(), "the call that was dropped ran");
        assert!(calls.lines().is_empty());
    }
}
