//! The verbs of the companion, and their second names.

/// A verb.
pub(crate) struct Verb {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its name in Portuguese.
    pub(crate) portuguese: &'static str,
}

pub(crate) const PULL: Verb = Verb { name: "pull", portuguese: "baixar" };
pub(crate) const MIRROR: Verb = Verb { name: "mirror", portuguese: "espelho" };
pub(crate) const ARCHIVE: Verb = Verb { name: "archive", portuguese: "arquivar" };
pub(crate) const MIGRATE: Verb = Verb { name: "migrate", portuguese: "migrar" };
pub(crate) const SEND: Verb = Verb { name: "send", portuguese: "enviar" };
pub(crate) const OUTBOX: Verb = Verb { name: "outbox", portuguese: "caixa-de-saída" };
/// The same for keyboards without accents.
pub(crate) const OUTBOX_PLAIN: &str = "caixa-de-saida";
pub(crate) const BACKUP: Verb = Verb { name: "backup", portuguese: "cópia" };
/// The same for keyboards without accents.
pub(crate) const BACKUP_PLAIN: &str = "copia";

pub(crate) const LOG: Verb = Verb { name: "log", portuguese: "registo" };
/// The same as it is written in Brazil.
pub(crate) const LOG_BRAZIL: &str = "registro";
pub(crate) const STATUS: Verb = Verb { name: "status", portuguese: "estado" };
pub(crate) const SCHEDULE: Verb = Verb { name: "schedule", portuguese: "agenda" };
pub(crate) const DOCTOR: Verb = Verb { name: "doctor", portuguese: "diagnóstico" };
/// The same for keyboards without accents.
pub(crate) const DOCTOR_PLAIN: &str = "diagnostico";
pub(crate) const UNDO: Verb = Verb { name: "undo", portuguese: "desfazer" };

/// All verbs with a name in Portuguese.
const TRANSLATED: [Verb; 12] =
    [PULL, MIRROR, ARCHIVE, MIGRATE, SEND, OUTBOX, BACKUP, LOG, STATUS, SCHEDULE, DOCTOR, UNDO];

/// Other names of them.
const MORE: [&str; 4] = [BACKUP_PLAIN, OUTBOX_PLAIN, LOG_BRAZIL, DOCTOR_PLAIN];

/// The verbs that have more ways to end than others, whatever else is said.
const ALWAYS: [&str; 12] = [
    "account",
    PULL.name,
    MIRROR.name,
    ARCHIVE.name,
    MIGRATE.name,
    SEND.name,
    OUTBOX.name,
    LOG.name,
    STATUS.name,
    SCHEDULE.name,
    DOCTOR.name,
    UNDO.name,
];

/// Those that do when it is about a repository or a receipt.
const WITH_REPOSITORY: [&str; 2] = [BACKUP.name, "restore"];

/// What is said when it is about a repository.
const ABOUT_REPOSITORY: [&str; 6] = ["run", "list", "browse", "check", "drill", "prune"];

/// Whether a word is the name of a verb in Portuguese.
pub(crate) fn is_portuguese(word: &str) -> bool {
    MORE.contains(&word) || TRANSLATED.iter().any(|verb| verb.portuguese == word)
}

/// Whether a command has the ways to end of a companion. `verb` is its English name, `words` all that was said.
pub(crate) fn is_companions(verb: &str, mut words: impl Iterator<Item = String>) -> bool {
    let of_option = |word: &str| word.starts_with("--from") || word.starts_with("--receipt");
    let about_repository = |word: String| ABOUT_REPOSITORY.contains(&&*word) || of_option(&word);
    ALWAYS.contains(&verb) || (WITH_REPOSITORY.contains(&verb) && words.any(about_repository))
}
