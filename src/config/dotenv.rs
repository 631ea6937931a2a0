//! The syntax of `.env`: the one that Docker Compose and shells read, except that `$` is an ordinary character. A password
//! with `$` would otherwise lose a part, without any message.

/// A variable and its value.
pub type Variable = (String, String);

/// The variables of a file.
///
/// # Errors
/// A sentence that names the line and never quotes a value, because that may be a secret.
pub fn parse(text: &str) -> Result<Vec<Variable>, String> {
    let mut reader = Reader { rest: text.trim_start_matches('\u{feff}'), line: 1 };
    let mut variables = Vec::new();
    while reader.skip_to_variable() {
        variables.push(reader.variable()?);
    }
    Ok(variables)
}

/// `variables` in a form that the crate dotenvy, which sets them, reads back unchanged.
pub fn quoted<'a>(variables: impl IntoIterator<Item = &'a Variable>) -> String {
    let mut text = String::new();
    for (name, value) in variables {
        text.push_str(name);
        text.push_str("=\"");
        for c in value.chars() {
            match c {
                '\n' => text.push_str("\\n"),
                '\\' | '"' | '$' => text.extend(['\\', c]),
                c => text.push(c),
            }
        }
        text.push_str("\"\n");
    }
    text
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        self.line += usize::from(c == '\n');
        Some(c)
    }

    fn skip(&mut self, is_skipped: impl Fn(char) -> bool) {
        while self.rest.starts_with(&is_skipped) {
            self.next();
        }
    }

    fn skip_blanks(&mut self) {
        self.skip(|c| c.is_whitespace() && c != '\n');
    }

    /// Skips empty lines and comments. `false` at the end of the text.
    fn skip_to_variable(&mut self) -> bool {
        loop {
            self.skip(char::is_whitespace);
            if !self.rest.starts_with('#') {
                return !self.rest.is_empty();
            }
            self.skip(|c| c != '\n');
        }
    }

    fn variable(&mut self) -> Result<Variable, String> {
        let line = self.line;
        let no_variable = || format!("line {line} must be NAME=value, a comment, or empty");
        let mut name = self.name().ok_or_else(no_variable)?;
        self.skip_blanks();
        if name == "export" && !self.rest.starts_with('=') {
            name = self.name().ok_or_else(no_variable)?;
            self.skip_blanks();
        }
        if self.next() != Some('=') {
            return Err(no_variable());
        }
        self.skip_blanks();
        match self.value() {
            Some(value) if !value.contains('\0') => Ok((name, value)),
            _ => Err(format!("the value of {name} in line {line} does not end properly; put it in single quotes")),
        }
    }

    fn name(&mut self) -> Option<String> {
        let is_first = |c: char| c.is_ascii_alphabetic() || c == '_';
        if !self.rest.starts_with(is_first) {
            return None;
        }
        let end = self.rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.'));
        let (name, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        Some(name.to_owned())
    }

    /// The value, up to the end of its line or a comment. `None` if a quote is not closed or text follows a space.
    fn value(&mut self) -> Option<String> {
        let mut value = String::new();
        if self.rest.starts_with('#') {
            self.skip(|c| c != '\n');
        }
        while let Some(c) = self.next() {
            match c {
                '\n' => break,
                '\'' => loop {
                    match self.next()? {
                        '\'' => break,
                        c => value.push(c),
                    }
                },
                '"' => loop {
                    match self.next()? {
                        '"' => break,
                        '\\' => value.push(self.escaped()?),
                        c => value.push(c),
                    }
                },
                '\\' => value.push(self.escaped()?),
                c if c.is_whitespace() => {
                    self.skip_blanks();
                    if self.rest.starts_with('#') {
                        self.skip(|c| c != '\n');
                    }
                    return (self.rest.is_empty() || self.rest.starts_with('\n')).then_some(value);
                }
                c => value.push(c),
            }
        }
        Some(value)
    }

    fn escaped(&mut self) -> Option<char> {
        match self.next()? {
            'n' => Some('\n'),
            c @ ('\\' | '\'' | '"' | '$' | ' ') => Some(c),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Variable, parse, quoted};

    fn by_dotenvy(text: &str) -> Option<Vec<Variable>> {
        dotenvy::from_read_iter(text.as_bytes()).collect::<Result<_, _>>().ok()
    }

    #[test]
    fn a_value_is_plain_or_quoted_and_a_dollar_is_a_dollar() {
        let text = "\u{feff}# it's a comment\n\nA=pa$$word\nexport B = 'a b#$c\\' # comment\r\nC=\"a \\\"b\\\" $HOME\\n\"\n\
                    D=a#b\nE=\nF= # none\nG='it'\\''s'\nH='two\nlines'\nexport=x\n  I=last";
        let expected = [
            ("A", "pa$$word"),
            ("B", "a b#$c\\"),
            ("C", "a \"b\" $HOME\n"),
            ("D", "a#b"),
            ("E", ""),
            ("F", ""),
            ("G", "it's"),
            ("H", "two\nlines"),
            ("export", "x"),
            ("I", "last"),
        ];
        assert_eq!(parse(text).unwrap(), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn what_cannot_be_read_is_named_by_its_line_without_its_value() {
        for (text, expected) in [
            ("A=1\ncanary", "line 2 must be NAME=value, a comment, or empty"),
            ("=canary", "line 1 must be NAME=value, a comment, or empty"),
            ("A='canary\nB=1", "the value of A in line 1 does not end properly; put it in single quotes"),
            ("\nA=ca nary", "the value of A in line 2 does not end properly; put it in single quotes"),
            ("A=canary\\x", "the value of A in line 1 does not end properly; put it in single quotes"),
            ("A=canary\0", "the value of A in line 1 does not end properly; put it in single quotes"),
        ] {
            assert_eq!(parse(text).unwrap_err(), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_value_survives_being_quoted(values in prop::collection::vec("[^\0]{0,20}", 0..4)) {
            let name = |at| format!("NAME_{at}");
            let variables: Vec<Variable> = values.into_iter().enumerate().map(|(at, value)| (name(at), value)).collect();
            prop_assert_eq!(by_dotenvy(&quoted(&variables)), Some(variables.clone()));
            prop_assert_eq!(parse(&quoted(&variables)), Ok(variables));
        }

        /// Files written for earlier versions keep their meaning.
        #[test]
        fn a_line_without_dollars_means_what_dotenvy_reads(text in r#"[A-Z]{1,2} ?= ?([ab#'" ]|\\[\\'"]){0,8}"#) {
            if let Some(variables) = by_dotenvy(&text) {
                prop_assert_eq!(parse(&text), Ok(variables));
            }
        }
    }
}
