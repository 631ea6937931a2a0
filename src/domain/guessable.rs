//! Passwords that attackers guess early: common words and names in disguise.
//!
//! A password is guessable if it consists of nothing but parts that attackers combine: at most one word of the list of
//! common passwords, words of the account's context, runs of keys, years, and a few signs. Case, accents and the usual
//! substitutions (`P@ssw0rd`) do not count. A second word that is not of the context makes a password acceptable, and so
//! do a few random letters: length is worth more than signs, so nothing is required of the composition.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::signs::signs_at;
use super::word_list::COMMON;

/// The most signs around words that do not make a password harder to guess. A year, a run of keys and a common number
/// count as one sign.
const SIGNS_AROUND_WORDS: usize = 5;

/// The same for a password without a word.
const SIGNS_ALONE: usize = 3;

/// The shortest part of a name that counts as a word of the context.
const SHORTEST_NAME: usize = 3;

/// How often a word in a row counts as one word.
const MOST_TIMES: usize = 3;

/// What a password is made of, if it is guessable.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Guessable {
    /// A word of the context, such as the name of the service.
    Name,
    /// A common password or word.
    Word,
    /// No word is needed: runs of keys, years and common numbers.
    Signs,
}

/// Names that an attacker knows beforehand.
#[derive(Clone, Default, Debug)]
pub(super) struct Names(Vec<Vec<char>>);

impl Names {
    /// Adds `name` and each part of it that is a word.
    pub fn add(&mut self, name: &str) {
        let name = folded(name);
        let parts = name.split(|c| !c.is_alphabetic());
        for part in parts.chain([name.as_slice()]).filter(|part| part.len() >= SHORTEST_NAME) {
            self.0.push(part.to_vec());
        }
    }
}

/// What `password` is made of, if it is guessable for an attacker who knows `names`.
pub(super) fn guessable(password: &str, names: &Names) -> Option<Guessable> {
    let text = folded(password);
    let mut covers = Covers::new(text.len());
    for at in 0..text.len() {
        covers.extend(&text, at, names);
    }
    let [alone, with_names, with_a_word] = covers.signs[text.len()];
    if alone <= SIGNS_ALONE && !text.is_empty() {
        return Some(Guessable::Signs);
    }
    let made_of = if with_names <= with_a_word { Guessable::Name } else { Guessable::Word };
    (with_names.min(with_a_word) <= SIGNS_AROUND_WORDS).then_some(made_of)
}

/// The words in the part of a password that is covered.
#[derive(Clone, Copy)]
enum Words {
    None,
    Names,
    /// A common word, perhaps with names.
    Common,
}

impl Words {
    const ALL: [Self; 3] = [Self::None, Self::Names, Self::Common];

    fn and_a_name(self) -> Self {
        if matches!(self, Self::None) { Self::Names } else { self }
    }
}

/// For each length of a password's beginning, and each kind of words in it: the fewest signs with which it can be
/// covered.
struct Covers {
    signs: Vec<[usize; 3]>,
}

impl Covers {
    fn new(length: usize) -> Self {
        let mut signs = vec![[usize::MAX; 3]; length + 1];
        signs[0][Words::None as usize] = 0;
        Self { signs }
    }

    fn cover(&mut self, end: usize, words: Words, signs: usize) {
        let best = &mut self.signs[end][words as usize];
        *best = signs.min(*best);
    }

    /// Covers more, from the character `at` on.
    fn extend(&mut self, text: &[char], at: usize, names: &Names) {
        let (rest, so_far) = (&text[at..], self.signs[at]);
        let is_within = |words: &Words| so_far[*words as usize] <= SIGNS_AROUND_WORDS;
        if !Words::ALL.iter().any(is_within) {
            return;
        }
        let (signs, common) = (signs_at(rest), words_at(rest));
        for words in Words::ALL.into_iter().filter(is_within) {
            let so_far = so_far[words as usize];
            for &(length, count) in &signs {
                self.cover(at + length, words, so_far + count);
            }
            for name in names.0.iter().filter(|name| is_read_as(rest, name)) {
                self.cover(at + name.len(), words.and_a_name(), so_far);
            }
            if !matches!(words, Words::Common) {
                common.iter().for_each(|&length| self.cover(at + length, Words::Common, so_far));
            }
        }
    }
}

