//! What is said of what is safe, in English and in Portuguese.

use machine::Size;

use super::{
    AccountRow, CountRow, FailedRow, HereRow, OutboxRow, ProviderRow, RunningRow, VerbRow,
};
use crate::companion::{Text, now};

const MINUTE_S: i64 = 60;
const HOUR_S: i64 = 3_600;
const DAY_S: i64 = 24 * HOUR_S;

impl Text {
    /// `2 hours`, `9 days`.
    pub(crate) fn span(self, seconds: i64) -> String {
        let (count, one, many) = match seconds {
            ..MINUTE_S => return self.of("less than a minute", "menos de um minuto").to_owned(),
            MINUTE_S..HOUR_S => {
                (seconds.div_euclid(MINUTE_S), ("minute", "minuto"), ("minutes", "minutos"))
            }
            HOUR_S..DAY_S => (seconds.div_euclid(HOUR_S), ("hour", "hora"), ("hours", "horas")),
            _ if seconds < 60 * DAY_S => {
                (seconds.div_euclid(DAY_S), ("day", "dia"), ("days", "dias"))
            }
            _ if seconds < 730 * DAY_S => {
                (seconds.div_euclid(30 * DAY_S), ("month", "mês"), ("months", "meses"))
            }
            _ => (seconds.div_euclid(365 * DAY_S), ("year", "ano"), ("years", "anos")),
        };
        let (en, pt) = if count == 1 { one } else { many };
        format!("{count} {}", self.of(en, pt))
    }

    /// `2 hours ago`.
    pub(crate) fn ago(self, seconds: i64) -> String {
        if seconds < MINUTE_S {
            return self.of("just now", "agora mesmo").to_owned();
        }
        let span = self.span(seconds);
        self.of(format!("{span} ago"), format!("há {span}"))
    }

    fn since(self, time: &str) -> String {
        let age = machine::time_of(time).map(|at| now().0.saturating_sub(at.0));
        age.map_or_else(|| time.to_owned(), |age| self.ago(age))
    }

    fn count(self, count: Option<CountRow>) -> String {
        let Some(CountRow { messages, octets }) = count else {
            return self.of("not known", "não se sabe").to_owned();
        };
        match (messages, octets) {
            (0, _) => self.of("nothing", "nada").to_owned(),
            (_, Some(octets)) => format!("{}, {}", self.messages(messages), Size(octets)),
            (_, None) => self.messages(messages),
        }
    }

    /// What is known of an account: labels, and what stands behind them.
    pub(crate) fn account_lines(self, row: &AccountRow) -> Vec<(&'static str, String)> {
        let mut lines = vec![(self.of("here", "aqui"), self.count(row.here))];
        let verbs = [
            ("mirror", self.of("mirror", "espelho"), &row.mirror, row.is_mirrored),
            ("pull", self.of("pull", "baixar"), &row.pull, !row.is_mirrored),
        ];
        for (_, label, verb, is_usual) in verbs {
            if is_usual || verb.good.is_some() || verb.failed.is_some() {
                lines.push((label, self.verb(verb)));
            }
        }
        lines.push((self.of("only here", "só aqui"), self.count(row.only_here)));
        lines.push((self.of("only there", "só lá"), self.count(row.only_there)));
        lines.push((self.of("provider", "provedor"), self.room(row.provider.as_ref())));
        if let Some(outbox) = row.outbox.filter(|outbox| *outbox != OutboxRow::default()) {
            lines.push((self.of("outbox", "saída"), self.outbox(outbox)));
        }
        lines.push((self.of("backup", "cópia"), self.verb(&row.backup)));
        lines.push((self.of("drill", "ensaio"), self.verb(&row.drill)));
        lines
    }

    fn outbox(self, OutboxRow { waiting, needs_person }: OutboxRow) -> String {
        let wait = self.of(format!("{waiting} to be sent"), format!("{waiting} por enviar"));
        match needs_person {
            0 => wait,
            _ => self.of(
                format!("{wait}, {needs_person} for you to decide"),
                format!("{wait}, {needs_person} à espera da sua decisão"),
            ),
        }
    }

