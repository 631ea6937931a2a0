//! Users of other systems, with hashes that cost nothing to check.

use std::num::NonZeroU32;

use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::pbkdf2;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde_json::{Value, json};

/// User number `number` with a hash of `kind`.
pub fn email(kind: &str, number: usize) -> String {
    format!("{kind}-{number}@example.com")
}

/// The password of that user.
pub fn password(kind: &str, number: usize) -> String {
    format!("{number} l\u{e4}mps of {kind}")
}

/// The user as a line of an import.
pub fn line(kind: &str, number: usize) -> Value {
    let hash = hash(kind, &password(kind, number), &salt(kind, number));
    json!({ "email": email(kind, number), "email_verified": number.is_multiple_of(2), "password_hash": hash,
            "created_at": "2021-05-17T08:30:00.123456Z" })
}

fn salt(kind: &str, number: usize) -> [u8; 16] {
    let mut salt = [0; 16];
    for (at, byte) in kind.bytes().chain(number.to_le_bytes()).enumerate() {
        salt[at % 16] ^= byte;
    }
    salt
}

/// The hash of a password in the form of `kind`.
pub fn hash(kind: &str, password: &str, salt: &[u8; 16]) -> String {
    let text = |bytes: &[u8]| STANDARD_NO_PAD.encode(bytes);
    match kind {
        "scrypt" => {
            let (mut output, params) = ([0; 32], scrypt::Params::new(4, 1, 1).unwrap());
            scrypt::scrypt(password.as_bytes(), salt, &params, &mut output).unwrap();
            format!("$scrypt$ln=4,r=1,p=1${}${}", text(salt), text(&output))
        }
        "pbkdf2-sha256" => {
            let output = derive(pbkdf2::PBKDF2_HMAC_SHA256, salt, password, 32);
            format!("$pbkdf2-sha256$i=10,l=32${}${}", text(salt), text(&output))
        }
        "pbkdf2-sha512" => {
            let output = derive(pbkdf2::PBKDF2_HMAC_SHA512, salt, password, 64);
            format!("$pbkdf2-sha512$i=10${}${}", text(salt), text(&output))
        }
        "passlib" => {
            let output = derive(pbkdf2::PBKDF2_HMAC_SHA256, salt, password, 32);
            format!("$pbkdf2-sha256$10${}${}", text(salt), text(&output)).replace('+', ".")
        }
        "django" => {
            let salt = text(salt).replace(['+', '/'], "x");
            let output = derive(pbkdf2::PBKDF2_HMAC_SHA256, salt.as_bytes(), password, 32);
            format!("pbkdf2_sha256$10${salt}${}", STANDARD.encode(output))
        }
        "argon2i" | "argon2d" | "argon2id" => {
            let algorithm = Algorithm::try_from(kind).unwrap();
            let params = Params::new(32, 1, 2, Some(32)).unwrap();
            let mut output = [0; 32];
            let argon2 = Argon2::new(algorithm, Version::V0x13, params);
            argon2.hash_password_into(password.as_bytes(), salt, &mut output).unwrap();
            format!("${kind}$v=19$m=32,t=1,p=2${}${}", text(salt), text(&output))
        }
        bcrypt => {
            let prefix = bcrypt.strip_prefix("bcrypt-").unwrap();
            let output = bcrypt::bcrypt(4, *salt, format!("{password}\0").as_bytes());
            let text = |bytes: &[u8]| bcrypt::BASE_64.encode(bytes);
            format!("${prefix}$04${}{}", text(salt), text(&output[..23]))
        }
    }
}

fn derive(algorithm: pbkdf2::Algorithm, salt: &[u8], password: &str, length: usize) -> Vec<u8> {
    let mut output = vec![0; length];
    pbkdf2::derive(algorithm, NonZeroU32::new(10).unwrap(), salt, password.as_bytes(), &mut output);
    output
}