/// The lengths of the common words at the beginning of `rest`. A word that is typed up to [`MOST_TIMES`] is one word.
fn words_at(rest: &[char]) -> Vec<usize> {
    let mut lengths = Vec::new();
    let mut is_word = |length: usize| {
        let word = &rest[..length];
        if word.iter().any(|c| c.is_alphabetic()) {
            let times = rest.chunks_exact(length).take(MOST_TIMES).take_while(|chunk| *chunk == word).count();
            lengths.extend((1..=times).map(|times| times * length));
        }
    };
    COMMON.beginnings(rest, readings, &mut is_word);
    lengths
}

fn is_read_as(rest: &[char], name: &[char]) -> bool {
    let is_letter = |(typed, letter): (&char, &char)| typed == letter || readings(*typed).contains(*letter);
    rest.len() >= name.len() && rest.iter().zip(name).all(is_letter)
}

/// The letters that a sign is used for. A letter stands for itself only.
fn readings(typed: char) -> &'static str {
    match typed {
        '@' | '4' => "a",
        '8' => "b",
        '(' | '<' => "c",
        '3' | '€' => "e",
        '6' => "bg",
        '9' => "g",
        '1' | '!' | '|' => "il",
        '0' => "o",
        '$' | '5' | '§' => "s",
        '7' | '+' => "t",
        '2' => "z",
        _ => "",
    }
}

/// The letters of a text without accents, in lower case and in their plain form.
fn folded(text: &str) -> Vec<char> {
    text.nfkd().filter(|&c| !is_combining_mark(c)).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::{COMMON, Guessable, Names, guessable};

    fn judge(password: &str) -> Option<Guessable> {
        let mut names = Names::default();
        ["alice.long", "example", "heirloom"].into_iter().for_each(|name| names.add(name));
        guessable(password, &names)
    }

    #[test]
    fn a_common_word_is_one_in_any_disguise() {
        for password in [
            "P@ssw0rd1",
            "pa55w0rd",
            "Welcome123!",
            "Summer2025!",
            "!!Herbst2024",
            "dragondragon",
            "Dr4g0n!1984",
            "M0nd@y99",
            "p\u{e4}ssword1",
            "\u{ff50}\u{ff41}\u{ff53}\u{ff53}word12",
            "Password 2025",
            "HeirloomPassword1",
        ] {
            assert_eq!(judge(password), Some(Guessable::Word), "{password}");
        }
    }

    #[test]
    fn a_name_of_the_context_is_one_in_any_disguise() {
        for password in ["alicelong", "Alice.Long1984", "4lice2025!", "3xample123!", "AliceExample", "Heirl00m#1"] {
            assert_eq!(judge(password), Some(Guessable::Name), "{password}");
        }
        let mut names = Names::default();
        assert_eq!(guessable("Zorbl4x#1", &names), None);
        names.add("zorblax");
        assert_eq!(guessable("Zorbl4x#1", &names), Some(Guessable::Name));
    }

    #[test]
    fn keys_beside_each_other_and_common_numbers_are_no_words_but_guessable() {
        for password in ["qwertz2025!", "asdf1234!@#$", "123456!!", "20242024!", "yxcvbnm987", "13051984!"] {
            let judged = judge(password);
            assert!(matches!(judged, Some(Guessable::Signs | Guessable::Word)), "{password}: {judged:?}");
        }
    }

    #[test]
    fn what_is_more_than_a_word_and_a_few_signs_is_not_guessable() {
        for password in [
            "",
            "dragon84-61.93",
            "horsebatterystaple",
            "summer rain 2025",
            "alice likes purple lamps",
            "heirloom tomato soup",
            "xK9!password",
            "84619357",
            "\u{1f980}\u{1f980}\u{1f980}\u{1f980}\u{1f980}\u{1f980}\u{1f980}\u{1f980}",
            "        ",
        ] {
            assert_eq!(judge(password), None, "{password}");
        }
    }

    #[test]
    fn every_word_of_the_list_is_in_it() {
        assert!(COMMON.words().filter(|word| word.chars().count() >= 8).count() > 100_000);
        for word in COMMON.words() {
            assert!(COMMON.contains(word), "{word}");
        }
        assert!(COMMON.words().is_sorted(), "the search needs an order");
    }

    #[test]
    fn the_longest_text_is_judged_quickly() {
        for text in ["1!", "a", "\u{fdfa}", "4l1c3", "password", "0123456789"] {
            let long: String = text.chars().cycle().take(128).collect();
            judge(&long);
        }
    }
}
