//! `correio account add`: finds how a provider is reached, logs in once, and remembers it.

use std::path::PathBuf;

use admin::keep::Folder;
use anyhow::Result;
use clap::Args;
use directory::Address;
use host::provider::ProviderNetwork;
use sasl::{Pass, Secret};
use sync::companion::{Companion, Hidden, Name, PasswordFrom, Pin, Place, ProviderAccount, SentBy};
use sync::discovery::{Discovered, discover};
use sync::oauth::{Kept, OAuthFault, TokenKeeper as _, Tokens, known, revoked};
use sync::{Exit, Login, Service, Trouble, Trust, tried};

use super::consent::ByConsent;
use super::show;
use crate::companion::{
    Consent, Keeper, Keyring, ask_password, authority, change, ensure_local_user, failed,
    from_command, from_file, language, local_users, read, serve_for, troubled,
};
use crate::context::Context;
use crate::output::line;

/// Add an account at a provider
///
/// Without --imap and --pop3 a POP3 server is found by itself, and without --submission the one for sending: by what the domain says
/// over HTTPS, by its names in the DNS, by names that most providers have. It logs in once, so that what is wrong is known at once. The mail will belong to the local
/// user NAME@localhost.
///
/// The password comes from --password-file or --password-command each time it is needed. Without these it is asked for
/// now, and kept in companion.toml in the data folder, which only its owner can read, or with --keyring in the keyring of the system.
/// With --oauth there is none: you allow it on the provider's page.
#[derive(Args)]
pub(crate) struct Add {
    /// The address at the provider
    address: Address,
    /// What the account is called here; if nothing is said, the address up to its at sign
    #[arg(long, value_name = "NAME")]
    name: Option<Name>,
    /// The IMAP server, for `correio mirror`: imaps://HOST, or imap://HOST for TLS after STARTTLS; with :PORT where that is
    /// another one
    ///
    /// imap+insecure://HOST, without TLS, is only for this machine.
    #[arg(long, value_name = "URL", value_parser = imap_place)]
    imap: Option<Place>,
    /// The POP3 server, for `correio pull`: pop3s://HOST, or pop3://HOST for TLS after STLS; with :PORT where that is another
    /// one
    ///
    /// pop3+insecure://HOST, without TLS, is only for this machine.
    #[arg(long, value_name = "URL", value_parser = pop3_place)]
    pop3: Option<Place>,
    /// The server for sending, for `correio send`: submissions://HOST, or submission://HOST for TLS after STARTTLS; with :PORT where
    /// that is another one
    ///
    /// submission+insecure://HOST, without TLS, is only for this machine.
    #[arg(long, value_name = "URL", value_parser = submission_place)]
    submission: Option<Place>,
    /// The name to log in with; if nothing is said, the address, or what stands before its at sign
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// Read the password from the first line of a file that only its owner can read, each time
    #[arg(long, value_name = "FILE", conflicts_with = "password_command")]
    password_file: Option<PathBuf>,
    /// Take the password from the first line that a command prints, each time
    #[arg(long, value_name = "CMD")]
    password_command: Option<String>,
    #[command(flatten)]
    by_consent: ByConsent,
    /// Keep the password, or the token, in the keyring of the system (Secret Service: GNOME, KDE, KeePassXC)
    #[arg(long, conflicts_with_all = ["password_file", "password_command"])]
    keyring: bool,
    /// Trust the authorities in this PEM file, too
    #[arg(long, value_name = "FILE", conflicts_with = "pin")]
    ca: Option<PathBuf>,
    /// Trust the certificate with this SHA-256 and no other
    #[arg(long, value_name = "SHA256")]
    pin: Option<Pin>,
}

pub(super) fn imap_place(text: &str) -> Result<Place, String> {
    place_of(text, Service::Imap)
}

pub(super) fn pop3_place(text: &str) -> Result<Place, String> {
    place_of(text, Service::Pop3)
}

pub(super) fn submission_place(text: &str) -> Result<Place, String> {
    place_of(text, Service::Submission)
}

fn place_of(text: &str, service: Service) -> Result<Place, String> {
    let place: Place = text.parse().map_err(|fault: sync::EndpointFault| fault.to_string())?;
    let other = || format!("that is no {} server", service.name());
    if place.0.service == service { Ok(place) } else { Err(other()) }
}

/// Where the mail is, and who logs in there.
struct Found {
    pop3: Option<Place>,
    imap: Option<Place>,
    submission: Option<Place>,
    user: String,
    /// Why there is no server for sending.
    no_submission: Option<Trouble>,
}

