//! Which passwords can be chosen: none that attackers guess early, and all that are long and random.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use heirloom::domain::account::Email;
use heirloom::domain::password::{Password, PasswordError, PasswordPolicy};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};

const MANY: usize = 10_000;

fn choose(password: &str) -> Result<(), PasswordError> {
    let email = Email::parse("alice.long@mail.example.com").unwrap();
    let service = ["https://login.acme.example", "acme-app", "heirloom"].map(str::to_owned);
    Password::chosen(&password.to_owned().into(), Some(&email), &service, PasswordPolicy { min_length: 8 }).map(|_| ())
}

/// Common words of four letters or more, without runs of keys: harder than words from a list for passphrases.
fn words() -> Vec<&'static str> {
    let list = include_str!("../src/domain/common_passwords.txt");
    let is_run = |letters: &[u8]| {
        let keys = ["qwertyuiop", "qwertz", "azerty", "asdfghjkl", "zxcvbnm", "yxcvb", "qazwsxedc", "abcdefgh"];
        let mut reversed = letters.to_vec();
        reversed.reverse();
        let has = |keys: &str, run: &[u8]| keys.as_bytes().windows(3).any(|part| part == run);
        keys.iter().any(|keys| has(keys, letters) || has(keys, &reversed))
    };
    let is_word = |word: &&str| {
        let letters = word.as_bytes();
        letters.len() >= 4 && letters.iter().all(u8::is_ascii_lowercase) && !letters.windows(3).any(is_run)
    };
    list.lines().filter(is_word).collect()
}

fn refused(passwords: impl Iterator<Item = String>) -> Vec<String> {
    passwords.filter(|password| choose(password).is_err()).collect()
}

#[test]
fn no_random_password_of_twelve_characters_is_refused() {
    let mut rng = StdRng::seed_from_u64(12);
    for (number, alphabet) in [
        (MANY, (' '..='~').collect::<Vec<char>>()),
        (MANY / 5, ('a'..='z').chain('A'..='Z').chain('0'..='9').collect()),
        (MANY / 5, ('a'..='z').chain('2'..='9').collect()),
        (MANY / 5, ('a'..='z').collect()),
    ] {
        let random = (0..number).map(|_| (0..12).map(|_| *alphabet.choose(&mut rng).unwrap()).collect());
        assert_eq!(refused(random), [""; 0], "of {} characters", alphabet.len());
    }
}

#[test]
fn no_phrase_of_four_words_is_refused_however_common_the_words_and_however_they_are_joined() {
    let words = words();
    let mut rng = StdRng::seed_from_u64(4);
    for join in [" ", "-", ".", "", "1"] {
        let phrases = (0..MANY / 5).map(|at| {
            let phrase: Vec<&str> = (0..4 + at % 3).map(|_| *words.choose(&mut rng).unwrap()).collect();
            phrase.join(join)
        });
        assert_eq!(refused(phrases), [""; 0], "joined by {join:?}");
    }
}

#[test]
fn a_random_part_of_six_characters_beside_a_common_word_is_enough() {
    let words = words();
    let mut rng = StdRng::seed_from_u64(6);
    let random = (0..MANY / 5).map(|_| {
        let random: String = (0..6).map(|_| char::from(rng.random_range(b'a'..=b'z'))).collect();
        format!("{}-{random}", words.choose(&mut rng).unwrap())
    });
    let refused = refused(random);
    assert!(refused.len() < 4, "{refused:?}");
}

/// What people choose where composition rules demand a capital letter, a digit and a sign, and what they choose where
/// nothing is demanded.
#[test]
fn what_people_choose_is_refused() {
    let bad = include_str!("choosing_passwords/bad.txt");
    let taken: Vec<&str> = bad.lines().filter(|password| choose(password).is_ok()).collect();
    assert!(bad.lines().count() > 150);
    assert_eq!(taken, [""; 0]);
}

#[test]
fn every_refusal_says_what_to_do() {
    for password in ["short", "password1", "P@ssw0rd!9", "Acme2025!", "qwertz2025!"] {
        let message = choose(password).unwrap_err().to_string();
        assert!(message.starts_with("is ") || message.starts_with("must "), "{message}");
        assert!(message.contains("at least") || message.contains("such as four random words"), "{message}");
    }
}
