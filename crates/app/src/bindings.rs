//! TypeScript of the types that the window shares with the app.

use std::collections::BTreeMap;

use ts_rs::{Config, TS, TypeVisitor};

const HEADER: &str = "// This file is generated from the Rust types of the command table: do not edit it by hand.\n";

/// Declarations by name, each once.
pub(crate) struct Declarations<'c> {
    config: &'c Config,
    by_name: BTreeMap<String, String>,
}

impl<'c> Declarations<'c> {
    pub(crate) fn new(config: &'c Config) -> Self {
        Self {
            config,
            by_name: BTreeMap::new(),
        }
    }

    /// Adds a type and everything that it is made of.
    pub(crate) fn add<T: TS + 'static + ?Sized>(&mut self) {
        self.visit::<T>();
        T::visit_generics(self);
    }

    /// The whole file: every type by name, then the table.
    pub(crate) fn write(&self, table: &str) -> String {
        let mut file = HEADER.to_owned();
        for declaration in self.by_name.values() {
            file.push_str("\nexport ");
            file.push_str(declaration);
            file.push('\n');
        }
        file.push_str("\nexport interface Commands {\n");
        file.push_str(table);
        file.push_str("}\n");
        file
    }
}

impl TypeVisitor for Declarations<'_> {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        // Only declared types have a place for a file; numbers, lists and the like are written where they stand.
        if T::output_path().is_none() {
            return;
        }
        let name = T::ident(self.config);
        if !self.by_name.contains_key(&name) {
            self.by_name.insert(name, T::decl(self.config));
            T::visit_dependencies(self);
        }
    }
}
