//! Hashing passwords: verdicts, what is stored, hostile hashes, and the bound on work in flight.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::future::Future;
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, Sender, channel};

use futures_util::future::join_all;
use heirloom::crypto::password_hash::{HashingError, PasswordHasher, Verdict};
use heirloom::domain::password::{Password, PasswordHash};
use heirloom::domain::policy::HashCost;
use heirloom::domain::standing::Standing::Stranger;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

const CHEAP: HashCost = HashCost { memory: 64, passes: 1, parallelism: 1 };

/// For each hash that is computed, this many wait; the next is refused.
const WAITING: usize = 16;

fn rng() -> StdRng {
    StdRng::seed_from_u64(7)
}

fn hasher(cost: HashCost, running: usize) -> PasswordHasher {
    PasswordHasher::new(cost, NonZeroUsize::new(running).unwrap(), &mut rng()).unwrap()
}

fn password(text: &str) -> Password {
    Password::presented(&text.to_owned().into())
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn hash(hasher: &PasswordHasher, text: &str) -> PasswordHash {
    block_on(hasher.hash(password(text), Stranger, &mut rng())).unwrap()
}

fn verify(hasher: &PasswordHasher, text: &str, stored: &str) -> Result<Verdict, HashingError> {
    block_on(hasher.verify(password(text), &PasswordHash::from_stored(stored.to_owned()), Stranger))
}

#[test]
fn a_password_verifies_against_its_own_hash_and_no_other_does() {
    let hasher = hasher(CHEAP, 2);
    let stored = hash(&hasher, "correct horse battery");
    let check = |text: &str| verify(&hasher, text, stored.expose());
    assert_eq!(check("correct horse battery"), Ok(Verdict::Right));
    for wrong in ["correct horse batterz", "correct horse battery ", "Correct horse battery", "correct horse", "", "\0"]
    {
        assert_eq!(check(wrong), Ok(Verdict::Wrong), "{wrong:?}");
    }
}

#[test]
fn the_whole_password_counts_to_its_last_character() {
    let hasher = hasher(CHEAP, 2);
    let long = "x".repeat(10_000);
    let stored = hash(&hasher, &long);
    assert_eq!(verify(&hasher, &long, stored.expose()), Ok(Verdict::Right));
    assert_eq!(verify(&hasher, &long[1..], stored.expose()), Ok(Verdict::Wrong));
    let after_a_zero = hash(&hasher, "before\0after");
    assert_eq!(verify(&hasher, "before\0", after_a_zero.expose()), Ok(Verdict::Wrong));
}

#[test]
fn composed_and_decomposed_letters_verify_alike() {
    let hasher = hasher(CHEAP, 2);
    let stored = hash(&hasher, "caf\u{e9} au lait");
    assert_eq!(verify(&hasher, "cafe\u{301} au lait", stored.expose()), Ok(Verdict::Right));
}

#[test]
fn a_hash_of_any_other_cost_is_right_but_outdated() {
    let present = hasher(CHEAP, 2);
    for other in [
        HashCost { memory: 128, ..CHEAP },
        HashCost { memory: 32, ..CHEAP },
        HashCost { passes: 2, ..CHEAP },
        HashCost { parallelism: 2, ..CHEAP },
    ] {
        let stored = hash(&hasher(other, 2), "correct horse battery");
        assert_eq!(
            verify(&present, "correct horse battery", stored.expose()),
            Ok(Verdict::RightButOutdated),
            "{other:?}"
        );
        assert_eq!(verify(&present, "another horse", stored.expose()), Ok(Verdict::Wrong), "{other:?}");
    }
}

#[test]
fn one_password_is_hashed_to_a_different_text_each_time() {
    let hasher = hasher(CHEAP, 2);
    let mut rng = rng();
    let texts: Vec<String> = (0..8)
        .map(|_| block_on(hasher.hash(password("same"), Stranger, &mut rng)).unwrap().expose().to_owned())
        .collect();
    for (at, text) in texts.iter().enumerate() {
        assert!(!texts[..at].contains(text), "{text}");
        assert_eq!(verify(&hasher, "same", text), Ok(Verdict::Right));
    }
}

#[test]
fn the_stored_text_names_algorithm_cost_and_salt() {
    for (cost, expected) in [
        (CHEAP, "$argon2id$v=19$m=64,t=1,p=1$"),
        (HashCost { memory: 96, passes: 3, parallelism: 2 }, "$argon2id$v=19$m=96,t=3,p=2$"),
        (HashCost::default(), "$argon2id$v=19$m=19456,t=2,p=1$"),
    ] {
        let stored = hash(&hasher(cost, 1), "correct horse battery");
        let (salt, tag) = stored.expose().strip_prefix(expected).unwrap().split_once('$').unwrap();
        // 16 and 32 bytes in base64 without padding (RFC 9106 §4).
        assert_eq!((salt.len(), tag.len()), (22, 43), "{cost:?}");
        assert!(!format!("{stored:?}").contains(tag));
    }
}

const SALT: &str = "c29tZXNhbHRzb21lc2FsdA";
const TAG: &str = "1KLcnQ3Y0RmVtLVfqtfN8AEmAmfDrCzLLc8hEnmFCNU";

/// Each of these would take from seconds to hours to compute, or cannot be.
#[test]
fn a_hostile_stored_hash_is_refused_and_never_computed() {
    let hasher = hasher(CHEAP, 1);
    for parameters in [
        "$argon2id$v=19$m=4194304,t=1,p=1",
        "$argon2id$v=19$m=4294967295,t=4294967295,p=1",
        "$argon2id$v=19$m=262145,t=1,p=1",
        "$argon2id$v=19$m=262144,t=1000,p=1",
        "$argon2id$v=19$m=64,t=17,p=1",
        "$argon2id$v=19$m=64,t=4294967295,p=1",
        "$argon2id$v=19$m=16384,t=1,p=17",
        "$argon2id$v=19$m=262144,t=1,p=16777215",
        "$argon2id$v=19$m=4294967296,t=1,p=1",
        "$argon2id$v=19$m=-1,t=1,p=1",
        "$argon2id$v=19$m=0,t=0,p=0",
        "$argon2id$v=99$m=64,t=1,p=1",
        "$argon2i$v=19$m=4194304,t=1,p=1",
        "$argon2d$v=19$m=64,t=17,p=1",
        "$argon2$v=19$m=64,t=1,p=1",
        "$scrypt$ln=18,r=8,p=2",
        "$pbkdf2-sha512$4000001",
        "$scrypt$ln=30,r=8,p=1",
        "$pbkdf2-sha256$i=4000000000",
    ] {
        let stored = format!("{parameters}${SALT}${TAG}");
        assert_eq!(verify(&hasher, "x", &stored), Err(HashingError::Unusable), "{stored}");
    }
    for stored in [
        "",
        "$",
        "plain text",
        "correct horse battery",
        "5f4dcc3b5aa765d61d8327deb882cf99",
        "$2b$15$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
        "$argon2id$",
        "$argon2id$v=19$m=64,t=1,p=1$$",
        "$argon2id$v=19$m=64,t=1,p=1$!!!!$!!!!",
    ] {
        assert_eq!(verify(&hasher, "x", stored), Err(HashingError::Unusable), "{stored}");
    }
    let endless = format!("$argon2id$v=19$m=64,t=1,p=1${SALT}${}", "A".repeat(1_000_000));
    assert_eq!(verify(&hasher, "x", &endless), Err(HashingError::Unusable));
}

/// Judged as a wrong password, it would keep its owner out without anybody being told why.
#[test]
fn a_stored_hash_that_lacks_its_salt_or_its_tag_is_unusable() {
    let hasher = hasher(CHEAP, 1);
    for stored in ["$argon2id$v=19$m=64,t=1,p=1", "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA"] {
        assert_eq!(verify(&hasher, "x", stored), Err(HashingError::Unusable), "{stored}");
    }
}

#[test]
fn a_cost_that_cannot_be_computed_makes_no_hasher() {
    for cost in [HashCost { memory: 7, ..CHEAP }, HashCost { passes: 0, ..CHEAP }, HashCost { parallelism: 0, ..CHEAP }]
    {
        let refused = PasswordHasher::new(cost, NonZeroUsize::MIN, &mut rng()).err();
        assert_eq!(refused, Some(HashingError::Unusable), "{cost:?}");
    }
}

/// Runs `test` where hashes begin but none ends before the sender is dropped: the one thread that computes is kept waiting.
fn with_nothing_finishing<T, F: Future<Output = T>>(test: impl FnOnce(Sender<()>) -> F) -> T {
    let (release, released): (Sender<()>, Receiver<()>) = channel();
    let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let _waits = tokio::task::spawn_blocking(move || released.recv());
        test(release).await
    })
}

