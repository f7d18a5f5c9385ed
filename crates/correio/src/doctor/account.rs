//! Looks at an account at a provider: password, name, certificate, login, what the server can do, folders, room, last runs.

use anyhow::Result;
use host::provider::ProviderNetwork;
use machine::Size;
use mailbox::Role;
use sasl::Pass;
use sync::companion::ProviderAccount;
use sync::{Imap, Network as _, Pop3, Room, Service, Transport};

use super::Report;
use crate::companion::{enter, enter_imap, enter_submission, now, pass_of};
use crate::context::Context;
use crate::overview::{AccountRow, Advice, Urgency};

const DAY_S: i64 = 24 * 3_600;
/// So many days before a certificate ends somebody should know.
const CERTIFICATE_DAYS_FEW: i64 = 14;
/// A provider that is as full as this is told, in hundredths.
const FULL_PERCENT: u64 = 90;

/// Looks at all of it.
pub(crate) async fn examine(
    report: &mut Report<'_>,
    context: &Context,
    account: &ProviderAccount,
) -> Result<()> {
    report.about(account.name.as_str(), &account.address)?;
    let has_password = password(report, context, account).await?;
    for service in [Service::Imap, Service::Pop3, Service::Submission] {
        let Some(endpoint) = account.place(service) else { continue };
        let network = ProviderNetwork::default();
        if !reached(report, &network, &endpoint.host, endpoint.port).await? || !has_password {
            continue;
        }
        match service {
            Service::Imap => {
                let entered = enter_imap(context, account, &network).await;
                if let Some(client) = logged_in(report, account, &network, service, entered)? {
                    imap(report, client).await?;
                }
            }
            Service::Pop3 => {
                let entered = enter(context, account, &network).await;
                if let Some(client) = logged_in(report, account, &network, service, entered)? {
                    pop3(report, client).await?;
                }
            }
            Service::Submission => {
                let entered = enter_submission(context, account, &network).await;
                if let Some(client) = logged_in(report, account, &network, service, entered)? {
                    client.quit().await;
                }
            }
        }
    }
    Ok(())
}

/// What lets the account in: its password, or a token.
async fn password(
    report: &mut Report<'_>,
    context: &Context,
    account: &ProviderAccount,
) -> Result<bool> {
    let text = report.text;
    match pass_of(context, account, None).await {
        Ok(pass) => {
            let said = match pass {
                Pass::Password(_) => text.of("the password is there", "a senha está lá"),
                Pass::Token(_) => text.of(
                    "what the provider was asked to allow (OAuth 2) holds",
                    "o que se pediu ao provedor que permitisse (OAuth 2) continua válido",
                ),
            };
            report.ok("password", said)?;
            Ok(true)
        }
        Err(error) => {
            report.bad("password", format!("{error:#}"), "")?;
            Ok(false)
        }
    }
}

/// Whether the server has a name and somebody answers there.
async fn reached(
    report: &mut Report<'_>,
    network: &ProviderNetwork,
    host: &str,
    port: u16,
) -> Result<bool> {
    let text = report.text;
    let waiting = std::time::Duration::from_secs(sync::limits::CONNECT_TIMEOUT_S);
    let connected = tokio::time::timeout(waiting, network.connect(host, port)).await;
    let connected = connected.unwrap_or(Err(sync::NetworkFault::TimedOut));
    let (said, to_do) = match connected {
        Ok(_) => {
            let said = text.of(
                format!("{host} has an address and answers on port {port}"),
                format!("{host} tem endereço e responde na porta {port}"),
            );
            report.ok("connection", said)?;
            return Ok(true);
        }
        Err(sync::NetworkFault::NoSuchName) => (
            text.of(
                format!("the name {host} has no address"),
                format!("o nome {host} não tem endereço"),
            ),
            text.of(
                "is this computer connected? If so, ask the provider what its servers are called",
                "este computador está conectado? Se sim, pergunte ao provedor o nome dos servidores",
            ),
        ),
        Err(fault) => (
            text.of(
                format!("{host} does not answer on port {port}: {fault}"),
                format!("{host} não responde na porta {port}: {fault}"),
            ),
            text.of(
                "is this computer connected, and does a firewall let port and server through?",
                "este computador está conectado, e o firewall deixa passar a porta?",
            ),
        ),
    };
    report.bad("connection", said, to_do)?;
    Ok(false)
}

