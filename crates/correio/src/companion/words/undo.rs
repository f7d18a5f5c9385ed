//! What `undo` says.

use admin::answer::{Did, UndoableRow, WhoRow};

use super::Text;
use crate::commands::undo::DoneRow;

impl Text {
    pub(crate) fn undo_titles(self) -> [&'static str; 5] {
        self.of(
            ["change", "when (utc)", "who", "what", "can be undone"],
            ["mudança", "quando (utc)", "quem", "o quê", "dá para desfazer"],
        )
    }

    /// Who did something.
    pub(crate) fn who(self, by: &WhoRow) -> String {
        let door = match by.door.as_str() {
            "imap" => "IMAP",
            "pop3" => "POP3",
            "webmail" => "webmail",
            "delivery" => self.of("delivery", "entrega"),
            "submission" => self.of("submission", "envio"),
            "admin" => self.of("command line", "linha de comando"),
            "companion" => self.of("companion", "acompanhante"),
            "host" => self.of("host", "servidor"),
            other => other,
        };
        let more = [&by.user, &by.device, &by.address].into_iter().flatten();
        more.fold(door.to_owned(), |said, part| format!("{said}, {part}"))
    }

    /// What a change did.
    pub(crate) fn change(self, row: &UndoableRow) -> String {
        let messages = self.messages(row.messages);
        let gone = || self.of("a mailbox that is gone", "uma pasta que não existe mais").to_owned();
        let mailbox = row.mailbox.clone().unwrap_or_else(gone);
        let from = row.from.clone().unwrap_or_else(gone);
        let (came, s) = if row.messages == 1 { ("veio", "") } else { ("vieram", "s") };
        match row.did {
            Did::Added => self.of(
                format!("{messages} came into {mailbox}"),
                format!("{messages} {came} para {mailbox}"),
            ),
            Did::Copied => self.of(
                format!("{messages} copied from {from} to {mailbox}"),
                format!("{messages} copiada{s} de {from} para {mailbox}"),
            ),
            Did::Moved => self.of(
                format!("{messages} moved from {from} to {mailbox}"),
                format!("{messages} movida{s} de {from} para {mailbox}"),
            ),
            Did::Flagged => self.of(
                format!("flags of {messages} changed in {mailbox}"),
                format!("marcas de {messages} mudadas em {mailbox}"),
            ),
            Did::Deleted => self.of(
                format!("{messages} deleted from {mailbox}"),
                format!("{messages} apagada{s} de {mailbox}"),
            ),
            Did::BroughtBack => self.of(
                format!("{messages} brought back into {mailbox}"),
                format!("{messages} trazida{s} de volta para {mailbox}"),
            ),
            Did::MadeMailbox => self.of(format!("{mailbox} made"), format!("{mailbox} criada")),
            Did::RenamedMailbox => self.of(
                format!("{from} renamed to {mailbox}"),
                format!("{from} renomeada para {mailbox}"),
            ),
            Did::DeletedMailbox => {
                self.of(format!("{mailbox} deleted"), format!("{mailbox} apagada"))
            }
            Did::Other => self.of("settings changed", "ajustes mudados").to_owned(),
        }
    }

    pub(crate) fn undone(self, done: &DoneRow) -> String {
        let messages = self.messages(done.messages);
        let mut said = match done.messages {
            0 => self.of("Undone.".to_owned(), "Desfeito.".to_owned()),
            1 => self.of(
                "Undone: 1 message is as it was.".to_owned(),
                "Desfeito: 1 mensagem está como era.".to_owned(),
            ),
            _ => self.of(
                format!("Undone: {messages} are as they were."),
                format!("Desfeito: {messages} estão como eram."),
            ),
        };
        if !done.mailboxes_made.is_empty() {
            let made = done.mailboxes_made.join(", ");
            said.push_str(&self.of(format!(" Made again: {made}."), format!(" Refeitas: {made}.")));
        }
        if done.left > 0 {
            let left = self.messages(done.left);
            said.push_str(&self.of(
                format!(" {left} stay as they are: somebody changed them since, or they are gone."),
                format!(" {left} ficam como estão: alguém as mudou depois, ou não existem mais."),
            ));
        }
        said
    }

