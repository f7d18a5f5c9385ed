//! The configuration: one TOML file, all of it optional. Unknown keys are refused with their place, so that a
//! misspelt one does not go unnoticed.

mod acme;
mod http;
mod imap;
mod lmtp;
mod log;
mod pop3;
mod privileges;
mod read;
mod relay;
mod sample;
mod scrub;
mod settings;
mod show;
mod submission;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use admin::Settings;
use directory::{Domain, OauthSection, QuotaSection, ScramKeys, UserQuota};
use machine::Size;
use mailbox::Policy;
use serde::{Deserialize, Serialize};

use crate::listen::Listen;

pub use acme::{AcmeSection, ChallengeKind, why_not as why_no_certificate};
pub use http::{HttpSection, Proxies};
pub use imap::ImapSection;
pub use lmtp::{Allowed, LmtpSection, SocketAccess};
pub use log::{LogFormat, LogSection};
pub use pop3::Pop3Section;
pub use privileges::{Confinement, PrivilegesSection};
pub use read::{ConfigFault, Mistake, Place};
pub use relay::{RelayAddress, RelaySecurity};
pub use sample::sample;
pub use scrub::ScrubSection;
pub use settings::{SETTINGS, Setting, UnlessSaid};
pub use show::InForce;
pub use submission::{Senders, SubmissionSection};

/// All settings, with their defaults.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The first domain; added when it is not there.
    pub domain: Option<String>,
    /// The name by which the host greets; without it the domain.
    pub hostname: Option<String>,
    /// Listeners, as on the command line: `imap=0.0.0.0:143`.
    pub listen: Vec<String>,
    /// Certificate and key.
    pub tls: TlsSection,
    /// Certificates that the host fetches itself.
    pub acme: AcmeSection,
    /// Where mail for the rest of the world is handed to: `smtps://user@relay.example`.
    pub relay: Option<String>,
    /// The file that holds the relay's password.
    pub relay_password_file: Option<PathBuf>,
    /// A certificate authority to trust for the relay besides the usual ones, PEM.
    pub relay_authority_file: Option<PathBuf>,
    /// What a full mailbox answers.
    pub full_mailbox: FullMailbox,
    /// What becomes of mail from strangers whose sender is an address of this host.
    pub local_sender: LocalSender,
    /// The largest message.
    pub message_size_max: Size,
    /// For how many days what was expunged can be brought back.
    pub retention_days: u32,
    /// How much of what was expunged each user keeps at most; without it, as much as the quota.
    pub retained_max: Option<Size>,
    /// For how many days it is remembered what changed.
    pub history_days: u32,
    /// Whether SCRAM keys are stored beside password hashes and SCRAM is offered.
    pub scram: bool,
    /// The identity provider whose access tokens let people in.
    pub oauth: Option<OauthSection>,
    /// What a new user may fill.
    pub quota: QuotaSection,
    /// What mail programs are told of the host over IMAP.
    pub imap: ImapSection,
    /// POP3 for accounts that chose nothing.
    pub pop3: Pop3Section,
    /// LMTP.
    pub lmtp: LmtpSection,
    /// Submission.
    pub submission: SubmissionSection,
    /// Limits.
    pub limits: LimitsSection,
    /// Logging.
    pub log: LogSection,
    /// HTTP.
    pub http: HttpSection,
    /// Reading all that is kept, to find damage early.
    pub scrub: ScrubSection,
    /// As whom the host works, and what it may reach.
    pub privileges: PrivilegesSection,
    /// Which settings the file says, and where; the others are defaults.
    #[serde(skip)]
    pub said: BTreeMap<String, Place>,
}

/// Where certificate and key are.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct TlsSection {
    /// The certificate chain, PEM. Without it a self-signed certificate is made in the data folder.
    pub certificate: Option<PathBuf>,
    /// Its private key, PEM.
    pub key: Option<PathBuf>,
}

/// What a full mailbox answers to the sender.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum FullMailbox {
    /// 452 4.2.2: try again later.
    #[default]
    Defer,
    /// 552 5.2.2: never.
    Reject,
}

/// What becomes of mail over SMTP whose sender is an address of this host although nobody has logged in.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum LocalSender {
    /// It is taken, and marked with a header field: mailing lists and forwarders send such mail, too.
    #[default]
    Mark,
    /// 550 5.7.1.
    Refuse,
}

