//! What is said of schedules, in English and in Portuguese.

use super::{Every, Job, Starter};
use crate::companion::Text;

impl Text {
    /// How often, as people say it.
    pub(crate) fn every(self, every: Every) -> String {
        match every {
            Every::Minutes(count) => {
                self.of(format!("every {count} minutes"), format!("a cada {count} minutos"))
            }
            Every::Hours(1) => self.of("every hour", "a cada hora").to_owned(),
            Every::Hours(count) => {
                self.of(format!("every {count} hours"), format!("a cada {count} horas"))
            }
            Every::Days(1) => self.of("every day", "todo dia").to_owned(),
            Every::Days(count) => {
                self.of(format!("every {count} days"), format!("a cada {count} dias"))
            }
            Every::Week => self.of("every week", "toda semana").to_owned(),
            Every::Month => self.of("every month", "todo mês").to_owned(),
            Every::Quarter => self.of("every three months", "a cada três meses").to_owned(),
        }
    }

    pub(crate) fn starter(self, starter: Starter) -> &'static str {
        match starter {
            Starter::Systemd => "systemd",
            Starter::Launchd => "launchd",
            Starter::TaskScheduler => "task-scheduler",
            Starter::Cron => "cron",
        }
    }

    pub(crate) fn scheduled(self, job: &Job) -> String {
        let (verb, account) = (&job.verb, &job.account);
        let (every, starter) = (self.every(job.every), self.starter(job.starter));
        self.of(
            format!("{account}: {verb} {every}, by {starter} ({}).", job.unit),
            format!("{account}: {verb} {every}, por {starter} ({}).", job.unit),
        )
    }

    pub(crate) fn unscheduled(self, job: &Job) -> String {
        let (verb, account) = (&job.verb, &job.account);
        self.of(
            format!("{account}: {verb} is not started by {} any more.", self.starter(job.starter)),
            format!("{account}: {verb} não é mais iniciado por {}.", self.starter(job.starter)),
        )
    }

    /// Something that the program could not do.
    pub(crate) fn left_to_do(self, command: &str, why: &str) -> String {
        self.of(
            format!("not taken up yet ({why}). Say: {command}"),
            format!("ainda não ativado ({why}). Diga: {command}"),
        )
    }

    pub(crate) fn some_left_to_do(self) -> &'static str {
        self.of(
            "it is written, and somebody has to have it taken up, as said above",
            "está escrito, e alguém precisa ativá-lo, como dito acima",
        )
    }

    pub(crate) fn nothing_scheduled(self, account: Option<&str>) -> String {
        match account {
            None => self.of("Nothing is scheduled.", "Nada está agendado.").to_owned(),
            Some(account) => self.of(
                format!("nothing is scheduled for {account}"),
                format!("nada está agendado para {account}"),
            ),
        }
    }

    pub(crate) fn schedule_titles(self) -> [&'static str; 5] {
        self.of(
            ["account", "verb", "how often", "by", "taken up"],
            ["conta", "verbo", "frequência", "por", "ativo"],
        )
    }

    pub(crate) fn yes_no(self, is: Option<bool>) -> &'static str {
        match is {
            Some(true) => self.of("yes", "sim"),
            Some(false) => self.of("no", "não"),
            None => self.of("not known", "não se sabe"),
        }
    }

    pub(crate) fn only_while_logged_in(self) -> &'static str {
        self.of(
            "Timers run while you are logged in; what was missed is made up for. `loginctl enable-linger` lets them run always.",
            "Os temporizadores funcionam enquanto você está conectado; o que se perdeu é recuperado. `loginctl enable-linger` os deixa funcionar sempre.",
        )
    }

    pub(crate) fn cron_makes_up_for_nothing(self) -> &'static str {
        self.of(
            "cron does not make up for what it missed while the computer was off.",
            "o cron não recupera o que perdeu enquanto o computador estava desligado.",
        )
    }

    pub(crate) fn cannot_be_here(self, starter: Starter) -> String {
        let starter = self.starter(starter);
        self.of(
            format!("{starter} is not on this system; say --print to have what it needs"),
            format!("{starter} não existe neste sistema; use --print para ter o que ele precisa"),
        )
    }

    pub(crate) fn not_as_root(self) -> &'static str {
        self.of(
            "the data folder is somebody else's: say this as its owner, or say --print and put it where it belongs yourself",
            "a pasta de dados é de outra pessoa: diga isto como dono dela, ou use --print e ponha você mesmo no lugar",
        )
    }

    pub(crate) fn odd_characters(self) -> &'static str {
        self.of(
            "the name of a folder or file has characters that no timer can carry (line ends, or no UTF-8)",
            "o nome de uma pasta ou arquivo tem caracteres que nenhum temporizador leva (quebras de linha, ou fora do UTF-8)",
        )
    }

    pub(crate) fn needs_password_file(self) -> &'static str {
        self.of(
            "a timer cannot be asked for the password of the repository: say --password-file or --password-command",
            "um temporizador não pode ser perguntado pela senha do repositório: use --password-file ou --password-command",
        )
    }

    pub(crate) fn printed_only(self) -> &'static str {
        self.of("Nothing was changed (--dry-run).", "Nada foi mudado (--dry-run).")
    }
}
