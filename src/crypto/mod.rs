//! Keys and what they make: refresh tokens, access tokens, CSRF values, device cookies, service keys. Also password hashes.
//! Every secret has a type that does not print it.

pub mod access_token;
mod argon2id;
mod bcrypt_hash;
pub mod csrf;
pub mod device_cookie;
mod hash_queue;
mod hash_text;
pub mod jwk;
mod jws;
pub mod keys;
pub mod links;
pub mod log_hashes;
pub mod password_hash;
mod pbkdf2_hash;
pub mod refresh_token;
pub mod request_digests;
mod scrypt_hash;
pub mod service_key;
mod stored_argon2;
pub mod stored_hash;
pub mod throttle_keys;
pub mod tickets;
mod verdict;
