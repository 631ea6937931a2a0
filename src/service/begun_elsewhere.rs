//! Sessions of users whom a backend has identified: by a ticket, which the browser redeems, or at once for a backend that keeps
//! the tokens itself.

use std::time::Duration;

use secrecy::SecretString;

use super::error::{FieldError, ServiceError};
use super::login::FromBefore;
use super::random::rng;
use super::revoke::{self, Ended};
use super::service_keys::Backend;
use super::session::SessionGrant;
use super::session_description::{SessionDescription, ValidDescription, ValidUserOfSession, too_long, valid};
use super::use_cases::Service;
use crate::db::idempotency_keys::{self, Repetition};
use crate::db::users::{self, EMAIL_TAKEN, LockedAccount, SUBJECT_TAKEN};
use crate::db::{Connection, DbError, events, families};
use crate::domain::Timestamp;
use crate::domain::account::User;
use crate::domain::claims::Claims;
use crate::domain::client::Client;
use crate::domain::event::{Event, EventKind};
use crate::domain::family::{Delivery, Family};
use crate::domain::idempotency::RepeatableRequest;
use crate::domain::ids::{FamilyId, UserId};
use crate::domain::policy::Lifetimes;
use crate::domain::refresh_token::IssuedGeneration;
use crate::domain::rotation::Generation;
use crate::domain::session_content::Proof;
use crate::domain::ticket::{TICKET_LIFETIME, Ticket};

/// Why a session that a backend describes does not begin.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NotBegun {
    NoSuchUser,
    EmailTaken,
    /// The same request came before, and its session is gone.
    NoSuchSession,
    /// The `Idempotency-Key` came before with another request.
    KeyReused,
    AccountDisabled,
    /// At least one.
    Invalid(Vec<FieldError>),
}

/// A ticket for a browser.
#[derive(Debug)]
pub struct IssuedTicket {
    pub text: SecretString,
    /// In seconds.
    pub expires_in: u64,
    pub session_id: FamilyId,
}

/// The outcome of presenting a ticket.
#[derive(Debug)]
pub enum RedeemOutcome {
    /// With what the account is [called](crate::domain::account::User::login_name) where a device becomes known to it.
    Granted(SessionGrant, String),
    /// Altered, late, of another secret, or of an account that is gone.
    Invalid,
    Used,
    AccountDisabled,
}

/// What a transaction began.
enum Begun {
    Session {
        family: Box<Family>,
        login_name: String,
        ended: Ended,
    },
    Used,
    Gone,
    Disabled,
    /// The claims of the user and of the session are too long together.
    TooLong,
}

impl Service {
    /// A ticket for the described session. The same request again returns a ticket for the same session.
    pub async fn issue_ticket(
        &self,
        backend: Backend,
        description: SessionDescription,
        request: Option<RepeatableRequest>,
    ) -> Result<Result<IssuedTicket, NotBegun>, ServiceError> {
        let now = self.clock.now();
        let ValidDescription { user, mut ticket } = match valid(description, backend, now) {
            Ok(valid) => valid,
            Err(errors) => return Ok(Err(NotBegun::Invalid(errors))),
        };
        let client = Client { service_key: Some(backend.key_id), ..Client::default() };
        let prepared = self.db.transaction(move |tx| {
            if let Some(request) = request {
                match idempotency_keys::remember(tx, &request, ticket.session, now)? {
                    Repetition::First => {}
                    Repetition::Again(session) => ticket.session = session,
                    Repetition::OtherRequest => return Ok(Err(NotBegun::KeyReused)),
                }
            }
            let session = ticket.session;
            match prepare(tx, user, &mut ticket, now, &client) {
                Ok(Ok(())) => Ok(Ok(ticket)),
                Ok(Err(refused)) => {
                    idempotency_keys::forget(tx, session)?;
                    Ok(Err(refused))
                }
                Err(error) => Err(error),
            }
        });
        let ticket = match prepared.await {
            Err(error) if error.is_constraint(EMAIL_TAKEN) => Err(NotBegun::EmailTaken),
            prepared => prepared?,
        };
        Ok(ticket.map(|ticket| IssuedTicket {
            text: self.tickets.seal(&ticket),
            expires_in: TICKET_LIFETIME.as_secs(),
            session_id: ticket.session.into(),
        }))
    }

