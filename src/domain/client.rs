//! The client behind a request.

use std::net::IpAddr;

use super::ids::ServiceKeyId;

/// The longest user agent that is stored, in bytes. Real ones are shorter than 300.
const USER_AGENT_LIMIT: usize = 512;

/// The client of a request. It is stored with a session and in the security log, and never proves who a user is.
#[derive(Clone, Default, Debug)]
pub struct Client {
    pub ip: Option<IpAddr>,
    pub user_agent: Option<String>,
    /// For a command of the operator: the user of the machine who ran it.
    pub os_user: Option<String>,
    /// For a request of a backend: its key.
    pub service_key: Option<ServiceKeyId>,
    /// For a login by a backend: who acts for the user.
    pub actor: Option<String>,
}

impl Client {
    /// A client at `ip` that sent `user_agent`. The text is cut to 512 bytes and its control characters become spaces:
    /// it can neither fill the table nor forge a log line.
    pub fn new(ip: Option<IpAddr>, user_agent: Option<&str>) -> Self {
        let user_agent = user_agent.map(presentable).filter(|text| !text.is_empty());
        Self { ip, user_agent, ..Self::default() }
    }
}

fn presentable(text: &str) -> String {
    let cut = text.floor_char_boundary(USER_AGENT_LIMIT);
    let printable: String = text[..cut].chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    printable.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::Client;

    #[test]
    fn a_user_agent_is_cut_at_a_character_and_holds_no_control_characters() {
        let long = "ä".repeat(10_000);
        assert_eq!(Client::new(None, Some(&long)).user_agent.unwrap().len(), 512);
        let forged = Client::new(None, Some("curl\r\n\u{1b}[31mlevel=info"));
        assert_eq!(forged.user_agent.as_deref(), Some("curl   [31mlevel=info"));
        assert_eq!(Client::new(None, Some(" \u{0} ")).user_agent, None);
    }
}
