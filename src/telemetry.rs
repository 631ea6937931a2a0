//! Structured logs on standard error, as text or JSON. Secrets have types that do not print them, so nothing is filtered
//! here.

use std::io;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// A filter that cannot be parsed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadFilter(String);

/// Checks a filter such as `info` or `heirloom=debug,actix_web=warn`.
///
/// # Errors
/// [`BadFilter`] says which part is wrong.
pub fn check_filter(filter: &str) -> Result<(), BadFilter> {
    parse(filter).map(drop)
}

/// Sends the logs of the process to standard error, and panics to the logs.
///
/// # Errors
/// [`BadFilter`] as in [`check_filter`].
pub fn init(filter: &str, is_json: bool) -> Result<(), BadFilter> {
    let filter = parse(filter)?;
    // Only tests call this twice. The first call has set up the logs.
    let _ = if is_json {
        tracing_subscriber::registry().with(filter).with(json(io::stderr)).try_init()
    } else {
        tracing_subscriber::registry().with(filter).with(text(io::stderr)).try_init()
    };
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.payload_as_str().unwrap_or("no message");
        let location = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(panic.message = message, panic.location = location, "A panic; its request failed");
    }));
    Ok(())
}

fn parse(filter: &str) -> Result<EnvFilter, BadFilter> {
    // A single word that is no level would be taken for a target, and turn off the logs of everything else.
    let mut words = filter.split(',').map(str::trim).filter(|word| !word.contains(['=', '[']));
    if let Some(word) = words.find(|word| word.parse::<LevelFilter>().is_err()) {
        return Err(BadFilter(format!("{word:?} must be one of off, error, warn, info, debug and trace")));
    }
    // The web server's own messages about start and stop are hidden unless the filter asks for them.
    EnvFilter::try_new(format!("actix_server=warn,{filter}")).map_err(|error| BadFilter(error.to_string()))
}

fn text<S, W>(writer: W) -> impl tracing_subscriber::Layer<S>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    use std::io::IsTerminal as _;
    tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(io::stderr().is_terminal()).with_target(false)
}

fn json<S, W>(writer: W) -> impl tracing_subscriber::Layer<S>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    tracing_subscriber::fmt::layer().json().flatten_event(true).with_span_list(false).with_writer(writer)
}

#[cfg(test)]
mod tests {
    use super::check_filter;

    #[test]
    fn a_word_that_is_no_level_is_refused_and_not_taken_for_a_target() {
        for right in
            ["info", "WARN", "off", "info,heirloom=debug", "heirloom=trace,actix_web=off", "info,[request]=debug"]
        {
            assert!(check_filter(right).is_ok(), "{right}");
        }
        for wrong in ["warning", "loud", "info,heirloom", "nonsense level", "heirloom=loud"] {
            assert!(check_filter(wrong).is_err(), "{wrong}");
        }
    }
}
