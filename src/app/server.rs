//! Binding an address, and serving on it.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::{App, Error, HttpServer};

use super::StartError;

/// How long requests in flight may take to end when the server is asked to stop, in seconds.
const GRACE: u64 = 15;

/// An address that is ours, with the name of the setting that chose it.
pub(super) struct Bound {
    listener: TcpListener,
    /// With port 0, this has the one that was picked.
    pub address: SocketAddr,
    failed: BindFailed,
}

#[derive(Clone, Copy)]
struct BindFailed {
    variable: &'static str,
    wanted: SocketAddr,
}

impl BindFailed {
    fn because(self, error: std::io::Error) -> StartError {
        StartError::Bind { variable: self.variable, address: self.wanted, error }
    }
}

/// Takes the address that the setting `variable` asks for.
pub(super) fn bind(variable: &'static str, wanted: SocketAddr) -> Result<Bound, StartError> {
    let failed = BindFailed { variable, wanted };
    let listener = TcpListener::bind(wanted).map_err(|error| failed.because(error))?;
    let address = listener.local_addr().map_err(|error| failed.because(error))?;
    Ok(Bound { listener, address, failed })
}

/// Takes the admin address. A second server on one machine must not fail over an address that nobody asked for: it gets
/// another port, and says so.
pub(super) fn bind_admin(wanted: SocketAddr, is_given: bool) -> Result<Bound, StartError> {
    const VARIABLE: &str = "HEIRLOOM_ADMIN_BIND";
    match bind(VARIABLE, wanted) {
        Err(StartError::Bind { error, .. }) if !is_given && error.kind() == ErrorKind::AddrInUse => {
            let bound = bind(VARIABLE, SocketAddr::new(wanted.ip(), 0))?;
            tracing::warn!(
                wanted = %wanted,
                admin = %bound.address,
                "The usual admin address is in use; another port was picked. Set HEIRLOOM_ADMIN_BIND to choose"
            );
            Ok(bound)
        }
        bound => bound,
    }
}

/// A server of what `app` makes, once for each worker: as many of them as there are cores, unless said otherwise. Each
/// has `blocking` threads at most for what blocks; more than is admitted to them at once would lie about idle, with
/// their stacks. It answers once it is awaited.
pub(super) fn serve<T, B>(
    bound: Bound,
    workers: Option<usize>,
    blocking: usize,
    app: impl Fn() -> App<T> + Clone + Send + 'static,
) -> Result<Server, StartError>
where
    T: ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<B>, Error = Error, InitError = ()>
        + 'static,
    B: MessageBody + 'static,
{
    let mut server = HttpServer::new(app).worker_max_blocking_threads(blocking);
    if let Some(workers) = workers {
        server = server.workers(workers);
    }
    let server = server
        .listen(bound.listener)
        .map_err(|error| bound.failed.because(error))?
        .client_request_timeout(Duration::from_secs(5))
        // Who has hung up is not served: see `http::auth::refresh`.
        .h1_allow_half_closed(false)
        .shutdown_timeout(GRACE)
        // The caller decides what ends us: actix's own handling of Ctrl-C drops the requests in flight.
        .disable_signals();
    Ok(server.run())
}
