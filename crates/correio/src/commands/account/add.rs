//! `correio account add`: finds how a provider is reached, logs in once, and remembers it.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use directory::Address;
use host::provider::ProviderNetwork;
use sasl::Secret;
use sync::companion::{Hidden, Name, PasswordFrom, Pin, Place, ProviderAccount, SentBy};
use sync::discovery::{Discovered, discover};
use sync::{Exit, Login, Service, Trouble, Trust, tried};

use super::show;
use crate::companion::{
    ask_password, authority, change, ensure_local_user, failed, from_command, from_file, language,
    local_users, read, serve_for, troubled,
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
/// now, and kept in companion.toml in the data folder, which only its owner can read.
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
        read(&folder)?.free(&name)?;
        let (password, from) = self.password(&address).await?;
        let trust = self.trust()?;
        let found = self.found(&address, &password, &trust).await?;
        let local = format!("{name}@localhost");
        ensure_local_user(context, &local).await?;
        let serve = serve_for(&local_users(context).await?);
        let account = ProviderAccount {
            name,
            address,
            local,
            pop3: found.pop3,
            imap: found.imap,
            submission: found.submission,
            sent: SentBy::Usual,
            user: found.user,
            password: from,
            pin: self.pin,
            ca: self
                .ca
                .map(std::path::absolute)
                .transpose()?
                .map(|path| path.display().to_string()),
            pull: None,
            larger_than_leave: None,
        };
        let added = account.clone();
        change(&folder, |companion| {
            if companion.accounts.is_empty() {
                companion.serve = serve;
            }
            Ok(companion.add(account)?)
        })
        .await?;
        tell(context, &added, found.no_submission.as_ref())
    }

    async fn password(&self, address: &str) -> Result<(Secret, PasswordFrom)> {
        if let Some(path) = &self.password_file {
            let path = std::path::absolute(path)?;
            return Ok((from_file(&path)?, PasswordFrom::File(path.display().to_string())));
        }
        if let Some(command) = &self.password_command {
            return Ok((from_command(command).await?, PasswordFrom::Command(command.clone())));
        }
        let text = ask_password(&language().password_prompt(address))?;
        Ok((Secret::new(text.as_bytes()), PasswordFrom::Here(Hidden::new(text))))
    }

    fn trust(&self) -> Result<Trust> {
        match (&self.pin, &self.ca) {
            (Some(pin), _) => Ok(Trust::Pin(pin.0)),
            (None, Some(path)) => authority(path),
            (None, None) => Ok(Trust::Usual),
        }
    }

    /// Logs in at the servers that were named, or at the one that is found.
    async fn found(&self, address: &str, password: &Secret, trust: &Trust) -> Result<Found> {
        let network = ProviderNetwork::default();
        let words = language().0;
        let (mut pop3, mut user) = (self.pop3.clone(), self.user.clone());
        if pop3.is_none() && self.imap.is_none() {
            let asked = (Service::Pop3, address, user.as_deref());
            let found = discover(&network, asked.0, asked.1, asked.2, password, trust).await;
            let found: Discovered = found.map_err(|trouble| troubled(&trouble, words))?;
            (pop3, user) = (Some(Place(found.endpoint)), Some(found.user));
        }
        let is_named = self.pop3.is_some();
        let user = user.unwrap_or_else(|| address.to_owned());
        if let Some(Place(endpoint)) = pop3.as_ref().filter(|_| is_named) {
            let login = Login { endpoint, trust, user: &user, password };
            tried(&network, &login).await.map_err(|trouble| troubled(&trouble, words))?;
        }
        if let Some(Place(endpoint)) = &self.imap {
            let login = Login { endpoint, trust, user: &user, password };
            tried(&network, &login).await.map_err(|trouble| troubled(&trouble, words))?;
        }
        let mut found = Found {
            pop3,
            imap: self.imap.clone(),
            submission: self.submission.clone(),
            user,
            no_submission: None,
        };
        if let Some(Place(endpoint)) = &self.submission {
            let login = Login { endpoint, trust, user: &found.user, password };
            tried(&network, &login).await.map_err(|trouble| troubled(&trouble, words))?;
        } else if !is_of_this_machine(&found) {
            let service = Service::Submission;
            let user = Some(found.user.as_str());
            match discover(&network, service, address, user, password, trust).await {
                Ok(there) => found.submission = Some(Place(there.endpoint)),
                Err(trouble) => found.no_submission = Some(trouble),
            }
        }
        Ok(found)
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
