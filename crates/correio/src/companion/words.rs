//! What the companion says, in English and in Portuguese.

mod archive;
mod headers;
mod login;
mod migrate;
mod mirror;
mod send;
mod undo;

use std::io::IsTerminal as _;

use pop3::client::Expire;
use pop3::client::pull::{Ending, Summary};
use sync::companion::{AtProvider, ProviderAccount};
use sync::{PullDone, PullExtent, PullPlan, Service, Wanted, Words};

pub(crate) use self::archive::PutBack;
pub(crate) use self::migrate::Met;
pub(crate) use self::send::{from_of, to_of};
use super::verbs;

/// The language of this person: that of the locale; Portuguese for who says a verb in Portuguese.
#[expect(clippy::disallowed_methods, reason = "the language stands in the environment")]
pub(crate) fn language() -> Text {
    if std::env::args().skip(1).any(|word| verbs::is_portuguese(&word)) {
        return Text(Words::Portuguese);
    }
    let set = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
    let locale = set("LC_ALL").or_else(|| set("LC_MESSAGES")).or_else(|| set("LANG"));
    Text(Words::of_locale(&locale.unwrap_or_default()))
}

/// Whether there is a person to ask.
pub(crate) fn somebody_is_there() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Texts in one language.
#[derive(Clone, Copy)]
pub(crate) struct Text(pub(crate) Words);

impl Text {
    pub(crate) fn of<T>(self, english: T, portuguese: T) -> T {
        match self.0 {
            Words::English => english,
            Words::Portuguese => portuguese,
        }
    }

    pub(crate) fn messages(self, count: impl TryInto<u64>) -> String {
        match count.try_into().unwrap_or(u64::MAX) {
            1 => self.of("1 message", "1 mensagem").to_owned(),
            many => format!("{many} {}", self.of("messages", "mensagens")),
        }
    }

    fn days(self, days: u32) -> String {
        match days {
            1 => self.of("1 day", "1 dia").to_owned(),
            many => format!("{many} {}", self.of("days", "dias")),
        }
    }

    pub(crate) fn password_prompt(self, address: &str) -> String {
        self.of(format!("Password of {address}: "), format!("Senha de {address}: "))
    }

    /// An account was added.
    pub(crate) fn added(self, account: &ProviderAccount, servers: &str) -> String {
        let ProviderAccount { name, address, user, .. } = account;
        self.of(
            format!("{address} was added as {name}: {servers}, user {user}. Logging in works."),
            format!(
                "{address} foi adicionada como {name}: {servers}, usuário {user}. O login funciona."
            ),
        )
    }

    /// What a verb does for an account.
    pub(crate) fn brings(self, verb: &str, account: &ProviderAccount) -> String {
        let ProviderAccount { name, local, .. } = account;
        let verb_pt = if verb == "pull" { "baixar" } else { "espelho" };
        self.of(
            format!("`correio {verb} {name}` brings its mail to the local user {local}."),
            format!("`correio {verb_pt} {name}` traz as mensagens para o usuário local {local}."),
        )
    }

    /// An account does not have what a verb needs.
    pub(crate) fn no_service(self, name: &str, service: Service) -> String {
        let (what, option, scheme) = (service.name(), service.option(), service.scheme());
        self.of(
            format!(
                "the account {name} has no {what} server; give it one with `correio account set {name} --{option} {scheme}://HOST`"
            ),
            format!(
                "a conta {name} não tem servidor {what}; dê-lhe um com `correio account set {name} --{option} {scheme}://HOST`"
            ),
        )
    }

