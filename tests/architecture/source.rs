//! Rust source, as far as the rules need to understand it: what is code in it, and which rooms its paths lead to.

use std::fs;
use std::path::Path;

/// A file, with what is not code blanked out.
pub struct Source {
    /// From the package's root, with slashes.
    pub path: String,
    pub text: String,
    /// The text with comments, strings and characters blanked; lines and columns stay the same.
    pub code: String,
}

/// A path in code that starts at the crate's root: `crate::db::users` is in `db`, by way of `["db", "users"]`.
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
    fn modules(&self) -> Vec<&str> {
        let path = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        path.split('/').filter(|name| !["mod", "lib", "main"].contains(name)).collect()
    }

    /// The top-level module that this file belongs to; none for `lib.rs` and `main.rs`.
    pub fn room(&self) -> Option<&str> {
        self.modules().first().copied()
    }

    /// Lines of code, counted from 1.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.code.lines())
    }

    /// Every path from the crate's root: after `crate::`, after `heirloom::`, and after as many `super::` as lead there.
    pub fn crate_paths(&self) -> Vec<CratePath> {
        let mut found = Vec::new();
        for root in ["crate::", "heirloom::"] {
            for at in starts(&self.code, root) {
                self.read_tree(at + root.len(), &[], &mut found);
            }
        }
        for at in starts(&self.code, "super::") {
            let (before, rest) = self.code.split_at(at);
            let supers = rest.split("::").take_while(|segment| *segment == "super").count();
            if !before.ends_with("super::") && supers == self.modules().len() + inline_modules(before) {
                self.read_tree(at + supers * "super::".len(), &[], &mut found);
            }
        }
        found.sort_by_key(|path| path.line);
        found
    }

    /// Reads what a `use` or a path goes on with; returns where it ends.
    fn read_tree(&self, at: usize, before: &[String], found: &mut Vec<CratePath>) -> usize {
        let skip = |at: usize| at + self.code[at..].len() - self.code[at..].trim_start().len();
        let mut at = skip(at);
        if self.code[at..].starts_with('{') {
            at += 1;
            loop {
                at = skip(at);
                if self.code[at..].starts_with('}') || self.code[at..].is_empty() {
                    return at + 1;
                }
                at = skip(self.read_tree(at, before, found)).max(at + 1);
                if self.code[at..].starts_with(',') {
                    at += 1;
                }
            }
        }
        let name: String = self.code[at..].chars().take_while(|&c| is_of_word(c) || c == '*').collect();
        let line = 1 + self.code[..at].matches('\n').count();
        at += name.len();
        let segments = [before, &[name]].concat();
        let goes_on = self.code[at..].strip_prefix("::").is_some_and(|rest| !rest.trim_start().starts_with('<'));
        if goes_on {
            return self.read_tree(at + 2, &segments, found);
        }
        found.push(CratePath { line, segments });
        if self.code[at..].trim_start().starts_with("as ") {
            at += self.code[at..].find([',', '}', ';']).unwrap_or(0);
        }
        at
    }
}

/// Whether a line of code names something that begins with `start`.
pub fn names(line: &str, start: &str) -> bool {
    starts(line, start).next().is_some()
}

/// Where in the code something begins with `start`, other than inside a longer name.
fn starts<'a>(code: &'a str, start: &'a str) -> impl Iterator<Item = usize> + 'a {
    let is_inside = move |at: usize| start.starts_with(is_of_word) && code[..at].ends_with(is_of_word);
    code.match_indices(start).map(|(at, _)| at).filter(move |&at| !is_inside(at))
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// How many `mod name { … }` are open at the end of this code.
fn inline_modules(before: &str) -> usize {
    let mut open = Vec::new();
    for (at, c) in before.char_indices() {
        match c {
            '{' => {
                let head = before[..at].trim_end().trim_end_matches(is_of_word);
                open.push(head.split_whitespace().next_back() == Some("mod"));
            }
            '}' => drop(open.pop()),
            _ => {}
        }
    }
    open.into_iter().filter(|&is_module| is_module).count()
}

/// `text` with comments, strings and characters turned to spaces.
fn code_of(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after_word = code.ends_with(is_of_word);
        let length = match c {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => block_comment(rest),
            '"' => string(rest),
            'r' | 'b' | 'c' if !after_word && literal_prefix(rest) > 0 => {
                let prefix = literal_prefix(rest);
                if rest[..prefix].contains('r') {
                    prefix + raw_string(&rest[prefix..])
                } else {
                    prefix + string(&rest[prefix..])
                }
            }
            '\'' => character(rest),
            _ => 0,
        };
        if length == 0 {
            code.push(c);
            rest = &rest[c.len_utf8()..];
        } else {
            code.extend(rest[..length].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            rest = &rest[length..];
        }
    }
    code
}

/// The length of `r`, `b`, `br`, `c` or `cr` where a string follows.
fn literal_prefix(rest: &str) -> usize {
    let prefix = rest.len() - rest.trim_start_matches(['b', 'c', 'r']).len();
    let is_raw = rest[..prefix].ends_with('r');
    let quoted = if is_raw { rest[prefix..].trim_start_matches('#') } else { &rest[prefix..] };
    if prefix <= 2 && quoted.starts_with('"') { prefix } else { 0 }
}

fn raw_string(rest: &str) -> usize {
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    let end = format!("\"{}", "#".repeat(hashes));
    rest[hashes + 1..].find(&end).map_or(rest.len(), |at| hashes + 1 + at + end.len())
}

fn string(rest: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '"' if !is_escaped => return at + 1,
            _ => is_escaped = c == '\\' && !is_escaped,
        }
    }
    rest.len()
}

/// The length of a character, or 0 for a lifetime.
fn character(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), Some(_)) => chars.find(|&(_, c)| c == '\'').map_or(0, |(at, _)| at + 1),
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 0,
    }
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        match &rest[at..] {
            from if from.starts_with("/*") => (depth, at) = (depth + 1, at + 2),
            from if from.starts_with("*/") => (depth, at) = (depth - 1, at + 2),
            from => at += from.chars().next().map_or(1, char::len_utf8),
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}