/// Tells of the certificate, and of the login.
fn logged_in<C>(
    report: &mut Report<'_>,
    account: &ProviderAccount,
    network: &ProviderNetwork,
    service: Service,
    entered: Result<C>,
) -> Result<Option<C>> {
    let (text, name) = (report.text, service.name());
    if let Some(certificate) = network.certificate() {
        let pinned = match account.pin {
            Some(_) => text.of(", and is the one that is pinned", ", e é o que foi fixado"),
            None => "",
        };
        let days = certificate.until.map(|until| until.0.saturating_sub(now().0).div_euclid(DAY_S));
        let said = match days {
            Some(days) => text.of(
                format!("{name}: the certificate is trusted for {days} days more{pinned}"),
                format!("{name}: o certificado vale por mais {days} dias{pinned}"),
            ),
            None => text.of(
                format!("{name}: the certificate is trusted{pinned}"),
                format!("{name}: o certificado é confiável{pinned}"),
            ),
        };
        match days {
            Some(days) if days < CERTIFICATE_DAYS_FEW => {
                let to_do = text.of(
                    "the provider should renew it; with --pin, ask for the SHA-256 of the new one",
                    "o provedor deveria renová-lo; com --pin, peça o SHA-256 do novo",
                );
                report.warning("certificate", said, to_do)?;
            }
            _ => report.ok("certificate", said)?,
        }
    } else if account.place(service).is_some_and(|it| it.transport == Transport::Clear) {
        let said = text.of(
            format!("{name}: there is no TLS, which is only safe on this machine"),
            format!("{name}: não há TLS, o que só é seguro nesta máquina"),
        );
        report.ok("certificate", said)?;
    }
    match entered {
        Ok(client) => {
            let user = &account.user;
            let said = text.of(
                format!("{name}: the server lets {user} in"),
                format!("{name}: o servidor deixa {user} entrar"),
            );
            report.ok("login", said)?;
            Ok(Some(client))
        }
        Err(error) => {
            report.bad("login", format!("{name}: {error:#}"), "")?;
            Ok(None)
        }
    }
}

async fn imap(report: &mut Report<'_>, mut client: Imap) -> Result<()> {
    let text = report.text;
    let folders = match sync::folders_there(&mut client).await {
        Ok(folders) => folders,
        Err(fault) => return report.bad("folders", format!("IMAP: {fault}"), ""),
    };
    let lacks = |name: &str| !client.can(name) && !client.can("IMAP4rev2");
    let mut all_is_there = true;
    if lacks("UIDPLUS") {
        all_is_there = false;
        let said = text.of(
            "IMAP: the server cannot remove single messages (no UIDPLUS)",
            "IMAP: o servidor não sabe remover mensagens uma a uma (sem UIDPLUS)",
        );
        let to_do = text.of(
            "`archive` frees no room there by itself, and `mirror --both` deletes only where nothing else is marked",
            "`arquivar` não libera espaço lá por si, e `espelho --both` só apaga onde nada mais está marcado",
        );
        report.warning("capabilities", said, to_do)?;
    }
    if !client.can("CONDSTORE") && !client.can("QRESYNC") {
        all_is_there = false;
        let said = text.of(
            "IMAP: the server does not tell what changed (no CONDSTORE): each mirror compares all flags",
            "IMAP: o servidor não diz o que mudou (sem CONDSTORE): cada espelho compara todas as marcas",
        );
        report.warning("capabilities", said, "")?;
    }
    if lacks("IDLE") {
        all_is_there = false;
        let said = text.of(
            "IMAP: the server does not ring (no IDLE): `mirror --watch` looks every minute",
            "IMAP: o servidor não avisa (sem IDLE): `espelho --watch` olha a cada minuto",
        );
        report.warning("capabilities", said, "")?;
    }
    if all_is_there {
        let said = text.of(
            "IMAP: the server can do all that makes mirrors quick and safe",
            "IMAP: o servidor sabe tudo o que torna o espelho rápido e seguro",
        );
        report.ok("capabilities", said)?;
    }
    special(report, &folders)?;
    room(report, &mut client).await?;
    drop(client.log_out().await);
    Ok(())
}

