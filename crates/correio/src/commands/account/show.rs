//! What is shown of accounts at providers.

use anyhow::Result;
use serde::Serialize;
use sync::companion::{PasswordFrom, ProviderAccount, SentBy};
use sync::oauth::Kept;
use sync::{Imap, Pop3, Service, Submission, Trouble};

use crate::companion::{language, place, read, troubled};
use crate::context::Context;
use crate::output::{json, line, rows};

/// An account, as it is shown: without its password.
#[derive(Serialize)]
struct Row {
    name: String,
    address: String,
    local: String,
    pop3: Option<String>,
    imap: Option<String>,
    submission: Option<String>,
    sent: SentBy,
    user: String,
    password: String,
    pin: Option<String>,
    ca: Option<String>,
    pull: Option<String>,
    larger_than_leave: Option<u64>,
}

impl Row {
    fn of(account: &ProviderAccount) -> Row {
        Row {
            name: account.name.to_string(),
            address: account.address.clone(),
            local: account.local.clone(),
            pop3: account.pop3.as_ref().map(ToString::to_string),
            imap: account.imap.as_ref().map(ToString::to_string),
            submission: account.submission.as_ref().map(ToString::to_string),
            sent: account.sent,
            user: account.user.clone(),
            password: match &account.password {
                PasswordFrom::Here(_) => "kept in companion.toml".to_owned(),
                PasswordFrom::File(path) => format!("file {path}"),
                PasswordFrom::Command(command) => format!("command {command}"),
                PasswordFrom::Kept(kept) => format!("kept in {}", kept_in(*kept)),
                PasswordFrom::Granted(granted) => format!(
                    "none: OAuth 2 by {}, token kept in {}",
                    granted.provider,
                    kept_in(granted.kept)
                ),
            },
            pin: account.pin.map(|pin| pin.to_string()),
            ca: account.ca.clone(),
            pull: account.pull.map(|pull| pull.to_string()),
            larger_than_leave: account.larger_than_leave,
        }
    }

    fn servers(&self) -> String {
        let both: Vec<&str> =
            [&self.pop3, &self.imap].into_iter().flatten().map(String::as_str).collect();
        both.join(", ")
    }

    fn pull(&self) -> String {
        self.pull.clone().unwrap_or_else(|| "-".to_owned())
    }
}

pub(super) fn list(context: &Context) -> Result<()> {
    let companion = read(&context.folder()?)?;
    let shown: Vec<Row> = companion.accounts.iter().map(Row::of).collect();
    rows(
        context.json,
        &shown,
        &[
            ("name", &|row: &Row| row.name.clone()),
            ("address", &|row| row.address.clone()),
            ("server", &Row::servers),
            ("pull", &Row::pull),
            ("local user", &|row| row.local.clone()),
        ],
    )
}

pub(super) fn one(context: &Context, name: &str) -> Result<()> {
    let companion = read(&context.folder()?)?;
    let account = companion.account(name)?;
    if context.json {
        return json_of(account);
    }
    let row = Row::of(account);
    let server = row.servers();
    let size = |octets: u64| machine::Size(octets).to_string();
    let pull = account.pull.map_or_else(
        || "not chosen yet: the first `correio pull` asks".to_owned(),
        |pull| format!("{pull}: {}", language().policy(pull)),
    );
    let sends_over = row.submission.clone().unwrap_or_else(|| {
        let name = &row.name;
        format!("nothing yet: `correio account set {name} --submission submissions://HOST`")
    });
    let sent = match account.sent {
        SentBy::Usual => None,
        SentBy::Provider => Some("filed by the provider".to_owned()),
        SentBy::Nobody => Some("not kept".to_owned()),
    };
    let mut lines = vec![
        ("name", row.name),
        ("address", row.address),
        ("local user", row.local),
        ("server", server),
        ("sends over", sends_over),
        ("user", row.user),
        ("password", row.password),
        ("pull", pull),
    ];
    lines.extend(sent.map(|sent| ("sent mail", sent)));
    lines.extend(row.pin.map(|pin| ("trusts only", format!("the certificate with SHA-256 {pin}"))));
    lines.extend(row.ca.map(|ca| ("trusts", format!("the authorities in {ca}"))));
    lines.extend(
        row.larger_than_leave
            .map(|octets| ("leaves", format!("what is larger than {}", size(octets)))),
    );
    lines.iter().try_for_each(|(what, text)| line(&format!("{what:<12}{text}")))
}

fn kept_in(kept: Kept) -> &'static str {
    match kept {
        Kept::File => "a file that only you can read",
        Kept::Keyring => "the keyring of the system",
    }
}

/// The servers of an account.
pub(super) fn servers(account: &ProviderAccount) -> String {
    Row::of(account).servers()
}

/// Prints an account as JSON.
pub(super) fn json_of(account: &ProviderAccount) -> Result<()> {
    json(&Row::of(account))
}

#[derive(Serialize)]
struct Removed {
    name: String,
    kept_mail: bool,
}