/// Limits on what peers can make the host hold.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsSection {
    /// Connections from one address (IPv6: one /64).
    pub connections_per_address_max: usize,
    /// Connections of one user.
    pub connections_per_user_max: usize,
    /// Connections of one user from one address.
    pub connections_per_user_and_address_max: usize,
    /// New connections a minute from one address (IPv6: one /64).
    pub new_connections_per_minute_max: usize,
    /// Connections in all.
    pub connections_max: usize,
    /// Recipients elsewhere that one user may write to in a day.
    pub recipients_per_day_max: u32,
    /// Whether the limits by address hold for loopback too, where proxies come from.
    pub loopback: bool,
    /// How much memory mail from strangers may take while it comes in, all of it together.
    pub strangers_memory: Size,
    /// Messages in one mailbox.
    pub messages_per_mailbox_max: u64,
    /// Messages of one user.
    pub messages_per_user_max: u64,
    /// How many changes of one user are remembered.
    pub history_per_user_max: u64,
    /// How much memory the hot state of mailboxes may take.
    pub hot_memory: Size,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            domain: None,
            hostname: None,
            listen: Vec::new(),
            tls: TlsSection::default(),
            acme: AcmeSection::default(),
            relay: None,
            relay_password_file: None,
            relay_authority_file: None,
            full_mailbox: FullMailbox::default(),
            local_sender: LocalSender::default(),
            message_size_max: Size(mailbox::limits::MESSAGE_OCTETS_MAX),
            retention_days: 14,
            retained_max: None,
            history_days: 90,
            scram: true,
            oauth: None,
            quota: QuotaSection::default(),
            imap: ImapSection::default(),
            pop3: Pop3Section::default(),
            lmtp: LmtpSection::default(),
            submission: SubmissionSection::default(),
            limits: LimitsSection::default(),
            log: LogSection::default(),
            http: HttpSection::default(),
            scrub: ScrubSection::default(),
            privileges: PrivilegesSection::default(),
            said: BTreeMap::new(),
        }
    }
}

impl Default for LimitsSection {
    fn default() -> LimitsSection {
        LimitsSection {
            connections_per_address_max: 100,
            connections_per_user_max: 50,
            connections_per_user_and_address_max: 20,
            new_connections_per_minute_max: 300,
            connections_max: 20_000,
            recipients_per_day_max: 500,
            loopback: false,
            strangers_memory: Size(64 << 20),
            messages_per_mailbox_max: mailbox::limits::MESSAGES_PER_MAILBOX_MAX,
            messages_per_user_max: mailbox::limits::MESSAGES_PER_ACCOUNT_MAX,
            history_per_user_max: mailbox::limits::CHANGES_MAX,
            hot_memory: Size(256 << 20),
        }
    }
}

