//! A batch of users to import: stored in one statement, and judged where an account is in the way.

use std::collections::{HashMap, HashSet};

use crate::db::user_transfer::{self, NamedAccount, WithHash};
use crate::db::{Connection, DbError};
use crate::domain::Timestamp;
use crate::domain::account::{Email, User};
use crate::domain::password::PasswordHash;
use crate::domain::subject::Subject;

/// A line that was not imported.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RefusedLine {
    /// From one.
    pub number: u64,
    pub reason: String,
}

/// A user that a line describes, with an id of its own.
pub(super) struct Described {
    pub number: u64,
    pub user: User,
    pub hash: Option<PasswordHash>,
    /// When the line says that the user was created.
    pub created_at: Option<Timestamp>,
}

impl Described {
    fn refused(&self, reason: impl Into<String>) -> RefusedLine {
        RefusedLine { number: self.number, reason: reason.into() }
    }
}

/// What became of a batch.
#[derive(Default)]
pub(super) struct Batch {
    pub imported: u64,
    pub skipped: u64,
    pub refused: Vec<RefusedLine>,
}

/// Stores a batch. If the database refuses it as a whole, it gets parts of it, down to the line that it refuses.
pub(super) fn store(connection: &mut Connection, users: Vec<Described>) -> Result<Batch, DbError> {
    let (mut batch, mut parts, mut last_error) = (Batch::default(), vec![users], None);
    while let Some(mut part) = parts.pop() {
        match store_together(connection, &part, &mut batch) {
            Ok(()) => {}
            Err(error @ (DbError::Unavailable(_) | DbError::ReadOnly(_))) => return Err(error),
            Err(error) if part.len() > 1 => {
                tracing::debug!(error = %error, "Could not store a batch of users; trying the halves");
                let second = part.split_off(part.len() / 2);
                parts.extend([second, part]);
            }
            Err(error) => {
                batch.refused.extend(part.iter().map(|user| user.refused(format!("could not be stored: {error}"))));
                last_error = Some(error);
            }
        }
    }
    match last_error {
        // The database stores nothing at all, whatever the lines say.
        Some(error) if batch.imported + batch.skipped == 0 && error.is_temporary() => Err(error),
        _ => Ok(batch),
    }
}

fn store_together(connection: &mut Connection, users: &[Described], batch: &mut Batch) -> Result<(), DbError> {
    let described: Vec<WithHash> = users.iter().map(|user| (user.user.clone(), user.hash.clone())).collect();
    let (others, known) = connection.transaction(|tx| {
        let inserted = user_transfer::insert_many(tx, &described)?;
        let others: Vec<&Described> = users.iter().filter(|user| !inserted.contains(&user.user.id)).collect();
        let known = Known::among(tx, &others)?;
        Ok((others, known))
    })?;
    batch.imported += (users.len() - others.len()) as u64;
    for user in others {
        match known.judge(user) {
            Found::There => batch.skipped += 1,
            Found::Other(reason) => batch.refused.push(user.refused(reason)),
            Found::Nobody => batch.refused.push(user.refused("met a user who was being changed; import it again")),
        }
    }
    Ok(())
}

/// What would become of a batch.
pub(super) fn judge(connection: &mut Connection, users: &[Described]) -> Result<Batch, DbError> {
    let known = Known::among(connection, &users.iter().collect::<Vec<_>>())?;
    let mut batch = Batch::default();
    for user in users {
        match known.judge(user) {
            Found::There => batch.skipped += 1,
            Found::Other(reason) => batch.refused.push(user.refused(reason)),
            Found::Nobody => batch.imported += 1,
        }
    }
    Ok(batch)
}

/// The accounts that some lines name.
#[derive(Default)]
struct Known {
    by_email: HashMap<String, NamedAccount>,
    subjects: HashSet<String>,
}

enum Found {
    /// The user of the line.
    There,
    /// Another user, with the reason why it is another.
    Other(&'static str),
    Nobody,
}

impl Known {
    fn among(connection: &mut Connection, users: &[&Described]) -> Result<Self, DbError> {
        let email = |user: &&Described| user.user.email.as_ref().map(|email| Email::as_str(email).to_owned());
        let subject = |user: &&Described| user.user.subject.as_ref().map(|subject| Subject::as_str(subject).to_owned());
        let (emails, subjects) = (users.iter().filter_map(email).collect(), users.iter().filter_map(subject).collect());
        let mut known = Self::default();
        if users.is_empty() {
            return Ok(known);
        }
        for account in user_transfer::find_named(connection, emails, subjects)? {
            known.subjects.extend(account.subject.clone());
            if let Some(email) = account.email.clone() {
                known.by_email.insert(email, account);
            }
        }
        Ok(known)
    }

    /// A subject is for good, so the user is there if the subject is. An address without one names the user who was created
    /// when the line says, if it says so.
    fn judge(&self, line: &Described) -> Found {
        if line.user.subject.as_ref().is_some_and(|subject| self.subjects.contains(subject.as_str())) {
            return Found::There;
        }
        match line.user.email.as_ref().and_then(|email| self.by_email.get(email.as_str())) {
            None => Found::Nobody,
            Some(_) if line.user.subject.is_some() => Found::Other("`email` is that of a user without this subject"),
            Some(account) if line.created_at.is_some_and(|at| at != account.created_at) => {
                Found::Other("`email` is that of a user who was created at another time")
            }
            Some(_) => Found::There,
        }
    }
}
