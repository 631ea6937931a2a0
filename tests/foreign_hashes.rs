//! Password hashes that users bring along from other programs: each is right once, and is then to be replaced.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::num::NonZeroUsize;

use heirloom::crypto::password_hash::{PasswordHasher, Verdict};
use heirloom::crypto::stored_hash::{HashObjection, import};
use heirloom::domain::password::{Password, PasswordHash};
use heirloom::domain::policy::HashCost;
use heirloom::domain::standing::Standing::Stranger;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

const PASSWORD: &str = "three l\u{e4}mps on the stairs";

/// Made by the programs themselves, of the password above.
const MADE_BY: [(&str, &str); 13] = [
    ("Django 5.2", "pbkdf2_sha256$1000$FAE7IDI5eC8Oc5cdAiFUld$afN1bHbmuJ6qqbbd3vUkG4cpFr/HTJsIsn10ZwVHMrs="),
    ("passlib", "$pbkdf2-sha256$1000$AQBASMn5f6.11npvDWHsXQ$31S5nijjTmg1zgR8T53ZF41SKkl9W41mFHM6e2x6Moc"),
    (
        "passlib",
        "$pbkdf2-sha512$1000$.R/jHEMopRTifA9BaC1lTA$4e6CiWyzU2Q87egKlsLDbCnIEvW.WVIdmizO4P82K5FWdm3AkaJJ.wTgpnj1btcoL3GKyvuUlRyFo.kh3Lxa6Q",
    ),
    ("passlib", "$scrypt$ln=8,r=8,p=1$974XotQ6p/Ses3autba29g$VtPgdzY2aWVWWRN5HRJ6UkFtU1TumxC19AWp5aqjqJY"),
    ("passlib", "$2a$04$wpHkGZwVvvB76CfoJxe/FO3X4dV0JpA52ZuT1PuhF7v.dFCASIh42"),
    ("passlib", "$2b$04$9L.fPJPnBzykAxHqqju0neGgqbrVtUjVDzsM51wkIxVO2PcmhjC.2"),
    ("passlib", "$2y$04$jJPbkrTneHvVAQHynE0DtuOjT5AQUOWsBSrcLpcmAC1AUb1GRLVWu"),
    ("bcrypt for Python", "$2b$04$44AIUAJyYGpa8IgJywSI3uEKL9bbdc5aUs4uKZSn9Mo8NuXra7y/C"),
    ("bcryptjs", "$2b$04$IjnNvEufxQm0Ay6OnKe1yOjTwviTPrw0koI4PtrRtIwkTjGJktF5a"),
    ("argon2-cffi", "$argon2i$v=19$m=64,t=1,p=2$nGQESF9Rv5ztNnW7DNbrQA$IOvMZxnMaDLU42dE//Rh58PPf4eBxFXR5LEslS5S1Q8"),
    ("argon2-cffi", "$argon2d$v=19$m=64,t=1,p=2$pcAUX2YpQGC6DcveE3FUcw$vUR9gj1ZDB6IqCYz4fBUaeCIAxpIWT3EeM1LUMh2wl0"),
    ("argon2-cffi", "$argon2id$v=19$m=64,t=1,p=2$k+GlIBGN4QJGBZIlTEvw9g$BQ6RBVkd0RPGKRXBOPgflRhqSutyGhU4IVT1RxQHjws"),
    ("argon2-cffi", "$argon2id$v=19$m=64,t=1,p=2$xZofqDGPdpvuy2a+bmp/Fg$NHzsDVmCVpwM+6mbjOEbcg"),
];

fn hasher(cost: HashCost) -> PasswordHasher {
    PasswordHasher::new(cost, NonZeroUsize::MIN, &mut StdRng::seed_from_u64(7)).unwrap()
}

fn verify(hasher: &PasswordHasher, typed: &str, stored: &str) -> Verdict {
    let stored = import(PasswordHash::from_stored(stored.to_owned())).unwrap();
    let password = Password::presented(&typed.to_owned().into());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(hasher.verify(password, &stored, Stranger)).unwrap()
}

