//! What the short run among the tests and the long soak have in common: clients, the record of what they asked and were
//! answered, the checker that judges it, and everything it takes to break the servers meanwhile.

pub mod checker;
pub mod clients;
pub mod record;
pub mod rig;