impl Config {
    /// All values that make no sense, each with its setting.
    fn check(&self) -> Vec<(&'static str, String)> {
        let mut wrong: Vec<(&'static str, String)> = Vec::new();
        for (setting, name) in [("domain", &self.domain), ("hostname", &self.hostname)] {
            if let Some(Err(fault)) = name.as_ref().map(|name| name.parse::<Domain>()) {
                wrong.push((setting, fault.to_string()));
            }
        }
        for listen in &self.listen {
            if let Err(fault) = listen.parse::<Listen>() {
                wrong.push(("listen", format!("{listen}: {fault}")));
            }
        }
        if self.tls.certificate.is_some() != self.tls.key.is_some() {
            wrong.push(("tls", "certificate and key belong together".to_owned()));
        }
        if let Some(Err(fault)) = self.relay.as_ref().map(|relay| relay.parse::<RelayAddress>()) {
            wrong.push(("relay", fault.to_string()));
        }
        for (setting, number) in [
            ("limits.messages_per_mailbox_max", self.limits.messages_per_mailbox_max),
            ("limits.messages_per_user_max", self.limits.messages_per_user_max),
        ] {
            if number == 0 {
                wrong.push((setting, "expected at least 1".to_owned()));
            }
        }
        let oauth = self.oauth.as_ref().map_or(Ok(()), OauthSection::check);
        let sections = [
            self.acme.check(),
            self.lmtp.check(),
            self.http.check(),
            self.imap.check(),
            self.pop3.check(),
            self.privileges.check(),
            oauth,
            self.log.check(),
        ];
        wrong.extend(sections.into_iter().filter_map(Result::err));
        wrong
    }

    /// What is valid, and yet most likely not what was meant.
    pub fn warnings(&self) -> Vec<String> {
        self.warnings_with(&self.listeners())
    }

    /// The same for a host with other listeners.
    pub fn warnings_with(&self, listeners: &[Listen]) -> Vec<String> {
        [self.lmtp.warnings(listeners), self.acme.warnings(listeners)].concat()
    }

    /// Whether SCRAM keys are kept.
    pub fn scram_keys(&self) -> ScramKeys {
        if self.scram { ScramKeys::Store } else { ScramKeys::Omit }
    }

    /// What administration needs of it.
    pub fn admin(&self) -> Settings {
        let policy = Policy {
            message_octets_max: self.message_size_max.0,
            retention_s: i64::from(self.retention_days).saturating_mul(24 * 3600),
            retained_octets_max: self.retained_max.map(|size| size.0),
            messages_per_mailbox_max: self.limits.messages_per_mailbox_max,
            messages_per_account_max: self.limits.messages_per_user_max,
            changes_s: i64::from(self.history_days).saturating_mul(24 * 3600),
            changes_max: self.limits.history_per_user_max,
            hot_octets_max: usize::try_from(self.limits.hot_memory.0).unwrap_or(usize::MAX),
            indexed_emails_least: mailbox::limits::INDEXED_EMAILS_LEAST,
            pop3: self.pop3.policy(),
        };
        let (scram, quota) = (self.scram_keys(), UserQuota::from(self.quota).into());
        let user_name = ::privileges::user_name;
        let has_way_out = self.relay.is_some();
        Settings { policy, scram, quota, backup_folders: None, has_way_out, user_name }
    }

    /// The same for a program that is confined: it can write backups only into the folders that are named for them.
    pub fn admin_confined(&self) -> Settings {
        let backup_folders = Some(self.privileges.backup_folders.clone());
        Settings { backup_folders, ..self.admin() }
    }

    /// Where mail for the rest of the world goes. Checked already when the file was read.
    pub fn relay_address(&self) -> Option<RelayAddress> {
        self.relay.as_ref().and_then(|relay| relay.parse().ok())
    }

    /// The files that it names and that are read while the host runs, each with its setting.
    pub fn named_files(&self) -> Vec<(&'static str, &Path)> {
        let keys_file = self.oauth.as_ref().map(|oauth| &oauth.keys_file);
        let files = [
            ("tls.certificate", self.tls.certificate.as_ref()),
            ("tls.key", self.tls.key.as_ref()),
            ("relay_password_file", self.relay_password_file.as_ref()),
            ("relay_authority_file", self.relay_authority_file.as_ref()),
            ("oauth.keys_file", keys_file),
            ("acme.external_account_key_file", self.acme.external_account_key_file.as_ref()),
            ("acme.authority_file", self.acme.authority_file.as_ref()),
        ];
        files
            .into_iter()
            .filter_map(|(setting, file)| file.map(|file| (setting, file.as_path())))
            .collect()
    }

    /// The listeners. Checked already when the file was read.
    pub fn listeners(&self) -> Vec<Listen> {
        self.listen.iter().filter_map(|listen| listen.parse().ok()).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Config, FullMailbox, LocalSender, Senders, SubmissionSection};

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse(text, Path::new("correio.toml")).map_err(|fault| fault.to_string())
    }

    #[test]
    fn nothing_need_be_said() {
        let config = parse("").unwrap();
        assert_eq!(config.retention_days, 14);
        assert_eq!(config.full_mailbox, FullMailbox::Defer);
        assert_eq!(config.pop3.policy(), mailbox::Pop3Policy::default());
    }

