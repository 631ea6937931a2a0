//! `heirloom serve`.

use std::io::IsTerminal as _;

use tokio::signal::unix::{SignalKind, signal};

use super::error::CliError;
use super::output::print_line;
use crate::app::Application;
use crate::config::{Config, unknown_settings};
use crate::domain::clock::Clock;

pub(super) fn serve(config: &Config, migrate: bool) -> Result<(), CliError> {
    for name in unknown_settings() {
        tracing::warn!(name, "Unknown setting");
    }
    actix_web::rt::System::new().block_on(async {
        // Before the embedded database starts: a signal must not leave it running.
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let application = Application::build(config, Clock::system(), migrate)?;
        let stopper = application.stopper();
        let url = application.url();
        let app = config.has_app.then(|| format!("{url}/app/"));
        let docs = config.has_docs.then(|| format!("{url}/docs"));
        tracing::info!(
            address = %application.address(),
            admin = application.admin_address().map(tracing::field::display),
            app,
            docs,
            "Listening"
        );
        print_line(&format!("Heirloom serves {url}"))?;
        // A program may read one line and close the pipe.
        if std::io::stdout().is_terminal() {
            app.iter().try_for_each(|app| print_line(&format!("  web app:       {app}")))?;
            docs.iter().try_for_each(|docs| print_line(&format!("  documentation: {docs}")))?;
        }
        actix_web::rt::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            tracing::info!("Stopping once the requests in flight are finished");
            stopper.stop().await;
        });
        application.run().await?;
        tracing::info!("Stopped");
        Ok(())
    })
}
