//! Names by which people recognise the devices of their sessions.

use std::sync::LazyLock;

use woothee::parser::Parser;

static PARSER: LazyLock<Parser> = LazyLock::new(Parser::new);

/// A name such as "Firefox on Linux" for a user agent. A program gets the first word of its user agent, and nothing
/// more of a text that anyone can choose.
pub fn device_name(user_agent: Option<&str>) -> String {
    let Some(user_agent) = user_agent else { return "Unknown device".to_owned() };
    match PARSER.parse(user_agent) {
        Some(found) if found.os != "UNKNOWN" && found.name != "UNKNOWN" => {
            format!("{} on {}", browser(found.name), system(found.os))
        }
        _ => program(user_agent),
    }
}

fn browser(name: &str) -> &str {
    match name {
        "SamsungBrowser" => "Samsung Internet",
        name => name,
    }
}

fn system(name: &str) -> &str {
    match name {
        "Mac OSX" => "macOS",
        name if name.starts_with("Windows") => "Windows",
        name => name,
    }
}

fn program(user_agent: &str) -> String {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || "-_.".contains(*c);
    let name: String = user_agent.chars().take_while(is_plain).take(32).collect();
    if name.is_empty() { "Unknown device".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::device_name;

    #[test]
    fn current_browsers_are_known() {
        for (user_agent, name) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Safari/605.1.15",
                "Safari on macOS",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
        ] {
            assert_eq!(device_name(Some(user_agent)), name);
        }
    }

    #[test]
    fn anything_else_gets_its_first_word_or_no_name() {
        assert_eq!(device_name(Some("curl/8.5.0")), "curl");
        assert_eq!(device_name(Some("my-app_1.2 (phone)")), "my-app_1.2");
        assert_eq!(device_name(Some("<script>alert(1)</script>")), "Unknown device");
        assert_eq!(device_name(Some(&"x".repeat(500))), "x".repeat(32));
        assert_eq!(device_name(Some("")), "Unknown device");
        assert_eq!(device_name(None), "Unknown device");
    }
}