    /// Begins the described session, and returns its tokens. The same request again returns tokens of the same session.
    pub async fn begin_for(
        &self,
        backend: Backend,
        description: SessionDescription,
        request: Option<RepeatableRequest>,
    ) -> Result<Result<SessionGrant, NotBegun>, ServiceError> {
        let now = self.clock.now();
        let ValidDescription { user, mut ticket } = match valid(description, backend, now) {
            Ok(valid) => valid,
            Err(errors) => return Ok(Err(NotBegun::Invalid(errors))),
        };
        let client = Client { service_key: Some(backend.key_id), ..Client::default() };
        let (lifetimes, limit) = (self.lifetimes, self.sessions_per_user.get());
        let begun = self.db.transaction(move |tx| {
            if let Some(request) = request {
                match idempotency_keys::remember(tx, &request, ticket.session, now)? {
                    Repetition::First => {}
                    Repetition::OtherRequest => return Ok(Err(NotBegun::KeyReused)),
                    Repetition::Again(session) => {
                        // Access tokens of a session that ended long ago are no longer known to be dead.
                        let found = families::find(tx, session.into())?.filter(|family| family.is_alive(now));
                        let found = found.map(|family| (Box::new(family), Ended::default()));
                        return Ok(found.ok_or(NotBegun::NoSuchSession));
                    }
                }
            }
            let session = ticket.session;
            let refused = match prepare(tx, user, &mut ticket, now, &client)? {
                Err(refused) => refused,
                Ok(()) => match begin(tx, &ticket, Delivery::Body, None, (&lifetimes, limit), now, &client)? {
                    Begun::Session { family, ended, .. } => return Ok(Ok((family, ended))),
                    Begun::Disabled => NotBegun::AccountDisabled,
                    Begun::TooLong => NotBegun::Invalid(vec![too_long()]),
                    Begun::Gone | Begun::Used => NotBegun::NoSuchUser,
                },
            };
            idempotency_keys::forget(tx, session)?;
            Ok(Err(refused))
        });
        let begun = match begun.await {
            Err(error) if error.is_constraint(EMAIL_TAKEN) => Err(NotBegun::EmailTaken),
            begun => begun?,
        };
        Ok(begun.map(|(family, ended)| {
            self.ended_sessions.add(ended);
            // Also for a repetition after a refresh: the client never got the first generation.
            let first = IssuedGeneration { generation: Generation::FIRST, ..IssuedGeneration::newest_of(&family) };
            self.grant(&first, now)
        }))
    }

    /// Begins the session of a ticket. As a login does, it ends the session whose cookie it replaces.
    pub async fn redeem_ticket(
        &self,
        presented: &str,
        delivery: Delivery,
        before: FromBefore<'_>,
        client: Client,
    ) -> Result<RedeemOutcome, ServiceError> {
        let now = self.clock.now();
        let Some(ticket) = self.tickets.open(presented, now) else {
            tracing::warn!(event = "authn_login_fail", reason = "ticket", "Login failed");
            return Ok(RedeemOutcome::Invalid);
        };
        let replaced = before.refresh_token.and_then(|token| self.refresh_tokens.verify(token).ok());
        let replaced = replaced.map(|token| token.family_id);
        let (lifetimes, limit) = (self.lifetimes, self.sessions_per_user.get());
        let user = ticket.user;
        let begun =
            self.db.transaction(move |tx| begin(tx, &ticket, delivery, replaced, (&lifetimes, limit), now, &client));
        Ok(match begun.await? {
            Begun::Session { family, login_name, ended } => {
                self.ended_sessions.add(ended);
                tracing::info!(event = "authn_login_success", user.id = %family.user_id, family.id = %family.id, by = "ticket", "Login succeeded");
                RedeemOutcome::Granted(self.grant(&IssuedGeneration::newest_of(&family), now), login_name)
            }
            Begun::Disabled => {
                tracing::warn!(event = "authn_login_fail", user.id = %user, reason = "disabled", "Login failed");
                RedeemOutcome::AccountDisabled
            }
            Begun::Used => {
                tracing::warn!(event = "authn_login_fail", user.id = %user, reason = "ticket_used", "Login failed");
                RedeemOutcome::Used
            }
            Begun::Gone | Begun::TooLong => RedeemOutcome::Invalid,
        })
    }
}

