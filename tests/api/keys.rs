//! One secret replaces another, and nobody notices.

use heirloom::domain::policy::AccessTokenAlgorithm;
use heirloom::domain::secret::Secret;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use serde_json::Value;

use crate::support::app::{SECRET, seconds};
use crate::support::page::Page;
use crate::support::{App, native::NativeApp};

const OLD: &str = SECRET;
const NEW: &str = "another secret, made when the first was due to go";

/// Another service, which knows Heirloom by its published keys and keeps them for as long as it may.
struct Verifier {
    keys: Vec<Jwk>,
}

impl Verifier {
    fn fetches(app: &App) -> Self {
        let answer = app.browser().bare_request("GET", "/.well-known/jwks.json").send();
        assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
        Self { keys: serde_json::from_value(answer.json["keys"].clone()).unwrap() }
    }

    fn kids(&self) -> Vec<&str> {
        self.keys.iter().filter_map(|key| key.common.key_id.as_deref()).collect()
    }

    fn accepts(&self, access_token: &str) -> bool {
        let header = decode_header(access_token).unwrap();
        let Some(key) = self.keys.iter().find(|key| key.common.key_id == header.kid) else { return false };
        let mut validation = Validation::new(key.common.key_algorithm.unwrap().to_string().parse().unwrap());
        validation.set_audience(&["heirloom"]);
        validation.set_issuer(&["heirloom"]);
        // The server's clock is not this machine's.
        validation.validate_exp = false;
        decode::<Value>(access_token, &DecodingKey::from_jwk(key).unwrap(), &validation).is_ok()
    }
}

fn process(home: &App, algorithm: AccessTokenAlgorithm, secrets: &[&str]) -> App {
    home.sibling(|config| {
        config.secrets = secrets.iter().map(|text| Secret::new(text).unwrap()).collect();
        config.access_token.algorithm = algorithm;
        config.cookie.with_access_token = true;
    })
}

/// The page's tokens, as they are, at this process: both ways in, and the value that it repeats.
fn is_at_home(page: &Page, process: &App) {
    let at_process = page.at(process);
    assert_eq!(at_process.asks_who_am_i().status, 200);
    assert_eq!(at_process.browser.asks_who_am_i().status, 200);
    let (access, csrf) = (page.access.as_deref().unwrap(), page.csrf.as_deref().unwrap());
    process.service().authenticate_with_csrf(access, csrf.as_bytes()).unwrap();
}

/// What the page is given at either process, for others to judge.
fn lives_on(page: &mut Page, program: &mut NativeApp, processes: [&App; 2]) -> Vec<String> {
    let mut issued = Vec::new();
    for (here, there) in [(processes[0], processes[1]), (processes[1], processes[0])] {
        is_at_home(page, here);
        is_at_home(page, there);
        *page = page.at(here);
        assert_eq!(page.refreshes().status, 200);
        is_at_home(page, here);
        is_at_home(page, there);
        let mut elsewhere = NativeApp::new(here);
        elsewhere.refresh_token = program.refresh_token.take();
        assert_eq!(elsewhere.refreshes().status, 200);
        *program = elsewhere;
        issued.extend(page.access.clone());
    }
    issued
}

/// Each step as a rolling deployment takes it: one process is changed while the other still runs as before.
fn nobody_notices(algorithm: AccessTokenAlgorithm) {
    let steps: [[&[&str]; 2]; 7] = [
        [&[OLD], &[OLD]],
        [&[OLD, NEW], &[OLD]],
        [&[OLD, NEW], &[OLD, NEW]],
        [&[NEW, OLD], &[OLD, NEW]],
        [&[NEW, OLD], &[NEW, OLD]],
        [&[NEW], &[NEW, OLD]],
        [&[NEW], &[NEW]],
    ];
    let home = process(&App::start(), algorithm, &[OLD]);
    let mut page = Page::logged_in(&home, "alice@example.com");
    let mut program = home.native_app();
    program.logs_in("alice@example.com");
    let mut sleeper = Page::logged_in(&home, "bob@example.com");
    let mut verifier = Verifier::fetches(&home);
    for (at, secrets) in steps.iter().enumerate() {
        let processes = secrets.map(|secrets| process(&home, algorithm, secrets));
        let issued = lives_on(&mut page, &mut program, [&processes[0], &processes[1]]);
        // What a verifier has kept since the step before is all that it may know.
        let fresh = Verifier::fetches(&processes[at % 2]);
        for verifier in [&verifier, &fresh] {
            if algorithm != AccessTokenAlgorithm::Hs256 {
                assert!(issued.iter().all(|token| verifier.accepts(token)), "step {at}");
            } else {
                assert!(verifier.keys.is_empty(), "a symmetric key was published");
            }
        }
        verifier = fresh;
        if at == 4 {
            sleeper = sleeper.at(&processes[0]);
            assert_eq!(sleeper.refreshes().status, 200);
        }
        home.passes(seconds(300));
    }
    let last = process(&home, algorithm, &[NEW]);
    sleeper = sleeper.at(&last);
    assert_eq!(sleeper.refreshes().status, 200);
    is_at_home(&sleeper, &last);
    assert_eq!(home.counts("SELECT count(*) AS number FROM token_families WHERE revoked_at IS NOT NULL"), 0);
}

