//! Taking what a page wants from now on: its new session, and the answer to its first pull.

use crate::notify::SignalSink;
use crate::pull::readable;
use crate::refusal::RequestError;
use crate::registry::Registry;
use crate::reply::Reply;
use crate::scope::Scope;
use crate::session::{check_page, check_topics};
use crate::wire::SubscribeRequest;
use std::sync::Arc;

impl Registry {
    /// Takes the whole set of topics a page wants from now on, and answers like a pull of all of them.
    ///
    /// The session is registered before anything is read, so nothing can be missed in between. Its
    /// signals go to `sink`. `window` and `scope` come from the host, never from the page
    /// (`scope-at-every-read`).
    ///
    /// # Errors
    /// [`RequestError`]; then the page's sessions are as they were.
    pub fn handle_subscribe(
        &self,
        window: &str,
        request: &SubscribeRequest,
        scope: &Scope,
        sink: Arc<dyn SignalSink>,
    ) -> Result<String, RequestError> {
        self.accept_subscribe(window, request, scope, sink)?.make()
    }

    /// As [`handle_subscribe`](Self::handle_subscribe), and never blocks: the session is there at once, the answer
    /// may be left to be made.
    ///
    /// # Errors
    /// As [`handle_subscribe`](Self::handle_subscribe).
    pub fn accept_subscribe(
        &self,
        window: &str,
        request: &SubscribeRequest,
        scope: &Scope,
        sink: Arc<dyn SignalSink>,
    ) -> Result<Reply, RequestError> {
        check_page(&request.page)?;
        if request.generation == 0 {
            return Err(RequestError::Malformed { reason: "generation: the first one is 1".into() });
        }
        let stated = check_topics(&request.topics, &self.shared.limits)?;
        let mut ended = Vec::new();
        let mut state = self.shared.lock();
        let newest = state.page(window, &request.page, &self.shared.limits, &mut ended).generation;
        if request.generation <= newest {
            drop(state);
            return Err(RequestError::Superseded { generation: request.generation, newest });
        }
        let page = state.page(window, &request.page, &self.shared.limits, &mut ended);
        page.generation = request.generation;
        if let Some(slot) = page.session.take() {
            ended.extend(state.end_session(slot));
        }
        if !stated.is_empty() {
            let epoch = &self.shared.epoch;
            state.begin_session(window, request, &stated, scope, epoch, sink);
        }
        state.counters.pulls += 1;
        let readable = readable(&stated, scope);
        let made = state.made_cut(&stated, &readable, &self.shared.epoch);
        drop(state);
        drop(ended);
        Ok(self.reply(window, stated, readable, made))
    }
}
