//! What people add to a word: signs, years, dates, numbers that many choose, and runs of keys.

use super::word_list::COMMON;

/// The shortest run of keys.
const SHORTEST_RUN: usize = 3;

/// Keys in the order in which fingers find them. Read in both directions.
const KEYS: &[&str] = &[
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "!@#$%^&*()_+",
    "!\"§$%&/()=",
    "qwertyuiop[]",
    "asdfghjkl;'",
    "zxcvbnm,./",
    "qwertzuiop",
    "yxcvbnm",
    "azertyuiop",
    "qsdfghjklm",
    "wxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
    "!qaz@wsx#edc$rfv%tgb^yhn&ujm",
    "qazwsxedcrfvtgbyhnujmikolp",
    "qaywsxedcrfvtgbzhnujmikolp",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
];

/// The lengths of what is no word at the beginning of `rest`, and how many signs each counts as: a sign, a repeated sign,
/// a year, a common number and a run of keys count as one, and a date counts as two.
pub(super) fn signs_at(rest: &[char]) -> Vec<(usize, usize)> {
    let is_sign = |c: char| c.is_ascii_digit() || !c.is_alphanumeric();
    let is_repeatable = |c: char| c.is_ascii_digit() || c.is_ascii_punctuation();
    let repeated = rest.iter().take_while(|&&c| c == rest[0] && is_repeatable(c)).count();
    let run = KEYS.iter().map(|keys| longest_run(rest, keys)).max().unwrap_or(0);
    let mut lengths: Vec<(usize, usize)> = (SHORTEST_RUN..=repeated.max(run)).map(|length| (length, 1)).collect();
    let digits: String = rest.iter().take_while(|c| c.is_ascii_digit()).collect();
    lengths.extend(is_sign(rest[0]).then_some((1, 1)));
    lengths.extend(digits.get(..4).is_some_and(is_year).then_some((4, 1)));
    lengths.extend(digits.get(..8).is_some_and(is_date).then_some((8, 2)));
    COMMON.beginnings(&rest[..digits.len()], |_| "", &mut |length| lengths.push((length, 1)));
    lengths
}

fn is_year(digits: &str) -> bool {
    digits.starts_with("19") || digits.starts_with("20")
}

/// A day, a month and a year, in any of the usual orders.
fn is_date(digits: &str) -> bool {
    let is_within = |text: &str, last: u8| text.parse().is_ok_and(|number: u8| (1..=last).contains(&number));
    let is_day = |text: &str| {
        let (one, other) = text.split_at(2);
        (is_within(one, 31) && is_within(other, 12)) || (is_within(one, 12) && is_within(other, 31))
    };
    let (first, last) = digits.split_at(4);
    (is_year(first) && is_day(last)) || (is_day(first) && is_year(last))
}

/// How much of `rest` is a part of `keys`, in either direction.
fn longest_run(rest: &[char], keys: &str) -> usize {
    let forwards = keys.char_indices().map(|(at, _)| alike(rest, keys[at..].chars()));
    let ends = keys.char_indices().map(|(at, key)| at + key.len_utf8());
    let backwards = ends.map(|end| alike(rest, keys[..end].chars().rev()));
    forwards.chain(backwards).max().unwrap_or(0)
}

fn alike(rest: &[char], keys: impl Iterator<Item = char>) -> usize {
    rest.iter().zip(keys).take_while(|(typed, key)| *typed == key).count()
}

#[cfg(test)]
mod tests {
    use super::signs_at;

    fn fewest(text: &str) -> Option<usize> {
        let text: Vec<char> = text.chars().collect();
        let whole = signs_at(&text).into_iter().filter(|(length, _)| *length == text.len());
        whole.map(|(_, count)| count).min()
    }

    #[test]
    fn what_many_people_add_counts_as_one_sign_or_two() {
        for one in ["!", "7", " ", "2025", "1999", "!!!", "7777", "12345", "54321", "qwert", "trewq", "1qaz", "!@#$"] {
            assert_eq!(fewest(one), Some(1), "{one}");
        }
        for two in ["13051984", "05131984", "19840513"] {
            assert!(fewest(two).is_some_and(|count| count <= 2), "{two}");
        }
        for none in ["a", "qx", "99482817", "!!", "84619357", "31029999"] {
            assert_eq!(fewest(none), None, "{none}");
        }
    }
}
