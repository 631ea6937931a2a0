//! The labels whose values are known in advance. No client can add one.

/// An enum of a label's values.
macro_rules! label_values {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $value:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum $name { $($variant),+ }

        impl $name {
            pub(super) const VALUES: &'static [&'static str] = &[$($value),+];

            /// The value of the label.
            pub fn as_str(self) -> &'static str {
                Self::VALUES[self as usize]
            }
        }
    };
}

label_values! {
    /// The outcome of a refresh.
    Refresh {
        Rotated = "rotated",
        Replayed = "replayed",
        ReplayedElsewhere = "replayed_elsewhere",
        Recovered = "recovered",
        CaughtUp = "caught_up",
        Reused = "reused",
        Expired = "expired",
        Revoked = "revoked",
        Invalid = "invalid",
        Disabled = "disabled",
    }
}

label_values! {
    /// The outcome of a login.
    Login {
        Succeeded = "succeeded",
        Failed = "failed",
        Disabled = "disabled",
        Overloaded = "overloaded",
        Throttled = "throttled",
    }
}

label_values! {
    /// Why the server closed a connection.
    CloseReason {
        HeadTimeout = "head_timeout",
        WriteTimeout = "write_timeout",
        Idle = "idle",
        Limit = "limit",
    }
}

label_values! {
    /// The class of a status code.
    StatusClass {
        Success = "2xx",
        Redirection = "3xx",
        ClientError = "4xx",
        ServerError = "5xx",
    }
}

impl StatusClass {
    /// The class of the status code of a final response.
    pub fn of(status: u16) -> Self {
        match status {
            ..300 => Self::Success,
            300..400 => Self::Redirection,
            400..500 => Self::ClientError,
            500.. => Self::ServerError,
        }
    }
}