    #[test]
    fn everything_can_be_said() {
        let text = r#"
            domain = "example.org"
            hostname = "mail.example.org"
            listen = ["imap=127.0.0.1:0", "lmtp=unix:/run/lmtp"]
            relay = "smtps://ana@relay.example:465"
            relay_password_file = "/etc/correio/relay"
            full_mailbox = "reject"
            local_sender = "refuse"
            message_size_max = "25M"
            retention_days = 30
            retained_max = "1G"
            history_days = 30
            scram = false
            [oauth]
            issuer = "https://id.example"
            audience = "mail.example.org"
            keys_file = "/etc/correio/keys.json"
            [tls]
            certificate = "cert.pem"
            key = "key.pem"
            [acme]
            directory = "https://ca.example/directory"
            terms_agreed = true
            contacts = ["postmaster@example.org"]
            names = ["mail.example.org", "imap.example.org"]
            challenges = ["http-01"]
            external_account_id = "kid-1"
            external_account_key_file = "/etc/correio/acme-key"
            authority_file = "/etc/correio/ca.pem"
            [quota]
            size = "2G"
            messages = 100000
            [pop3]
            on_delete = "keep-days=30"
            show = "newest=1000"
            mark_read = true
            sent_copy = true
            login_delay = 60
            language = "pt"
            [lmtp]
            allow = ["192.0.2.7", "2001:db8::/32"]
            socket_group = "postfix"
            socket_mode = "0660"
            [submission]
            from = "any"
            scram_plus = true
            [limits]
            connections_per_user_max = 10
            messages_per_mailbox_max = 200000
            messages_per_user_max = 400000
            history_per_user_max = 20000
            [log]
            format = "json"
            level = "info,smtp=debug"
            [http]
            metrics_for_all = true
            proxies = ["127.0.0.1", "10.0.0.0/8"]
            base_path = "/mail"
            [scrub]
            every_days = 7
            speed = "20M"
            [privileges]
            run_as = "mail"
            confinement = "required"
            backup_folders = ["/var/backups/correio"]
        "#;
        let config = parse(text).unwrap();
        assert_eq!(config.full_mailbox, FullMailbox::Reject);
        assert_eq!(config.local_sender, LocalSender::Refuse);
        assert_eq!(config.submission, SubmissionSection { from: Senders::Any, scram_plus: true });
        let policy = config.admin().policy;
        assert_eq!(policy.retained_octets_max, Some(1 << 30));
        assert_eq!((policy.changes_s, policy.changes_max), (30 * 86_400, 20_000));
        let most = (policy.messages_per_mailbox_max, policy.messages_per_account_max);
        assert_eq!(most, (200_000, 400_000));
        assert_eq!(config.acme.challenges, [super::ChallengeKind::Http01]);
        assert_eq!(config.listeners().len(), 2);
        assert_eq!(config.relay_address().unwrap().host, "relay.example");
        assert_eq!(config.oauth.unwrap().address_claim, "email");
        assert_eq!(config.quota.size.unwrap().0, 2 << 30);
        let pop3 = config.pop3.policy();
        assert_eq!(pop3.on_delete, mailbox::OnDelete::KeepDays(30));
        assert_eq!(pop3.shows, mailbox::Shows::Newest(1000));
        assert_eq!(pop3.retrieved, mailbox::Retrieved::MarkRead);
        assert_eq!(pop3.sent, mailbox::SentCopy::Copy);
        assert_eq!(pop3.login_delay_s, 60);
        assert_eq!(config.pop3.language().tag(), "pt");
        assert_eq!((config.scrub.every_days, config.scrub.speed.0), (7, 20 << 20));
        assert_eq!(config.privileges.run_as.as_deref(), Some("mail"));
        assert_eq!(config.privileges.demand(), ::privileges::Demand::Required);
    }

    #[test]
    fn what_was_valid_stays_valid_and_is_warned_of() {
        let config = parse("listen = [\"lmtp=0.0.0.0:24\", \"lmtp=127.0.0.1:24\"]").unwrap();
        let warnings = config.warnings();
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].starts_with("lmtp=0.0.0.0:24 answers only this machine"));
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        for (text, want) in [
            ("retention_day = 3", "line 1, column 1"),
            ("\n[limits]\nconections = 3", "line 3, column 1"),
            ("message_size_max = \"much\"", "a size such as"),
            ("domain = \"a b\"", "domain: expected a domain"),
            ("listen = [\"gopher=1.2.3.4:70\"]", "listen: "),
            ("listen = [\"imap\"]", "listen: "),
            ("[lmtp]\nallow = [\"mx.example\"]", "lmtp.allow: mx.example is no address"),
            ("local_sender = \"forge\"", "line 1"),
            ("[submission]\nfrom = \"mine\"", "line 2"),
            ("relay = \"http://x\"", "relay: "),
            ("[tls]\nkey = \"k\"", "belong together"),
            ("full_mailbox = \"maybe\"", "line 1"),
            (
                "[limits]\nmessages_per_user_max = 0",
                "limits.messages_per_user_max: expected at least",
            ),
            ("[pop3]\non_delete = \"keep\"", "pop3.on_delete: expected remove, hide"),
            ("[pop3]\non_delete = \"keep-until=PC\"", "correio user pop3 set"),
            ("[pop3]\nshow = \"newest\"", "pop3.show: expected all, newest=N"),
            ("[pop3]\nlogin_delay = 100000", "pop3.login_delay: expected a number of seconds"),
            ("[pop3]\nlanguage = \"fr\"", "pop3.language: expected en"),
            ("[pop3]\nmark_read = \"yes\"", "line 2"),
            ("[privileges]\nbackup_folders = [\"b\"]", "privileges.backup_folders: b does not"),
        ] {
            let fault = parse(text).unwrap_err();
            assert!(fault.contains(want), "{text}: {fault}");
        }
    }
}
