//! What a scenario works with: opens windows, waits for things to become true, compares every window with Rust.
//!
//! Waiting is always for a condition, never for a time. Every wait ends when the scenario's time is up.

use crate::desk::{Desk, Papers};
use crate::folder;
use crate::ledger;
use crate::page::{Page, PageState};
use crate::topics::{Tally, truth};
use statesync::{Inspection, StateSyncExt, Topic};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use tauri::http::HeaderValue;
use tauri::{AppHandle, Manager, WebviewUrl, WebviewWindowBuilder, Wry};

type Builder<'a> = WebviewWindowBuilder<'a, Wry, AppHandle>;

/// What a scenario comes to: nothing to say, or why it failed.
pub type Outcome = Result<(), String>;

/// How often a condition is looked at.
const LOOK: Duration = Duration::from_millis(10);
/// Long enough for anything that should happen at once, on a slow and busy machine; shorter than a page's heartbeat,
/// which would hide what it heals.
const SOON: Duration = Duration::from_secs(10);

/// Where one scenario is played.
#[derive(Clone)]
pub struct Stage {
    pub app: AppHandle,
    /// Set when the scenario's time is up: whatever it still waits for fails.
    pub over: Arc<AtomicBool>,
    /// Labels of the windows this scenario opened: another one may be played at the same time.
    labels: Arc<Mutex<Vec<String>>>,
}

impl Stage {
    pub fn new(app: &AppHandle) -> Self {
        Self { app: app.clone(), over: Arc::default(), labels: Arc::default() }
    }

    /// A topic of this scenario.
    pub fn topic(&self, name: &'static str) -> Result<Topic<Tally>, String> {
        crate::topics::new_topic(&self.app, name)
    }

    /// Opens a window and waits until its page says hello. Its label says what it may do (`capabilities/`).
    pub fn open(&self, label: &str, page: &str) -> Result<Page, String> {
        let page = self.open_unseen(label, page)?;
        self.await_hello(&page, 1)?;
        Ok(page)
    }

    /// Opens a window whose page comes with this Content-Security-Policy, and waits until it says hello.
    ///
    /// It gets a folder of its own: windows that share one share the first one's handler of `tauri://` on Linux.
    pub fn open_behind(&self, label: &str, page: &str, policy: &'static str) -> Result<Page, String> {
        let page = self.open_as(label, page, |window| {
            window.data_directory(folder::of(label)).on_web_resource_request(move |_, response| {
                response.headers_mut().insert("Content-Security-Policy", HeaderValue::from_static(policy));
            })
        })?;
        self.await_hello(&page, 1)?;
        Ok(page)
    }

    /// Opens a window without waiting for its page.
    pub fn open_unseen(&self, label: &str, page: &str) -> Result<Page, String> {
        self.open_as(label, page, |window| window)
    }

