//! Telling code from comments and literals.

/// `text` with comments, strings and characters turned to spaces.
pub fn code_of(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after_word = code.ends_with(is_word_char);
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

pub fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