pub(super) fn removed(account: &ProviderAccount, kept_mail: bool) -> Result<()> {
    json(&Removed { name: account.name.to_string(), kept_mail })
}

/// What a server has, and what it can do that matters here.
#[derive(Serialize)]
struct State {
    name: String,
    server: String,
    messages: u32,
    octets: u64,
    unique_ids: bool,
    top: bool,
    pipelining: bool,
    implementation: Option<String>,
}

/// Asks a server that has let us in what it has, and shows it.
pub(super) async fn state(
    context: &Context,
    account: &ProviderAccount,
    client: &mut Pop3,
) -> Result<()> {
    let text = language();
    let endpoint = place(account, Service::Pop3)?;
    let trouble = |fault| troubled(&Trouble::of_session(fault, endpoint), text.0);
    let (messages, octets) = client.stat().await.map_err(trouble)?;
    let capabilities = client.capabilities().await.map_err(trouble)?;
    let state = State {
        name: account.name.to_string(),
        server: endpoint.to_string(),
        messages,
        octets,
        unique_ids: capabilities.uidl || !capabilities.answered,
        top: capabilities.top,
        pipelining: capabilities.pipelining,
        implementation: capabilities.implementation.as_deref().map(sync::shown),
    };
    if context.json {
        return json(&state);
    }
    let (count, size) = (text.messages(messages), machine::Size(octets));
    let yes = |has: bool| match (has, text.0) {
        (true, sync::Words::English) => "yes",
        (true, sync::Words::Portuguese) => "sim",
        (false, sync::Words::English) => "no",
        (false, sync::Words::Portuguese) => "não",
    };
    let (server, ids, pipelining) = (&state.server, yes(state.unique_ids), yes(state.pipelining));
    match text.0 {
        sync::Words::English => line(&format!(
            "{server} lets {} in. It has {count} ({size}). Unique ids: {ids}; several commands at once: {pipelining}.",
            account.user
        )),
        sync::Words::Portuguese => line(&format!(
            "{server} deixa {} entrar. Tem {count} ({size}). Identificadores: {ids}; vários comandos de uma vez: {pipelining}.",
            account.user
        )),
    }
}

/// What an IMAP server has.
#[derive(Serialize)]
struct ImapState {
    name: String,
    server: String,
    inbox_messages: u64,
    condstore: bool,
    qresync: bool,
}

/// Asks an IMAP server that has let us in what it has, and shows it.
pub(super) async fn imap_state(
    context: &Context,
    account: &ProviderAccount,
    client: &mut Imap,
) -> Result<()> {
    let text = language();
    let endpoint = place(account, Service::Imap)?;
    let told = sync::inbox(client).await;
    let told =
        told.map_err(|fault| troubled(&Trouble::of_imap_session(fault, endpoint), text.0))?;
    let state = ImapState {
        name: account.name.to_string(),
        server: endpoint.to_string(),
        inbox_messages: told,
        condstore: client.can("CONDSTORE") || client.can("QRESYNC"),
        qresync: client.can("QRESYNC"),
    };
    if context.json {
        return json(&state);
    }
    let (server, count) = (&state.server, text.messages(state.inbox_messages));
    match text.0 {
        sync::Words::English => {
            line(&format!("{server} lets {} in. Its Inbox has {count}.", account.user))
        }
        sync::Words::Portuguese => line(&format!(
            "{server} deixa {} entrar. A caixa de entrada tem {count}.",
            account.user
        )),
    }
}

/// What a server for sending can do.
#[derive(Serialize)]
struct SubmissionState {
    name: String,
    server: String,
    message_octets_max: Option<u64>,
    eight_bit: bool,
    utf8: bool,
    notifications: bool,
}

/// Shows what a server for sending that has let us in can do.
pub(super) fn submission_state(
    context: &Context,
    account: &ProviderAccount,
    client: &Submission,
) -> Result<()> {
    let (text, able) = (language(), client.capabilities());
    let state = SubmissionState {
        name: account.name.to_string(),
        server: place(account, Service::Submission)?.to_string(),
        message_octets_max: able.message_octets_max(),
        eight_bit: able.has("8BITMIME"),
        utf8: able.has("SMTPUTF8"),
        notifications: able.has("DSN"),
    };
    if context.json {
        return json(&state);
    }
    let (server, user) = (&state.server, &account.user);
    let octets_max = state.message_octets_max.map(|octets| machine::Size(octets).to_string());
    line(&match (octets_max, text.0) {
        (Some(octets), sync::Words::English) => {
            format!("{server} lets {user} in. It takes messages up to {octets}.")
        }
        (Some(octets), sync::Words::Portuguese) => {
            format!("{server} deixa {user} entrar. Aceita mensagens de até {octets}.")
        }
        (None, sync::Words::English) => format!("{server} lets {user} in, to send."),
        (None, sync::Words::Portuguese) => format!("{server} deixa {user} entrar, para enviar."),
    })
}
