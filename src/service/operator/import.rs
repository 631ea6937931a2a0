//! Importing users, many in one statement, and exporting them.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};

use super::Operator;
pub use super::import_batch::RefusedLine;
use super::import_batch::{Described, judge, store};
use crate::crypto::stored_hash;
use crate::db::user_transfer::{self, WithHash};
use crate::domain::account::Email;
use crate::domain::ids::UserId;
use crate::domain::subject::Subject;
use crate::domain::user_line::UserLine;
use crate::service::error::ServiceError;
use crate::service::random::rng;

/// How many lines are taken together, the users among them in one statement.
const BATCH: usize = 1_000;

/// How many lines were taken, and how many were not.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct ImportCounts {
    pub imported: u64,
    /// Users who were there already.
    pub skipped: u64,
    pub refused: u64,
}

/// An import that is under way. Each batch of lines is one transaction: an import that is interrupted has taken whole batches,
/// and the same lines again skip what is there.
pub struct UserImport<'a> {
    operator: &'a Operator,
    is_dry_run: bool,
    /// The line of each address and subject so far, by a hash of them: a line takes some 40 bytes, however long it is.
    lines: HashMap<u64, u64>,
    hasher: RandomState,
    waiting: Vec<Described>,
    refused: Vec<RefusedLine>,
    counts: ImportCounts,
}

impl Operator {
    /// Begins an import. A dry run writes nothing. An import records no event of its users and sends no message to them.
    pub fn import_users(&self, is_dry_run: bool) -> UserImport<'_> {
        UserImport {
            operator: self,
            is_dry_run,
            lines: HashMap::new(),
            hasher: RandomState::new(),
            waiting: Vec::new(),
            refused: Vec::new(),
            counts: ImportCounts::default(),
        }
    }

    /// At most `limit` users after the user `after`, in the order of their ids, as an import reads them. Their password hashes
    /// are left out unless they are wanted.
    pub async fn export_users(
        &self,
        after: Option<UserId>,
        limit: u32,
        with_hashes: bool,
    ) -> Result<Vec<(UserId, UserLine)>, ServiceError> {
        let found = self.db.run(move |connection| user_transfer::list(connection, after, i64::from(limit)));
        let line = |(user, hash): WithHash| (user.id, UserLine::of(&user, hash.filter(|_| with_hashes)));
        Ok(found.await?.into_iter().map(line).collect())
    }
}

impl UserImport<'_> {
    /// Takes the line `number`. If that fills a batch, the batch is stored, and the lines come back that were refused since the
    /// last time, in order.
    ///
    /// # Errors
    /// [`ServiceError`] if a batch could not be stored; the batches before it are.
    pub async fn take(&mut self, number: u64, line: &[u8]) -> Result<Vec<RefusedLine>, ServiceError> {
        match self.read(number, line) {
            Ok(user) => self.waiting.push(user),
            Err(reason) => self.refused.push(RefusedLine { number, reason }),
        }
        if self.waiting.len() + self.refused.len() < BATCH {
            return Ok(Vec::new());
        }
        self.flush().await
    }

    /// Stores the lines that wait. The lines come back that were refused since the last time, in order.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    pub async fn flush(&mut self) -> Result<Vec<RefusedLine>, ServiceError> {
        let (mut waiting, is_dry_run) = (std::mem::take(&mut self.waiting), self.is_dry_run);
        if !waiting.is_empty() {
            in_order(&mut waiting);
            let batch = self.operator.db.run(move |connection| match is_dry_run {
                true => judge(connection, &waiting),
                false => store(connection, waiting),
            });
            let mut batch = batch.await?;
            self.counts.imported += batch.imported;
            self.counts.skipped += batch.skipped;
            self.refused.append(&mut batch.refused);
        }
        let mut refused = std::mem::take(&mut self.refused);
        refused.sort_by_key(|line| line.number);
        self.counts.refused += refused.len() as u64;
        Ok(refused)
    }

    /// What has become of the lines of the batches before.
    pub fn counts(&self) -> ImportCounts {
        self.counts
    }

    fn read(&mut self, number: u64, line: &[u8]) -> Result<Described, String> {
        let now = self.operator.clock.now();
        let mut user = UserLine::parse(line, now).map_err(|error| error.to_string())?;
        if let Some(hash) = user.password_hash.take() {
            let hash = stored_hash::import(hash).map_err(|objection| format!("`password_hash` {objection}"))?;
            user.password_hash = Some(hash);
        }
        let names = [
            ("email", user.email.as_ref().map(Email::as_str)),
            ("subject", user.subject.as_ref().map(Subject::as_str)),
        ];
        let keys = names.map(|(name, text)| Some((name, self.hasher.hash_one((name, text?)))));
        for (name, key) in keys.iter().flatten() {
            if let Some(earlier) = self.lines.get(key) {
                return Err(format!("`{name}` is the same as in line {earlier}"));
            }
        }
        self.lines.extend(keys.into_iter().flatten().map(|(_, key)| (key, number)));
        let created_at = user.created_at;
        let (user, hash) = user.into_user(UserId::new(now, &mut rng()), now);
        Ok(Described { number, user, hash, created_at })
    }
}

/// Makes the ids sort as the lines do. Those of one millisecond sort at random.
fn in_order(users: &mut [Described]) {
    let mut ids: Vec<UserId> = users.iter().map(|user| user.user.id).collect();
    ids.sort_unstable();
    for (user, id) in users.iter_mut().zip(ids) {
        user.user.id = id;
    }
}
