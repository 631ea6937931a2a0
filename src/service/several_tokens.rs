//! Several refresh tokens where one is expected: cookies with the same name. A changed setting can leave an old cookie
//! behind, and a sibling domain can plant one.

use std::collections::HashMap;

use super::error::ServiceError;
use super::use_cases::Service;
use crate::db::live_sessions;
use crate::domain::ids::FamilyId;
use crate::domain::rotation::Generation;

/// The choice between several refresh tokens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Chosen<'a> {
    /// None of them is genuine.
    Nothing,
    One(&'a [u8]),
    /// They belong to several living sessions.
    Ambiguous,
}

impl Service {
    /// Chooses between refresh tokens that a client presents together: the newest of a session, and the only living one
    /// of several sessions. Texts that are not genuine are ignored, so a planted cookie cannot lock a user out.
    ///
    /// # Errors
    /// [`ServiceError`] if the tokens belong to several sessions and the database is unavailable.
    pub async fn choose<'a>(&self, tokens: &[&'a [u8]]) -> Result<Chosen<'a>, ServiceError> {
        let mut newest = self.newest_of_each(tokens);
        if newest.len() > 1 {
            let (ids, now) = (newest.keys().copied().collect::<Vec<FamilyId>>(), self.clock.now());
            match *self.db.run(move |connection| live_sessions::among(connection, &ids, now)).await? {
                // All of them have ended, so any of them leads to the same refusal.
                [] => {}
                [alive] => newest.retain(|&id, _| id == alive),
                _ => return Ok(Chosen::Ambiguous),
            }
        }
        Ok(newest.into_values().next().map_or(Chosen::Nothing, |(_, token)| Chosen::One(token)))
    }

    /// The newest of the genuine tokens if they all belong to one session.
    pub fn newest_of_one_session<'a>(&self, tokens: &[&'a [u8]]) -> Option<&'a [u8]> {
        let newest = self.newest_of_each(tokens);
        if newest.len() == 1 { newest.into_values().next().map(|(_, token)| token) } else { None }
    }

    fn newest_of_each<'a>(&self, tokens: &[&'a [u8]]) -> HashMap<FamilyId, (Generation, &'a [u8])> {
        let mut newest: HashMap<FamilyId, (Generation, &[u8])> = HashMap::new();
        for &text in tokens {
            let Ok(token) = self.refresh_tokens.verify(text) else { continue };
            let so_far = newest.entry(token.family_id).or_insert((token.generation, text));
            if so_far.0 < token.generation {
                *so_far = (token.generation, text);
            }
        }
        newest
    }
}
