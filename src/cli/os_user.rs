//! The user of the machine who runs a command.

use std::fs;

/// The name, or the id of a user that `/etc/passwd` does not name.
pub(super) fn os_user() -> String {
    let id = rustix::process::getuid().as_raw();
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    name_of(id, &passwd).unwrap_or_else(|| id.to_string())
}

fn name_of(id: u32, passwd: &str) -> Option<String> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty())?;
        (fields.nth(1)?.parse() == Ok(id)).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::name_of;

    #[test]
    fn a_name_is_found_by_its_id() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\nalice:x:1000:1000::/:\nbroken\n:x:7:7::/:";
        assert_eq!(name_of(0, passwd).as_deref(), Some("root"));
        assert_eq!(name_of(1000, passwd).as_deref(), Some("alice"));
        assert_eq!(name_of(7, passwd), None);
    }
}
