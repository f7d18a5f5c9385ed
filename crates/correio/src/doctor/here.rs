//! Looks at this computer: the data folder, the room, the clock, the store, timers and repositories of backups.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use anyhow::Result;
use machine::Size;
use sync::companion::Companion;

use super::Report;
use crate::companion::{now, read};
use crate::context::Context;
use crate::output::shell_word;
use crate::overview::Asked;
use crate::runs::{Standing, read_all};
use crate::schedule::{Schedule, install};

/// Less room than this is bad, and less than that to be thought about.
const FREE_NONE_OCTETS: u64 = 500 << 20;
const FREE_FEW_OCTETS: u64 = 2 << 30;
/// Before this time nobody can have had this program: 2026-11-01.
const BUILT_S: i64 = 1_793_491_200;
/// A run that lies further ahead than this says that the clock went back, in seconds.
const AHEAD_MAX_S: i64 = 300;
/// A check of a repository that is older than this is told, in seconds.
const CHECK_MAX_S: i64 = 31 * 24 * 3_600;

/// Looks at all of it. Gives the accounts, as far as they can be read, and what the store tells.
pub(crate) async fn examine(
    report: &mut Report<'_>,
    context: &Context,
) -> Result<(Companion, Asked)> {
    let title = report.text.this_computer();
    report.title(title)?;
    folder(report, context)?;
    room(report, context)?;
    let standing = clock(report, context)?;
    let companion = accounts(report, context)?;
    let asked = store(report, context).await?;
    timers(report, context, &companion)?;
    repositories(report, &standing)?;
    Ok((companion, asked))
}

fn folder(report: &mut Report<'_>, context: &Context) -> Result<()> {
    let (text, folder) = (report.text, context.folder()?.0);
    let shown = folder.display().to_string();
    let Ok(seen) = folder.metadata() else {
        let said = text.of(
            format!("there is no data folder {shown}"),
            format!("não há pasta de dados {shown}"),
        );
        let to_do = text.of(
            "`correio account add ADDRESS` makes it, and so does `correio serve`",
            "`correio account add ENDEREÇO` a cria, e `correio serve` também",
        );
        return report.bad("folder", said, to_do);
    };
    let (mode, word) = (seen.permissions().mode() & 0o777, shell_word(&shown));
    let me = rustix::process::geteuid();
    if !me.is_root() && seen.uid() != me.as_raw() {
        let said = text.of(
            format!("the data folder {shown} is somebody else's"),
            format!("a pasta de dados {shown} é de outra pessoa"),
        );
        let to_do = text.of("say this as its owner", "diga isto como dono dela");
        report.bad("owner", said, to_do)?;
    } else if mode & 0o077 != 0 {
        let said = text.of(
            format!("others can look into the data folder {shown} (mode {mode:o})"),
            format!("outros podem ver a pasta de dados {shown} (modo {mode:o})"),
        );
        report.warning("mode", said, format!("chmod 700 {word}"))?;
    }
    let probe = folder.join(".correio-probe");
    let probed = machine::files::write_secret(&probe, b"")
        .and_then(|()| machine::files::remove_if_there(&probe));
    match probed {
        Ok(()) => report.ok(
            "folder",
            text.of(
                format!("the data folder {shown} can be written"),
                format!("a pasta de dados {shown} pode ser escrita"),
            ),
        ),
        Err(error) => report.bad(
            "folder",
            text.of(
                format!("the data folder {shown} cannot be written: {error}"),
                format!("a pasta de dados {shown} não pode ser escrita: {error}"),
            ),
            text.of(
                "see who owns it, and whether the disk is full or read-only",
                "veja de quem é, e se o disco está cheio ou só para leitura",
            ),
        ),
    }
}

fn room(report: &mut Report<'_>, context: &Context) -> Result<()> {
    let text = report.text;
    let Ok(free) = machine::files::free_octets(&context.folder()?.0) else { return Ok(()) };
    let size = Size(free);
    let said = text.of(format!("{size} are free on the disk"), format!("{size} livres no disco"));
    let to_do = text.of(
        "make room: no mail comes here when the disk is full",
        "abra espaço: nada vem para cá com o disco cheio",
    );
    match free {
        ..FREE_NONE_OCTETS => report.bad("room", said, to_do),
        FREE_NONE_OCTETS..FREE_FEW_OCTETS => report.warning("room", said, to_do),
        _ => report.ok("room", said),
    }
}

/// Looks at the clock, by what was done before. Gives what is known of that.
fn clock(report: &mut Report<'_>, context: &Context) -> Result<Standing> {
    let text = report.text;
    let (runs, standing) = read_all(&context.folder()?.runs()).unwrap_or_default();
    let last = runs.iter().filter_map(|run| machine::time_of(&run.begun)).max();
    let now_s = now().0;
    let is_behind =
        now_s < BUILT_S || last.is_some_and(|last| last.0.saturating_sub(now_s) > AHEAD_MAX_S);
    let time = machine::time_text(now());
    match is_behind {
        true => report.bad(
            "clock",
            text.of(
                format!("the clock says {time}, which was before: it is wrong, or was"),
                format!("o relógio diz {time}, que já passou: está errado, ou esteve"),
            ),
            text.of(
                "set it: certificates and dates of mail depend on it",
                "acerte-o: certificados e datas das mensagens dependem dele",
            ),
        )?,
        false => report.ok(
            "clock",
            text.of(format!("the clock says {time}"), format!("o relógio diz {time}")),
        )?,
    }
    Ok(standing)
}

