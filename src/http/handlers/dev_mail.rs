//! The mailbox of a development server. A production server does not have this path.

use actix_web::http::header::{ACCEPT, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::http::state::State;
use crate::http::wire::problem::Problem;
use crate::http::wire::problems::{INTERNAL, NOT_FOUND};

/// The page has a style of its own, and nothing else.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

#[derive(Serialize)]
struct MailsAnswer {
    mails: Vec<MailAnswer>,
}

#[derive(Serialize)]
struct MailAnswer {
    id: Uuid,
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    to: String,
    subject: String,
    text: String,
    html: String,
    link: Option<String>,
}

/// The mails that were not sent, newest first: as JSON, or as a page for people.
pub async fn mails(state: State, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mailbox = state.service.mailbox().ok_or(&NOT_FOUND)?;
    let mails: Vec<MailAnswer> = mailbox
        .mails()
        .into_iter()
        .map(|(at, mail)| MailAnswer {
            id: mail.id.as_uuid(),
            at,
            to: mail.to,
            subject: mail.subject,
            text: mail.text,
            html: mail.html,
            link: mail.link,
        })
        .collect();
    let accepts = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accepts.contains("text/html") {
        return Ok(HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
            .insert_header((CONTENT_SECURITY_POLICY, PAGE_POLICY))
            .body(page(&mails)?));
    }
    Ok(HttpResponse::Ok().json(MailsAnswer { mails }))
}

const TEMPLATE: &str = include_str!("dev_mail.html");

/// The page, in which everything of a mail is escaped: the name of the template ends in `.html`.
fn page(mails: &[MailAnswer]) -> Result<String, Problem> {
    let failed = |error: minijinja::Error| {
        tracing::error!(%error, "The mailbox cannot be shown");
        Problem::from(&INTERNAL)
    };
    let mut environment = minijinja::Environment::new();
    environment.add_template("mails.html", TEMPLATE).map_err(failed)?;
    let template = environment.get_template("mails.html").map_err(failed)?;
    let mails = minijinja::value::Serde(mails);
    template.render(minijinja::context! { mails }).map_err(failed)
}