/// The result of `work`, if it comes at once.
async fn at_once<T>(work: impl Future<Output = T>) -> Option<T> {
    let mut work = std::pin::pin!(work);
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(match work.as_mut().poll(context) {
            std::task::Poll::Ready(result) => Some(result),
            std::task::Poll::Pending => None,
        })
    })
    .await
}

#[test]
fn past_the_bound_passwords_are_refused_at_once_and_the_others_are_served() {
    for running in [1, 3] {
        let hasher = hasher(CHEAP, running);
        let stored = hash(&hasher, "right");
        let admitted = running * (1 + WAITING);
        let verdicts = with_nothing_finishing(async |release| {
            // Joined futures are polled in order: all have asked before the last of them releases the thread.
            let checks = (0..admitted + 20)
                .map(|at| hasher.verify(password(if at % 2 == 0 { "right" } else { "wrong" }), &stored, Stranger));
            let release = async { drop(release) };
            futures_util::future::join(join_all(checks), release).await.0
        });
        for (at, verdict) in verdicts.into_iter().enumerate() {
            let expected = match at {
                at if at >= admitted => Err(HashingError::Overloaded),
                at if at % 2 == 0 => Ok(Verdict::Right),
                _ => Ok(Verdict::Wrong),
            };
            assert_eq!(verdict, expected, "{at}, {running} at once");
        }
    }
}