fn accounts(report: &mut Report<'_>, context: &Context) -> Result<Companion> {
    let (text, folder) = (report.text, context.folder()?);
    let path = folder.companion();
    let shown = path.display().to_string();
    let companion = match read(&folder) {
        Ok(companion) => companion,
        Err(error) => {
            let to_do = text.of(
                "put it right by hand, or have it from a backup",
                "corrija à mão, ou pegue de uma cópia de segurança",
            );
            report.bad("accounts", format!("{error:#}"), to_do)?;
            return Ok(Companion::default());
        }
    };
    let mode = path.metadata().map(|seen| seen.permissions().mode() & 0o077);
    if mode.is_ok_and(|mode| mode != 0) {
        let said = text.of(
            format!("others can read {shown}, where passwords may stand"),
            format!("outros podem ler {shown}, onde pode haver senhas"),
        );
        report.bad("accounts", said, format!("chmod 600 {}", shell_word(&shown)))?;
    } else if !companion.accounts.is_empty() {
        let count = companion.accounts.len();
        let said = text.of(
            format!("accounts at providers: {count}; nobody else can read {shown}"),
            format!("contas em provedores: {count}; ninguém mais pode ler {shown}"),
        );
        report.ok("accounts", said)?;
    }
    Ok(companion)
}

async fn store(report: &mut Report<'_>, context: &Context) -> Result<Asked> {
    let text = report.text;
    let to_do = text.of("`correio check` says more", "`correio check` diz mais");
    let asked = match context.reach_if_free().await {
        Ok(Some(client)) => Asked::of(client).await,
        Ok(None) if context.folder()?.is_used() => {
            let said = text.of(
                "another program works on the mail here, so it was not looked at",
                "outro programa está usando o acervo, por isso não foi examinado",
            );
            report.ok("store", said)?;
            return Ok(Asked::default());
        }
        Ok(None) => {
            let said = text.of("there is no mail here yet", "ainda não há mensagens aqui");
            report.warning("store", said, "")?;
            return Ok(Asked::default());
        }
        Err(error) => Err(error),
    };
    let asked = match asked {
        Ok(asked) => asked,
        Err(error) => {
            let said = text.of(
                format!("the mail here cannot be opened: {error:#}"),
                format!("o acervo não abre: {error:#}"),
            );
            report.bad("store", said, "correio check, correio repair")?;
            return Ok(Asked::default());
        }
    };
    let Some(status) = &asked.status else { return Ok(asked) };
    for trouble in &status.trouble {
        report.bad("store", trouble.clone(), to_do)?;
    }
    if status.trouble.is_empty() {
        let size = Size(status.store.octets);
        let said = text.of(
            format!("the mail here opens, and no damage is known ({size})"),
            format!("o acervo abre, e não se sabe de danos ({size})"),
        );
        report.ok("store", said)?;
    }
    Ok(asked)
}

fn timers(report: &mut Report<'_>, context: &Context, companion: &Companion) -> Result<()> {
    let (text, folder) = (report.text, context.folder()?);
    let schedule = match Schedule::read(&folder) {
        Ok(schedule) => schedule,
        Err(error) => return report.bad("timers", format!("{error:#}"), ""),
    };
    let data = folder.0.display().to_string();
    for job in &schedule.jobs {
        let said = text.scheduled(job);
        match install::is_enabled(job, &data) {
            Some(true) => report.ok("timers", said)?,
            Some(false) => report.bad(
                "timers",
                text.of(
                    format!("not taken up by the system: {said}"),
                    format!("não ativo no sistema: {said}"),
                ),
                text.of(
                    format!("say `correio schedule {} ...` again", job.account),
                    format!("diga `correio agenda {} ...` de novo", job.account),
                ),
            )?,
            None => {}
        }
    }
    let is_idle = |name: &str| !schedule.jobs.iter().any(|job| job.account == name);
    for account in companion.accounts.iter().filter(|it| is_idle(it.name.as_str())) {
        let name = &account.name;
        let said = text.of(
            format!("nothing is done for {name} by itself"),
            format!("nada é feito para {name} por si"),
        );
        let verb = if account.imap.is_some() { "mirror" } else { "pull" };
        report.warning("timers", said, format!("correio schedule {name} --{verb} 15m"))?;
    }
    Ok(())
}

fn repositories(report: &mut Report<'_>, standing: &Standing) -> Result<()> {
    let text = report.text;
    let mut known: Vec<&str> =
        standing.last.iter().filter_map(|last| last.repository.as_deref()).collect();
    known.sort_unstable();
    known.dedup();
    for repository in known {
        if !Path::new(repository).join("config").exists() {
            let said = text.of(
                format!("the repository {repository} cannot be reached"),
                format!("o repositório {repository} não está ao alcance"),
            );
            let to_do = text.of("is the disk connected?", "o disco está conectado?");
            report.bad("backup", said, to_do)?;
            continue;
        }
        let age = standing.of("backup check", repository).and_then(|last| {
            let at = machine::time_of(&last.good.as_ref()?.at)?;
            Some(now().0.saturating_sub(at.0))
        });
        let check = format!("correio backup check --to {} --read", shell_word(repository));
        match age {
            Some(age_s) if age_s <= CHECK_MAX_S => {
                let ago = text.ago(age_s);
                let said = text.of(
                    format!("the repository {repository} was checked {ago}"),
                    format!("o repositório {repository} foi verificado {ago}"),
                );
                report.ok("backup", said)?;
            }
            _ => {
                let said = text.of(
                    format!("the repository {repository} was not checked for a month, or never"),
                    format!("o repositório {repository} não é verificado há um mês, ou nunca foi"),
                );
                report.warning("backup", said, check)?;
            }
        }
    }
    Ok(())
}
