//! What a review found about accounts: passwords that everybody tries first, guesses that were none, and addresses with
//! two accounts.

use serde_json::{Value, json};

use super::super::client::{Answer, Client, PASSWORD};
use super::super::terminal::Terminal;
use super::{Jar, SECRET, Site, verdict};

fn registers(client: &Client, email: &str, password: &str) -> Answer {
    client.post("/register", &[], &json!({ "email": email, "password": password }).to_string())
}

fn logs_in(client: &Client, email: &str, password: &str) -> Answer {
    client.post("/login", &[], &json!({ "email": email, "password": password }).to_string())
}

fn changes(client: &Client, jar: &Jar, current: &str, new: &str) -> Answer {
    let body = json!({ "current_password": current, "new_password": new }).to_string();
    client.post("/users/me/password", &[("authorization", &jar.bearer())], &body)
}

fn message(answer: &Answer, field: &str) -> String {
    assert_eq!(verdict(answer), (422, "validation_failed"), "{answer:?}");
    let errors = answer.body["errors"].as_array().unwrap();
    let error = errors.iter().find(|error| error["field"] == field).unwrap_or_else(|| panic!("{answer:?}"));
    error["message"].as_str().unwrap().to_owned()
}

#[test]
fn what_everybody_tries_first_is_no_password_wherever_one_is_chosen() {
    let site = Site::new();
    let serving = site.serves(&[("HEIRLOOM_ISSUER", "https://login.acme.example")]);
    let client = Client::of(&serving.url);
    let alice = Jar::registered(&client, "alice.long@flower-shop.example");
    for bad in
        ["P@ssw0rd1", "Welcome123!", "Summer2025!", "flower-shop.example", "Alice.Long1", "Acme2025!", "Heirloom1!"]
    {
        let answer = registers(&client, "alice.long2@flower-shop.example", bad);
        assert!(message(&answer, "password").contains("such as four random words"), "{bad}: {answer:?}");
        let answer = changes(&client, &alice, PASSWORD, bad);
        assert!(message(&answer, "new_password").contains("such as four random words"), "{bad}: {answer:?}");
    }
    for good in ["four lamps in the cellar", "q8Zk-uw2P-xx0R", "tulip anvil cobra jazz"] {
        assert_eq!(registers(&client, &format!("{}@example.com", good.len()), good).status, 201, "{good}");
    }
}

#[test]
fn a_password_that_became_bad_still_logs_in() {
    let site = Site::new();
    let serving = site.serves(&[]);
    let client = Client::of(&serving.url);
    Jar::registered(&client, "alice@example.com");
    assert_eq!(registers(&client, "bob@example.com", "zxqv-84619-kk").status, 201);
    // Their own name is no password any more for the account that the hash is moved to.
    site.executes("UPDATE users SET email = 'zxqv@example.com' WHERE email = 'bob@example.com'");
    assert_eq!(logs_in(&client, "zxqv@example.com", "zxqv-84619-kk").status, 200);
}

#[test]
fn an_empty_password_is_a_mistake_and_no_guess() {
    let site = Site::new();
    let serving = site.serves(&[]);
    let client = Client::of(&serving.url);
    let alice = Jar::registered(&client, "alice@example.com");
    for _ in 0..11 {
        assert_eq!(message(&logs_in(&client, "alice@example.com", ""), "password"), "must not be empty");
        let absent = client.post("/login", &[], &json!({ "email": "alice@example.com" }).to_string());
        assert_eq!(message(&absent, "password"), "is missing");
        let changed = changes(&client, &alice, "", "four lamps in the cellar");
        assert_eq!(message(&changed, "current_password"), "must not be empty");
        let headers = [("authorization", alice.bearer()), ("content-type", "application/json".to_owned())];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_bytes()));
        let deleted = client.send("DELETE", "/users/me", &headers, b"{\"password\": \"\"}");
        assert_eq!(message(&deleted, "password"), "must not be empty");
    }
    assert_eq!(site.counts("SELECT count(*) AS number FROM login_throttles"), 0);
    assert_eq!(logs_in(&client, "alice@example.com", PASSWORD).status, 200);
}

