//! `heirloom user import` and `heirloom user export`.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, IsTerminal as _, Write as _};
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::error::CliError;
use super::lines::Lines;
use super::output::Output;
use super::printable::{printable_json, printable_line};
use crate::domain::user_line::LINE_LIMIT;
use crate::service::{Operator, RefusedLine};

/// How many users a query reads.
const PAGE: u32 = 1_000;

/// What editors of another system may put before the first line.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Imports the users of the file `path`, or of the standard input for `-`.
pub(super) async fn import(
    path: &Path,
    is_dry_run: bool,
    operator: &Operator,
    output: &Output,
) -> Result<(), CliError> {
    let (source, length): (Box<dyn BufRead>, _) = if path.as_os_str() == "-" {
        (Box::new(BufReader::new(std::io::stdin())), None)
    } else {
        let unreadable = |error| CliError::Io(std::io::Error::other(format!("{}: {error}", path.display())));
        let file = File::open(path).map_err(unreadable)?;
        let length = file.metadata().map_err(unreadable)?;
        (Box::new(BufReader::with_capacity(1 << 16, file)), length.is_file().then_some(length.len()))
    };
    let progress = progress(output, length);
    let mut import = operator.import_users(is_dry_run);
    let (mut lines, mut number) = (Lines::new(source, LINE_LIMIT), 0);
    let taken: Result<(), CliError> = async {
        while let Some(line) = lines.next_line()? {
            number += 1;
            let line = if number == 1 { line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line) } else { line };
            if line.len() > LINE_LIMIT || !line.trim_ascii().is_empty() {
                report(&progress, &import.take(number, line).await?);
            }
            if number.is_multiple_of(100) {
                progress.set_position(length.map_or(number, |_| lines.position));
            }
        }
        report(&progress, &import.flush().await?);
        Ok(())
    }
    .await;
    progress.finish_and_clear();
    let counts = import.counts();
    if let Err(error) = taken {
        let (imported, rest) = (counts.imported, "are imported. Run the command again: it skips them");
        return Err(if is_dry_run {
            error
        } else {
            CliError::Interrupted(format!("{error}. {imported} users {rest}"))
        });
    }
    tracing::info!(
        event = "authz_admin",
        os_user = operator.os_user(),
        imported = counts.imported,
        is_dry_run,
        "Imported users by command"
    );
    let done = if is_dry_run { "Would import" } else { "Imported" };
    output.say(
        &json!({
            "imported": counts.imported,
            "skipped": counts.skipped,
            "refused": counts.refused,
            "dry_run": is_dry_run,
        }),
        &format!("{done} {}; already there: {}; refused: {}", users(counts.imported), counts.skipped, counts.refused),
    )?;
    if counts.refused > 0 { Err(CliError::SomeRefused) } else { Ok(()) }
}

fn users(count: u64) -> String {
    format!("{count} user{}", if count == 1 { "" } else { "s" })
}

fn report(progress: &ProgressBar, refused: &[RefusedLine]) {
    if !refused.is_empty() {
        progress.suspend(|| {
            for RefusedLine { number, reason } in refused {
                eprintln!("line {number}: {}", printable_line(reason));
            }
        });
    }
}

fn progress(output: &Output, length: Option<u64>) -> ProgressBar {
    let progress = output.progress(length);
    let style = match length {
        Some(_) => ProgressStyle::with_template("{wide_bar} {bytes} of {total_bytes}, {eta} left"),
        None => ProgressStyle::with_template("{spinner} {human_pos} lines"),
    };
    progress.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Prints every user as a line of JSON, which an import reads.
pub(super) async fn export(with_hashes: bool, operator: &Operator, output: &Output) -> Result<(), CliError> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    let progress = match std::io::stdout().is_terminal() {
        true => ProgressBar::hidden(),
        false => output.progress(None).with_style(ProgressStyle::default_spinner()),
    };
    let mut after = None;
    loop {
        let users = operator.export_users(after, PAGE, with_hashes).await?;
        for (_, line) in &users {
            writeln!(out, "{}", printable_json(&line.to_json()))?;
        }
        progress.inc(users.len() as u64);
        match users.last() {
            Some((last, _)) => after = Some(*last),
            None => break,
        }
    }
    out.flush()?;
    progress.finish_and_clear();
    tracing::info!(event = "authz_admin", os_user = operator.os_user(), with_hashes, "Exported users by command");
    Ok(())
}