    pub(super) fn outbox_needs_person(self, count: usize) -> String {
        let many = u64::try_from(count).unwrap_or(u64::MAX);
        let messages = self.messages(many);
        self.of(
            format!("not everybody got what was sent: {messages} in the outbox for you to decide"),
            format!(
                "nem todos receberam o que foi enviado: {messages} na saída à espera da sua decisão"
            ),
        )
    }

    pub(super) fn outbox_waits(self, count: usize) -> String {
        let messages = self.messages(u64::try_from(count).unwrap_or(u64::MAX));
        self.of(
            format!("to be sent: {messages}, and nothing sends by itself"),
            format!("por enviar: {messages}, e nada envia por si"),
        )
    }

    fn verb(self, row: &VerbRow) -> String {
        let good = match &row.good {
            Some(good) => self.since(good),
            None => self.of("never", "nunca").to_owned(),
        };
        let place = row.repository.as_ref().map(|it| format!(", {it}")).unwrap_or_default();
        let failed = match &row.failed {
            Some(failed) => {
                let (when, times) = (self.since(&failed.at), failed.times);
                self.of(
                    format!("; failed {when}, {times} in a row"),
                    format!("; falhou {when}, {times} seguidas"),
                )
            }
            None => String::new(),
        };
        format!("{good}{place}{failed}")
    }

    fn room(self, row: Option<&ProviderRow>) -> String {
        let Some(row) = row else { return self.of("not known", "não se sabe").to_owned() };
        let (percent, max) = (row.percent, Size(row.quota_octets));
        let used =
            self.of(format!("{percent}% of {max} used"), format!("{percent}% de {max} usados"));
        let ahead = row.full_at.as_deref().and_then(machine::time_of);
        let ahead = ahead.map(|at| self.span(at.0.saturating_sub(now().0)));
        let full = match (row.full, ahead) {
            ("now", _) => self.of("full", "cheio").to_owned(),
            ("at", Some(ahead)) => self.of(
                format!("full in {ahead} at this pace"),
                format!("cheio em {ahead} neste ritmo"),
            ),
            ("not_soon", _) => self.of("not filling up", "não está enchendo").to_owned(),
            _ => self
                .of("when it will be full is not known yet", "ainda não se sabe quando enche")
                .to_owned(),
        };
        format!("{used}; {full}")
    }

    /// What is known of this computer.
    pub(crate) fn here_lines(
        self,
        row: &HereRow,
        running: &[RunningRow],
    ) -> Vec<(&'static str, String)> {
        let store = Size(row.store_octets);
        let free = match row.free_octets {
            Some(free) => {
                let free = Size(free);
                self.of(format!("{free} free on the disk"), format!("{free} livres no disco"))
            }
            None => self.of("room on the disk not known", "espaço no disco não se sabe").to_owned(),
        };
        let mut lines = vec![(self.of("store", "acervo"), format!("{store}; {free}"))];
        for one in running {
            let account = one.account.as_deref().unwrap_or_default();
            let since = self.since(&one.begun);
            let text = self.of(
                format!("{} {account}, begun {since}", one.verb),
                format!("{} {account}, iniciado {since}", one.verb),
            );
            lines.push((self.of("under way", "em curso"), text));
        }
        if row.in_use {
            let text = self.of(
                "another program works on the mail here: figures are those of the last run",
                "outro programa está usando o acervo: os números são da última execução",
            );
            lines.push(("", text.to_owned()));
        }
        lines
    }

