//! Binding an address, and serving on it.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_http::{HttpService, KeepAlive};
use actix_service::{IntoServiceFactory as _, ServiceFactoryExt as _, apply_fn_factory, map_config};
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, Server, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::{App, Error};

use super::StartError;
use crate::connections::{self, Connections, Timeouts};

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

/// How one address is served.
pub(super) struct ServerOptions {
    pub workers: usize,
    /// Blocking threads of each worker: as many as work is admitted for at a time.
    pub blocking: usize,
    pub timeouts: Timeouts,
}

/// A server of the application that `app` creates for each worker. It serves once it is awaited.
pub(super) fn serve<T, B>(
    bound: Bound,
    options: &ServerOptions,
    connections: Arc<Connections>,
    app: impl Fn() -> App<T> + Clone + Send + 'static,
) -> Result<Server, StartError>
where
    T: ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<B>, Error = Error, InitError = ()>
        + 'static,
    B: MessageBody + 'static,
{
    let (timeouts, address) = (options.timeouts, bound.address);
    let server = Server::build()
        .workers(options.workers)
        .worker_max_blocking_threads(options.blocking)
        .max_concurrent_connections(connections.sockets_per_worker(options.workers))
        .shutdown_timeout(GRACE)
        // The caller decides what ends us: actix's own handling of Ctrl-C drops the requests in flight.
        .disable_signals();
    let drains = server.graceful_shutdown_signal();
    let server = server
        .listen("heirloom", bound.listener, move || {
            let (connections, drains) = (Arc::clone(&connections), drains.clone());
            let app = app().into_factory().map_err(|error: Error| error.error_response().into());
            let http = HttpService::build()
                .graceful_shutdown_signal(move || {
                    let drains = drains.clone();
                    async move { drains.notified().await }
                })
                // `connections` limits the time that the server waits for a client.
                .keep_alive(KeepAlive::Os)
                .client_request_timeout(Duration::ZERO)
                .client_disconnect_timeout(timeouts.linger)
                .local_addr(address)
                .on_connect_ext(connections::note_connection)
                .finish(apply_fn_factory(map_config(app, |()| AppConfig::default()), |request, app: &_| {
                    connections::respond(request, app)
                }));
            apply_fn_factory(http, move |stream, http: &_| connections::serve(&connections, timeouts, stream, http))
        })
        .map_err(|error| bound.failed.because(error))?;
    Ok(server.run())
}
