//! The two ways of carrying a state to the windows.

use crate::state::State;
use serde::Deserialize;
use statesync::{StateSyncExt, Topic, TopicKey};
use tauri::{AppHandle, Emitter};

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Contender {
    Statesync,
    Emit,
}

impl Contender {
    pub const BOTH: [Self; 2] = [Self::Statesync, Self::Emit];
}

/// One state, held once for each contender.
pub struct Carriers {
    app: AppHandle,
    name: &'static str,
    topic: Topic<State>,
    emitted: State,
}

impl Carriers {
    pub fn new(app: &AppHandle, name: &'static str, state: &State) -> Result<Self, String> {
        let topic = app
            .statesync()
            .register(TopicKey::new(name), state.clone())
            .map_err(|error| error.to_string())?;
        Ok(Self { app: app.clone(), name, topic, emitted: state.clone() })
    }

    /// How often this contender's state was changed so far.
    pub fn count(&self, contender: Contender) -> u64 {
        match contender {
            Contender::Statesync => self.topic.read(|state| state.count),
            Contender::Emit => self.emitted.count,
        }
    }

    /// Changes one field, and does what it takes to let the windows know.
    pub fn change(&mut self, contender: Contender, goal: u64) -> Result<(), String> {
        match contender {
            Contender::Statesync => {
                let updated = self.topic.update(|state| state.change(goal));
                updated.map(drop).map_err(|error| error.to_string())
            }
            Contender::Emit => {
                self.emitted.change(goal);
                self.app.emit(self.name, &self.emitted).map_err(|error| error.to_string())
            }
        }
    }
}
