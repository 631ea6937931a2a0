//! Rust source, as far as the rules need to understand it: which part of it is code, and which paths it names.

use std::fs;
use std::path::Path;

use crate::lexer::{code_of, is_word_char};

/// A file, with everything that is not code blanked out.
pub struct Source {
    /// From the package's root, with slashes.
    pub path: String,
    pub text: String,
    /// The text with comments, strings and characters blanked. Lines and columns stay the same.
    pub code: String,
}

/// A path as the code spells it: `super::users::find as look_up` is `["super", "users", "find"]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CodePath {
    pub line: usize,
    pub segments: Vec<String>,
    /// What the path is called in this file. None for a path that no `use` declares.
    pub declares: Option<String>,
    /// How many `mod name { … }` are open around it.
    pub inline_modules: usize,
}

/// A path that starts at the crate's root: `crate::db::users` is `["db", "users"]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CratePath {
    pub line: usize,
    pub segments: Vec<String>,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned(), code: code_of(text) }
    }

    /// Every Rust file below a directory of the package.
    pub fn below(directory: &str) -> Vec<Self> {
        let mut found = Vec::new();
        let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(directory)];
        while let Some(directory) = open.pop() {
            for entry in fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let name = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap();
                    found.push(Self::new(name.to_str().unwrap(), &fs::read_to_string(&path).unwrap()));
                }
            }
        }
        found.sort_by(|a, b| a.path.cmp(&b.path));
        found
    }

    /// The modules that lead to this file: `["db", "users"]` for `src/db/users.rs`, none for `src/lib.rs`.
    pub fn modules(&self) -> Vec<&str> {
        let path = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        path.split('/').filter(|name| !["mod", "lib", "main"].contains(name)).collect()
    }

    /// The top-level module that this file belongs to. None for `lib.rs` and `main.rs`.
    pub fn module(&self) -> Option<&str> {
        self.modules().first().copied()
    }

    /// Lines of code, counted from 1.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.code.lines())
    }

    /// Every path of two segments or more, and every path of a `use`. The path of `pub(in path)` imports nothing.
    pub fn paths(&self) -> Vec<CodePath> {
        let mut found = Vec::new();
        let mut blocks = Blocks::default();
        let mut at = 0;
        while let Some(start) = self.code[at..].find(is_word_char).map(|offset| at + offset) {
            let end = start + self.code[start..].find(|c| !is_word_char(c)).unwrap_or(self.code.len() - start);
            let before = self.code[..start].trim_end();
            let is_use = &self.code[start..end] == "use";
            let starts_path = self.code[end..].starts_with("::") && !before.ends_with("::") && !before.ends_with('.');
            at = end;
            if is_use || starts_path {
                blocks.read_to(start, &self.code);
                let first = found.len();
                at = self.read_tree(if is_use { end } else { start }, &[], is_use, &mut found).max(end);
                found[first..].iter_mut().for_each(|path| path.inline_modules = blocks.modules());
                let is_visibility = before.ends_with("pub(in");
                if is_visibility {
                    found.truncate(first);
                }
            }
        }
        found
    }

    /// Every path from the crate's root: after `crate::`, after `heirloom::`, and after as many `super::` as lead there.
    pub fn crate_paths(&self) -> Vec<CratePath> {
        let depth = self.modules().len();
        let from_root = |path: CodePath| {
            let supers = path.segments.iter().take_while(|segment| *segment == "super").count();
            let skipped = match path.segments[0].as_str() {
                "crate" | "heirloom" => 1,
                _ if supers > 0 && supers == depth + path.inline_modules => supers,
                _ => return None,
            };
            Some(CratePath { line: path.line, segments: path.segments[skipped..].to_vec() })
        };
        self.paths().into_iter().filter_map(from_root).filter(|path| !path.segments.is_empty()).collect()
    }

    /// Reads the rest of a `use` or of a path. Returns where it ends.
    fn read_tree(&self, at: usize, before: &[String], is_use: bool, found: &mut Vec<CodePath>) -> usize {
        let skip = |at: usize| at + self.code[at..].len() - self.code[at..].trim_start().len();
        let mut at = skip(at);
        if is_use && self.code[at..].starts_with('{') {
            at += 1;
            loop {
                at = skip(at);
                if self.code[at..].starts_with('}') || self.code[at..].is_empty() {
                    return at + 1;
                }
                at = skip(self.read_tree(at, before, is_use, found)).max(at + 1);
                if self.code[at..].starts_with(',') {
                    at += 1;
                }
            }
        }
        let name = word(&self.code[at..]);
        if name.is_empty() {
            return at;
        }
        let line = 1 + self.code[..at].matches('\n').count();
        at += name.len();
        let segments = [before, &[name.to_owned()]].concat();
        let goes_on = self.code[at..].strip_prefix("::").is_some_and(|rest| !rest.trim_start().starts_with('<'));
        if goes_on {
            return self.read_tree(at + 2, &segments, is_use, found);
        }
        let renamed = self.code[at..].trim_start().strip_prefix("as ").filter(|_| is_use);
        if renamed.is_some() {
            at += self.code[at..].find([',', '}', ';']).unwrap_or(0);
        }
        let last = if name == "self" { before.last().map_or(name, String::as_str) } else { name };
        let declares = is_use.then(|| renamed.map_or(last, |rest| word(rest.trim_start())).to_owned());
        found.push(CodePath { line, segments, declares, inline_modules: 0 });
        at
    }
}

fn word(code: &str) -> &str {
    &code[..code.find(|c| !is_word_char(c) && c != '*').unwrap_or(code.len())]
}

/// Whether a line of code names something that begins with `start`.
pub fn names(line: &str, start: &str) -> bool {
    let is_inside = |at: usize| start.starts_with(is_word_char) && line[..at].ends_with(is_word_char);
    line.match_indices(start).any(|(at, _)| !is_inside(at))
}

/// The blocks that are open at one place of the code.
#[derive(Default)]
struct Blocks {
    at: usize,
    /// Whether each is a `mod name { … }`.
    open: Vec<bool>,
}

impl Blocks {
    fn read_to(&mut self, end: usize, code: &str) {
        for (offset, c) in code[self.at..end].char_indices() {
            let head = &code[..self.at + offset];
            match c {
                '{' => {
                    let keyword = head.trim_end().trim_end_matches(is_word_char).trim_end();
                    self.open
                        .push(keyword.ends_with("mod") && !keyword.trim_end_matches("mod").ends_with(is_word_char));
                }
                '}' => drop(self.open.pop()),
                _ => {}
            }
        }
        self.at = end;
    }

    fn modules(&self) -> usize {
        self.open.iter().filter(|&&is_module| is_module).count()
    }
}
