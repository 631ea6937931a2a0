//! Connection URIs for a server that listens on a Unix socket.

/// The server's superuser, and the owner of everything in it.
pub(super) const SUPERUSER: &str = "heirloom";

/// Values that variables such as `PGPORT` would otherwise replace. `heirloom` clears those variables for itself.
const FIXED: &str = "port=5432&hostaddr=&sslmode=disable&gssencmode=disable&target_session_attrs=any";

/// The URI of the database `name` of the server whose socket is in `socket_directory`.
pub(super) fn database_url(name: &str, socket_directory: &str) -> String {
    format!("postgresql://{SUPERUSER}@/{}?host={}&{FIXED}", percent_encoded(name), percent_encoded(socket_directory))
}

fn percent_encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::database_url;

    #[test]
    fn names_and_paths_are_percent_encoded() {
        let url = database_url("a/b", "/tmp/a b%");
        assert!(url.starts_with("postgresql://heirloom@/a%2Fb?host=%2Ftmp%2Fa%20b%25&port=5432&"), "{url}");
    }
}
