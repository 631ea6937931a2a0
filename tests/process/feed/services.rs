//! Services in three languages that verify access tokens, each with its verifier.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::thread;

use actix_web::{App, HttpServer, web};
use heirloom_verify::{Session, Verifier};

use super::cluster::Cluster;
use crate::client::Client;
use crate::needs::{needs, skip};
use crate::program::{Program, eventually};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A service whose `/orders` needs an access token.
pub struct Service {
    pub language: &'static str,
    pub url: String,
    _program: Option<Program>,
}

impl Service {
    /// Those whose language is installed.
    pub fn all(cluster: &Cluster) -> Vec<Self> {
        [Some(rust(cluster)), node(cluster), python(cluster)].into_iter().flatten().collect()
    }

    fn spawned(language: &'static str, port: u16, command: &mut Command, cluster: &Cluster) -> Self {
        command.env("HEIRLOOM_URL", &cluster.url).env("HEIRLOOM_SERVICE_URL", &cluster.service_url);
        command.env("HEIRLOOM_SERVICE_KEY", &cluster.service_key);
        let program = Program::spawn(command);
        eventually("the service accepts connections", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        Self { language, url: format!("http://127.0.0.1:{port}"), _program: Some(program) }
    }

    /// Status and code of the response to a request with this access token.
    pub fn verdict(&self, client: &Client, access_token: &str) -> (u16, String) {
        let bearer = format!("Bearer {access_token}");
        let answer = client.send("GET", "/orders", &[("authorization", bearer.as_bytes())], b"");
        (answer.status, answer.body["code"].as_str().unwrap_or_default().to_owned())
    }
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

fn rust(cluster: &Cluster) -> Service {
    async fn orders(session: Session) -> String {
        format!("the orders of {}", session.user_id)
    }
    let verifier = Verifier::builder(&cluster.url).ended_sessions(&cluster.service_url, &cluster.service_key);
    let verifier = web::Data::new(verifier.start().unwrap());
    let (sender, started) = mpsc::channel();
    // It ends with the process of the test.
    thread::spawn(move || {
        actix_web::rt::System::new().block_on(async {
            let app = move || App::new().app_data(verifier.clone()).route("/orders", web::get().to(orders));
            let server = HttpServer::new(app).workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
            sender.send(server.addrs()[0]).unwrap();
            server.run().await.unwrap();
        });
    });
    Service { language: "Rust", url: format!("http://{}", started.recv().unwrap()), _program: None }
}

fn node(cluster: &Cluster) -> Option<Service> {
    let node = needs("node", "nodejs")?;
    let package = Path::new(ROOT).join("web/verify");
    if !package.join("dist/index.js").exists() {
        skip("the verifier in TypeScript is not built; run `make web`");
        return None;
    }
    let port = free_port();
    let mut command = Command::new(node);
    command.arg(package.join("test/support/service.js")).env("PORT", port.to_string());
    Some(Service::spawned("Node", port, &mut command, cluster))
}

fn python(cluster: &Cluster) -> Option<Service> {
    let interpreter = Path::new(ROOT).join("target/tools/heirloom-verify-venv/bin/python");
    if !Command::new(&interpreter).args(["-c", "import uvicorn"]).output().is_ok_and(|ran| ran.status.success()) {
        skip("the packages of the verifier in Python are not installed; run `make test-setup`");
        return None;
    }
    let port = free_port();
    let mut command = Command::new(interpreter);
    let package = Path::new(ROOT).join("python");
    command.current_dir(package.join("examples")).env("PYTHONPATH", package.join("src"));
    command.args(["-m", "uvicorn", "fastapi_app:app", "--no-access-log", "--log-level", "warning"]);
    command.args(["--port", &port.to_string()]);
    Some(Service::spawned("Python", port, &mut command, cluster))
}