    fn open_as(
        &self,
        label: &str,
        page: &str,
        dress: impl FnOnce(Builder<'_>) -> Builder<'_>,
    ) -> Result<Page, String> {
        self.labels.lock().unwrap_or_else(PoisonError::into_inner).push(label.to_owned());
        dress(WebviewWindowBuilder::new(&self.app, label, WebviewUrl::App(page.into())))
            .title(label)
            .inner_size(300.0, 200.0)
            .build()
            .map_err(|error| format!("window {label} cannot be opened: {error}"))?;
        Ok(Page::new(&self.app, label))
    }

    /// Opens several windows that watch the same topics.
    pub fn open_all(&self, labels: &[&str], topics: &str) -> Result<Vec<Page>, String> {
        let address = format!("index.html?watch={topics}");
        let pages: Result<Vec<_>, _> = labels.iter().map(|label| self.open_unseen(label, &address)).collect();
        let pages = pages?;
        for page in &pages {
            self.await_hello(page, 1)?;
        }
        Ok(pages)
    }

    /// How many loads of its page said hello so far.
    pub fn hellos(&self, page: &Page) -> usize {
        let count = |papers: &mut Papers| papers.hellos.get(&page.label).map(Vec::len);
        self.app.state::<Desk>().wait(Duration::ZERO, count).unwrap_or(0)
    }

    /// Waits until so many loads of this window's page have said hello.
    pub fn await_hello(&self, page: &Page, count: usize) -> Outcome {
        let what = format!("{} says hello for the {count}th time", page.label);
        self.until(&what, || match self.hellos(page) {
            there if there >= count => Ok(()),
            there => Err(format!("{there} hellos")),
        })
    }

    /// Closes a window and waits until it is gone.
    pub fn close(&self, page: &Page) -> Outcome {
        page.window()?.destroy().map_err(|error| error.to_string())?;
        self.until(&format!("window {} is gone", page.label), || match page.window() {
            Ok(_) => Err("it is open".to_owned()),
            Err(_) => Ok(()),
        })
    }

    /// Waits until `look` is content, for as long as anything should take.
    pub fn until(&self, what: &str, look: impl FnMut() -> Outcome) -> Outcome {
        self.within(SOON, what, look)
    }

    /// Waits until `look` is content, at most this long. What it last said is in the error.
    pub fn within(&self, limit: Duration, what: &str, mut look: impl FnMut() -> Outcome) -> Outcome {
        let end = Instant::now() + limit;
        loop {
            let said = match look() {
                Ok(()) => return Ok(()),
                Err(said) => said,
            };
            if self.over.load(Ordering::Relaxed) {
                return Err(format!("the scenario's time was up while waiting that {what}: {said}"));
            }
            if Instant::now() > end {
                return Err(format!("waited {limit:?} in vain that {what}: {said}"));
            }
            thread::sleep(LOOK);
        }
    }

    /// Waits until every page shows these topics as Rust has them, and checks what must hold in any page then.
    pub fn agree(&self, pages: &[Page], topics: &[&Topic<Tally>]) -> Result<Vec<PageState>, String> {
        pages.iter().map(|page| self.agrees(page, topics)).collect()
    }

    /// Waits until this page shows these topics as Rust has them.
    pub fn agrees(&self, page: &Page, topics: &[&Topic<Tally>]) -> Result<PageState, String> {
        let mut last = None;
        self.until(&format!("{} agrees with Rust", page.label), || {
            let state = page.state()?;
            for topic in topics {
                state.shows(topic.name().as_str(), &truth(topic))?;
            }
            last = Some(state);
            Ok(())
        })?;
        let state = last.expect("set when content");
        if state.failures.is_empty() {
            return Ok(state);
        }
        Err(format!("{} has seen failures: {}", page.label, state.failures.join("; ")))
    }

    /// Waits until every page agrees and every signal is answered, and checks how many pulls that took
    /// (`single-flight`).
    pub fn agree_with_few_pulls(&self, pages: &[Page], topics: &[&Topic<Tally>]) -> Outcome {
        self.agree(pages, topics)?;
        self.await_all_answered(pages)?;
        for page in pages {
            let state = page.state()?;
            println!("    {}", ledger::line(page, &state));
            ledger::few_pulls(page, &state)?;
        }
        Ok(())
    }

    pub fn inspect(&self) -> Inspection {
        self.app.statesync().inspect()
    }

    /// How many sessions a window has.
    pub fn sessions_of(&self, page: &Page) -> usize {
        self.inspect().sessions.iter().filter(|session| session.window == page.label).count()
    }

    /// Waits until this window has exactly so many sessions.
    pub fn await_sessions(&self, page: &Page, count: usize) -> Outcome {
        self.until(&format!("{} has {count} sessions", page.label), || match self.sessions_of(page) {
            there if there == count => Ok(()),
            there => Err(format!("it has {there}")),
        })
    }

    /// Waits until no session of these windows has a signal under way (`always-seen`).
    pub fn await_all_answered(&self, pages: &[Page]) -> Outcome {
        self.until("every signal is answered", || {
            let inspection = self.inspect();
            let open = inspection
                .sessions
                .iter()
                .filter(|session| pages.iter().any(|page| page.label == session.window))
                .find(|session| session.unacknowledged.is_some());
            open.map_or(Ok(()), |session| Err(format!("{} has one under way", session.window)))
        })
    }

    /// The windows of this scenario that are open.
    pub fn pages(&self) -> Vec<Page> {
        let labels = self.labels.lock().unwrap_or_else(PoisonError::into_inner);
        let pages = labels.iter().map(|label| Page::new(&self.app, label));
        pages.filter(|page| page.window().is_ok()).collect()
    }

    /// Closes them all, and forgets them: the next scenario may use the same labels.
    pub fn clear(&self) -> Outcome {
        for page in self.pages() {
            self.close(&page)?;
        }
        let labels = std::mem::take(&mut *self.labels.lock().unwrap_or_else(PoisonError::into_inner));
        for label in labels {
            self.app.state::<Desk>().forget(&label);
        }
        Ok(())
    }
}

/// Fails with `why` unless it holds.
pub fn check(holds: bool, why: impl FnOnce() -> String) -> Outcome {
    if holds { Ok(()) } else { Err(why()) }
}
