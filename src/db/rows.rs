//! Stored rows, and their conversion to and from domain values. A row that contradicts itself is an error.

use std::net::IpAddr;
use std::time::Duration;

use diesel::prelude::*;
use ipnet::IpNet;
use serde_json::Value;
use uuid::Uuid;

use super::error::DbError;
use super::schema::{session_events, token_families, users};
use crate::domain::Timestamp;
use crate::domain::account::{Email, User};
use crate::domain::claims::Claims;
use crate::domain::client::Client;
use crate::domain::event::{Event, RecordedEvent};
use crate::domain::family::Family;
use crate::domain::password::PasswordHash;
use crate::domain::place::Place;
use crate::domain::revocation::Revocation;
use crate::domain::rotation::{FamilyState, Generation};
use crate::domain::session_content::{Proof, SessionContent};
use crate::domain::subject::Subject;

#[derive(Queryable, Selectable)]
#[diesel(table_name = users, check_for_backend(diesel::pg::Pg))]
pub(super) struct UserRow {
    id: Uuid,
    email: Option<String>,
    email_verified: bool,
    subject: Option<String>,
    #[diesel(select_expression = users::password_hash.is_not_null())]
    has_password: bool,
    claims: Option<String>,
    is_active: bool,
    created_at: Timestamp,
}

impl TryFrom<UserRow> for User {
    type Error = DbError;

    fn try_from(row: UserRow) -> Result<Self, DbError> {
        Ok(Self {
            id: row.id.into(),
            email: row.email.map(Email::from_stored),
            email_verified: row.email_verified,
            subject: row.subject.map(Subject::from_stored),
            has_password: row.has_password,
            claims: stored_claims_of(row.id, row.claims.as_deref())?,
            is_active: row.is_active,
            created_at: row.created_at,
        })
    }
}

pub(super) fn stored_claims_of(id: Uuid, text: Option<&str>) -> Result<Claims, DbError> {
    let Some(text) = text else { return Ok(Claims::default()) };
    Claims::from_stored(text).map_err(|_| DbError::corrupt(format!("row {id}: the claims are no JSON object")))
}

/// What the columns of a family say that its access tokens say.
pub(super) fn session_content(
    id: Uuid,
    claims: Option<&str>,
    amr: Option<&str>,
    acr: Option<String>,
    actor: Option<String>,
) -> Result<SessionContent, DbError> {
    let amr = amr.map(|amr| amr.split(' ').map(str::to_owned).collect()).unwrap_or_default();
    Ok(SessionContent { claims: stored_claims_of(id, claims)?, proof: Proof { amr, acr }, actor })
}

/// Methods as their column stores them: null for none.
pub(super) fn stored_methods(amr: &[String]) -> Option<String> {
    (!amr.is_empty()).then(|| amr.join(" "))
}

/// Claims as their column stores them: null for none.
pub(super) fn stored_claims(claims: &Claims) -> Option<String> {
    (!claims.is_empty()).then(|| claims.to_json())
}

#[derive(Insertable)]
#[diesel(table_name = users)]
pub(super) struct NewUserRow<'a> {
    id: Uuid,
    email: Option<&'a str>,
    email_verified: bool,
    subject: Option<&'a str>,
    password_hash: Option<&'a str>,
    claims: Option<String>,
    is_active: bool,
    created_at: Timestamp,
}

impl<'a> NewUserRow<'a> {
    pub fn new(user: &'a User, password_hash: Option<&'a PasswordHash>) -> Self {
        Self {
            id: user.id.as_uuid(),
            email: user.email.as_ref().map(Email::as_str),
            email_verified: user.email_verified,
            subject: user.subject.as_ref().map(Subject::as_str),
            password_hash: password_hash.map(PasswordHash::expose),
            claims: stored_claims(&user.claims),
            is_active: user.is_active,
            created_at: user.created_at,
        }
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = token_families, check_for_backend(diesel::pg::Pg))]
pub(super) struct FamilyRow {
    id: Uuid,
    user_id: Uuid,
    created_at: Timestamp,
    authenticated_at: Timestamp,
    expires_at: Timestamp,
    idle_expires_at: Timestamp,
    rotated_at: Timestamp,
    generation: i32,
    confirmed: i32,
    recovered: i32,
    recovery_tat: i64,
    revoked_at: Option<Timestamp>,
    revoked_reason: Option<String>,
    delivery: String,
    ip: Option<IpNet>,
    user_agent: Option<String>,
    user_agent_hash: Option<i64>,
    claims: Option<String>,
    session_claims: Option<String>,
    amr: Option<String>,
    acr: Option<String>,
    actor: Option<String>,
    remember: bool,
    idle_ttl: Option<i32>,
}

impl TryFrom<FamilyRow> for Family {
    type Error = DbError;

