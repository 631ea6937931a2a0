//! Password hashes: Argon2id for new ones, with a bounded number of them running and waiting.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rand::CryptoRng;
use tokio::task::spawn_blocking;

use super::argon2id::Argon2id;
use super::hash_queue::HashQueue;
use super::stored_hash::check;
pub use super::verdict::{HashingError, Verdict};
use crate::domain::password::{Password, PasswordHash};
use crate::domain::policy::HashCost;
use crate::domain::standing::Standing;

/// The load of a hasher.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HashingLoad {
    /// Hashes that run at the moment.
    pub running: usize,
    /// Hashes that wait to run at the moment.
    pub waiting: usize,
    /// Hashes computed since the hasher was created.
    pub computed: u64,
    /// Hashes refused since then.
    pub refused: u64,
}

/// Hashes and checks passwords on the blocking pool. A bounded number runs at once, a bounded number waits, and the rest is
/// refused immediately, because each hash holds its memory while it runs. Known callers go before strangers.
#[derive(Clone)]
pub struct PasswordHasher {
    argon2id: Arc<Argon2id>,
    queue: HashQueue,
    computed: Arc<AtomicU64>,
    refused: Arc<AtomicU64>,
    /// What the password of an unknown account is checked against: the hash of no password, at the present cost.
    decoy: PasswordHash,
}

impl PasswordHasher {
    /// A hasher that computes at most `running` hashes of `cost` at once.
    ///
    /// # Errors
    /// [`HashingError::Unusable`] if Argon2 does not support the cost.
    pub fn new(cost: HashCost, running: NonZeroUsize, rng: &mut impl CryptoRng) -> Result<Self, HashingError> {
        let argon2id = Argon2id::new(cost)?;
        let mut output = [0; 32];
        rng.fill_bytes(&mut output);
        let decoy = argon2id.phc(&salt(rng), &output)?;
        Ok(Self {
            argon2id: Arc::new(argon2id),
            queue: HashQueue::new(running.get()),
            computed: Arc::default(),
            refused: Arc::default(),
            decoy,
        })
    }

    /// Hashes a new password with a new salt.
    ///
    /// # Errors
    /// [`HashingError::Overloaded`] if too many callers of this standing are waiting.
    pub async fn hash(
        &self,
        password: Password,
        standing: Standing,
        rng: &mut impl CryptoRng,
    ) -> Result<PasswordHash, HashingError> {
        let salt = salt(rng);
        let argon2id = Arc::clone(&self.argon2id);
        self.bounded(standing, move || argon2id.hash(password.as_bytes(), &salt)).await
    }

    /// Checks a password against a stored hash of any kind.
    ///
    /// # Errors
    /// [`HashingError`]. A wrong password is no error but [`Verdict::Wrong`].
    pub async fn verify(
        &self,
        password: Password,
        stored: &PasswordHash,
        standing: Standing,
    ) -> Result<Verdict, HashingError> {
        let (present, stored) = (self.argon2id.cost, stored.clone());
        self.bounded(standing, move || check(&password, &stored, present)).await
    }

    /// Takes as long as [`verify`](Self::verify) and always returns [`Verdict::Wrong`]. For accounts that do not exist:
    /// otherwise response times would reveal which ones do (CVE-2024-39329).
    ///
    /// # Errors
    /// [`HashingError::Overloaded`] if too many callers of this standing are waiting.
    pub async fn verify_decoy(&self, password: Password, standing: Standing) -> Result<Verdict, HashingError> {
        self.verify(password, &self.decoy, standing).await.map(|_| Verdict::Wrong)
    }

    /// The load at the moment.
    pub fn load(&self) -> HashingLoad {
        let (running, waiting) = self.queue.load();
        HashingLoad {
            running,
            waiting,
            computed: self.computed.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
        }
    }

    async fn bounded<T, F>(&self, standing: Standing, work: F) -> Result<T, HashingError>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T, HashingError> + Send + 'static,
    {
        let slot = self.queue.slot(standing).await.map_err(|_| {
            self.refused.fetch_add(1, Ordering::Relaxed);
            HashingError::Overloaded
        })?;
        // The slot moves into the work: a caller that disconnects frees no slot before its hash is done.
        let computed = Arc::clone(&self.computed);
        let task = spawn_blocking(move || {
            let result = work();
            computed.fetch_add(1, Ordering::Relaxed);
            drop(slot);
            result
        });
        task.await.unwrap_or(Err(HashingError::Unusable))
    }
}

fn salt(rng: &mut impl CryptoRng) -> [u8; 16] {
    let mut salt = [0; 16];
    rng.fill_bytes(&mut salt);
    salt
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;
    use std::sync::mpsc;

    use futures_util::future::{join_all, join3};

    use super::super::hash_queue::WAITING_FOR_EACH_RUNNING;
    use super::{HashCost, HashingError, HashingLoad, PasswordHasher};
    use crate::domain::standing::Standing::Stranger;

    #[tokio::test]
    async fn the_load_counts_what_runs_what_waits_and_what_was_refused() {
        let cost = HashCost { memory: 64, passes: 1, parallelism: 1 };
        #[expect(clippy::disallowed_methods, reason = "any decoy will do here")]
        let hasher = PasswordHasher::new(cost, NonZeroUsize::MIN, &mut rand::rng()).unwrap();
        assert_eq!(hasher.load(), HashingLoad { running: 0, waiting: 0, computed: 0, refused: 0 });

        let (began, begins) = mpsc::channel();
        let (end, ends) = mpsc::channel::<()>();
        let running = hasher.bounded(Stranger, move || {
            began.send(()).unwrap();
            ends.recv().unwrap();
            Ok(())
        });
        let waiting = join_all((0..WAITING_FOR_EACH_RUNNING).map(|_| hasher.bounded(Stranger, || Ok(()))));
        let watching = async {
            begins.recv().unwrap();
            assert_eq!(hasher.bounded(Stranger, || Ok(())).await, Err(HashingError::Overloaded));
            let load = HashingLoad { running: 1, waiting: WAITING_FOR_EACH_RUNNING, computed: 0, refused: 1 };
            assert_eq!(hasher.load(), load);
            end.send(()).unwrap();
        };
        let (ran, waited, ()) = join3(running, waiting, watching).await;
        assert!(ran.is_ok() && waited.iter().all(Result::is_ok));
        let computed = 1 + WAITING_FOR_EACH_RUNNING as u64;
        assert_eq!(hasher.load(), HashingLoad { running: 0, waiting: 0, computed, refused: 1 });
    }
}