fn special(report: &mut Report<'_>, folders: &[(String, Option<Role>)]) -> Result<()> {
    let text = report.text;
    if !folders.iter().any(|(name, _)| name.eq_ignore_ascii_case("INBOX")) {
        let said = text
            .of("IMAP: the server lists no Inbox", "IMAP: o servidor não lista a caixa de entrada");
        let to_do = text.of(
            "until it does, nothing that is missing there is deleted here",
            "até que liste, nada do que falta lá é apagado aqui",
        );
        return report.bad("folders", said, to_do);
    }
    let has = |role: Role| folders.iter().any(|(_, it)| *it == Some(role));
    let missing: Vec<&str> =
        [(Role::Sent, "Sent"), (Role::Drafts, "Drafts"), (Role::Trash, "Trash")]
            .into_iter()
            .filter(|(role, _)| !has(*role))
            .map(|(_, name)| name)
            .collect();
    let count = folders.len();
    let said = match missing.as_slice() {
        [] => text.of(
            format!("IMAP: {count} folders; Sent, Drafts and Trash are known"),
            format!("IMAP: {count} pastas; Enviados, Rascunhos e Lixeira são conhecidas"),
        ),
        missing => {
            let names = missing.join(", ");
            text.of(
                format!("IMAP: {count} folders; the server does not say which is for: {names}"),
                format!("IMAP: {count} pastas; o servidor não diz qual é para: {names}"),
            )
        }
    };
    report.ok("folders", said)
}

async fn room(report: &mut Report<'_>, client: &mut Imap) -> Result<()> {
    let text = report.text;
    let told = sync::room_there(client).await.ok().flatten();
    let Some(Room { used, max }) = told else {
        let said = text.of(
            "IMAP: the server does not say how full it is (no QUOTA)",
            "IMAP: o servidor não diz quão cheio está (sem QUOTA)",
        );
        return report.ok("quota", said);
    };
    let percent = used.saturating_mul(100).checked_div(max).unwrap_or(0);
    let (used, max) = (Size(used), Size(max));
    let said = text.of(
        format!("IMAP: {used} of {max} are used ({percent}%)"),
        format!("IMAP: {used} de {max} usados ({percent}%)"),
    );
    match percent {
        FULL_PERCENT.. => {
            let to_do = text.of(
                "`correio archive` makes room: docs/guide/archive.md",
                "`correio arquivar` abre espaço: docs/guide/archive.pt.md",
            );
            report.warning("quota", said, to_do)
        }
        _ => report.ok("quota", said),
    }
}

async fn pop3(report: &mut Report<'_>, mut client: Pop3) -> Result<()> {
    let text = report.text;
    let capabilities = match client.capabilities().await {
        Ok(capabilities) => capabilities.clone(),
        Err(fault) => return report.bad("capabilities", format!("POP3: {fault}"), ""),
    };
    if capabilities.answered && !capabilities.uidl {
        let said = text.of(
            "POP3: the server has no unique ids (no UIDL): messages are known by header and size",
            "POP3: o servidor não tem identificadores (sem UIDL): mensagens são reconhecidas por cabeçalho e tamanho",
        );
        let to_do = text.of(
            "mail is deleted there only by `pull --move`, each time",
            "as mensagens só são apagadas lá por `baixar --move`, a cada vez",
        );
        report.warning("capabilities", said, to_do)?;
    } else if !capabilities.pipelining {
        let said = text.of(
            "POP3: the server takes one command at a time (no PIPELINING), which is slow from afar",
            "POP3: o servidor aceita um comando por vez (sem PIPELINING), o que é lento de longe",
        );
        report.warning("capabilities", said, "")?;
    } else {
        let said = text.of(
            "POP3: the server can do all that makes pulls quick and safe",
            "POP3: o servidor sabe tudo o que torna o baixar rápido e seguro",
        );
        report.ok("capabilities", said)?;
    }
    drop(client.quit().await);
    Ok(())
}

/// What is known of the last runs of an account.
pub(crate) fn runs(report: &mut Report<'_>, row: &AccountRow, next: &[Advice]) -> Result<()> {
    let text = report.text;
    // Of timers it was told before.
    let own = next.iter().filter(|it| it.reason != "not_scheduled");
    let own = own.filter(|it| it.account.as_deref() == Some(row.name.as_str()));
    let mut is_well = true;
    for advice in own {
        is_well = false;
        match advice.urgency {
            Urgency::Now => report.bad("runs", advice.text.clone(), advice.command.clone())?,
            Urgency::Soon | Urgency::Consider => {
                report.warning("runs", advice.text.clone(), advice.command.clone())?;
            }
        }
    }
    if is_well {
        let said = text.of(
            "the last runs went well, and there is a backup that was tried out",
            "as últimas execuções foram bem, e há uma cópia que foi ensaiada",
        );
        report.ok("runs", said)?;
    }
    Ok(())
}
