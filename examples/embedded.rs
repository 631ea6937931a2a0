//! An actix-web app that contains Heirloom: `cargo run --example embedded`, then open <http://127.0.0.1:8000/auth/app/>.
//!
//! With `DATABASE_URL` and `HEIRLOOM_SECRET` it uses your Postgres, otherwise a private one in `HEIRLOOM_DATA_DIR`.

use actix_web::http::StatusCode;
use actix_web::middleware::DefaultHeaders;
use actix_web::web::{Json, JsonConfig, ServiceConfig};
use actix_web::{App, HttpResponse, HttpServer, ResponseError, web};
use heirloom::{Caller, CallerError, Config, Heirloom};
use serde_json::{Value, json};

/// The app's own errors, in its own style.
#[derive(Debug, thiserror::Error)]
#[error("{1}")]
struct Oops(StatusCode, String);

impl ResponseError for Oops {
    fn status_code(&self) -> StatusCode {
        self.0
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.0).json(json!({ "oops": self.1 }))
    }
}

/// Heirloom responds to requests without a valid access token by itself.
async fn orders(caller: Caller) -> Json<Value> {
    Json(json!({ "orders_of": caller.user_id(), "session": caller.session_id() }))
}

/// Here the app responds to them.
async fn order(caller: Result<Caller, CallerError>, order: Json<Value>) -> Result<Json<Value>, Oops> {
    let caller = caller.map_err(|error| Oops(StatusCode::UNAUTHORIZED, format!("log in first ({})", error.code())))?;
    Ok(Json(json!({ "ordered": order["item"], "by": caller.user_id() })))
}

async fn nothing() -> Result<HttpResponse, Oops> {
    Err(Oops(StatusCode::NOT_FOUND, "there is nothing here".to_owned()))
}

/// The whole app.
pub fn configure(heirloom: &Heirloom, app: &mut ServiceConfig) {
    let json = JsonConfig::default().limit(200).error_handler(|error, _| {
        let oops = Oops(StatusCode::BAD_REQUEST, error.to_string());
        oops.into()
    });
    app.configure(heirloom.routes("/auth"))
        .app_data(json)
        .service(
            web::scope("/shop")
                .wrap(DefaultHeaders::new().add(("x-shop", "ours")))
                .route("/orders", web::get().to(orders))
                .route("/orders", web::post().to(order)),
        )
        .default_service(web::to(nothing));
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let heirloom = Heirloom::connect(Config::from_env().migrate(true)).await?;
    let routes = heirloom.clone();
    let server = HttpServer::new(move || App::new().configure(|app| configure(&routes, app)));
    server.bind(("127.0.0.1", 8000))?.run().await?;
    heirloom.stop().await;
    Ok(())
}
