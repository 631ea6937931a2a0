//! What commands print: tables for people, JSON for programs.

use std::io::{IsTerminal as _, Write as _};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use super::CliError;

/// How a command speaks.
pub(super) struct Output {
    pub is_json: bool,
}

impl Output {
    /// One thing: as JSON, or as a sentence.
    pub fn say(&self, json: &Value, sentence: &str) -> Result<(), CliError> {
        if self.is_json { line(&json.to_string()) } else { line(sentence) }
    }

    /// Many things of one kind: as a JSON array, or as a table with a column for each of `columns`.
    pub fn list(&self, rows: &[Value], columns: &[&str]) -> Result<(), CliError> {
        if self.is_json {
            return line(&Value::from(rows).to_string());
        }
        let cells: Vec<Vec<String>> =
            rows.iter().map(|row| columns.iter().map(|column| cell(&row[*column])).collect()).collect();
        let width = |at: usize| cells.iter().map(|row| row[at].chars().count()).chain([columns[at].len()]).max();
        let widths: Vec<usize> = (0..columns.len()).map(|at| width(at).unwrap_or(0)).collect();
        line(&padded(columns.iter().map(|column| column.to_uppercase()).collect(), &widths))?;
        cells.into_iter().try_for_each(|row| line(&padded(row, &widths)))
    }

    /// A bar for what takes long, on a terminal only; `None` for the length where nobody knows it.
    pub fn progress(&self, length: Option<u64>) -> ProgressBar {
        if self.is_json || !std::io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        match length {
            Some(length) => ProgressBar::new(length),
            None => ProgressBar::new_spinner().with_style(ProgressStyle::default_spinner()),
        }
    }
}

/// Control characters are made visible: a user agent is anyone's text, and a terminal obeys what it is sent.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect(),
        other => other.to_string(),
    }
}

fn padded(cells: Vec<String>, widths: &[usize]) -> String {
    let pad = |(cell, width): (String, &usize)| {
        let spaces = width.saturating_sub(cell.chars().count());
        cell + &" ".repeat(spaces)
    };
    let padded: Vec<String> = cells.into_iter().zip(widths).map(pad).collect();
    padded.join("  ").trim_end().to_owned()
}

fn line(text: &str) -> Result<(), CliError> {
    writeln!(std::io::stdout(), "{text}")?;
    Ok(())
}
