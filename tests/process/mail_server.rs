//! A mail server of the operator's (aiosmtpd), and certificates that only this test trusts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use serde_json::Value;

use super::home::Home;
use super::needs::skip;
use super::program::{Program, eventually};

const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/tools/aiosmtpd/bin/python");
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/process/smtp/server.py");

/// A mail as the server got it.
#[derive(Debug)]
pub struct Mail {
    pub from: String,
    pub to: Vec<String>,
    pub is_encrypted: bool,
    /// Who logged in.
    pub user: Option<String>,
    /// The headers and the body.
    pub data: String,
}

impl Mail {
    /// A header of one line.
    pub fn header(&self, name: &str) -> &str {
        let lines = self.data.lines().take_while(|line| !line.is_empty());
        let mut headers = lines.filter_map(|line| line.split_once(": "));
        headers.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value).unwrap_or_default()
    }
}

pub struct MailServer {
    pub port: u16,
    mails: PathBuf,
    _program: Program,
}

impl MailServer {
    /// `None` where it is not installed.
    pub fn start(home: &Home, flags: &[&str]) -> Option<Self> {
        if !Path::new(PYTHON).is_file() {
            skip("the mail server is missing; install Python with venv, then run scripts/smtp-server");
            return None;
        }
        let mails = home.here("mails");
        fs::create_dir_all(&mails).unwrap();
        let mut command = Command::new(PYTHON);
        command.arg(SCRIPT).arg(&mails).args(flags).env_clear();
        let mut program = Program::spawn(&mut command);
        let port = program.first_line().parse().unwrap();
        Some(Self { port, mails, _program: program })
    }

    /// Everything so far, in the order in which it came.
    pub fn mails(&self) -> Vec<Mail> {
        let files = (1..).map(|number| self.mails.join(format!("{number}.json")));
        let texts = files.map_while(|file| fs::read(file).ok());
        texts.map(|text| mail(&serde_json::from_slice(&text).unwrap())).collect()
    }

    /// Waits for the mail to this address.
    pub fn gets_mail_to(&self, address: &str) -> Mail {
        let mut found = None;
        eventually("the mail arrives", || {
            found = self.mails().into_iter().find(|mail| mail.to == [address]);
            found.is_some()
        });
        found.unwrap()
    }
}

fn mail(value: &Value) -> Mail {
    let text = |field: &str| value[field].as_str().unwrap().to_owned();
    let to = value["to"].as_array().unwrap().iter().map(|address| address.as_str().unwrap().to_owned()).collect();
    Mail {
        from: text("from"),
        to,
        is_encrypted: value["encrypted"].as_bool().unwrap(),
        user: value["user"].as_str().map(str::to_owned),
        data: text("data"),
    }
}

/// The files of a certificate for `localhost`.
pub struct Certificate {
    pub authority: String,
    pub certificate: String,
    pub key: String,
}

impl Certificate {
    /// A new one, of a new authority.
    pub fn create(home: &Home) -> Self {
        let mut of_authority = CertificateParams::default();
        of_authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        of_authority.distinguished_name.push(DnType::CommonName, "an authority of a test");
        let authority = CertifiedIssuer::self_signed(of_authority, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let of_server = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = of_server.signed_by(&key, &authority).unwrap();
        let file = |name: &str, text: String| {
            let path = home.here(name);
            fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        Self {
            authority: file("authority.pem", authority.pem()),
            certificate: file("certificate.pem", certificate.pem()),
            key: file("key.pem", key.serialize_pem()),
        }
    }
}
