//! What commands print: tables for people, JSON for programs.

use std::io::{IsTerminal as _, Write as _};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use super::error::CliError;
use super::printable::{printable, printable_json, printable_line};

/// How a command prints its result.
pub(super) struct Output {
    pub is_json: bool,
}

impl Output {
    /// Prints one result, as JSON or as a sentence.
    pub fn say(&self, json: &Value, sentence: &str) -> Result<(), CliError> {
        if self.is_json { print_line(&printable_json(json)) } else { print_line(&printable(sentence)) }
    }

    /// Prints rows, as a JSON array or as a table. A column is a heading and the field below it.
    pub fn list(&self, rows: &[Value], columns: &[(&str, &str)]) -> Result<(), CliError> {
        if self.is_json {
            return print_line(&printable_json(&Value::from(rows)));
        }
        let cells: Vec<Vec<String>> =
            rows.iter().map(|row| columns.iter().map(|(_, field)| cell(&row[*field])).collect()).collect();
        let width = |at: usize| cells.iter().map(|row| row[at].chars().count()).chain([columns[at].0.len()]).max();
        let widths: Vec<usize> = (0..columns.len()).map(|at| width(at).unwrap_or(0)).collect();
        print_line(&padded(columns.iter().map(|(heading, _)| (*heading).to_owned()).collect(), &widths))?;
        cells.into_iter().try_for_each(|row| print_line(&padded(row, &widths)))
    }

    /// A progress bar, on a terminal only. Without a `length` it is a spinner.
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

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => printable_line(text),
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

/// A closed pipe (`heirloom openapi | head`) is an error here. `println!` would panic.
pub(super) fn print_line(text: &str) -> Result<(), CliError> {
    writeln!(std::io::stdout(), "{text}")?;
    Ok(())
}
