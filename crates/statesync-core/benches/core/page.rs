//! A page as the core sees it: requests in, signals out to nowhere.

use statesync_core::{
    Known, PullRequest, Registry, Scope, Signal, SignalSink, SubscribeRequest, TopicRequest,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Remembers the newest signal's number, as a page does.
#[derive(Default)]
struct Seen(AtomicU64);

impl SignalSink for Seen {
    fn send(&self, signal: &Signal) {
        self.0.store(signal.number, Ordering::Relaxed);
    }
}

/// One window with one page that subscribed.
pub struct Page {
    window: String,
    scope: Scope,
    seen: Arc<Seen>,
    pub request: PullRequest,
}

impl Page {
    /// The page number `number` subscribes to these topics.
    pub fn subscribe(registry: &Registry, number: usize, topics: &[&str]) -> Self {
        let topics: Vec<_> =
            topics.iter().map(|topic| TopicRequest { topic: (*topic).into(), known: None }).collect();
        let page = Self {
            window: format!("window-{number}"),
            scope: Scope::everything(),
            seen: Arc::default(),
            request: PullRequest { page: format!("page-{number}"), generation: 1, seen: 0, topics },
        };
        let subscribe = SubscribeRequest {
            page: page.request.page.clone(),
            generation: 1,
            topics: page.request.topics.clone(),
        };
        registry
            .handle_subscribe(&page.window, &subscribe, &page.scope, page.seen.clone())
            .expect("the page may subscribe");
        page
    }

    /// Pulls what its request names, and acknowledges the newest signal.
    pub fn pull(&mut self, registry: &Registry) -> String {
        self.request.seen = self.seen.0.load(Ordering::Relaxed);
        registry.handle_pull(&self.window, &self.request, &self.scope).expect("the page has a session")
    }

    /// States that it has every topic of its request at this revision.
    pub fn knows(&mut self, registry: &Registry, revision: &str) {
        for topic in &mut self.request.topics {
            topic.known = Some(Known { epoch: registry.epoch().into(), revision: revision.into() });
        }
    }
}

/// Pages that all subscribed to the same topics.
pub fn pages(registry: &Registry, count: usize, topics: &[&str]) -> Vec<Page> {
    (0..count).map(|number| Page::subscribe(registry, number, topics)).collect()
}
