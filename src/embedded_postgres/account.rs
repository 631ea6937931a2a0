//! The user that the server runs as: Postgres refuses to run as root.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use super::error::EmbeddedPostgresError;

/// An unprivileged user of the machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
}

impl Account {
    /// The account that the server must run as. `None` is our own.
    ///
    /// # Errors
    /// [`EmbeddedPostgresError::NoAccount`] if this process is root and the machine has no account for the server.
    pub fn for_server() -> Result<Option<Self>, EmbeddedPostgresError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let missing = EmbeddedPostgresError::NoAccount { missing: "/etc/passwd names neither `postgres` nor `nobody`" };
        let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
        ["postgres", "nobody"].iter().find_map(|name| Self::find(&passwd, name)).map(Some).ok_or(missing)
    }

    fn find(passwd: &str, name: &str) -> Option<Self> {
        passwd.lines().find_map(|line| {
            let mut fields = line.split(':');
            let account = fields.next().filter(|&account| account == name)?;
            let uid = fields.nth(1)?.parse().ok().filter(|&uid| uid != 0)?;
            let gid = fields.next()?.parse().ok()?;
            Some(Self { name: account.to_owned(), uid, gid })
        })
    }

    /// Makes `command` run as `account`, with none of our groups.
    pub fn apply(account: Option<&Self>, command: &mut Command) {
        if let Some(account) = account {
            command.gid(account.gid).uid(account.uid);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Account;

    #[test]
    fn accounts_are_read_from_passwd_and_root_is_none() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\npostgresql:x:7:7::/:/bin/sh\npostgres:x:101:104:,,,:/var/lib:/bin/bash\nnobody:x:0:0::/:";
        assert_eq!(Account::find(passwd, "postgres"), Some(Account { name: "postgres".into(), uid: 101, gid: 104 }));
        assert_eq!(Account::find(passwd, "nobody"), None);
        assert_eq!(Account::find("postgres:x:abc", "postgres"), None);
    }
}
