//! `heirloom serve`.

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
        tracing::info!(
            address = %application.address(),
            admin = application.admin_address().map(tracing::field::display),
            "Listening"
        );
        print_line(&format!("Heirloom serves {}", application.url()))?;
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