impl Add {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let folder = context.folder()?;
        if context.is_anothers(&folder)? {
            let text = "root makes data folders for the host's user, and a companion is a person's own: run this as yourself, or say --data DIR";
            return Err(failed(Exit::NeedsPerson, text));
        }
        let address = self.address.to_string();
        let name = match self.name.clone().or_else(|| Name::of_address(&address)) {
            Some(name) => name,
            None => {
                return Err(failed(Exit::NeedsPerson, "say a name for the account: --name NAME"));
            }
        };
        let mut companion = read(&folder)?;
        companion.free(&name)?;
        let trust = self.trust()?;
        let (pass, password, secret) = self.pass(&folder, &address, &mut companion, &trust).await?;
        let local = format!("{name}@localhost");
        let mut account = ProviderAccount {
            name: name.clone(),
            address: address.clone(),
            local: local.clone(),
            pop3: None,
            imap: None,
            submission: None,
            sent: SentBy::Usual,
            user: address,
            password,
            pin: self.pin,
            ca: self
                .ca
                .as_ref()
                .map(std::path::absolute)
                .transpose()?
                .map(|path| path.display().to_string()),
            pull: None,
            larger_than_leave: None,
        };
        let found = match self.found(&account, &pass, &trust).await {
            Ok(found) => found,
            Err(error) => {
                given_back(&account, &secret, &trust).await;
                return Err(error);
            }
        };
        (account.pop3, account.imap, account.user) = (found.pop3, found.imap, found.user);
        account.submission = found.submission;
        ensure_local_user(context, &local).await?;
        let serve = serve_for(&local_users(context).await?);
        secret.keep(&folder, name.as_str()).await?;
        let added = account.clone();
        change(&folder, |companion| {
            if companion.accounts.is_empty() {
                companion.serve = serve;
            }
            if let Some(provider) = &self.by_consent.oauth {
                self.by_consent.said_of(provider, companion)?;
            }
            Ok(companion.add(account)?)
        })
        .await?;
        tell(context, &added, found.no_submission.as_ref())
    }

    /// What lets the person in, where that will stand, and what is to be kept elsewhere.
    async fn pass(
        &self,
        folder: &Folder,
        address: &str,
        companion: &mut Companion,
        trust: &Trust,
    ) -> Result<(Pass, PasswordFrom, ToKeep)> {
        let kept = if self.keyring { Kept::Keyring } else { Kept::File };
        if self.keyring {
            // Before anybody types anything: whether there is one, and whether it opens.
            Keyring::of(folder, "").opened().await?;
        }
        if let Some(provider) = &self.by_consent.oauth {
            self.by_consent.said_of(provider, companion)?;
            let by_host = |host: &str| Ok(self.trust_at(host, trust));
            let flow = self.by_consent.flow;
            let consent = Consent { provider, address, flow, trust: &by_host, kept };
            let (granted, tokens) = consent.asked(companion).await?;
            let pass = Pass::Token(tokens.access.clone());
            return Ok((
                pass,
                PasswordFrom::Granted(Box::new(granted)),
                ToKeep::Tokens(tokens, kept),
            ));
        }
        if let Some(path) = &self.password_file {
            let path = std::path::absolute(path)?;
            let from = PasswordFrom::File(path.display().to_string());
            return Ok((Pass::Password(from_file(&path)?), from, ToKeep::Nothing));
        }
        if let Some(command) = &self.password_command {
            let from = PasswordFrom::Command(command.clone());
            return Ok((Pass::Password(from_command(command).await?), from, ToKeep::Nothing));
        }
        let text = ask_password(&language().password_prompt(address))?;
        let secret = Secret::new(text.as_bytes());
        let pass = Pass::Password(secret.clone());
        Ok(match kept {
            Kept::File => (pass, PasswordFrom::Here(Hidden::new(text)), ToKeep::Nothing),
            Kept::Keyring => (pass, PasswordFrom::Kept(kept), ToKeep::Password(secret)),
        })
    }

    /// What is trusted at a host that gives out tokens: what was said, where it is the host of the mail or none was named.
    fn trust_at(&self, host: &str, trust: &Trust) -> Trust {
        let mut places = [&self.pop3, &self.imap].into_iter().flatten().peekable();
        let is_said = places.peek().is_none();
        let is_same = places.any(|place| place.0.host.eq_ignore_ascii_case(host));
        if is_said || is_same { trust.clone() } else { Trust::Usual }
    }

    fn trust(&self) -> Result<Trust> {
        match (&self.pin, &self.ca) {
            (Some(pin), _) => Ok(Trust::Pin(pin.0)),
            (None, Some(path)) => authority(path),
            (None, None) => Ok(Trust::Usual),
        }
    }

    /// Logs in at the servers that were named, at those that everybody knows of the provider, or at the one that is found.
    async fn found(&self, account: &ProviderAccount, pass: &Pass, trust: &Trust) -> Result<Found> {
        let network = ProviderNetwork::default();
        let told = |trouble: Trouble| troubled(&trouble, language().0);
        let address = account.address.as_str();
        let (mut pop3, mut imap, mut user) =
            (self.pop3.clone(), self.imap.clone(), self.user.clone());
        let provider = self.by_consent.oauth.as_deref().and_then(known).map(|(_, there)| there);
        if let (None, None, Some(there)) = (&pop3, &imap, &provider) {
            imap = there.imap.parse().ok();
        }
        if pop3.is_none() && imap.is_none() {
            let service = Service::Pop3;
            let found = discover(&network, service, address, user.as_deref(), pass, trust).await;
            let found: Discovered = found.map_err(told)?;
            (pop3, user) = (Some(Place(found.endpoint)), Some(found.user));
        }
        let is_named = self.pop3.is_some();
        let user = user.unwrap_or_else(|| address.to_owned());
        let named = [pop3.as_ref().filter(|_| is_named), imap.as_ref(), self.submission.as_ref()];
        for Place(endpoint) in named.into_iter().flatten() {
            let login = Login { endpoint, trust, user: &user, pass };
            tried(&network, &login).await.map_err(told)?;
        }
        let submission = self.submission.clone();
        let mut found = Found { pop3, imap, submission, user, no_submission: None };
        if found.submission.is_none() && !is_of_this_machine(&found) {
            let (service, user) = (Service::Submission, found.user.as_str());
            let known: Option<Place> = provider.and_then(|there| there.submission.parse().ok());
            let sends = match known {
                Some(place) => {
                    let login = Login { endpoint: &place.0, trust, user, pass };
                    tried(&network, &login).await.map(|()| place)
                }
                None => {
                    let there = discover(&network, service, address, Some(user), pass, trust).await;
                    there.map(|there| Place(there.endpoint))
                }
            };
            match sends {
                Ok(place) => found.submission = Some(place),
                Err(trouble) => found.no_submission = Some(trouble),
            }
        }
        Ok(found)
    }
}