    fn try_from(row: FamilyRow) -> Result<Self, DbError> {
        let revoked = match (row.revoked_at, row.revoked_reason) {
            (None, None) => None,
            (Some(at), Some(reason)) => Some(Revocation { at, reason: reason.parse().map_err(DbError::corrupt)? }),
            (at, _) => {
                return Err(DbError::corrupt(format!(
                    "token_families {}: revoked at {at:?} without the other half",
                    row.id
                )));
            }
        };
        let generation = generation(row.generation)?;
        let (confirmed, recovered) = (self::generation(row.confirmed)?, self::generation(row.recovered)?);
        if confirmed > generation || recovered > generation || row.idle_expires_at > row.expires_at {
            return Err(DbError::corrupt(format!("token_families {}: columns contradict each other", row.id)));
        }
        let content = session_content(row.id, row.claims.as_deref(), row.amr.as_deref(), row.acr, row.actor)?;
        let session_claims = stored_claims_of(row.id, row.session_claims.as_deref())?;
        let idle_ttl = row.idle_ttl.map(u64::try_from).transpose().map_err(DbError::corrupt)?.map(Duration::from_secs);
        let ip = row.ip.map(|net| net.addr());
        let rotated_from = match row.user_agent_hash {
            Some(hash) => Place::stored(ip, hash.cast_unsigned()),
            // An older version has rotated the row, or none has yet. The user agent is nearly always that of the login.
            None => Place::of(&Client { ip, user_agent: row.user_agent.clone(), ..Client::default() }),
        };
        Ok(Self {
            id: row.id.into(),
            user_id: row.user_id.into(),
            delivery: row.delivery.parse().map_err(DbError::corrupt)?,
            state: FamilyState {
                generation,
                rotated_at: row.rotated_at,
                rotated_from,
                confirmed,
                recovered,
                recovery_tat: u64::try_from(row.recovery_tat).map_err(DbError::corrupt)?,
                idle_expires_at: row.idle_expires_at,
                expires_at: row.expires_at,
                revoked,
            },
            created_at: row.created_at,
            authenticated_at: row.authenticated_at,
            ip,
            user_agent: row.user_agent,
            content,
            session_claims,
            remember: row.remember,
            idle_ttl,
        })
    }
}

impl From<&Family> for FamilyRow {
    fn from(family: &Family) -> Self {
        let state = &family.state;
        Self {
            id: family.id.as_uuid(),
            user_id: family.user_id.as_uuid(),
            created_at: family.created_at,
            authenticated_at: family.authenticated_at,
            expires_at: state.expires_at,
            idle_expires_at: state.idle_expires_at,
            rotated_at: state.rotated_at,
            generation: number(state.generation),
            confirmed: number(state.confirmed),
            recovered: number(state.recovered),
            recovery_tat: stored_tat(state.recovery_tat),
            revoked_at: state.revoked.map(|revocation| revocation.at),
            revoked_reason: state.revoked.map(|revocation| revocation.reason.as_str().to_owned()),
            delivery: family.delivery.as_str().to_owned(),
            ip: family.ip.map(address),
            user_agent: family.user_agent.clone(),
            user_agent_hash: Some(state.rotated_from.user_agent_hash().cast_signed()),
            claims: stored_claims(&family.content.claims),
            session_claims: stored_claims(&family.session_claims),
            amr: stored_methods(&family.content.proof.amr),
            acr: family.content.proof.acr.clone(),
            actor: family.content.actor.clone(),
            remember: family.remember,
            idle_ttl: family.idle_ttl.map(|ttl| i32::try_from(ttl.as_secs()).unwrap_or(i32::MAX)),
        }
    }
}

#[derive(Insertable)]
#[diesel(table_name = session_events)]
pub(super) struct NewEventRow<'a> {
    id: Uuid,
    at: Timestamp,
    user_id: Uuid,
    family_id: Option<Uuid>,
    kind: &'static str,
    ip: Option<IpNet>,
    user_agent: Option<&'a str>,
    detail: Value,
}

impl<'a> From<&'a Event> for NewEventRow<'a> {
    fn from(event: &'a Event) -> Self {
        Self {
            id: event.id.as_uuid(),
            at: event.at,
            user_id: event.user_id.as_uuid(),
            family_id: event.family_id.map(|id| id.as_uuid()),
            kind: event.kind.name(),
            ip: event.client.ip.map(address),
            user_agent: event.client.user_agent.as_deref(),
            detail: event.detail(),
        }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = session_events, check_for_backend(diesel::pg::Pg))]
pub(super) struct EventRow {
    id: Uuid,
    at: Timestamp,
    family_id: Option<Uuid>,
    kind: String,
    ip: Option<IpNet>,
    user_agent: Option<String>,
    detail: Value,
}

impl From<EventRow> for RecordedEvent {
    fn from(row: EventRow) -> Self {
        Self {
            id: row.id.into(),
            at: row.at,
            family_id: row.family_id.map(Into::into),
            kind: row.kind,
            client: Client { ip: row.ip.map(|net| net.addr()), user_agent: row.user_agent, ..Client::default() },
            detail: row.detail,
        }
    }
}

/// A single address as the type `inet` stores it: with the full prefix.
pub(super) fn address(ip: IpAddr) -> IpNet {
    ip.into()
}

/// A generation as its column stores it. [`Generation::LAST`] is the largest value of both.
pub(super) fn number(generation: Generation) -> i32 {
    i32::try_from(generation.number()).unwrap_or(i32::MAX)
}

/// Credit is counted in generations, so it stays far below the column's largest value.
pub(super) fn stored_tat(tat: u64) -> i64 {
    i64::try_from(tat).unwrap_or(i64::MAX)
}

pub(super) fn generation(number: i32) -> Result<Generation, DbError> {
    u32::try_from(number)
        .ok()
        .and_then(Generation::new)
        .ok_or_else(|| DbError::corrupt(format!("a generation of {number}")))
}
