//! What large providers mean when they refuse a login: their words, and the page where a person can put it right.

use super::Trouble;
use crate::Service;

/// What a refusal means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hint {
    /// A password for programs is needed; the page where it is made.
    AppPassword(Option<&'static str>),
    /// Programs are let in by OAuth 2 only.
    OAuthOnly,
    /// The service is switched off; the page where it is switched on.
    ServiceOff(Option<&'static str>),
}

impl Hint {
    /// As a trouble.
    pub(super) fn trouble(self, service: Service, host: String, said: String) -> Trouble {
        match self {
            Hint::AppPassword(page) => Trouble::AppPassword { host, page, said },
            Hint::OAuthOnly => Trouble::OAuthOnly { host, said },
            Hint::ServiceOff(page) => Trouble::ServiceOff { service, host, page, said },
        }
    }
}

/// A provider, by the ends of its servers' names; the pages for app passwords, for POP3 and for IMAP.
struct Provider {
    hosts: &'static [&'static str],
    passwords: Option<&'static str>,
    pop3: Option<&'static str>,
    imap: Option<&'static str>,
}

const PROVIDERS: [Provider; 5] = [
    Provider {
        hosts: &["gmail.com", "googlemail.com"],
        passwords: Some("https://myaccount.google.com/apppasswords"),
        pop3: Some("https://mail.google.com/mail/#settings/fwdandpop"),
        imap: Some("https://mail.google.com/mail/#settings/fwdandpop"),
    },
    Provider {
        hosts: &["yahoo.com", "aol.com"],
        passwords: Some("https://login.yahoo.com/myaccount/security/app-password"),
        pop3: None,
        imap: None,
    },
    Provider {
        hosts: &["fastmail.com"],
        passwords: Some("https://app.fastmail.com/settings/security/apps"),
        pop3: None,
        imap: None,
    },
    Provider {
        hosts: &["zoho.com", "zoho.eu"],
        passwords: Some("https://accounts.zoho.com/home#security/app_password"),
        pop3: None,
        imap: None,
    },
    Provider { hosts: &["gmx.net", "gmx.com", "web.de"], passwords: None, pop3: None, imap: None },
];

/// Servers that take no passwords of programs at all.
const OAUTH_ONLY: [&str; 3] = ["outlook.office365.com", "outlook.com", "hotmail.com"];

/// What a server's refusal means, as far as its words or its name tell.
pub(super) fn of(service: Service, host: &str, said: &str) -> Option<Hint> {
    let said = said.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    let provider = PROVIDERS.iter().find(|it| it.hosts.iter().any(|end| is_of(host, end)));
    if has(&[
        "not enabled for pop",
        "pop access",
        "pop3 is disabled",
        "pop3 access",
        "pop is disabled",
        "enable pop",
        "not enabled for imap",
        "imap access",
        "imap is disabled",
        "enable imap",
        "smtpclientauthentication is disabled",
        "smtp access",
    ]) {
        let page = provider.and_then(|it| match service {
            Service::Pop3 => it.pop3,
            Service::Imap => it.imap,
            Service::Submission => None,
        });
        return Some(Hint::ServiceOff(page));
    }
    if OAUTH_ONLY.iter().any(|end| is_of(host, end))
        || has(&["basic authentication is disabled", "basicauthblocked"])
    {
        return Some(Hint::OAuthOnly);
    }
    let page = provider.and_then(|it| it.passwords);
    if has(&[
        "application-specific",
        "app password",
        "app-specific",
        "application password",
        "web login required",
        "weblogin",
    ]) {
        return Some(Hint::AppPassword(page));
    }
    // These refuse the password that opens their pages, whatever they say.
    page.is_some().then_some(Hint::AppPassword(page))
}

fn is_of(host: &str, end: &str) -> bool {
    host == end || host.strip_suffix(end).is_some_and(|rest| rest.ends_with('.'))
}
