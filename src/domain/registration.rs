//! Who may create an account.

/// How accounts are created.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Registration {
    /// By everybody, at once.
    Open,
    /// By a caller who receives mail at the address. The response does not reveal whether it has an account.
    Verified,
    /// By the operator only.
    Closed,
}

impl Registration {
    /// Its name in the settings and for pages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Verified => "verified",
            Self::Closed => "closed",
        }
    }
}
