//! Looking into the database and breaking it. The only helpers that go around the HTTP interface.

use diesel::deserialize::QueryableByName;
use diesel::sql_types::{BigInt, Text};
use diesel::{RunQueryDsl as _, sql_query};

use super::App;
use super::browser::Browser;
use super::postgres::TestDatabase;

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    word: String,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

impl TestDatabase {
    /// The first column of each row, which has to be a text called `word`.
    pub fn reads(&self, sql: &str) -> Vec<String> {
        let words: Vec<Word> = sql_query(sql).load(&mut self.connect()).unwrap();
        words.into_iter().map(|row| row.word).collect()
    }

    /// The one number called `number`.
    pub fn counts(&self, sql: &str) -> i64 {
        sql_query(sql).get_result::<Number>(&mut self.connect()).unwrap().number
    }
}

impl App {
    pub fn executes(&self, sql: &str) -> usize {
        sql_query(sql).execute(&mut self.database.connect()).unwrap()
    }

    pub fn reads(&self, sql: &str) -> Vec<String> {
        self.database.reads(sql)
    }

    pub fn counts(&self, sql: &str) -> i64 {
        self.database.counts(sql)
    }

    /// Puts a session's row back by `count` generations, as a crash or a failover may.
    pub fn loses_rotations(&self, browser: &Browser, count: u32) {
        let session = session_of(browser);
        let changed = self.executes(&format!(
            "UPDATE token_families SET generation = generation - {count}, confirmed = LEAST(confirmed, generation - {count}) \
             WHERE id = '{session}'"
        ));
        assert_eq!(changed, 1);
    }

    /// The kinds of all events of the browser's user, oldest first.
    pub fn events(&self, browser: &Browser) -> Vec<String> {
        let session = session_of(browser);
        self.reads(&format!(
            "SELECT kind AS word FROM session_events WHERE user_id = (SELECT user_id FROM token_families WHERE id = '{session}') \
             ORDER BY ctid"
        ))
    }
}

/// The session that a browser's access token speaks for.
pub fn session_of(browser: &Browser) -> String {
    claims(browser.access_token.as_deref().unwrap())["sid"].as_str().unwrap().to_owned()
}

/// An access token's claims, unverified.
pub fn claims(access_token: &str) -> serde_json::Value {
    use base64::Engine as _;
    let payload = access_token.split('.').nth(1).unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}
