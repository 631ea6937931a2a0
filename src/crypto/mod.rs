//! Keys and what is made with them: refresh tokens, access tokens, CSRF values, password hashes. Everything secret is a
//! type that does not print itself.

pub mod access_token;
mod argon2id;
pub mod csrf;
pub mod device_cookie;
pub mod jwk;
mod jws;
pub mod keys;
pub mod password_hash;
pub mod refresh_token;
pub mod throttle_keys;
mod verified_tokens;