#[test]
fn hashing_and_checking_nobody_and_somebody_share_one_bound() {
    let hasher = hasher(CHEAP, 1);
    let stored = hash(&hasher, "right");
    with_nothing_finishing(async |release| {
        let nobodies: Vec<_> = (0..WAITING).map(|_| hasher.verify_decoy(password("x"), Stranger)).collect();
        let mut nobodies = std::pin::pin!(join_all(nobodies));
        assert!(at_once(&mut nobodies).await.is_none(), "checking nobody's password is work");
        let mut rng = rng();
        let mut hash = std::pin::pin!(hasher.hash(password("new"), Stranger, &mut rng));
        assert!(at_once(&mut hash).await.is_none());
        assert_eq!(
            at_once(hasher.verify(password("right"), &stored, Stranger)).await,
            Some(Err(HashingError::Overloaded))
        );
        assert_eq!(at_once(hasher.verify_decoy(password("x"), Stranger)).await, Some(Err(HashingError::Overloaded)));
        drop(release);
        assert!(nobodies.await.iter().all(|verdict| *verdict == Ok(Verdict::Wrong)));
        assert!(hash.await.is_ok());
        assert_eq!(hasher.verify(password("right"), &stored, Stranger).await, Ok(Verdict::Right));
    });
}

#[test]
fn a_caller_that_goes_away_makes_no_room_for_a_second_hash_before_the_first_is_done() {
    let hasher = hasher(CHEAP, 1);
    with_nothing_finishing(async |release| {
        {
            let mut gone = std::pin::pin!(hasher.verify_decoy(password("x"), Stranger));
            assert!(at_once(&mut gone).await.is_none());
        }
        let checks: Vec<_> = (0..WAITING).map(|_| hasher.verify_decoy(password("x"), Stranger)).collect();
        let mut checks = std::pin::pin!(join_all(checks));
        assert!(at_once(&mut checks).await.is_none());
        let one_more = at_once(hasher.verify_decoy(password("x"), Stranger)).await;
        assert_eq!(one_more, Some(Err(HashingError::Overloaded)), "the hash nobody waits for still has its memory");
        drop(release);
        assert!(checks.await.iter().all(|verdict| *verdict == Ok(Verdict::Wrong)));
    });
}

#[test]
fn callers_that_go_away_while_they_wait_give_their_places_back() {
    let hasher = hasher(CHEAP, 1);
    with_nothing_finishing(async |release| {
        for _ in 0..3 {
            let many: Vec<_> = (0..WAITING).map(|_| hasher.verify_decoy(password("x"), Stranger)).collect();
            assert!(at_once(join_all(many)).await.is_none());
        }
        drop(release);
        assert_eq!(hasher.verify_decoy(password("x"), Stranger).await, Ok(Verdict::Wrong));
    });
}

#[test]
fn a_cost_is_enough_from_a_line_of_the_table_on() {
    let is_enough = |memory, passes, parallelism| HashCost { memory, passes, parallelism }.is_enough();
    for (memory, passes) in [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)] {
        assert!(is_enough(memory, passes, 1), "{memory} KiB, {passes} passes");
        assert!(is_enough(memory + 1, passes + 1, 4));
        assert!(!is_enough(memory - 1, passes, 1), "a KiB under {memory} with {passes} passes");
        assert!(!is_enough(memory, passes - 1, 1), "a pass under {passes} with {memory} KiB");
        assert!(!is_enough(memory, passes, 0));
    }
    assert!(!is_enough(7_167, u32::MAX, 1));
    assert!(!is_enough(u32::MAX, 0, 1));
    assert!(HashCost::default().is_enough());
}
