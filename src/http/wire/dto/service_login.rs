//! Sessions that backends begin.

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::claims::ClaimsField;
use super::login::TokenDelivery;
use crate::http::wire::problem::Problem;
use crate::service::{IssuedTicket, SessionDescription, UserDescription, UserOfSession};

/// Whose session it is: either `id`, or `subject` and what a new user with it gets.
#[derive(Deserialize, ToSchema)]
#[schema(as = UserOfSession)]
#[serde(deny_unknown_fields)]
pub struct UserOfSessionRequest {
    pub id: Option<Uuid>,
    /// Your own name for the user. If no user has it, one is created.
    #[schema(example = "auth0|5f7c8ec7c33c6c004bbafe82")]
    pub subject: Option<String>,
    /// For a new user.
    #[schema(example = "alice@example.com")]
    pub email: Option<String>,
    /// For a new user. The access tokens of every session say them.
    #[schema(value_type = Option<Object>)]
    pub claims: Option<ClaimsField>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BeginSessionRequest {
    pub user: UserOfSessionRequest,
    /// How the user has proved who they are (RFC 8176). The claim `amr`.
    #[schema(example = json!(["hwk", "user"]))]
    pub amr: Option<Vec<String>>,
    /// How strong the proof was. The claim `acr`.
    pub acr: Option<String>,
    /// Claims for the access tokens of this session, over those of the user. With them at most 1 KiB as compact JSON.
    #[schema(value_type = Option<Object>)]
    pub claims: Option<ClaimsField>,
    /// Seconds without a refresh after which the session expires. At most the server's `HEIRLOOM_REFRESH_IDLE_TTL`.
    #[schema(minimum = 1)]
    pub idle_ttl: Option<u32>,
    /// Seconds after which the session expires. At most the server's `HEIRLOOM_REFRESH_ABSOLUTE_TTL`.
    #[schema(minimum = 1)]
    pub absolute_ttl: Option<u32>,
    /// `false`: the browser forgets the cookies when it is closed. `true` by default.
    pub remember: Option<bool>,
    /// Who acts for the user, for example a member of your support. The claim `act`.
    #[schema(example = "support|bob")]
    pub actor: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Ticket)]
pub struct TicketAnswer {
    #[schema(example = "hlt_AQ…")]
    pub ticket: String,
    /// Seconds until the ticket expires.
    #[schema(example = 60)]
    pub expires_in: u64,
    /// The session that the ticket begins.
    pub session_id: Uuid,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TicketLoginRequest {
    /// From `POST /service/tickets`.
    #[schema(value_type = String, example = "hlt_AQ…")]
    pub ticket: SecretString,
    /// How the refresh token is delivered for the whole life of the session.
    #[serde(default)]
    pub token_delivery: TokenDelivery,
}

impl TryFrom<BeginSessionRequest> for SessionDescription {
    type Error = Problem;

    fn try_from(request: BeginSessionRequest) -> Result<Self, Problem> {
        Ok(Self {
            user: request.user.try_into()?,
            amr: request.amr.unwrap_or_default(),
            acr: request.acr,
            claims: request.claims.map(|ClaimsField(claims)| claims),
            idle_ttl: request.idle_ttl,
            absolute_ttl: request.absolute_ttl,
            remember: request.remember.unwrap_or(true),
            actor: request.actor,
        })
    }
}

impl TryFrom<UserOfSessionRequest> for UserOfSession {
    type Error = Problem;

    fn try_from(user: UserOfSessionRequest) -> Result<Self, Problem> {
        match user {
            UserOfSessionRequest { id: Some(id), subject: None, email: None, claims: None } => {
                Ok(Self::Known(id.into()))
            }
            UserOfSessionRequest { id: None, subject: Some(subject), email, claims } => {
                Ok(Self::Described(UserDescription {
                    email,
                    subject: Some(subject),
                    claims: claims.map(|ClaimsField(claims)| claims),
                    ..UserDescription::default()
                }))
            }
            _ => Err(Problem::field("user", "must have either `id` alone, or `subject`")),
        }
    }
}

impl From<&IssuedTicket> for TicketAnswer {
    fn from(ticket: &IssuedTicket) -> Self {
        Self {
            ticket: ticket.text.expose_secret().to_owned(),
            expires_in: ticket.expires_in,
            session_id: ticket.session_id.as_uuid(),
        }
    }
}
