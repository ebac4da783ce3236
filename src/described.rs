//! What the builder knows of a type: with the feature `typescript` also how it looks to a page.

use std::any::TypeId;

/// What the types of declared topics and actions have to be able to do besides [`Value`](crate::Value):
/// with the feature `typescript`, to describe themselves as TypeScript; nothing without it.
///
/// Nobody implements it. Derive `ts_rs::TS`, for which the app depends on the crate `ts-rs`:
///
/// ```
/// # #[cfg(feature = "typescript")] mod with {
/// use serde::{Deserialize, Serialize};
/// use ts_rs::TS;
///
/// #[derive(Clone, Serialize, Deserialize, TS)]
/// struct Settings {
///     dark: bool,
/// }
/// # fn described<T: statesync::Described>() {}
/// # fn settings() { described::<Settings>() }
/// # }
/// ```
#[cfg(feature = "typescript")]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be described as TypeScript",
    label = "derive `ts_rs::TS` for this type",
    note = "the feature `typescript` of `tauri-plugin-statesync` asks for it"
)]
pub trait Described: ts_rs::TS {}

#[cfg(feature = "typescript")]
impl<T: ts_rs::TS> Described for T {}

/// What the types of declared topics and actions have to be able to do besides [`Value`](crate::Value):
/// with the feature `typescript`, to describe themselves as TypeScript; nothing without it.
#[cfg(not(feature = "typescript"))]
pub trait Described {}

#[cfg(not(feature = "typescript"))]
impl<T> Described for T {}

/// A type that somebody declared.
#[derive(Clone, Copy)]
pub(crate) struct TypeOf {
    pub(crate) id: TypeId,
    pub(crate) name: &'static str,
    #[cfg(feature = "typescript")]
    pub(crate) describe: crate::typescript::Describe,
}

impl TypeOf {
    pub(crate) fn of<T: Described + 'static>() -> Self {
        Self {
            id: TypeId::of::<T>(),
            name: std::any::type_name::<T>(),
            #[cfg(feature = "typescript")]
            describe: crate::typescript::Collection::describe::<T>,
        }
    }
}