    pub(crate) fn mirror_leaves_it(self) -> &'static str {
        self.of(
            "The mirror leaves it so: `correio mirror` keeps it here, `correio mirror --both` does the same at the provider.",
            "O espelho deixa assim: `correio espelho` o mantém aqui, `correio espelho --both` faz o mesmo no provedor.",
        )
    }

    pub(crate) fn archived_last(self, receipt: &str) -> String {
        let receipt = crate::output::shell_word(receipt);
        self.of(
            format!("the last thing was an archive at the provider; `correio restore --receipt {receipt}` puts it back there. --list shows what can be undone here, by number"),
            format!("a última coisa foi um arquivamento no provedor; `correio restore --receipt {receipt}` devolve tudo. --list mostra o que dá para desfazer aqui, por número"),
        )
    }

    pub(crate) fn nothing_to_undo(self) -> &'static str {
        self.of(
            "there is nothing that can be undone; --list shows what happened",
            "não há nada que dê para desfazer; --list mostra o que aconteceu",
        )
    }

    pub(crate) fn nothing_happened(self) -> &'static str {
        self.of("Nothing happened yet.", "Nada aconteceu ainda.")
    }

    pub(crate) fn nothing_undone(self) -> &'static str {
        self.of("nothing was undone", "nada foi desfeito")
    }

    pub(crate) fn say_whose_changes(self) -> &'static str {
        self.of(
            "say whose: `correio undo NAME`; `correio account list` lists the accounts",
            "diga de quem: `correio desfazer NOME`; `correio account list` lista as contas",
        )
    }

    pub(crate) fn no_such_change(self, number: u64) -> String {
        self.of(
            format!("change {number} is not remembered; --list shows those that are"),
            format!("a mudança {number} não está guardada; --list mostra as que estão"),
        )
    }

    pub(crate) fn cannot_undo(self, row: &UndoableRow) -> String {
        let (number, what) = (row.change, self.change(row));
        match row.did {
            Did::Added => self.of(
                format!("change {number} cannot be undone ({what}): delete them, if you do not want them"),
                format!("a mudança {number} não dá para desfazer ({what}): apague-as, se não as quer"),
            ),
            Did::Flagged => self.of(
                format!("change {number} cannot be undone ({what}): it is not kept which flags there were before"),
                format!("a mudança {number} não dá para desfazer ({what}): não se guarda quais marcas havia antes"),
            ),
            Did::Deleted | Did::DeletedMailbox => self.of(
                format!("change {number} cannot be undone ({what}): it was brought back already, or is not kept any more"),
                format!("a mudança {number} não dá para desfazer ({what}): já voltou, ou não está mais guardada"),
            ),
            Did::Copied
            | Did::Moved
            | Did::BroughtBack
            | Did::MadeMailbox
            | Did::RenamedMailbox
            | Did::Other => self.of(
                format!("change {number} cannot be undone ({what}): it was changed since, or there is nothing to take back"),
                format!("a mudança {number} não dá para desfazer ({what}): mudou depois, ou não há o que voltar atrás"),
            ),
        }
    }

    pub(crate) fn much_to_undo(self, messages: u64) -> String {
        self.of(
            format!("that is {messages} messages; look at it with --dry-run, and say --yes"),
            format!("são {messages} mensagens; olhe com --dry-run, e diga --yes"),
        )
    }

    pub(crate) fn ask_much(self, messages: u64) -> String {
        self.of(
            format!("That is {messages} messages. Type yes to continue: "),
            format!("São {messages} mensagens. Escreva sim para continuar: "),
        )
    }
}
