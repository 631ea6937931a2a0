//! The texts of tickets: what was not made by the server never opens.

use heirloom::crypto::tickets::Tickets;
use heirloom::domain::Timestamp;
use heirloom::domain::ticket::Ticket;
use secrecy::ExposeSecret as _;
use time::macros::datetime;
use uuid::Uuid;

use super::server::keyring;
use super::tokens::changed;

const NOW: Timestamp = datetime!(2026-03-01 12:00:00 UTC);

pub struct ShownTickets {
    tickets: Tickets,
    genuine: String,
    ticket: Ticket,
}

impl ShownTickets {
    pub fn make() -> Self {
        let tickets = Tickets::new(&keyring());
        let ticket = Ticket {
            session: Uuid::from_u128(1),
            user: Uuid::from_u128(2),
            service_key: Uuid::from_u128(3),
            expires_at: NOW.unix_timestamp() + 60,
            authenticated_at: NOW.unix_timestamp(),
            amr: vec!["hwk".to_owned()],
            acr: None,
            actor: None,
            claims: serde_json::Map::new(),
            idle_ttl: None,
            absolute_ttl: None,
            remember: true,
        };
        let genuine = tickets.seal(&ticket).expose_secret().to_owned();
        Self { tickets, genuine, ticket }
    }

    /// The first byte tells what to make of the others: a text as it stands, or changes to a genuine ticket.
    pub fn are_shown(&self, input: &[u8]) {
        let Some((&how, rest)) = input.split_first() else { return };
        let text = if how % 2 == 0 { rest.to_vec() } else { changed(self.genuine.as_bytes(), rest) };
        let text = String::from_utf8_lossy(&text);
        match self.tickets.open(&text, NOW) {
            Some(opened) => {
                assert_eq!(text, self.genuine, "nobody made this ticket");
                assert_eq!(opened, self.ticket);
            }
            None => assert_ne!(text, self.genuine, "the genuine ticket was refused"),
        }
    }
}