#[test]
fn the_new_password_is_another_one() {
    let site = Site::new();
    let serving = site.serves(&[]);
    let client = Client::of(&serving.url);
    let email = "alice@example.com";
    assert_eq!(registers(&client, email, "caf\u{e9} au lait chaud").status, 201);
    let alice = Jar::from(&logs_in(&client, email, "caf\u{e9} au lait chaud"));
    for same in ["caf\u{e9} au lait chaud", "cafe\u{301} au lait chaud"] {
        let answer = changes(&client, &alice, "caf\u{e9} au lait chaud", same);
        assert_eq!(message(&answer, "new_password"), "must differ from the current password");
        // A wrong current password gets the same response whatever the new one is.
        let answer = changes(&client, &alice, "a wrong one it is", same);
        assert_eq!(verdict(&answer), (403, "invalid_credentials"));
    }
    assert_eq!(logs_in(&client, email, "caf\u{e9} au lait chaud").status, 200);
}

#[test]
fn an_address_has_one_account_however_it_is_typed() {
    let site = Site::new();
    let serving = site.serves(&[]);
    let client = Client::of(&serving.url);
    let hindi = "a@सार्वभौमिक-स्वीकृति-परीक्षण.संगठन";
    for (typed, shown, others) in [
        ("A@B\u{dc}CHER.example", "a@b\u{fc}cher.example", &["a@xn--bcher-kva.example", "a@bu\u{308}cher.example"][..]),
        ("a@xn--mller-kva.example", "a@m\u{fc}ller.example", &["a@M\u{dc}LLER.example"]),
        (hindi, hindi, &[]),
        ("e\u{301}lodie@example.com", "\u{e9}lodie@example.com", &["\u{e9}lodie@\u{ff45}xample.com"]),
    ] {
        let answer = registers(&client, typed, PASSWORD);
        assert_eq!((answer.status, &answer.body["email"]), (201, &shown.into()), "{typed}");
        for other in others.iter().chain([&typed, &shown]) {
            assert_eq!(verdict(&registers(&client, other, PASSWORD)), (409, "email_taken"), "{other}");
            let jar = Jar::from(&logs_in(&client, other, PASSWORD));
            assert_eq!(jar.asks_who_am_i(&client).body["email"], shown, "{other}");
        }
    }
    for unseen in [
        "al\u{200b}ice@example.com",
        "alice@exam\u{ad}ple.com",
        "\u{202e}alice@example.com",
        "alice@\u{2066}example.com",
    ] {
        assert!(message(&registers(&client, unseen, PASSWORD), "email").contains("invisible"), "{unseen:?}");
        assert_eq!(verdict(&logs_in(&client, unseen, PASSWORD)), (401, "invalid_credentials"), "{unseen:?}");
    }
    let stored = "SELECT email AS word FROM users WHERE split_part(email, '@', 2) !~ '^[a-z0-9.-]+$'";
    assert_eq!(site.reads(stored), [""; 0]);
}

/// Back to the schema before this table, and whatever came after it.
fn reverts_to_before_the_new_rule(site: &Site) {
    loop {
        let reverted = site.commands(&["migrate", "revert"]).stdout;
        assert!(reverted.starts_with("reverted "), "{reverted}");
        if reverted.contains("create_canonical_emails") {
            return;
        }
    }
}

