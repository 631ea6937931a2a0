//! Which file imports which.
//!
//! A file imports another when its code names something that the other one *defines*, by a path or by `use`, in unit tests
//! too. A path is followed through modules and through every `use` and `pub use` on its way, so a name that a `mod.rs` only
//! passes on counts as its child's. Hence:
//!
//! - `mod child;` alone is no import, and neither is naming a module without naming something in it.
//! - `pub use child::Name` imports the child. A parent that declares and re-exports its children is still in no cycle, as
//!   long as no child names something that the parent itself defines. As soon as one does, neither file can be understood
//!   without the other, and that is a cycle.
//! - Methods and macros are not followed: their names alone do not say where they are defined.

use std::collections::HashMap;

use crate::source::{CodePath, Source};

/// That one file imports another, with the line that says so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Import {
    pub line: usize,
    /// Index of the imported file.
    pub to: usize,
}

/// The files of a crate as a tree of modules.
pub struct Crate<'a> {
    files: Vec<File<'a>>,
    by_module: HashMap<Vec<String>, usize>,
}

struct File<'a> {
    source: &'a Source,
    module: Vec<String>,
    paths: Vec<CodePath>,
}

/// A path that leads back to itself (`use a::X` in `b`, `use b::X` in `a`) is given up after so many steps.
const STEPS: usize = 32;

impl<'a> Crate<'a> {
    pub fn new(sources: &'a [Source]) -> Self {
        let module = |source: &Source| source.modules().into_iter().map(str::to_owned).collect::<Vec<_>>();
        let files: Vec<File> =
            sources.iter().map(|source| File { source, module: module(source), paths: source.paths() }).collect();
        // `main.rs` is a crate of its own, and nothing can import it.
        let is_in_library = |file: &File| file.source.path != "src/main.rs";
        let modules = files.iter().enumerate().filter(|(_, file)| is_in_library(file));
        let by_module = modules.map(|(at, file)| (file.module.clone(), at)).collect();
        Self { files, by_module }
    }

    /// What each file imports from others, in the order of the files.
    pub fn imports(&self) -> Vec<Vec<Import>> {
        (0..self.files.len()).map(|at| self.imports_of(at)).collect()
    }

    fn imports_of(&self, at: usize) -> Vec<Import> {
        let mut imports: Vec<Import> = Vec::new();
        for path in &self.files[at].paths {
            let target = self.absolute(at, path).and_then(|path| self.definition(&path, STEPS));
            if let Some(to) = target.filter(|&to| to != at)
                && !imports.iter().any(|known| known.to == to)
            {
                imports.push(Import { line: path.line, to });
            }
        }
        imports
    }

    /// A path of a file, from the crate's root. None for one that leads out of the crate, or to an inline module.
    fn absolute(&self, at: usize, path: &CodePath) -> Option<Vec<String>> {
        let own = &self.files[at].module;
        let supers = path.segments.iter().take_while(|segment| *segment == "super").count();
        let (base, rest) = match path.segments[0].as_str() {
            "crate" | "heirloom" => (Vec::new(), 1),
            "self" if path.inline_modules == 0 => (own.clone(), 1),
            _ if supers > 0 => {
                let up = supers.checked_sub(path.inline_modules)?;
                (own[..own.len().checked_sub(up)?].to_vec(), supers)
            }
            first => (self.named_module(at, first, path)?, 1),
        };
        Some([&base, &path.segments[rest..]].concat())
    }

    /// The module that `name` stands for in a file: a child, or one that a `use` of the file brings in.
    fn named_module(&self, at: usize, name: &str, from: &CodePath) -> Option<Vec<String>> {
        let child = [&self.files[at].module[..], &[name.to_owned()]].concat();
        if from.inline_modules == 0 && self.by_module.contains_key(&child) {
            return Some(child);
        }
        let is_other = |path: &&CodePath| path.declares.as_deref() == Some(name) && *path != from;
        // A `use` that starts with a name that another `use` declares is rare, and is not followed any further.
        let declared = self.files[at].paths.iter().filter(is_other).find(|path| path.segments[0] != name)?;
        let mut module = self.absolute(at, declared)?;
        if module.last().is_some_and(|last| last == "self") {
            module.pop();
        }
        self.by_module.contains_key(&module).then_some(module)
    }

    /// The file that defines what an absolute path names. None for a path that names a module only.
    fn definition(&self, path: &[String], steps: usize) -> Option<usize> {
        let mut module = &path[..0];
        while self.by_module.contains_key(&path[..module.len() + 1]) {
            module = &path[..module.len() + 1];
            if module.len() == path.len() {
                return None;
            }
        }
        let at = *self.by_module.get(module)?;
        let (name, rest) = (path.get(module.len())?, &path[module.len() + 1..]);
        if name == "self" {
            return None;
        }
        let declaration = self.files[at].paths.iter().find(|known| known.declares.as_ref() == Some(name));
        let passed_on = declaration.filter(|_| name != "*").and_then(|known| self.absolute(at, known));
        match passed_on.filter(|_| steps > 0) {
            Some(target) => self.definition(&[&target, rest].concat(), steps - 1),
            None => Some(self.behind_a_glob(at, name).unwrap_or(at)),
        }
    }

    /// The file whose definition of `name` comes into a module by `use other::*`.
    fn behind_a_glob(&self, at: usize, name: &str) -> Option<usize> {
        let globs = self.files[at].paths.iter().filter(|path| path.declares.as_deref() == Some("*"));
        let targets = globs.filter_map(|path| self.absolute(at, path)).filter_map(|path| self.definition(&path, 0));
        targets.filter(|&other| other != at).find(|&other| self.defines(other, name))
    }

    fn defines(&self, at: usize, name: &str) -> bool {
        const KEYWORDS: [&str; 8] = ["struct ", "enum ", "trait ", "fn ", "const ", "static ", "type ", "union "];
        let code = &self.files[at].source.code;
        KEYWORDS.iter().any(|keyword| {
            code.match_indices(keyword).any(|(start, _)| {
                let rest = &code[start + keyword.len()..];
                rest.strip_prefix(name).is_some_and(|after| !after.starts_with(crate::lexer::is_word_char))
            })
        })
    }
}
