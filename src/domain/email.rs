//! Email addresses, which name accounts.

use std::fmt;

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46, verify_dns_length};
use unicode_normalization::UnicodeNormalization;

use super::invisible::is_invisible;

/// RFC 5321 §4.5.3.1.3: a path holds 256 octets, two of them brackets.
const EMAIL_LIMIT: usize = 254;

/// The email address that names an account. Every spelling of an address is one address: the domain is processed by UTS
/// 46 and held in ASCII (`xn--…`), the part before the `@` is in normal form C with ASCII letters in lower case. Letters
/// beyond ASCII stay as they are there, since folding them makes the addresses of different people equal
/// (CVE-2019-19844). [`Display`](fmt::Display) writes the domain in letters, as people do.
///
/// The ASCII form is what DNS and mail servers compare, it does not change with versions of Unicode, and earlier versions
/// of this program can read it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Email(String);

/// Why a text cannot be the email address of an account.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EmailError {
    #[error("must be at most {EMAIL_LIMIT} bytes long")]
    TooLong,
    #[error("must not contain invisible characters; type it instead of pasting it")]
    Invisible,
    #[error("must be an address like name@example.com")]
    Implausible,
}

impl Email {
    /// Reads an address that a person typed. Only mail can prove an address, so this demands no more than one `@`,
    /// plain visible characters before it and a possible domain after it.
    ///
    /// # Errors
    /// [`EmailError`] with a message for the person who typed.
    pub fn parse(typed: &str) -> Result<Self, EmailError> {
        let typed = typed.trim();
        let (local, domain) = typed.split_once('@').ok_or(EmailError::Implausible)?;
        // A line break is no slip of an invisible character.
        if typed.chars().any(|c| is_invisible(c) && !c.is_control()) {
            return Err(EmailError::Invisible);
        }
        let is_plain = |c: char| c.is_ascii() || !is_another_spelling_of_ascii(c);
        let email = match ascii_domain(domain) {
            Some(domain) if local.chars().all(is_plain) => {
                format!("{}@{domain}", local.nfc().collect::<String>().to_ascii_lowercase())
            }
            _ => return Err(EmailError::Implausible),
        };
        if email.len() > EMAIL_LIMIT {
            return Err(EmailError::TooLong);
        }
        match email.split_once('@') {
            Some((local, domain)) if is_plausible_local(local) && is_plausible_domain(domain) => {}
            _ => return Err(EmailError::Implausible),
        }
        let email = Self(email);
        // A domain in ASCII can stand for invisible characters too.
        if email.to_string().chars().any(is_invisible) { Err(EmailError::Invisible) } else { Ok(email) }
    }

    /// The address of a stored account. It is not judged again: an earlier version may have had another rule.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The spelling that all spellings of an address share. `typed` need not be a valid address.
    pub fn spelling(typed: &str) -> String {
        Self::parse(typed).map_or_else(|_| former_spelling(typed), |email| email.0)
    }

    /// The address as it is stored and compared.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((local, domain)) = self.0.split_once('@') else { return f.write_str(&self.0) };
        let (shown, valid) = Uts46::new().to_unicode(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast);
        write!(f, "{local}@{}", if valid.is_ok() { &shown } else { domain })
    }
}

/// How the account of an address that a person typed is found.
#[derive(Clone, Debug)]
pub struct EmailLookup {
    canonical: Option<String>,
    former: Option<String>,
}

impl EmailLookup {
    /// Looks for the address `typed`, which need not be a valid one.
    pub fn new(typed: &str) -> Self {
        let former = Some(former_spelling(typed));
        let is_possible = |text: &String| text.len() <= EMAIL_LIMIT && !text.chars().any(char::is_control);
        Self { canonical: Email::parse(typed).ok().map(|email| email.0), former: former.filter(is_possible) }
    }

    /// The address in its stored form; `None` if no new account could have it.
    pub fn canonical(&self) -> Option<&str> {
        self.canonical.as_deref()
    }

    /// The spelling under which versions before UTS 46 stored it; `None` if they could not.
    pub fn former(&self) -> Option<&str> {
        self.former.as_deref()
    }
}

fn former_spelling(typed: &str) -> String {
    typed.trim().to_ascii_lowercase()
}

fn ascii_domain(domain: &str) -> Option<String> {
    let processed = Uts46::new().to_ascii(
        domain.as_bytes(),
        AsciiDenyList::STD3,
        Hyphens::CheckFirstLast,
        // Checked afterwards: an address that is too long gets an error of its own.
        DnsLength::Ignore,
    );
    processed.ok().map(Into::into)
}

/// Normalisation turns a few signs, such as the kelvin, into ASCII. An address with one is never the address without.
fn is_another_spelling_of_ascii(c: char) -> bool {
    std::iter::once(c).nfc().all(|normal| normal.is_ascii())
}

fn is_plausible_local(local: &str) -> bool {
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !"@\"(),:;<>[\\]".contains(c);
    (1..=64).contains(&local.len())
        && local.chars().all(plain)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
}