    pub(crate) fn this_computer(self) -> &'static str {
        self.of("this computer", "este computador")
    }

    pub(crate) fn next_title(self) -> &'static str {
        self.of("What to do next:", "O que fazer agora:")
    }

    pub(crate) fn nothing_to_do(self) -> &'static str {
        self.of("Nothing needs you.", "Nada precisa de você.")
    }

    pub(crate) fn something_to_do(self) -> &'static str {
        self.of("something cannot wait, as said above", "algo não pode esperar, como dito acima")
    }

    pub(crate) fn something_bad(self) -> &'static str {
        self.of("something is bad, as said above", "algo está ruim, como dito acima")
    }

    pub(super) fn disk_is_short(self, free: u64) -> String {
        let free = Size(free);
        self.of(
            format!("only {free} are free on the disk: soon no mail can come here"),
            format!("só há {free} livres no disco: logo nada mais cabe aqui"),
        )
    }

    pub(super) fn not_scheduled(self) -> String {
        self.of("nothing brings its mail here by itself", "nada traz suas mensagens para cá por si")
            .to_owned()
    }

    pub(super) fn never_brought(self) -> String {
        self.of("its mail has not been brought here yet", "suas mensagens ainda não vieram para cá")
            .to_owned()
    }

    pub(super) fn not_brought_since(self, age_s: i64) -> String {
        let span = self.span(age_s);
        self.of(
            format!("nothing was brought here for {span}"),
            format!("nada veio para cá há {span}"),
        )
    }

    pub(super) fn has_failed(self, verb: &str, failed: &FailedRow) -> String {
        let when = self.since(&failed.at);
        let times = match failed.times {
            0 | 1 => String::new(),
            times => self.of(format!(" ({times} times)"), format!(" ({times} vezes)")),
        };
        match (&failed.error, failed.exit) {
            (_, None) => self.of(
                format!("{verb} did not end{times}: it was killed, or the computer stopped"),
                format!("{verb} não terminou{times}: foi morto, ou o computador parou"),
            ),
            (error, Some(_)) => {
                let why = sync::shown(error.as_deref().unwrap_or("?"));
                self.of(
                    format!("{verb} failed {when}{times}: {why}"),
                    format!("{verb} falhou {when}{times}: {why}"),
                )
            }
        }
    }

    pub(super) fn only_copy(self, only: CountRow) -> String {
        let count = self.count(Some(only));
        self.of(
            format!("{count} are on this computer alone, and there is no backup"),
            format!("{count} só existem neste computador, e não há cópia de segurança"),
        )
    }

    pub(super) fn no_backup(self, here: CountRow) -> String {
        let count = self.count(Some(here));
        self.of(
            format!("there is no backup of what is here ({count})"),
            format!("não há cópia de segurança do que está aqui ({count})"),
        )
    }

    pub(super) fn backup_is_old(self, age_s: i64) -> String {
        let span = self.span(age_s);
        self.of(
            format!("the last backup was made {span} ago"),
            format!("a última cópia de segurança foi feita há {span}"),
        )
    }

    pub(super) fn never_tried(self) -> String {
        self.of(
            "the backup was never tried out: nobody knows that mail comes back from it",
            "a cópia nunca foi ensaiada: ninguém sabe se as mensagens voltam dela",
        )
        .to_owned()
    }

    pub(super) fn drill_is_old(self, age_s: i64) -> String {
        let span = self.span(age_s);
        self.of(
            format!("the backup was last tried out {span} ago"),
            format!("a cópia foi ensaiada pela última vez há {span}"),
        )
    }

    pub(super) fn provider_is_full(self, row: &ProviderRow, ahead_s: Option<i64>) -> String {
        let percent = row.percent;
        match (row.full, ahead_s) {
            ("now", _) => self
                .of(
                    "the provider is full: new mail is refused there",
                    "o provedor está cheio: mensagens novas são recusadas lá",
                )
                .to_owned(),
            (_, Some(ahead_s)) => {
                let span = self.span(ahead_s);
                self.of(
                    format!("{percent}% of the room at the provider is used; it is full in {span} at this pace"),
                    format!("{percent}% do espaço no provedor está usado; enche em {span} neste ritmo"),
                )
            }
            (_, None) => self.of(
                format!("{percent}% of the room at the provider is used"),
                format!("{percent}% do espaço no provedor está usado"),
            ),
        }
    }
}
