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
        let mut list = self.begin_list(columns);
        list.page(rows)?;
        list.end()
    }

    /// Begins a list whose rows are printed page by page.
    pub fn begin_list<'a>(&self, columns: &'a [(&'a str, &'a str)]) -> List<'a> {
        let widths = columns.iter().map(|(heading, _)| heading.len()).collect();
        List { is_json: self.is_json, columns, widths, is_begun: false }
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

/// A list of which some pages may be printed.
pub(super) struct List<'a> {
    is_json: bool,
    columns: &'a [(&'a str, &'a str)],
    /// A page never makes a column narrower than the page before.
    widths: Vec<usize>,
    is_begun: bool,
}

impl List<'_> {
    pub fn page(&mut self, rows: &[Value]) -> Result<(), CliError> {
        if self.is_json {
            for row in rows {
                print(&format!("{}{}", if self.is_begun { "," } else { "[" }, printable_json(row)))?;
                self.is_begun = true;
            }
            return Ok(());
        }
        let cells: Vec<Vec<String>> =
            rows.iter().map(|row| self.columns.iter().map(|(_, field)| cell(&row[*field])).collect()).collect();
        for (at, width) in self.widths.iter_mut().enumerate() {
            *width = cells.iter().map(|row| row[at].chars().count()).chain([*width]).max().unwrap_or(0);
        }
        if !self.is_begun {
            self.is_begun = true;
            let headings = self.columns.iter().map(|(heading, _)| (*heading).to_owned());
            print_line(&padded(headings.collect(), &self.widths))?;
        }
        cells.into_iter().try_for_each(|row| print_line(&padded(row, &self.widths)))
    }

    pub fn end(mut self) -> Result<(), CliError> {
        match (self.is_json, self.is_begun) {
            (true, true) => print_line("]"),
            (true, false) => print_line("[]"),
            (false, _) => self.page(&[]),
        }
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => printable_line(text),
        Value::Array(values) => values.iter().map(cell).collect::<Vec<_>>().join(","),
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

fn print(text: &str) -> Result<(), CliError> {
    write!(std::io::stdout(), "{text}")?;
    Ok(())
}
