//! What is said about repositories of backups, in English and in Portuguese.

use backup::{Depth, Fault, Pruned};
use machine::Size;

use crate::commands::backup::{drill, run};
use crate::companion::Text;

impl Text {
    pub(crate) fn ask_repository_password(self) -> &'static str {
        self.of("Password of the repository: ", "Senha do repositório: ")
    }

    pub(crate) fn once_more(self) -> &'static str {
        self.of(
            "Once more (without it nobody can read the backup): ",
            "Mais uma vez (sem ela ninguém consegue ler a cópia): ",
        )
    }

    pub(crate) fn not_the_same(self) -> &'static str {
        self.of("the two are not the same", "as duas não são iguais")
    }

    pub(crate) fn no_repository_password(self) -> &'static str {
        self.of(
            "the repository has a password: say --password-file, --password-command or set CORREIO_BACKUP_PASSWORD",
            "o repositório tem senha: use --password-file, --password-command ou defina CORREIO_BACKUP_PASSWORD",
        )
    }

    pub(crate) fn only_folders(self) -> &'static str {
        self.of(
            "a repository is a folder; mount what lies elsewhere first, with sshfs or `rclone mount`",
            "um repositório é uma pasta; monte antes o que está em outro lugar, com sshfs ou `rclone mount`",
        )
    }

    pub(crate) fn say_whose(self) -> &'static str {
        self.of(
            "there are several users here: say whose mail with --of NAME, or --of-host for all",
            "há vários usuários aqui: diga de quem com --of NOME, ou --of-host para todos",
        )
    }

    pub(crate) fn nobody(self, name: &str) -> String {
        self.of(
            format!("there is no account and no user {name} here"),
            format!("não há conta nem usuário {name} aqui"),
        )
    }

    pub(crate) fn backing_up(self) -> &'static str {
        self.of("backing up", "copiando")
    }

    pub(crate) fn checking(self) -> &'static str {
        self.of("reading", "lendo")
    }

    /// Why something could not be done with a repository.
    pub(crate) fn fault(self, fault: &Fault) -> String {
        if fault.is_full() {
            return self.of(
                format!("{fault}. What is there is whole; the next run goes on from there"),
                format!("{fault}. O que está lá está inteiro; a próxima vez continua daí"),
            );
        }
        match fault {
            Fault::Missing(place) => self.of(
                format!("there is no repository at {place}; `correio backup run` makes one"),
                format!("não há repositório em {place}; `correio backup run` cria um"),
            ),
            Fault::Password(place) => self.of(
                format!("the password does not open the repository {place}"),
                format!("a senha não abre o repositório {place}"),
            ),
            Fault::Busy(place) => self.of(
                format!("another program is working on the repository {place}; try again later"),
                format!("outro programa está usando o repositório {place}; tente mais tarde"),
            ),
            Fault::Damaged { location, file } => self.of(
                format!("{location}: the file {file} is damaged"),
                format!("{location}: o arquivo {file} está danificado"),
            ),
            Fault::Source(why) => self.of(
                format!("the mail here cannot be read: {why}"),
                format!("as mensagens aqui não podem ser lidas: {why}"),
            ),
            Fault::Place { .. } | Fault::Snapshot(_) | Fault::Format(_) => fault.to_string(),
        }
    }

    /// What a run did, or would do.
    pub(crate) fn backed_up(self, row: &run::Row, pretended: bool) -> Vec<String> {
        let run::Row { address, snapshot, .. } = row;
        let (messages, new) = (self.messages(row.messages), self.messages(row.new_messages));
        let (octets, added) = (Size(row.octets), Size(row.added_octets));
        if pretended {
            return vec![self.of(
                format!("{address}: {messages} ({octets}); {new} would be read and take {added}. Nothing was changed (--dry-run)."),
                format!("{address}: {messages} ({octets}); {new} seriam lidas e ocupariam {added}. Nada foi mudado (--dry-run)."),
            )];
        }
        let state = match (row.is_same, row.new_messages) {
            (true, _) => self.of(
                "nothing had changed since the last one".to_owned(),
                "nada mudou desde a última".to_owned(),
            ),
            (false, 0) => self.of(
                format!("no new messages, but flags or folders; {added} more in the repository"),
                format!(
                    "nenhuma mensagem nova, mas marcas ou pastas; {added} a mais no repositório"
                ),
            ),
            (false, _) => self.of(
                format!("{new} new, {added} more in the repository"),
                format!("novas: {new}, {added} a mais no repositório"),
            ),
        };
        vec![self.of(
            format!("{address}: {messages} ({octets}) are safe in snapshot {snapshot}: {state}."),
            format!("{address}: {messages} ({octets}) estão salvas na cópia {snapshot}: {state}."),
        )]
    }

    pub(crate) fn some_left_out(self) -> &'static str {
        self.of(
            "messages were left out, as said above; `correio check` says more. All else is backed up",
            "mensagens ficaram de fora, como dito acima; `correio check` diz mais. Todo o resto foi copiado",
        )
    }

    pub(crate) fn hit(self, path: &str) -> String {
        self.of(
            format!("cannot be restored whole: {path}"),
            format!("não pode ser restaurado inteiro: {path}"),
        )
    }

    pub(crate) fn hit_more(self, more: u64) -> String {
        self.of(format!("and {more} more"), format!("e mais {more}"))
    }

    pub(crate) fn looked_at(self, files: u64, octets: u64, snapshots: u64) -> String {
        let octets = Size(octets);
        self.of(
            format!("{files} files, {octets} read, snapshots: {snapshots}."),
            format!("{files} arquivos, {octets} lidos, cópias: {snapshots}."),
        )
    }

    pub(crate) fn nothing_wrong(self, depth: Depth) -> &'static str {
        match depth {
            Depth::Everything => {
                self.of("Every octet is what was written.", "Cada octeto é o que foi escrito.")
            }
            Depth::Structure => self.of(
                "All that the snapshots need is there. --read also reads every message.",
                "Tudo de que as cópias precisam está lá. --read lê também cada mensagem.",
            ),
        }
    }

    pub(crate) fn repository_damaged(self) -> &'static str {
        self.of(
            "the repository is damaged, as said above; what is not named can be restored",
            "o repositório está danificado, como dito acima; o que não foi citado pode ser restaurado",
        )
    }

    pub(crate) fn forgotten(
        self,
        snapshot: &str,
        time: &str,
        address: &str,
        pretended: bool,
    ) -> String {
        match pretended {
            true => self.of(
                format!("{snapshot} of {address}, {time}, would be forgotten"),
                format!("{snapshot} de {address}, {time}, seria esquecida"),
            ),
            false => self.of(
                format!("{snapshot} of {address}, {time}, is forgotten"),
                format!("{snapshot} de {address}, {time}, foi esquecida"),
            ),
        }
    }

    pub(crate) fn pruned(self, pruned: &Pruned, pretended: bool) -> Vec<String> {
        let (kept, gone) = (pruned.kept.len(), pruned.forgotten.len());
        let (freed, later) = (Size(pruned.freed_octets), Size(pruned.later_octets));
        let mut lines = vec![self.of(
            format!("Snapshots kept: {kept}; forgotten: {gone}; room that came back: {freed}."),
            format!("Cópias mantidas: {kept}; esquecidas: {gone}; espaço liberado: {freed}."),
        )];
        if pruned.later_octets > 0 {
            lines.push(self.of(
                format!("Another {later} comes back with the first prune a day from now (--at-once: at once)."),
                format!("Mais {later} são liberados com o primeiro prune daqui a um dia (--at-once: na hora)."),
            ));
        }
        if pretended {
            let nothing =
                self.of("Nothing was changed (--dry-run).", "Nada foi mudado (--dry-run).");
            lines.push(nothing.to_owned());
        }
        lines
    }

    pub(crate) fn no_snapshot(self, path: &str) -> String {
        let address = super::address_in(path);
        self.of(
            format!("the repository has no snapshot of {address}, or none of that time"),
            format!("o repositório não tem cópia de {address}, ou não desse momento"),
        )
    }

    pub(crate) fn drilled(self, row: &drill::Row) -> String {
        let drill::Row {
            address, snapshot, time, restored, equal, gone_here, damaged_here, ..
        } = row;
        let messages = self.messages(row.messages);
        self.of(
            format!("{address}: of {messages} in snapshot {snapshot} ({time}) {restored} were restored; {equal} are equal to those here, {gone_here} are not here any more, {damaged_here} are damaged here."),
            format!("{address}: de {messages} na cópia {snapshot} ({time}) {restored} foram restauradas; {equal} são iguais às daqui, {gone_here} não estão mais aqui, {damaged_here} estão danificadas aqui."),
        )
    }

    pub(crate) fn not_equal(self, path: &str) -> String {
        self.of(format!("{path}: it is not what is here"), format!("{path}: não é o que está aqui"))
    }

    pub(crate) fn drill_failed(self) -> &'static str {
        self.of(
            "the backup does not give back all that was in it; `correio backup check --read` says what is damaged",
            "a cópia não devolve tudo o que havia nela; `correio backup check --read` diz o que está danificado",
        )
    }

    pub(crate) fn restoring(self) -> &'static str {
        self.of("restoring", "restaurando")
    }

    /// What a restore did, or would do.
    pub(crate) fn restored(self, [restored, known, refused]: [u64; 3], into: &str) -> String {
        if restored == 1 {
            return self.of(
                format!("1 message came back into {into}; {known} were there already, {refused} were refused."),
                format!("1 mensagem voltou para {into}; {known} já estavam lá, {refused} foram recusadas."),
            );
        }
        let restored = self.messages(restored);
        self.of(
            format!("{restored} came back into {into}; {known} were there already, {refused} were refused."),
            format!("{restored} voltaram para {into}; {known} já estavam lá, {refused} foram recusadas."),
        )
    }

    pub(crate) fn would_restore(self, messages: u64, snapshot: &str, into: &str) -> String {
        let messages = self.messages(messages);
        self.of(
            format!("{messages} of snapshot {snapshot} would come into {into}, without those that are there already. Nothing was changed (--dry-run)."),
            format!("{messages} da cópia {snapshot} iriam para {into}, menos as que já estão lá. Nada foi mudado (--dry-run)."),
        )
    }

    pub(crate) fn no_such_message(self) -> &'static str {
        self.of(
            "no message in the snapshot is meant; `correio backup browse` lists them",
            "nenhuma mensagem da cópia corresponde; `correio backup browse` as lista",
        )
    }

    pub(crate) fn some_refused(self) -> &'static str {
        self.of("not all came back, as said above", "nem tudo voltou, como dito acima")
    }
}