/// Finds or creates the user of a session, and names it in the ticket.
fn prepare(
    tx: &mut Connection,
    user: ValidUserOfSession,
    ticket: &mut Ticket,
    now: Timestamp,
    client: &Client,
) -> Result<Result<(), NotBegun>, DbError> {
    let session_claims = Claims::of_session(&ticket.claims);
    let fits = |user: &User| session_claims.merged_over(&user.claims).is_ok();
    let found = match user {
        ValidUserOfSession::Known(id) => users::find(tx, id)?.map(|(user, _)| user),
        ValidUserOfSession::Described(described) => {
            let user = described.into_user(UserId::new(now, &mut rng()), false, now);
            let Some(subject) = user.subject.clone() else { return Ok(Err(NotBegun::NoSuchUser)) };
            match users::find_by_subject(tx, &subject)? {
                Some(found) => Some(found),
                None if !fits(&user) => return Ok(Err(NotBegun::Invalid(vec![too_long()]))),
                None => match users::insert(tx, &user, None) {
                    Ok(()) => {
                        let kind = EventKind::Registered;
                        events::insert(tx, &Event::of_account(now, user.id, kind, client.clone(), &mut rng()))?;
                        Some(user)
                    }
                    Err(error) if error.is_constraint(SUBJECT_TAKEN) || error.is_constraint(EMAIL_TAKEN) => {
                        // Another request may have created the user meanwhile, with the same address.
                        match users::find_by_subject(tx, &subject)? {
                            None if error.is_constraint(EMAIL_TAKEN) => return Err(error),
                            found => found,
                        }
                    }
                    Err(error) => return Err(error),
                },
            }
        }
    };
    let Some(user) = found else { return Ok(Err(NotBegun::NoSuchUser)) };
    if !fits(&user) {
        return Ok(Err(NotBegun::Invalid(vec![too_long()])));
    }
    ticket.user = user.id.as_uuid();
    Ok(Ok(()))
}

/// Begins the session of a ticket. The account's lock keeps two redemptions of one ticket apart.
fn begin(
    tx: &mut Connection,
    ticket: &Ticket,
    delivery: Delivery,
    replaced: Option<FamilyId>,
    (lifetimes, limit): (&Lifetimes, u32),
    now: Timestamp,
    client: &Client,
) -> Result<Begun, DbError> {
    let (id, user_id) = (FamilyId::from(ticket.session), UserId::from(ticket.user));
    let owner = match replaced {
        Some(replaced) => families::find_owner(tx, replaced, delivery)?,
        None => None,
    };
    let replaced = replaced.zip(owner);
    let Some(account) = users::lock_with_owner(tx, user_id, owner)? else { return Ok(Begun::Gone) };
    if families::find(tx, id)?.is_some() {
        return Ok(Begun::Used);
    }
    if !account.user().is_active {
        return Ok(Begun::Disabled);
    }
    let Some(mut family) = family(ticket, &account, delivery, lifetimes, now) else { return Ok(Begun::TooLong) };
    family.issue_to(client);
    family.user_agent.clone_from(&client.user_agent);
    let by = Client { service_key: Some(ticket.service_key.into()), actor: ticket.actor.clone(), ..client.clone() };
    let ended = revoke::replaced_and_beyond(tx, &account, limit - 1, replaced, now, client)?;
    families::insert(tx, &family)?;
    events::insert(tx, &Event::of_session(now, user_id, id, EventKind::LoginSucceeded, by, &mut rng()))?;
    let login_name = account.user().login_name();
    Ok(Begun::Session { family: Box::new(family), login_name, ended })
}

fn family(
    ticket: &Ticket,
    account: &LockedAccount,
    delivery: Delivery,
    lifetimes: &Lifetimes,
    now: Timestamp,
) -> Option<Family> {
    let seconds = |ttl: Option<u32>, most: Duration| ttl.map_or(most, |ttl| Duration::from_secs(ttl.into()).min(most));
    let absolute = seconds(ticket.absolute_ttl, lifetimes.absolute);
    let idle = seconds(ticket.idle_ttl, lifetimes.idle);
    let lifetimes = Lifetimes { idle, absolute };
    let id = FamilyId::from(ticket.session);
    let mut family = Family::begin(id, account.user().id, delivery, now, &lifetimes);
    let session_claims = Claims::of_session(&ticket.claims);
    family.content.claims = session_claims.merged_over(&account.user().claims).ok()?;
    family.session_claims = session_claims;
    family.content.proof = Proof { amr: ticket.amr.clone(), acr: ticket.acr.clone() };
    family.content.actor.clone_from(&ticket.actor);
    family.remember = ticket.remember;
    family.idle_ttl = ticket.idle_ttl.map(|ttl| Duration::from_secs(ttl.into()));
    // A clock that is behind may redeem a ticket of a later moment.
    family.authenticated_at = Timestamp::from_unix_timestamp(ticket.authenticated_at).map_or(now, |at| at.min(now));
    Some(family)
}
