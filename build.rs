//! Generates the permission files of the commands and exposes the global guest script.

use schemars::JsonSchema;

const COMMANDS: &[&str] =
    &["subscribe", "pull", "snapshot", "first_paint", "set", "patch", "action", "inspect"];

/// A topic, in the allow or deny list of a permission.
#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(dead_code)]
enum TopicScopeEntry {
    /// A topic name ("settings"), a prefix pattern ("cart:*"), or "*" for every topic.
    Text(#[schemars(regex(pattern = r"^([A-Za-z0-9_:/.-]{1,128}\*?|\*)$"))] String),
    /// The same as an object.
    Object {
        /// A topic name ("settings"), a prefix pattern ("cart:*"), or "*" for every topic.
        #[schemars(regex(pattern = r"^([A-Za-z0-9_:/.-]{1,128}\*?|\*)$"))]
        topic: String,
        /// In `statesync:action` only: the name of one action. Without it, every action of the topic.
        action: Option<String>,
    },
}

fn main() {
    tauri_plugin::Builder::new(COMMANDS)
        .global_scope_schema(schemars::schema_for!(TopicScopeEntry))
        .global_api_script_path("./api-iife.js")
        .build();
}
