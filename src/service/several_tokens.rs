//! Several refresh tokens where one is expected: cookies of one name, of which a setting that has changed may have left one
//! behind, and a neighbour may have planted another.

use std::collections::HashMap;

use super::{Service, ServiceError};
use crate::db::live_sessions;
use crate::domain::ids::FamilyId;
use crate::domain::rotation::Generation;

/// Which of several refresh tokens counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Chosen<'a> {
    /// None of them is ours.
    Nothing,
    One(&'a [u8]),
    /// They are of several sessions, and nothing tells which is meant.
    Ambiguous,
}

impl Service {
    /// Chooses between refresh tokens that one client showed together: of a session, the newest; of several sessions, the
    /// only one that is alive. What is not ours does not count, so that garbage keeps nobody out.
    ///
    /// # Errors
    /// [`ServiceError`]; only where there are several sessions is the database asked.
    pub async fn choose<'a>(&self, tokens: &[&'a [u8]]) -> Result<Chosen<'a>, ServiceError> {
        let mut newest = self.newest_of_each(tokens);
        if newest.len() > 1 {
            let (ids, now) = (newest.keys().copied().collect::<Vec<FamilyId>>(), self.clock.now());
            match *self.db.run(move |connection| live_sessions::among(connection, &ids, now)).await? {
                // They are all dead, so that it does not matter which of them says so.
                [] => {}
                [alive] => newest.retain(|&id, _| id == alive),
                _ => return Ok(Chosen::Ambiguous),
            }
        }
        Ok(newest.into_values().next().map_or(Chosen::Nothing, |(_, token)| Chosen::One(token)))
    }

    /// The newest of refresh tokens that are of one session, if they are; those that are not ours do not count.
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
