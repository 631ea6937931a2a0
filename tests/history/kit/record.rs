//! What was asked and answered, as the clients saw it. This is all that the checker is given.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::time::Instant;
use uuid::Uuid;

/// Time since the run began.
pub type Moment = Duration;

/// How a session's refresh tokens travel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Delivery {
    Cookie,
    Body,
}

/// A refresh token, with what can be read from it (`docs/rotation.md`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Token {
    pub family: Uuid,
    pub generation: u32,
    pub key_id: u8,
    pub delivery: Delivery,
    pub text: Arc<str>,
}

impl Token {
    pub fn read(text: &str, delivery: Delivery) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix("hl_")?).ok().filter(|bytes| bytes.len() == 53)?;
        let family = Uuid::from_slice(&bytes[1..17]).ok()?;
        let generation = u32::from_be_bytes(bytes[17..21].try_into().ok()?);
        Some(Self { family, generation, key_id: bytes[0], delivery, text: text.into() })
    }
}

/// An access token, with the two claims that matter here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Access {
    pub family: Uuid,
    pub generation: u32,
    pub text: Arc<str>,
}

impl Access {
    pub fn read(text: &str) -> Option<Self> {
        let claims = URL_SAFE_NO_PAD.decode(text.split('.').nth(1)?).ok()?;
        let claims: serde_json::Value = serde_json::from_slice(&claims).ok()?;
        let family = claims["sid"].as_str()?.parse().ok()?;
        let generation = claims["gen"].as_u64()?.try_into().ok()?;
        Some(Self { family, generation, text: text.into() })
    }
}

/// What a client asks of the server.
#[derive(Clone, Debug)]
pub enum Ask {
    Register { email: Arc<str>, password: Arc<str> },
    Login { email: Arc<str>, password: Arc<str>, delivery: Delivery },
    Refresh(Token),
    Logout(Token),
    WhoAmI(Access),
    LogoutAll(Access),
    EndSession { access: Access, family: Uuid },
    ChangePassword { access: Access, current: Arc<str>, new: Arc<str> },
}

/// The tokens that an answer gave.
#[derive(Clone, Debug)]
pub struct Grant {
    pub refresh: Token,
    pub access: Access,
}

#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub code: Option<String>,
    /// With `session_revoked`: why.
    pub reason: Option<String>,
    pub grant: Option<Grant>,
    /// It takes the refresh cookie away.
    pub clears_cookie: bool,
}

impl Answer {
    pub fn is_good(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub fn has_code(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }
}

/// The network that a request comes from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Network(pub u16);

impl Network {
    /// Its address, as the balancer names it.
    pub fn address(self) -> Ipv4Addr {
        Ipv4Addr::from_bits(0x0a00_0000 + u32::from(self.0))
    }
}

/// Who asked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Actor {
    /// The owner of an account, or rather their browser.
    Honest(u32),
    /// Somebody with a copy of an honest client's token.
    Thief(u32),
    /// Somebody who changes a token's bits, or makes tokens up.
    Forger(u32),
}

impl Actor {
    /// Where it is at home.
    pub fn home(self) -> Network {
        let (kind, number) = match self {
            Self::Honest(number) => (0, number),
            Self::Thief(number) => (1, number),
            Self::Forger(number) => (2, number),
        };
        Network(u16::try_from(kind * 1000 + number).expect("a town of less than a thousand"))
    }

    /// Where it is on the way.
    pub fn abroad(self) -> Network {
        Network(self.home().0 + 10_000)
    }
}

/// One request and what came of it.
#[derive(Clone, Debug)]
pub struct Exchange {
    pub by: Actor,
    pub from: Network,
    pub ask: Ask,
    pub sent: Moment,
    /// When the answer had arrived, or when the client gave up.
    pub ended: Moment,
    /// `None`: no answer arrived, whole.
    pub answer: Option<Answer>,
    /// It was delivered twice.
    pub is_doubled: bool,
}

impl Exchange {
    pub fn status(&self) -> Option<u16> {
        self.answer.as_ref().map(|answer| answer.status)
    }

    pub fn is_good(&self) -> bool {
        self.answer.as_ref().is_some_and(Answer::is_good)
    }

    pub fn has_code(&self, code: &str) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.has_code(code))
    }

    pub fn grant(&self) -> Option<&Grant> {
        self.answer.as_ref().and_then(|answer| answer.grant.as_ref()).filter(|_| self.is_good())
    }

    /// The token that is presented to be exchanged.
    pub fn refreshes(&self) -> Option<&Token> {
        if let Ask::Refresh(token) = &self.ask { Some(token) } else { None }
    }

    /// The access token that authenticates the request.
    pub fn access(&self) -> Option<&Access> {
        match &self.ask {
            Ask::WhoAmI(access) | Ask::LogoutAll(access) => Some(access),
            Ask::EndSession { access, .. } | Ask::ChangePassword { access, .. } => Some(access),
            Ask::Register { .. } | Ask::Login { .. } | Ask::Refresh(_) | Ask::Logout(_) => None,
        }
    }

    /// The family whose token is shown.
    pub fn family(&self) -> Option<Uuid> {
        match &self.ask {
            Ask::Refresh(token) | Ask::Logout(token) => Some(token.family),
            _ => self.access().map(|access| access.family),
        }
    }
}

/// A time in which something was broken on purpose.
#[derive(Clone, Debug)]
pub struct Fault {
    pub from: Moment,
    /// When what was broken had been mended.
    pub to: Moment,
    /// By how much more than usual the clocks of two processes differed.
    pub clocks: Duration,
    /// The database may have lost what it need not flush, back to this moment.
    pub loses_since: Option<Moment>,
}

/// Everything that happened in a run.
pub struct Record {
    began: Instant,
    exchanges: Mutex<Vec<Exchange>>,
    faults: Mutex<Vec<Fault>>,
}

impl Record {
    pub fn begin() -> Self {
        Self { began: Instant::now(), exchanges: Mutex::default(), faults: Mutex::default() }
    }

    pub fn now(&self) -> Moment {
        self.began.elapsed()
    }

    pub fn add(&self, exchange: Exchange) {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
    }

    pub fn add_fault(&self, fault: Fault) {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
    }

    /// Looks at what has been recorded so far, in the order in which it ended.
    pub fn look<T>(&self, look: impl FnOnce(&[Exchange]) -> T) -> T {
        look(&self.exchanges.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// All of it, by the time of the request.
    pub fn history(&self) -> (Vec<Exchange>, Vec<Fault>) {
        let mut exchanges = self.look(<[Exchange]>::to_vec);
        exchanges.sort_by_key(|exchange| exchange.sent);
        (exchanges, self.faults.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}