#[test]
fn sessions_and_those_who_verify_by_the_published_keys_live_through_a_new_secret() {
    nobody_notices(AccessTokenAlgorithm::EdDsa);
}

#[test]
fn they_live_through_a_new_secret_with_p256_keys_too() {
    nobody_notices(AccessTokenAlgorithm::Es256);
}

/// One process after the other is changed, to the other algorithm and back. No step prepares it.
#[test]
fn sessions_and_those_who_verify_by_the_published_keys_live_through_a_change_of_the_algorithm() {
    const ED: AccessTokenAlgorithm = AccessTokenAlgorithm::EdDsa;
    const ES: AccessTokenAlgorithm = AccessTokenAlgorithm::Es256;
    let home = process(&App::start(), ED, &[OLD]);
    let mut page = Page::logged_in(&home, "alice@example.com");
    let mut program = home.native_app();
    program.logs_in("alice@example.com");
    let earliest = Verifier::fetches(&home);
    for (at, algorithms) in [[ED, ED], [ES, ED], [ES, ES], [ES, ED], [ED, ED]].into_iter().enumerate() {
        let processes = algorithms.map(|algorithm| process(&home, algorithm, &[OLD]));
        // The token of the step before is still in use.
        is_at_home(&page, &processes[0]);
        let issued = lives_on(&mut page, &mut program, [&processes[0], &processes[1]]);
        for verifier in [&earliest, &Verifier::fetches(&processes[0]), &Verifier::fetches(&processes[1])] {
            assert!(issued.iter().all(|token| verifier.accepts(token)), "step {at}");
        }
        home.passes(seconds(300));
    }
    assert_eq!(home.counts("SELECT count(*) AS number FROM token_families WHERE revoked_at IS NOT NULL"), 0);
}

#[test]
fn sessions_live_through_a_new_secret_with_symmetric_keys_too() {
    nobody_notices(AccessTokenAlgorithm::Hs256);
}

#[test]
fn the_published_keys_are_those_of_every_secret_newest_first() {
    let home = App::start();
    let kids = |secrets: &[&str]| -> Vec<String> {
        let process = process(&home, AccessTokenAlgorithm::EdDsa, secrets);
        Verifier::fetches(&process).kids().into_iter().map(str::to_owned).collect()
    };
    let (old, new) = (kids(&[OLD]).remove(0), kids(&[NEW]).remove(0));
    assert_ne!(old, new);
    assert_eq!(kids(&[OLD, NEW])[..2], [old.clone(), new.clone()]);
    assert_eq!(kids(&[NEW, OLD])[..2], [new, old]);
    // Then the P-256 keys in the same order.
    let (old, new) = (kids(&[OLD]).remove(1), kids(&[NEW]).remove(1));
    assert_eq!(kids(&[OLD, NEW])[2..], [old.clone(), new.clone()]);
    assert_eq!(kids(&[NEW, OLD])[2..], [new, old]);
}

#[test]
fn tokens_of_a_secret_that_is_gone_are_refused_without_touching_the_session() {
    let home = App::start();
    for algorithm in [AccessTokenAlgorithm::EdDsa, AccessTokenAlgorithm::Es256, AccessTokenAlgorithm::Hs256] {
        let before = process(&home, algorithm, &[OLD]);
        let after = process(&home, algorithm, &[NEW]);
        let email = format!("alice-{algorithm:?}@example.com");
        let page = Page::logged_in(&before, &email);
        let mut late = page.at(&after);
        assert_eq!(late.asks_who_am_i().verdict(), (401, "access_token_invalid"));
        assert_eq!(late.browser.asks_who_am_i().verdict(), (401, "access_token_invalid"));
        if algorithm != AccessTokenAlgorithm::Hs256 {
            assert!(!Verifier::fetches(&after).accepts(page.access.as_deref().unwrap()));
        }
        assert_eq!(late.refreshes().verdict(), (401, "refresh_token_invalid"));
        let mut spared = page.at(&before);
        assert_eq!((spared.asks_who_am_i().status, spared.refreshes().status), (200, 200));
    }
}

#[test]
fn a_value_to_repeat_of_a_secret_that_is_gone_is_refused() {
    let home = App::start();
    let before = process(&home, AccessTokenAlgorithm::EdDsa, &[OLD]);
    let both = process(&home, AccessTokenAlgorithm::EdDsa, &[NEW, OLD]);
    let after = process(&home, AccessTokenAlgorithm::EdDsa, &[NEW]);
    let old = Page::logged_in(&before, "alice@example.com");
    let mut new = old.at(&both);
    assert_eq!(new.refreshes().status, 200);
    let access = new.access.as_deref().unwrap();
    let judged = |process: &App, csrf: &Option<String>| {
        process.service().authenticate_with_csrf(access, csrf.as_deref().unwrap().as_bytes()).is_ok()
    };
    assert!(judged(&both, &old.csrf) && judged(&both, &new.csrf) && judged(&after, &new.csrf));
    assert!(!judged(&after, &old.csrf));
}
