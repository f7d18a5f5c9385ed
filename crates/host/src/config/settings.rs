//! All settings, each with its default and one line of what it does. The sample configuration is made of this list, and
//! tests hold it against the types that are read: a setting is in both or in neither.

/// A setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its name, with the section it stands in: `limits.connections_max`.
    pub name: &'static str,
    /// What holds where nothing is said.
    pub unless_said: UnlessSaid,
    /// What it does.
    pub does: &'static str,
}

/// What holds where nothing is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnlessSaid {
    /// This value, in TOML.
    Value(&'static str),
    /// No value.
    Nothing {
        /// What happens then.
        then: &'static str,
        /// A value as it could be, in TOML.
        example: &'static str,
    },
}

impl Setting {
    /// The section, and the name in it; `None` at the top of the file.
    pub fn place(&self) -> (Option<&'static str>, &'static str) {
        match self.name.split_once('.') {
            Some((section, name)) => (Some(section), name),
            None => (None, self.name),
        }
    }
}

const fn value(name: &'static str, value: &'static str, does: &'static str) -> Setting {
    Setting { name, unless_said: UnlessSaid::Value(value), does }
}

const fn nothing(
    name: &'static str,
    then: &'static str,
    example: &'static str,
    does: &'static str,
) -> Setting {
    Setting { name, unless_said: UnlessSaid::Nothing { then, example }, does }
}

