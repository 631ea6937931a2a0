//! From the text of a setting to its value. An error continues a sentence that starts with the setting's name.

use std::fmt::Display;
use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::setting::{Parser, setting};

/// Ten years. Longer durations could lead to dates that Postgres and JWTs cannot represent.
const LONGEST: Duration = Duration::from_secs(10 * 366 * 24 * 60 * 60);

pub(super) fn text(text: &str) -> Result<String, String> {
    if text.chars().any(char::is_control) {
        return Err("contains a control character".to_owned());
    }
    Ok(text.to_owned())
}

pub(super) fn path(text: &str) -> Result<PathBuf, String> {
    Ok(text.into())
}

/// `wanted` is what the text must be, such as "an address".
pub(super) fn parsed<T: FromStr>(wanted: &'static str) -> impl Fn(&str) -> Result<T, String> + Clone {
    move |text| text.parse().map_err(|_| format!("is {text:?} but must be {wanted}"))
}

pub(super) fn in_range<T>(range: RangeInclusive<T>) -> impl Fn(&str) -> Result<T, String> + Clone
where
    T: FromStr + PartialOrd + Display + Clone,
{
    move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        let (from, to) = (range.start(), range.end());
        number.ok_or_else(|| format!("is {text:?} but must be a whole number from {from} to {to}"))
    }
}

/// A number from 1 to `most`.
pub(super) fn count<T: TryFrom<NonZeroU32>>(most: u32) -> impl Fn(&str) -> Result<T, String> + Clone {
    let parse = in_range(1..=most);
    move |text| {
        let number = NonZeroU32::new(parse(text)?).and_then(|number| T::try_from(number).ok());
        number.ok_or_else(|| format!("is {text:?}, which this platform cannot count to"))
    }
}

pub(super) fn duration(least: Duration) -> impl Fn(&str) -> Result<Duration, String> + Clone {
    move |text| match humantime::parse_duration(text) {
        Ok(duration) if duration < least => {
            Err(format!("is {text:?} but must be at least {}", humantime::format_duration(least)))
        }
        Ok(duration) if duration > LONGEST => Err(format!("is {text:?} but must be at most ten years")),
        Ok(duration) => Ok(duration),
        Err(_) => Err(format!("is {text:?} but must be a duration such as 15m or 7d")),
    }
}

pub(super) fn boolean(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err(format!("is {text:?} but must be true or false")),
    }
}

/// One of a few names, in any case. The help lists them.
pub(super) fn one_of<T: Copy, const N: usize>(
    names: &'static [&'static str; N],
    values: [T; N],
) -> Parser<impl Fn(&str) -> Result<T, String> + Clone> {
    let parse = move |text: &str| {
        let at = names.iter().position(|name| name.eq_ignore_ascii_case(text));
        at.map(|at| values[at]).ok_or_else(|| format!("is {text:?} but must be one of {}", names.join(", ")))
    };
    setting(parse).with_choices(names)
}

/// The empty text is none. Otherwise it must be right for `parse`.
pub(super) fn optional<T>(
    parse: impl Fn(&str) -> Result<T, String> + Clone,
) -> impl Fn(&str) -> Result<Option<T>, String> + Clone {
    move |text| if text.is_empty() { Ok(None) } else { parse(text).map(Some) }
}

/// Items separated by commas. Every wrong one is reported.
pub(super) fn list<T>(
    parse: impl Fn(&str) -> Result<T, String> + Clone,
) -> impl Fn(&str) -> Result<Vec<T>, String> + Clone {
    move |text| {
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        all(items.map(&parse))
    }
}

/// All values, or all errors in one sentence.
pub(super) fn all<T>(results: impl Iterator<Item = Result<T, String>>) -> Result<Vec<T>, String> {
    let (mut values, mut errors) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(value) => values.push(value),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(values) } else { Err(errors.join("; it ")) }
}