fn is_plausible_domain(domain: &str) -> bool {
    let top = domain.rsplit('.').next().unwrap_or_default();
    domain.contains('.') && verify_dns_length(domain, false) && !top.chars().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{Email, EmailError, EmailLookup};

    #[test]
    fn addresses_are_trimmed_and_their_ascii_letters_lowered() {
        assert_eq!(Email::parse("  Alice@Example.COM\n").unwrap().as_str(), "alice@example.com");
        assert_eq!(Email::parse("o'neil+tag@mail.example.co.uk").unwrap().as_str(), "o'neil+tag@mail.example.co.uk");
    }

    #[test]
    fn look_alikes_stay_different_people() {
        assert_ne!(Email::parse("m\u{131}ke@example.com"), Email::parse("mike@example.com"));
        assert_ne!(Email::parse("\u{212a}elvin@example.com"), Email::parse("kelvin@example.com"));
        assert_ne!(Email::parse("stra\u{df}e@example.com"), Email::parse("strasse@example.com"));
    }

    #[test]
    fn what_cannot_be_an_address_is_refused() {
        for typed in [
            "",
            "@",
            "a@",
            "@example.com",
            "alice",
            "alice@example",
            "alice@@example.com",
            "a@b@example.com",
            "al ice@example.com",
            "alice@-example.com",
            "alice@example..com",
            "alice@.com",
            "alice@example.com.",
            "alice@127.0.0.1",
            ".alice@example.com",
            "al..ice@example.com",
            "alice@exa mple.com",
            "<alice>@example.com",
            "alice\0@example.com",
        ] {
            assert_eq!(Email::parse(typed), Err(EmailError::Implausible), "{typed:?}");
        }
        let long = format!("{}@{}.com", "a".repeat(64), "b".repeat(190));
        assert_eq!(Email::parse(&long), Err(EmailError::TooLong));
    }

    #[test]
    fn every_spelling_of_an_address_is_one_address() {
        for (stored, shown, spellings) in [
            (
                "a@xn--bcher-kva.example",
                "a@b\u{fc}cher.example",
                &[
                    "A@B\u{dc}CHER.example",
                    "a@bu\u{308}cher.Example",
                    "a@XN--BCHER-KVA.example",
                    "a@b\u{fc}cher\u{3002}example",
                ][..],
            ),
            (
                "\u{e9}lodie@example.com",
                "\u{e9}lodie@example.com",
                &["e\u{301}lodie@EXAMPLE.com", "\u{e9}LODIE@\u{ff45}xample.com"],
            ),
            (
                "a@xn--11b4b1bdelz2deom5dtbt2h.xn--i1b6b1a6a2e",
                "a@\u{938}\u{93e}\u{930}\u{94d}\u{935}\u{92d}\u{94c}\u{92e}\u{93f}\u{915}.\u{938}\u{902}\u{917}\u{920}\u{928}",
                &[],
            ),
        ] {
            let email = Email::parse(shown).unwrap();
            if !spellings.is_empty() {
                assert_eq!(email.as_str(), stored);
            }
            assert_eq!(email.to_string(), shown);
            assert!(email.as_str().split_once('@').unwrap().1.is_ascii());
            assert_eq!(Email::parse(email.as_str()).as_ref(), Ok(&email));
            for spelling in spellings {
                assert_eq!(Email::parse(spelling).as_ref(), Ok(&email), "{spelling}");
                assert_eq!(Email::spelling(spelling), email.as_str());
            }
        }
    }

    #[test]
    fn domains_of_every_script_are_addresses() {
        for typed in [
            "a@सार्वभौमिक-स्वीकृति-परीक्षण.संगठन",
            "用户@例子.广告",
            "ಬೆಂಬಲ@ಡೇಟಾಮೇಲ್.ಭಾರತ",
            "θσερ@εχαμπλε.ψομ",
            "dörte@sörensen.example.com",
        ] {
            let email = Email::parse(typed).unwrap();
            assert_eq!(email.to_string(), typed);
            assert_eq!(Email::parse(email.as_str()), Ok(email));
        }
    }

    #[test]
    fn what_cannot_be_seen_is_refused() {
        for typed in [
            "al\u{200b}ice@example.com",
            "alice@exam\u{ad}ple.com",
            "\u{202e}alice@example.com",
            "alice@ex\u{2066}ample.com",
            "alice@exa\u{200d}mple.com",
            "alice\u{feff}@example.com",
            "alice@xn--a-ecp.example",
            "a\u{7f}@example.com",
        ] {
            let error = Email::parse(typed).unwrap_err();
            assert!(matches!(error, EmailError::Invisible | EmailError::Implausible), "{typed:?}");
            assert!(!error.to_string().contains(typed));
        }
        // These become ASCII letters and signs by normalisation alone.
        for typed in ["\u{212a}elvin@example.com", "a\u{37e}b@example.com", "a\u{1fef}b@example.com"] {
            assert_eq!(Email::parse(typed), Err(EmailError::Implausible), "{typed:?}");
        }
        for typed in ["a@xn--.example", "a@b\u{fc}cher.1", "a@\u{300}b.example", "a@a\u{5d0}.example"] {
            assert!(Email::parse(typed).is_err(), "{typed:?}");
        }
    }

    #[test]
    fn an_address_of_before_is_looked_up_as_it_was_spelled() {
        let lookup = EmailLookup::new(" A@B\u{dc}CHER.example ");
        assert_eq!(lookup.canonical(), Some("a@xn--bcher-kva.example"));
        assert_eq!(lookup.former(), Some("a@b\u{dc}cher.example"));
        let lookup = EmailLookup::new("al\u{200b}ice@example.com");
        assert_eq!((lookup.canonical(), lookup.former()), (None, Some("al\u{200b}ice@example.com")));
        let long = format!("{}@example.com", "a".repeat(300));
        for garbage in ["nul\0@example.com", &long] {
            assert_eq!(EmailLookup::new(garbage).former(), None);
        }
        let lookup = EmailLookup::new("Alice@example.com");
        assert_eq!((lookup.canonical(), lookup.former()), (Some("alice@example.com"), Some("alice@example.com")));
        assert_eq!(Email::from_stored("a@b\u{dc}cher.example".to_owned()).to_string(), "a@b\u{fc}cher.example");
        assert_eq!(Email::from_stored("al\u{200b}ice@example.com".to_owned()).as_str(), "al\u{200b}ice@example.com");
    }
}
