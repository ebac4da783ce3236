//! Every exported type that the topics need, by its TypeScript name.
//!
//! Keeps: declarations and doc comments. Loses, on purpose: which module a type is from; so two types of one
//! name are an error that names both.

use super::{TypeScriptError, layout, syntax, tokens};
use std::any::TypeId;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use ts_rs::{Config, TS, TypeVisitor};

/// Names that mean something else in the generated file.
const TAKEN: &[&str] = &[
    "GeneratedTopics",
    "GeneratedReadOnlyTopics",
    "GeneratedTopicActions",
    "Array",
    "Record",
    "any",
    "bigint",
    "boolean",
    "never",
    "null",
    "number",
    "object",
    "string",
    "symbol",
    "undefined",
    "unknown",
    "void",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "import",
    "in",
    "instanceof",
    "new",
    "return",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "var",
    "while",
    "with",
    "yield",
];

/// What a place that uses a type writes for it.
pub(crate) struct Use {
    pub(super) ty: String,
    pub(super) docs: Vec<String>,
}

/// How a declaration describes a type of its own.
pub(crate) type Describe = fn(&mut Collection) -> Use;

/// The types found so far.
pub(crate) struct Collection {
    config: Config,
    seen: HashSet<TypeId>,
    exports: BTreeMap<String, Export>,
    clashes: BTreeSet<(String, String, String)>,
}

struct Export {
    rust: String,
    docs: Vec<String>,
    declaration: String,
}

impl Collection {
    pub(super) fn new() -> Self {
        Self {
            // JSON has one kind of number, and so does a page.
            config: Config::new().with_large_int("number"),
            seen: HashSet::new(),
            exports: BTreeMap::new(),
            clashes: BTreeSet::new(),
        }
    }

    /// Adds a type with everything it needs, and says what it is called.
    pub(crate) fn describe<T: TS + 'static>(&mut self) -> Use {
        self.visit::<T>();
        Use { ty: T::name(&self.config), docs: docs::<T>() }
    }

    fn export<T: TS + 'static + ?Sized>(&mut self) {
        let name = T::ident(&self.config);
        // All instances of a generic type have one declaration.
        let rust = std::any::type_name::<T::WithoutGenerics>().replace("ts_rs::Dummy", "_");
        match self.exports.get(&name) {
            Some(other) if other.rust == rust => {}
            Some(other) => {
                let mut both = [other.rust.clone(), rust];
                both.sort();
                let [first, second] = both;
                self.clashes.insert((name, first, second));
            }
            None => {
                let declaration = T::decl(&self.config);
                self.exports.insert(name, Export { rust, docs: docs::<T>(), declaration });
            }
        }
    }

    /// The parsed declarations, for comparing values with them.
    pub(super) fn declarations(&self) -> Vec<syntax::Declaration> {
        self.exports.values().filter_map(|export| syntax::declaration(&export.declaration).ok()).collect()
    }

    /// All declarations as text.
    ///
    /// # Errors
    /// Two types with one name, and a name that TypeScript does not allow.
    pub(super) fn text(&self) -> Result<String, TypeScriptError> {
        if let Some((name, first, second)) = self.clashes.first().cloned() {
            return Err(TypeScriptError::SameName { name, first, second });
        }
        let mut out = String::new();
        for (name, export) in &self.exports {
            if !layout::is_identifier(name) || TAKEN.contains(&name.as_str()) {
                return Err(TypeScriptError::NotAName { name: name.clone(), rust: export.rust.clone() });
            }
            out.push('\n');
            if let Ok(declaration) = syntax::declaration(&export.declaration) {
                out.push_str(&layout::exported(&export.docs, &declaration));
            } else {
                out.push_str(&layout::doc_comment(&export.docs, 0));
                out.extend(["export ", export.declaration.trim(), "\n"]);
            }
        }
        Ok(out)
    }
}

impl TypeVisitor for Collection {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        if !self.seen.insert(TypeId::of::<T>()) {
            return;
        }
        if T::output_path().is_some() {
            self.export::<T>();
        }
        T::visit_dependencies(self);
        T::visit_generics(self);
    }
}

fn docs<T: TS + ?Sized>() -> Vec<String> {
    T::docs().map(|comment| tokens::doc_lines(&comment)).unwrap_or_default()
}
