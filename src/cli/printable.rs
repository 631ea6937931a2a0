//! Text without characters that control a terminal. Users choose their email address and their user agent.

use serde_json::Value;

use crate::domain::invisible::is_invisible;

/// `text` with every invisible character but line breaks escaped, as in `\u{202e}`.
pub(super) fn printable(text: &str) -> String {
    escaped(text, |c| c.escape_unicode().collect())
}

/// The same for what stands on one line.
pub(super) fn printable_line(text: &str) -> String {
    printable(text).replace('\n', "\\u{a}")
}

/// JSON in which invisible characters are escaped. Outside of its strings JSON has none.
pub(super) fn printable_json(value: &Value) -> String {
    escaped(&value.to_string(), |c| c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect())
}

fn escaped(text: &str, escape: impl Fn(char) -> String) -> String {
    let mut printable = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => printable.push('\n'),
            c if is_invisible(c) => printable.push_str(&escape(c)),
            c => printable.push(c),
        }
    }
    printable
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{printable, printable_json, printable_line};

    #[test]
    fn what_a_terminal_would_obey_is_escaped_and_all_else_is_not() {
        let text = "b\u{fc}cher \u{938}\u{93e} \u{202e}evil\u{1b}[31m\u{200b}\n\u{e0041}";
        assert_eq!(printable(text), "b\u{fc}cher \u{938}\u{93e} \\u{202e}evil\\u{1b}[31m\\u{200b}\n\\u{e0041}");
        assert!(printable_line(text).ends_with("\\u{200b}\\u{a}\\u{e0041}"));
        let value = json!({ "email": text });
        let json = printable_json(&value);
        assert!(!json.contains(['\u{202e}', '\u{1b}', '\u{200b}', '\n', '\u{e0041}']), "{json}");
        assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), value);
    }
}