/// What is kept outside the file of the accounts, once the provider has let the person in.
enum ToKeep {
    Nothing,
    Password(Secret),
    Tokens(Tokens, Kept),
}

impl ToKeep {
    async fn keep(&self, folder: &Folder, name: &str) -> Result<()> {
        match self {
            ToKeep::Nothing => Ok(()),
            ToKeep::Password(password) => Ok(Keyring::of(folder, name).write(password).await?),
            ToKeep::Tokens(tokens, kept) => {
                let written = Keeper::of(folder, name, *kept).write(tokens).await;
                let told = |fault: OAuthFault| troubled(&Trouble::OAuth(fault), language().0);
                written.map_err(told)
            }
        }
    }
}

/// Gives back what was allowed for an account that was not added. If the provider does not hear of it, its owner sees it in its list.
async fn given_back(account: &ProviderAccount, secret: &ToKeep, trust: &Trust) {
    if let (Some(granted), ToKeep::Tokens(tokens, _)) = (account.password.granted(), secret) {
        drop(revoked(&ProviderNetwork::default(), granted, trust, tokens).await);
    }
}

/// Whether its mail is on this machine: then what the domain says is of no use.
fn is_of_this_machine(found: &Found) -> bool {
    [&found.pop3, &found.imap].into_iter().flatten().any(|place| place.0.is_loopback())
}

fn tell(
    context: &Context,
    account: &ProviderAccount,
    no_submission: Option<&Trouble>,
) -> Result<()> {
    if context.json {
        return show::json_of(account);
    }
    let text = language();
    let servers = show::servers(account);
    line(&text.added(account, &servers))?;
    if account.pop3.is_some() {
        line(&text.brings("pull", account))?;
    }
    if account.imap.is_some() {
        line(&text.brings("mirror", account))?;
    }
    match &account.submission {
        Some(place) => line(&text.can_send(&place.to_string())),
        None => {
            let why = no_submission.map(|trouble| trouble.tell(text.0));
            line(&text.cannot_send(account.name.as_str(), why.as_deref()))
        }
    }
}
