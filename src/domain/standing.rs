//! Who goes first where there is not enough for everyone.

/// Whether a caller has proved to have logged in before. A flood of requests comes from strangers, so what is scarce goes
/// to known callers first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// The caller has a session, or the proof of a device that has logged in to the account, or is the operator.
    Known,
    /// Anyone else, and every registration.
    Stranger,
}