#[test]
fn hashes_of_other_programs_are_right_and_outdated_and_no_other_password_is() {
    // The very cost of some of the hashes, whose output or kind is another.
    for cost in [HashCost { memory: 64, passes: 1, parallelism: 1 }, HashCost { memory: 64, passes: 2, parallelism: 2 }]
    {
        let hasher = hasher(cost);
        for (program, stored) in MADE_BY {
            assert_eq!(verify(&hasher, PASSWORD, stored), Verdict::RightButOutdated, "{program}: {stored}");
            for wrong in ["three lamps on the stairs", "", &PASSWORD[..10], &format!("{PASSWORD} ")] {
                assert_eq!(verify(&hasher, wrong, stored), Verdict::Wrong, "{program}: {stored} and {wrong:?}");
            }
        }
    }
}

#[test]
fn a_hash_at_the_present_cost_needs_no_other_wherever_it_was_made() {
    let hasher = hasher(HashCost { memory: 64, passes: 1, parallelism: 2 });
    let verdicts: Vec<Verdict> = MADE_BY[9..].iter().map(|(_, stored)| verify(&hasher, PASSWORD, stored)).collect();
    use Verdict::{Right, RightButOutdated};
    assert_eq!(verdicts, [RightButOutdated, RightButOutdated, Right, RightButOutdated]);
}

/// Most programs hash what was typed, and some keyboards type decomposed letters.
#[test]
fn a_hash_of_decomposed_letters_is_right_for_who_types_them() {
    let (decomposed, stored) =
        ("cafe\u{301}", "$pbkdf2-sha256$i=1000$AAECAwQFBgcICQoLDA0ODw$jJacIXMDBHMwmdMsm+FRvtL6aWRILpaslGdBOlfz8eM");
    let hasher = hasher(HashCost { memory: 64, passes: 1, parallelism: 1 });
    assert_eq!(verify(&hasher, decomposed, stored), Verdict::RightButOutdated);
    assert_eq!(verify(&hasher, "caf\u{e9}", stored), Verdict::Wrong, "nobody knows what was hashed");
    let decomposed: String = PASSWORD.replace('\u{e4}', "a\u{308}");
    assert_eq!(verify(&hasher, &decomposed, MADE_BY[0].1), Verdict::RightButOutdated);
}

#[test]
fn what_is_no_usable_hash_is_refused_with_a_reason_that_repeats_none_of_it() {
    let refused = |text: &str| import(PasswordHash::from_stored(text.to_owned())).unwrap_err();
    for text in [
        "",
        "canary",
        "5f4dcc3b5aa765d61d8327deb882cf99",
        "$1$canary$Hc6SbQ3dOvKfjHhl0nQyo/",
        "$2x$04$canary",
        "sha1$canary$5f4dcc3b5aa765d61d8327deb882cf99",
        "bcrypt_sha256$$2b$12$canary",
        "$7$canary",
        "$argon2$v=19$m=64,t=1,p=1$canary$canary",
        &"$2b$".repeat(200),
    ] {
        assert_eq!(refused(text), HashObjection::Unknown, "{text}");
    }
    for text in ["$2b$04$canary", "$scrypt$canary", "$pbkdf2-sha256$canary", "pbkdf2_sha512$canary", "$argon2id$canary"]
    {
        assert!(matches!(refused(text), HashObjection::Broken(_)), "{text}");
        assert!(!refused(text).to_string().contains("canary"));
    }
    for text in [
        "$2b$15$44AIUAJyYGpa8IgJywSI3uEKL9bbdc5aUs4uKZSn9Mo8NuXra7y/C",
        "$scrypt$ln=20,r=8,p=1$974XotQ6p/Ses3autba29g$VtPgdzY2aWVWWRN5HRJ6UkFtU1TumxC19AWp5aqjqJY",
        "$pbkdf2-sha256$100000000$AQBASMn5f6.11npvDWHsXQ$31S5nijjTmg1zgR8T53ZF41SKkl9W41mFHM6e2x6Moc",
        "pbkdf2_sha256$4294967296$FAE7IDI5eC8Oc5cdAiFUld$afN1bHbmuJ6qqbbd3vUkG4cpFr/HTJsIsn10ZwVHMrs=",
        "$argon2id$v=19$m=2097152,t=1,p=4$k+GlIBGN4QJGBZIlTEvw9g$BQ6RBVkd0RPGKRXBOPgflRhqSutyGhU4IVT1RxQHjws",
        "$argon2id$v=19$m=262144,t=16,p=1$k+GlIBGN4QJGBZIlTEvw9g$BQ6RBVkd0RPGKRXBOPgflRhqSutyGhU4IVT1RxQHjws",
    ] {
        assert!(matches!(refused(text), HashObjection::TooCostly(_)), "{text}");
    }
}