    pub(crate) fn pulling(self) -> &'static str {
        self.of("pulling", "baixando")
    }

    /// Asks what becomes of the mail at the provider.
    pub(crate) fn ask_policy(self) -> &'static str {
        self.of(
            "What should become of mail at the provider, once it is safe on this computer?\n\
             \x20 1  It stays there. This computer has a copy.\n\
             \x20 2  It is deleted there at once. This computer has the only copy; make backups.\n\
             \x20 3  It is deleted there some days later.\n\
             \x20 4  It is deleted there when I delete it here.\n\
             Choose 1 to 4 [1]: ",
            "O que fazer com as mensagens no provedor, quando já estiverem salvas neste computador?\n\
             \x20 1  Ficam lá. Este computador tem uma cópia.\n\
             \x20 2  São apagadas lá na hora. A única cópia fica neste computador; faça backup.\n\
             \x20 3  São apagadas lá alguns dias depois.\n\
             \x20 4  São apagadas lá quando eu as apagar aqui.\n\
             Escolha de 1 a 4 [1]: ",
        )
    }

    pub(crate) fn ask_days(self) -> &'static str {
        self.of("After how many days [30]: ", "Depois de quantos dias [30]: ")
    }

    pub(crate) fn no_choice(self) -> &'static str {
        self.of("expected a number from 1 to 4", "esperava-se um número de 1 a 4")
    }

    pub(crate) fn remembered(self, name: &str, policy: AtProvider) -> String {
        self.of(
            format!("From now on `correio pull {name}` does the same: {}", self.policy(policy)),
            format!(
                "De agora em diante `correio baixar {name}` faz o mesmo: {}",
                self.policy(policy)
            ),
        )
    }

    /// What becomes of the mail at the provider.
    pub(crate) fn policy(self, policy: AtProvider) -> String {
        match policy {
            AtProvider::Keep => {
                self.of("mail stays at the provider.", "as mensagens ficam no provedor.").to_owned()
            }
            AtProvider::Move => self
                .of(
                    "mail is deleted at the provider once it is safe here.",
                    "as mensagens são apagadas no provedor quando já estão salvas aqui.",
                )
                .to_owned(),
            AtProvider::KeepDays(days) => self.of(
                format!("mail is deleted at the provider {} after it came here.", self.days(days)),
                format!(
                    "as mensagens são apagadas no provedor {} depois de chegarem aqui.",
                    self.days(days)
                ),
            ),
            AtProvider::UntilLocalDelete => self
                .of(
                    "mail is deleted at the provider when you delete it here.",
                    "as mensagens são apagadas no provedor quando você as apaga aqui.",
                )
                .to_owned(),
        }
    }

    pub(crate) fn incomplete(self) -> &'static str {
        self.of("not all could be done, as said above", "nem tudo pôde ser feito, como dito acima")
    }

    /// What a pull would do.
    pub(crate) fn plan(self, plan: &PullPlan) -> Vec<String> {
        let octets = machine::Size(plan.take_octets);
        let (listed, take) = (self.messages(plan.listed), self.messages(plan.take));
        let mut lines = vec![self.of(
            format!(
                "{listed} at the provider; {take} ({octets}) would be taken, {} are here.",
                plan.held
            ),
            format!(
                "{listed} no provedor; {take} ({octets}) seriam baixadas, {} já estão aqui.",
                plan.held
            ),
        )];
        lines.extend(self.headers_planned(plan));
        if plan.remove > 0 {
            let remove = self.messages(plan.remove);
            lines.push(self.of(
                format!("{remove} would be deleted there, once they are safe here."),
                format!("{remove} seriam apagadas lá, quando já estiverem salvas aqui."),
            ));
        }
        if plan.left > 0 {
            let left = self.messages(plan.left);
            lines.push(
                self.of(format!("{left} would be left there."), format!("{left} ficariam lá.")),
            );
        }
        if plan.unsure > 0 {
            let unsure = self.messages(plan.unsure);
            lines.push(self.of(
                format!("{unsure} would have to be looked at first: the server gives them no unique id, or another size than before."),
                format!("{unsure} teriam de ser olhadas antes: o servidor não lhes dá identificador, ou dá outro tamanho que antes."),
            ));
        }
        lines.push(
            self.of("Nothing was changed (--dry-run).", "Nada foi mudado (--dry-run).").to_owned(),
        );
        lines
    }

    /// What a pull did.
    pub(crate) fn done(self, done: &PullDone, wanted: &Wanted) -> Vec<String> {
        let summary = &done.summary;
        let mut lines = match &wanted.extent {
            PullExtent::Headers { account } => self.headers_came(summary, account),
            PullExtent::Whole | PullExtent::These(_) => vec![self.came(done)],
        };
        lines.push(self.went(summary, wanted.at_provider));
        self.stayed(summary, &wanted.extent, &mut lines);
        self.odd(summary, &mut lines);
        lines
    }

    fn came(self, done: &PullDone) -> String {
        let octets = machine::Size(done.summary.taken_octets);
        match done.new {
            0 => self.of("There was no new mail.", "Não havia mensagens novas.").to_owned(),
            1 => self.of(
                format!("1 new message ({octets}) is safe on this computer."),
                format!("1 mensagem nova ({octets}) está salva neste computador."),
            ),
            new => self.of(
                format!("{new} new messages ({octets}) are safe on this computer."),
                format!("{new} mensagens novas ({octets}) estão salvas neste computador."),
            ),
        }
    }

    fn went(self, summary: &Summary, policy: AtProvider) -> String {
        match summary.removed {
            0 => {
                let nothing = self.of("Nothing was deleted at the provider", "Nada foi apagado no provedor");
                format!("{nothing}; {}", self.policy(policy))
            }
            1 => self
                .of(
                    "1 message was deleted at the provider, after it was read back here.",
                    "1 mensagem foi apagada no provedor, depois de relida aqui.",
                )
                .to_owned(),
            removed => self.of(
                format!("{removed} messages were deleted at the provider, after each was read back here."),
                format!("{removed} mensagens foram apagadas no provedor, depois de relidas aqui uma a uma."),
            ),
        }
    }

    fn stayed(self, summary: &Summary, extent: &PullExtent, lines: &mut Vec<String>) {
        if summary.kept_without_id > 0 {
            let kept = self.messages(summary.kept_without_id);
            lines.push(self.of(
                format!("{kept} stay at the provider although they are here: the server has no unique ids, so they are deleted only when you say --move."),
                format!("{kept} ficam no provedor embora estejam aqui: o servidor não tem identificadores, e só são apagadas quando você diz --move."),
            ));
        }
        if summary.too_large > 0 && *extent == PullExtent::Whole {
            let large = self.messages(summary.too_large);
            lines.push(self.of(
                format!("{large} were left at the provider because of their size."),
                format!("{large} ficaram no provedor por causa do tamanho."),
            ));
        }
        if summary.waiting > 0 {
            let waiting = self.messages(summary.waiting);
            lines.push(self.of(
                format!("{waiting} wait for the next run."),
                format!("{waiting} esperam pela próxima vez."),
            ));
        }
        if let Some(Expire::AfterDays(days)) = summary.expire {
            let days = self.days(days);
            lines.push(self.of(
                format!(
                    "The provider says that it may delete mail by itself {days} after it came."
                ),
                format!(
                    "O provedor diz que pode apagar mensagens sozinho {days} depois de chegarem."
                ),
            ));
        }
    }

    fn odd(self, summary: &Summary, lines: &mut Vec<String>) {
        if summary.unreadable > 0 {
            let unreadable = self.messages(summary.unreadable);
            lines.push(self.of(
                format!("{unreadable} could not be read back here and were not deleted at the provider; `correio check` says more."),
                format!("{unreadable} não puderam ser relidas aqui e não foram apagadas no provedor; `correio check` diz mais."),
            ));
        }
        if summary.refused > 0 {
            let refused = self.messages(summary.refused);
            lines.push(self.of(
                format!("The server did not give, or not delete, {refused}:"),
                format!("O servidor não deu, ou não apagou, {refused}:"),
            ));
            for refused in summary.refusals.iter().take(REFUSALS_TOLD) {
                lines.push(format!(
                    "  {}: {}",
                    refused.message,
                    sync::shown(&refused.refusal.text)
                ));
            }
        }
        if summary.ending == Ending::HungUp {
            lines.push(
                self.of(
                    "This server deletes whatever was fetched, so the session was left without a goodbye; what was to be deleted goes next time.",
                    "Este servidor apaga tudo o que foi baixado, por isso a sessão foi deixada sem despedida; o que era para apagar vai na próxima vez.",
                )
                .to_owned(),
            );
        }
    }
}

/// How many refusals are told one by one.
const REFUSALS_TOLD: usize = 10;
