//! Proving again who the user is, within a session. The next access token says when that was. Nothing is rotated.

use secrecy::SecretString;

use super::account::{PasswordOutcome, Verified};
use super::authentication::Authenticated;
use super::error::{FieldError, ServiceError};
use super::operator::Operator;
use super::random::rng;
use super::use_cases::Service;
use crate::crypto::access_token::AccessGrant;
use crate::db::locked_family;
use crate::domain::client::Client;
use crate::domain::family::Delivery;
use crate::domain::ids::FamilyId;
use crate::domain::session_content::{Proof, methods, short_text};

/// An access token that says that the user has just proved who they are.
#[derive(Debug)]
pub struct FreshAccess {
    pub access_token: SecretString,
    /// In seconds.
    pub expires_in: i64,
    pub delivery: Delivery,
    /// Whether a browser keeps the cookies when it is closed.
    pub remember: bool,
}

/// What became of a backend's word that a user has proved again who they are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReauthenticationOutcome {
    Done,
    NoSuchSession,
    /// At least one.
    Invalid(Vec<FieldError>),
}

impl Service {
    /// Checks the caller's password again, and returns an access token with the new time of authentication.
    pub async fn reauthenticate(
        &self,
        caller: &Authenticated,
        password: &SecretString,
        client: Client,
    ) -> Result<PasswordOutcome<FreshAccess>, ServiceError> {
        let verified = match self.verify_again(caller, password, &client).await? {
            Verified::Right(_, verified) => verified,
            Verified::Refused(refusal) => return Ok(refusal.into()),
        };
        let now = self.clock.now();
        let proved = self.as_live(caller, move |tx, mut own| {
            if !own.account.has_password(&verified) {
                return Ok(None);
            }
            own.family.reauthenticate(tx, now, None)?;
            Ok(Some(own.family.family().clone()))
        });
        let family = match proved.await? {
            Some(Some(family)) => family,
            Some(None) => return Err(ServiceError::Unavailable("the password was changed meanwhile".to_owned())),
            None => return Ok(PasswordOutcome::SessionRevoked),
        };
        tracing::info!(event = "authn_reauthenticated", user.id = %family.user_id, family.id = %family.id, "Reauthenticated");
        // Of the generation that the caller has: an access token in use confirms its generation.
        let grant = AccessGrant { authenticated_at: now, ..caller.grant };
        let end = family.state.idle_expires_at.min(family.state.expires_at);
        let content = family.content.clone().shared();
        let access = self.access_tokens.issue_with(&grant, content.as_deref(), now, end, &mut rng());
        Ok(PasswordOutcome::Done(FreshAccess {
            access_token: access.token,
            expires_in: access.expires_in,
            delivery: family.delivery,
            remember: family.remember,
        }))
    }
}

impl Operator {
    /// Records that the user of a session has proved again who they are, to the backend for which this runs. `amr` and `acr`
    /// replace those of before, if there are any.
    pub async fn note_reauthentication(
        &self,
        id: FamilyId,
        amr: Option<Vec<String>>,
        acr: Option<String>,
    ) -> Result<ReauthenticationOutcome, ServiceError> {
        let mut errors = Vec::new();
        let has_proof = amr.is_some() || acr.is_some();
        let mut refuse = |field, message: String| errors.push(FieldError { field, message });
        let amr =
            methods(amr.unwrap_or_default()).map_err(|error| refuse("amr", error.to_string())).unwrap_or_default();
        let acr = acr.map(short_text).transpose().map_err(|error| refuse("acr", error.to_string())).unwrap_or_default();
        if !errors.is_empty() {
            return Ok(ReauthenticationOutcome::Invalid(errors));
        }
        let proof = has_proof.then_some(Proof { amr, acr });
        let now = self.clock.now();
        let noted = self.db.transaction(move |tx| match locked_family::lock(tx, id)? {
            Some(mut locked) if locked.family().is_alive(now) => {
                locked.reauthenticate(tx, now, proof)?;
                Ok(ReauthenticationOutcome::Done)
            }
            _ => Ok(ReauthenticationOutcome::NoSuchSession),
        });
        Ok(noted.await?)
    }
}
