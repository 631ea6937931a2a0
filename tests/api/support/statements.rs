//! Every statement that the program has sent in this run. What the tests themselves send is not among them.

use std::collections::BTreeSet;
use std::sync::{Mutex, Once, PoisonError};

use diesel::PgConnection;
use diesel::connection::{Connection as _, InstrumentationEvent, set_default_instrumentation};

static SENT: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Notes the statements of every connection that is made from now on.
pub fn note_all() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| set_default_instrumentation(|| Some(Box::new(note))).unwrap());
}

/// Leaves this connection out.
pub fn leave_out(connection: &mut PgConnection) {
    connection.set_instrumentation(|_: InstrumentationEvent<'_>| {});
}

/// The texts so far, without the values of their parameters.
pub fn noted() -> BTreeSet<String> {
    SENT.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn note(event: InstrumentationEvent<'_>) {
    if let InstrumentationEvent::StartQuery { query, .. } = event {
        let text = query.to_string();
        let text = text.split("-- binds:").next().unwrap_or_default().trim().to_owned();
        SENT.lock().unwrap_or_else(PoisonError::into_inner).insert(text);
    }
}
