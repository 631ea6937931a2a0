//! An actix-web app behind Heirloom. `cargo run --example actix --features actix`
#![expect(clippy::disallowed_methods, reason = "an example reads its own settings")]

use actix_web::{App, HttpServer, Responder, web};
use heirloom_verify::actix::claim;
use heirloom_verify::{Session, Verifier};

async fn orders(session: Session) -> impl Responder {
    format!("the orders of {}", session.user_id)
}

async fn reports(_: Session) -> impl Responder {
    "for administrators"
}

pub fn routes(verifier: &Verifier, config: &mut web::ServiceConfig) {
    config
        .app_data(web::Data::new(verifier.clone()))
        .route("/orders", web::get().to(orders))
        .service(web::resource("/reports").guard(claim(verifier, "role", "admin")).route(web::get().to(reports)));
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let verifier = Verifier::builder(&std::env::var("HEIRLOOM_URL")?).start()?;
    let server = HttpServer::new(move || App::new().configure(|config| routes(&verifier, config)));
    Ok(server.bind(("127.0.0.1", 8000))?.run().await?)
}
