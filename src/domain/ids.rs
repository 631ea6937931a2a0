//! Identifiers. All are UUIDv7: rows that are created together are stored together, and no sequence is needed.

use std::fmt;

use rand::CryptoRng;
use uuid::{Builder, Uuid};

use super::Timestamp;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id. It sorts after the ids made before `now`.
            pub fn new(now: Timestamp, rng: &mut impl CryptoRng) -> Self {
                Self(v7(now, rng))
            }

            /// The id as it is stored and sent.
            pub fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id! {
    /// An account.
    UserId
}
id! {
    /// A token family: one login on one device, and every refresh token that descends from it. Clients call it the
    /// session id.
    FamilyId
}
id! {
    /// An entry of the security log.
    EventId
}
id! {
    /// A service key.
    ServiceKeyId
}
id! {
    /// A message of the outbox.
    MessageId
}

fn v7(now: Timestamp, rng: &mut impl CryptoRng) -> Uuid {
    let millis = u64::try_from(now.unix_timestamp_nanos() / 1_000_000).unwrap_or(0);
    let mut random = [0; 10];
    rng.fill_bytes(&mut random);
    Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use time::macros::datetime;

    use super::UserId;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test makes its own random numbers")]
    fn ids_are_version_7_and_sort_by_time() {
        let mut rng = rand::rng();
        let now = datetime!(2026-01-02 03:04:05 UTC);
        let earlier = UserId::new(now, &mut rng);
        let later = UserId::new(now + Duration::from_millis(1), &mut rng);
        assert_eq!(earlier.as_uuid().get_version_num(), 7);
        assert!(earlier < later);
    }
}
