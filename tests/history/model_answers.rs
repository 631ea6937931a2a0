//! The tokens and answers of the server in memory.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::kit::record::{Answer, Delivery, Token};

/// The token that the model makes; its tag is one that nobody would trust.
pub fn genuine(family: Uuid, generation: u32, delivery: Delivery, drawn: u8) -> Token {
    let mut bytes = vec![7];
    bytes.extend(family.as_bytes());
    bytes.extend(generation.to_be_bytes());
    bytes.extend(
        family.as_bytes().iter().chain(family.as_bytes()).map(|byte| byte ^ generation.to_be_bytes()[3] ^ drawn),
    );
    let text = format!("hl_{}", URL_SAFE_NO_PAD.encode(bytes));
    Token::read(&text, delivery).expect("the layout is kept")
}

pub fn plain(status: u16) -> Answer {
    Answer { status, code: None, reason: None, grant: None, clears_cookie: false }
}

pub fn answer(status: u16, code: &str) -> Answer {
    Answer { code: Some(code.to_owned()), ..plain(status) }
}
