//! The mailbox of a development server. A production server does not have this path.

use actix_web::http::header::{ACCEPT, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::http::state::State;
use crate::http::wire::problem::Problem;
use crate::http::wire::problems::NOT_FOUND;

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
        return Ok(HttpResponse::Ok().insert_header((CONTENT_TYPE, "text/html; charset=utf-8")).body(page(&mails)));
    }
    Ok(HttpResponse::Ok().json(MailsAnswer { mails }))
}

fn page(mails: &[MailAnswer]) -> String {
    let mut page = String::from(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Mails</title><h1>Mails</h1><p>This development server keeps its mails here instead of sending them. \
         Reload the page for new ones.</p>",
    );
    if mails.is_empty() {
        page.push_str("<p>There are none yet.</p>");
    }
    for mail in mails {
        let link = mail.link.as_deref().map_or_else(String::new, |link| {
            let link = escaped(link);
            format!("<p><a href=\"{link}\">{link}</a></p>")
        });
        page.push_str(&format!(
            "<article><h2>{}</h2><p>To {}, {}</p><pre>{}</pre>{link}</article><hr>",
            escaped(&mail.subject),
            escaped(&mail.to),
            mail.at,
            escaped(&mail.text),
        ));
    }
    page.push_str("</html>");
    page
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