/// All of them, in the order in which they are shown; those of a section stand together.
pub const SETTINGS: &[Setting] = &[
    nothing(
        "domain",
        "the first domain of the mail store",
        "\"example.org\"",
        "The first domain; it is added when it is not there.",
    ),
    nothing(
        "hostname",
        "the domain",
        "\"mail.example.org\"",
        "The name by which the host greets, and that people type into their mail program.",
    ),
    nothing(
        "listen",
        "all protocols on their standard ports, LMTP and HTTP (not HTTPS) on loopback only",
        "[\"imaps=0.0.0.0:993\", \"imaps=[::]:993\", \"lmtp=unix:/run/correio/lmtp.sock\"]",
        "The listeners, PROTO=ADDR:PORT or lmtp=unix:PATH.",
    ),
    nothing(
        "relay",
        "mail to other hosts is refused",
        "\"smtps://user@relay.example.net\"",
        "The host that takes mail for the rest of the world: smtps://, smtp+starttls:// or smtp://.",
    ),
    nothing(
        "relay_password_file",
        "no password",
        "\"/etc/correio/relay-password\"",
        "The file with the relay's password, in its first line.",
    ),
    nothing(
        "relay_authority_file",
        "only the usual authorities are trusted",
        "\"/etc/correio/relay-ca.pem\"",
        "A certificate authority to trust for the relay as well, PEM.",
    ),
    value(
        "full_mailbox",
        "\"defer\"",
        "What a full mailbox answers: \"defer\" (452, the sender tries again) or \"reject\" (552, it does not).",
    ),
    value(
        "local_sender",
        "\"mark\"",
        "Mail over SMTP in the name of a domain of this host without a login: \"mark\" it with a field, or \"refuse\" it.",
    ),
    value("message_size_max", "\"50M\"", "The largest message."),
    value("retention_days", "14", "For how many days what was deleted can be brought back."),
    nothing(
        "retained_max",
        "as much as the quota, 2G where there is none",
        "\"2G\"",
        "How much of what was deleted each user keeps at most.",
    ),
    value("history_days", "90", "For how many days it is remembered what changed."),
    value("scram", "true", "Keep SCRAM keys beside the password hash, and offer SCRAM-SHA-256."),
    nothing(
        "tls.certificate",
        "a self-signed certificate in the data folder",
        "\"/etc/correio/fullchain.pem\"",
        "The certificate chain, PEM; read again on SIGHUP.",
    ),
    nothing(
        "tls.key",
        "a self-signed certificate in the data folder",
        "\"/etc/correio/privkey.pem\"",
        "Its private key, PEM; the user as whom the host works must be able to read it.",
    ),
    nothing(
        "acme.directory",
        "the host fetches no certificates",
        "\"https://acme-v02.api.letsencrypt.org/directory\"",
        "The authority from which the host fetches its certificate and renews it (ACME).",
    ),
    nothing(
        "acme.terms_agreed",
        "needed with acme.directory",
        "true",
        "That you agree to the authority's terms of service.",
    ),
    value("acme.contacts", "[]", "Mail addresses at which the authority reaches you."),
    value(
        "acme.names",
        "[]",
        "The names in the certificate, which all lead to this host; none: the hostname.",
    ),
    value(
        "acme.challenges",
        "[\"tls-alpn-01\", \"http-01\"]",
        "How that is shown: over port 443 (tls-alpn-01) or port 80 (http-01), the first that the authority offers.",
    ),
    nothing(
        "acme.external_account_id",
        "the authority asks for none",
        "\"kid-1\"",
        "Your account at an authority that knows its customers (external account binding).",
    ),
    nothing(
        "acme.external_account_key_file",
        "needed with acme.external_account_id",
        "\"/etc/correio/acme-account-key\"",
        "The file with the key of that account, base64url, in its first line.",
    ),
    nothing(
        "acme.authority_file",
        "only the usual authorities are trusted",
        "\"/etc/correio/our-ca.pem\"",
        "Who vouches for the directory's own certificate, PEM; for an authority in your own network.",
    ),
    nothing(
        "oauth.issuer",
        "only tokens that the host itself gave out are taken",
        "\"https://id.example.org\"",
        "The identity provider's name, as it stands in its tokens (iss).",
    ),
    nothing(
        "oauth.audience",
        "needed with oauth.issuer",
        "\"mail.example.org\"",
        "The host's name in those tokens (aud).",
    ),
    nothing(
        "oauth.keys_file",
        "needed with oauth.issuer",
        "\"/etc/correio/provider-keys.json\"",
        "The provider's public keys, a JSON Web Key Set; read again when the file changes.",
    ),
    value("oauth.address_claim", "\"email\"", "Which claim of a token holds the person's address."),
    nothing("oauth.scope", "any", "\"mail\"", "The scope that a token must have."),
    nothing(
        "oauth.configuration_url",
        "programs are told none",
        "\"https://id.example.org/.well-known/openid-configuration\"",
        "The provider's configuration, told to programs whose token is refused.",
    ),
    nothing("quota.size", "no limit", "\"2G\"", "How much a new user may keep."),
    nothing("quota.messages", "no limit", "100000", "How many messages a new user may keep."),
    nothing(
        "imap.administrator",
        "programs are told nobody",
        "\"mailto:postmaster@example.org\"",
        "How to reach those who run the host, told to mail programs: a URI.",
    ),
    nothing(
        "imap.comment",
        "programs are told none",
        "\"Mail of the Example Company\"",
        "A comment on the host, told to mail programs.",
    ),
    value(
        "pop3.on_delete",
        "\"remove\"",
        "What DELE does for accounts that chose nothing: \"remove\", \"hide\", \"archive\", \"trash\" or \"keep-days=N\".",
    ),
    value(
        "pop3.show",
        "\"all\"",
        "What POP3 shows: \"all\", \"newest=N\" or \"since=YYYY-MM-DD\".",
    ),
    value("pop3.mark_read", "false", "What is downloaded counts as read."),
    value("pop3.sent_copy", "false", "A copy of what is submitted goes into Sent."),
    value("pop3.login_delay", "0", "The least time between two logins of a device, in seconds."),
    value(
        "pop3.language",
        "\"en\"",
        "The language for programs that ask for the host's own: \"en\" or \"pt\".",
    ),
    value(
        "lmtp.allow",
        "[]",
        "Which addresses and networks may hand in mail over TCP without a password, besides this machine.",
    ),
    nothing(
        "lmtp.socket_owner",
        "the user as whom the host works",
        "\"postfix\"",
        "Who owns the Unix socket of LMTP.",
    ),
    nothing(
        "lmtp.socket_group",
        "the group of that user",
        "\"postfix\"",
        "The group of the Unix socket of LMTP; a host that is not started as root must be a member of it.",
    ),
    nothing(
        "lmtp.socket_mode",
        "\"0660\" with an owner or a group, else what the umask leaves",
        "\"0660\"",
        "Who may deliver through the Unix socket of LMTP: only those who may write.",
    ),
    value(
        "submission.from",
        "\"own\"",
        "From which addresses people may send: their \"own\", or also \"any\" of other hosts.",
    ),
    value(
        "submission.scram_plus",
        "false",
        "Offer SCRAM-SHA-256-PLUS there: mutt and neomutt of Debian then cannot log in.",
    ),
    value(
        "limits.connections_per_address_max",
        "100",
        "Connections from one address (IPv6: one /64).",
    ),
    value("limits.connections_per_user_max", "50", "Connections of one user."),
    value(
        "limits.connections_per_user_and_address_max",
        "20",
        "Connections of one user from one address.",
    ),
    value(
        "limits.new_connections_per_minute_max",
        "300",
        "New connections in a minute from one address (IPv6: one /64).",
    ),
    value(
        "limits.connections_max",
        "20000",
        "Connections in all; fewer where the system allows fewer open files.",
    ),
    value(
        "limits.recipients_per_day_max",
        "500",
        "Recipients elsewhere that one user may write to in a day.",
    ),
    value(
        "limits.loopback",
        "false",
        "Whether the limits by address hold for the host's own machine, too, where proxies come from.",
    ),
    value(
        "limits.strangers_memory",
        "\"64M\"",
        "Memory for mail over SMTP while it comes in, of all senders together; at least 32M.",
    ),
    value("limits.messages_per_mailbox_max", "1000000", "Messages in one mailbox."),
    value("limits.messages_per_user_max", "5000000", "Messages of one user, in all mailboxes."),
    value("limits.history_per_user_max", "100000", "How many changes of one user are remembered."),
    value(
        "limits.hot_memory",
        "\"256M\"",
        "Memory for the mailboxes in use, of all users together; one user has a half.",
    ),
    value("log.format", "\"text\"", "How log lines look: \"text\" or \"json\"."),
    value(
        "log.level",
        "\"info\"",
        "What is logged: error, warn, info, debug, trace or off, or a filter such as \"info,smtp=debug\".",
    ),
    value("http.metrics_for_all", "false", "Whether /metrics answers others than loopback."),
    value(
        "http.proxies",
        "[]",
        "Addresses and networks of proxies before HTTP, whose word on the client and its TLS counts.",
    ),
    value("http.base_path", "\"\"", "What stands before all paths over HTTP, such as \"/mail\"."),
    value(
        "http.picture_proxy",
        "false",
        "Whether the host fetches pictures from elsewhere for who wants to see them, and leaves mailing lists (RFC 8058).",
    ),
    value(
        "scrub.every_days",
        "30",
        "How often all that is kept is read through, to find damage early; 0: never.",
    ),
    value("scrub.speed", "\"4M\"", "How much of it is read in a second."),
    nothing(
        "privileges.run_as",
        "the owner of the data folder, else correio",
        "\"correio\"",
        "As whom a host works that root starts.",
    ),
    value(
        "privileges.confinement",
        "\"possible\"",
        "Landlock and seccomp: as far as \"possible\", \"required\" for a start, or \"off\".",
    ),
    value(
        "privileges.backup_folders",
        "[]",
        "Where a running host may write backups itself, by links.",
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde::Deserialize;
    use serde::de::value::Error;
    use serde::de::{Deserializer, Error as _, Visitor};

    use super::super::{
        AcmeSection, Config, HttpSection, ImapSection, LimitsSection, LmtpSection, LogSection,
        Pop3Section, PrivilegesSection, ScrubSection, SubmissionSection, TlsSection,
    };
    use super::{SETTINGS, UnlessSaid};

    /// Gives away which fields a type is read from.
    struct Fields<'a>(&'a mut Vec<&'static str>);

    impl<'de> Deserializer<'de> for Fields<'_> {
        type Error = Error;

        fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
            Err(Error::custom("no section"))
        }

        fn deserialize_struct<V: Visitor<'de>>(
            self,
            _: &'static str,
            fields: &'static [&'static str],
            _: V,
        ) -> Result<V::Value, Error> {
            self.0.extend(fields);
            Err(Error::custom("the fields are known"))
        }

        serde::forward_to_deserialize_any! {
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
            unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
        }
    }

    fn fields<'de, T: Deserialize<'de>>() -> Vec<&'static str> {
        let mut names = Vec::new();
        assert!(T::deserialize(Fields(&mut names)).is_err());
        assert!(!names.is_empty());
        names
    }

    #[test]
    fn the_list_has_each_setting_that_is_read_and_no_other() {
        let sections = [
            ("tls", fields::<TlsSection>()),
            ("acme", fields::<AcmeSection>()),
            ("oauth", fields::<directory::OauthSection>()),
            ("quota", fields::<directory::QuotaSection>()),
            ("imap", fields::<ImapSection>()),
            ("pop3", fields::<Pop3Section>()),
            ("lmtp", fields::<LmtpSection>()),
            ("submission", fields::<SubmissionSection>()),
            ("limits", fields::<LimitsSection>()),
            ("log", fields::<LogSection>()),
            ("http", fields::<HttpSection>()),
            ("scrub", fields::<ScrubSection>()),
            ("privileges", fields::<PrivilegesSection>()),
        ];
        let mut read: BTreeSet<String> = BTreeSet::new();
        for name in fields::<Config>() {
            match sections.iter().find(|(section, _)| *section == name) {
                Some((_, fields)) => {
                    read.extend(fields.iter().map(|field| format!("{name}.{field}")));
                }
                None => drop(read.insert(name.to_owned())),
            }
        }
        let listed: BTreeSet<String> = SETTINGS.iter().map(|s| s.name.to_owned()).collect();
        assert_eq!(listed, read);
        assert_eq!(listed.len(), SETTINGS.len(), "a setting is listed twice");
    }

    #[test]
    fn each_says_what_it_does_in_one_line() {
        for setting in SETTINGS {
            let does = setting.does;
            assert!(does.ends_with('.') && !does.contains('\n'), "{}", setting.name);
            assert!(does.len() <= 116, "{}: {} columns", setting.name, does.len());
        }
        let sections: Vec<_> = SETTINGS.iter().map(|setting| setting.place().0).collect();
        let together = sections.chunk_by(|one, two| one == two).count();
        assert_eq!(together, sections.iter().collect::<BTreeSet<_>>().len());
    }

    #[test]
    fn the_defaults_are_those_of_the_program() {
        let program = toml::Table::try_from(Config::default()).unwrap();
        let found = |section: Option<&str>, name: &str| {
            let table = match section {
                Some(section) => program.get(section).and_then(toml::Value::as_table),
                None => Some(&program),
            };
            table.and_then(|table| table.get(name)).cloned()
        };
        for setting in SETTINGS {
            let (section, name) = setting.place();
            let listed = match setting.unless_said {
                // There is no section to hold it as long as nothing is said of an identity provider.
                UnlessSaid::Value(_) if section == Some("oauth") => None,
                UnlessSaid::Value(text) => {
                    Some(format!("v = {text}").parse::<toml::Table>().unwrap()["v"].clone())
                }
                UnlessSaid::Nothing { .. } => None,
            };
            let holds = found(section, name)
                .filter(|value| setting.name != "listen" || value.as_array() != Some(&Vec::new()));
            assert_eq!(listed, holds, "{}", setting.name);
        }
        let text = "[oauth]\nissuer = \"i\"\naudience = \"a\"\nkeys_file = \"/k\"";
        let oauth = Config::parse(text, "correio.toml".as_ref()).unwrap().oauth.unwrap();
        let email = SETTINGS.iter().find(|setting| setting.name == "oauth.address_claim").unwrap();
        let UnlessSaid::Value(text) = email.unless_said else { unreachable!() };
        assert_eq!(text, format!("{:?}", oauth.address_claim));
    }
}