#[test]
fn accounts_that_the_rule_would_merge_stop_the_migration_before_anything_changes() {
    let site = Site::new();
    let serving = site.serves(&[]);
    let client = Client::of(&serving.url);
    for email in ["one@example.com", "two@example.com", "three@example.com", "four@example.com"] {
        Jar::registered(&client, email);
    }
    serving.stops();
    let respelled =
        |from: &str, to: &str| site.executes(&format!("UPDATE users SET email = '{to}' WHERE email = '{from}'"));
    respelled("one@example.com", "a@b\u{dc}cher.example");
    respelled("two@example.com", "a@xn--bcher-kva.example");
    respelled("three@example.com", "e\u{301}lodie@example.com");
    respelled("four@example.com", "zero\u{200b}width@example.com");
    reverts_to_before_the_new_rule(&site);

    let users = || site.reads("SELECT id || email AS word FROM users ORDER BY id");
    let before = users();
    let refused = site.commands(&["migrate", "run"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""), "{refused:?}");
    let id = |email: &str| site.reads(&format!("SELECT id::text AS word FROM users WHERE email = '{email}'")).remove(0);
    for colliding in ["a@b\u{dc}cher.example", "a@xn--bcher-kva.example"] {
        assert!(refused.stderr.contains(&id(colliding)) && !refused.stderr.contains(colliding), "{refused:?}");
    }
    assert!(!refused.stderr.contains(&id("e\u{301}lodie@example.com")), "{refused:?}");
    assert!(refused.stderr.contains("user delete") && !refused.stderr.contains("cher"), "{refused:?}");
    assert_eq!(users(), before);
    assert!(site.commands(&["migrate", "status"]).stdout.contains("missing  2026-11-25-000301"));

    site.executes("DELETE FROM users WHERE email = 'a@xn--bcher-kva.example'");
    let migrated = site.commands(&["migrate", "run"]);
    assert_eq!(migrated.code, Some(0), "{migrated:?}");
    let serving = site.serves(&[]);
    let client = Client::of(&serving.url);
    for (spellings, shown) in [
        (&["a@b\u{dc}cher.example", "a@b\u{fc}cher.example", "A@xn--bcher-kva.example"][..], "a@b\u{fc}cher.example"),
        (&["e\u{301}lodie@example.com", "\u{e9}lodie@example.com"], "e\u{301}lodie@example.com"),
        (&["zero\u{200b}width@example.com"], "zero\u{200b}width@example.com"),
    ] {
        for spelling in spellings {
            let jar = Jar::from(&logs_in(&client, spelling, PASSWORD));
            assert_eq!(jar.asks_who_am_i(&client).body["email"], shown, "{spelling}");
            let again = registers(&client, spelling, PASSWORD);
            assert!([409, 422].contains(&again.status), "{spelling}: {again:?}");
        }
    }
    let listed = site.commands(&["user", "list"]);
    assert!(listed.stdout.contains("zero\\u{200b}width@example.com"), "{listed:?}");
    let listed = site.commands(&["user", "list", "--json"]);
    assert!(listed.stdout.contains("zero\\u200bwidth@example.com"), "{listed:?}");
    let parsed: Value = serde_json::from_str(&listed.stdout).unwrap();
    assert!(parsed.as_array().unwrap().iter().any(|user| user["email"] == "zero\u{200b}width@example.com"));
    let mut terminal = site.commands_at_a_terminal(&["user", "delete", "zero\u{200b}width@example.com"]);
    terminal.shows("Delete zero\\u{200b}width@example.com with all sessions");
    terminal.types("n\n");
    assert_eq!(terminal.ends().0, Some(4));
    let missing = site.commands(&["user", "show", "\u{202e}\u{1b}[31m@example.com"]);
    assert!(missing.code == Some(3) && !missing.stderr.contains(['\u{202e}', '\u{1b}']), "{missing:?}");
}

impl Site {
    fn commands_at_a_terminal(&self, arguments: &[&str]) -> Terminal {
        let url = self.somebodys.url("sessions");
        Terminal::runs_with(&self.home, arguments, &[("DATABASE_URL", url.as_str()), ("HEIRLOOM_SECRET", SECRET)])
    }
}
