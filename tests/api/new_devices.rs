//! A new device gets in while a bot guesses at its account.

use crate::support::app::{days, hours, seconds};
use crate::support::browser::{PASSWORD, WRONG};
use crate::support::{Answer, App};

const ALICE: &str = "alice@example.com";

const BOT: &str = "203.0.113.7";

/// A bot at `BOT` has guessed until the longest wait has begun.
fn besieged() -> App {
    let app = App::with(|config| config.throttle.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()]);
    app.browser().registers(ALICE);
    for _ in 0..100 {
        match guesses_from(&app, BOT) {
            refused if refused.status == 429 && refused.retry_after() == 3600 => return app,
            refused if refused.status == 429 => app.passes(seconds(refused.retry_after())),
            looked_at => assert_eq!(looked_at.status, 401),
        }
    }
    panic!("the waits end before the longest");
}

fn guesses_from(app: &App, address: &str) -> Answer {
    app.browser().logs_in_from(address, ALICE, WRONG)
}

fn owner_from(app: &App, address: &str) -> Answer {
    app.browser().logs_in_from(address, ALICE, PASSWORD)
}

/// The bot sends 24 requests a day and takes each attempt at its first moment: nobody else ever had one.
#[test]
fn one_bot_keeps_the_owner_of_a_new_device_out_for_at_most_45_minutes() {
    let app = besieged();
    for day in 0..3 {
        for _ in 0..24 {
            app.passes(hours(1));
            assert_eq!(guesses_from(&app, BOT).status, 401);
        }
        let elsewhere = format!("198.51.100.{day}");
        assert_eq!(owner_from(&app, &elsewhere).retry_after(), 45 * 60);
        app.passes(seconds(45 * 60 - 1));
        assert_eq!(owner_from(&app, &elsewhere).retry_after(), 1);
        app.passes(seconds(1));
        assert_eq!(guesses_from(&app, BOT).retry_after(), 15 * 60, "the bot has no head start");
        assert_eq!(owner_from(&app, BOT).retry_after(), 15 * 60, "nor has anyone beside it");
        if day < 2 {
            assert_eq!(guesses_from(&app, &elsewhere).status, 401, "the owner mistypes");
        } else {
            assert_eq!(owner_from(&app, &elsewhere).status, 200);
        }
    }
}

#[test]
fn a_network_has_a_head_start_three_times_a_day() {
    let app = besieged();
    for network in 1..4 {
        for try_ in 0..3 {
            // All addresses of a /48 are one.
            let address = format!("2001:db8:{network}:{try_}::1");
            assert_eq!(guesses_from(&app, &address).retry_after(), 45 * 60);
            app.passes(seconds(45 * 60));
            assert_eq!(guesses_from(&app, &address).status, 401);
        }
        assert_eq!(guesses_from(&app, &format!("2001:db8:{network}:ffff::1")).retry_after(), 60 * 60);
    }
    assert_eq!(guesses_from(&app, "2001:db8:4::1").retry_after(), 45 * 60);
    app.passes(days(1));
    // The count of the account is forgotten too.
    app.executes(
        "UPDATE login_throttles SET failures = 30, counted_at = counted_at + interval '1 day' WHERE failures > 3",
    );
    assert_eq!(guesses_from(&app, "2001:db8:1::1").retry_after(), 45 * 60, "a network is remembered for ever");
}

#[test]
fn the_right_password_gives_a_network_its_head_start_back() {
    let app = besieged();
    app.passes(hours(1));
    assert_eq!(owner_from(&app, BOT).status, 200);
    assert_eq!(app.counts("SELECT count(*) AS number FROM login_throttles"), 0);
}

#[test]
fn accounts_that_do_not_exist_have_the_same_head_starts() {
    let app = besieged();
    app.executes("DELETE FROM users");
    assert_eq!(owner_from(&app, "198.51.100.1").retry_after(), 45 * 60);
    app.passes(seconds(45 * 60));
    assert_eq!(owner_from(&app, "198.51.100.1").status, 401);
    assert_eq!(owner_from(&app, "198.51.100.2").retry_after(), 45 * 60);
}
