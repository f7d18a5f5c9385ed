//! What `migrate` says.

use machine::Size;
use sync::{Comparison, MigrationDone, MigrationStep, Puts, Receipt};

use super::Text;

/// What a migration met on its way.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Met {
    /// What became of messages at the target.
    pub(crate) puts: Puts,
    /// How many messages of a folder with all mail are in others, too.
    pub(crate) elsewhere: u64,
}

impl Text {
    /// What a migration does at a step, how far it is, and of how much.
    pub(crate) fn migration_step(self, step: MigrationStep) -> (&'static str, u64, u64) {
        match step {
            MigrationStep::Copying(done, of) => (self.of("copying", "copiando"), done, of),
            MigrationStep::Comparing(done, of) => (self.of("comparing", "comparando"), done, of),
        }
    }

    pub(crate) fn same_ends(self) -> &'static str {
        self.of("both ends are the same account", "as duas pontas são a mesma conta")
    }

    pub(crate) fn both_local(self) -> &'static str {
        self.of(
            "both ends are users here: `correio export` writes one's mail into files, and `correio import` takes it in for the other",
            "as duas pontas são usuários daqui: `correio export` escreve as mensagens de um em arquivos, e `correio import` as traz para o outro",
        )
    }

    /// A POP3 account comes here by another verb.
    pub(crate) fn pull_is_it(self, name: &str, local: &str) -> String {
        self.of(
            format!("the account {name} has POP3 only: `correio pull {name} --keep` brings its mail here, to {local}"),
            format!("a conta {name} só tem POP3: `correio baixar {name} --keep` traz as mensagens para cá, para {local}"),
        )
    }

    pub(crate) fn do_not_agree(self) -> &'static str {
        self.of(
            "both ends do not agree, as the table says; run it again",
            "as duas pontas não concordam, como diz a tabela; repita",
        )
    }

    /// What would be copied.
    pub(crate) fn migration_plan(
        self,
        receipt: &Receipt,
        known: u64,
        elsewhere: u64,
    ) -> Vec<String> {
        let mut lines = Vec::new();
        for folder in &receipt.folders {
            let sum = |sum: u64, it: &sync::ReceiptMessage| sum.saturating_add(it.listed_octets);
            let octets = Size(folder.messages.iter().fold(0, sum));
            let messages = self.messages(folder.messages.len());
            let (name, mailbox) = (sync::shown(&folder.name), sync::shown(&folder.mailbox));
            let to = if name == mailbox { String::new() } else { format!(" -> {mailbox}") };
            lines.push(format!("  {name}{to}: {messages}, {octets}"));
        }
        let (messages, octets) = (self.messages(receipt.count()), Size(receipt.listed_octets()));
        let to = &receipt.target;
        lines.push(self.of(
            format!("{messages} ({octets}) for {to}; {known} of them are there by an earlier run."),
            format!("{messages} ({octets}) para {to}; {known} delas já estão lá de antes."),
        ));
        lines.extend(self.in_others(elsewhere));
        lines.push(self.dry().to_owned());
        lines
    }

    fn in_others(self, elsewhere: u64) -> Option<String> {
        let messages = self.messages(elsewhere);
        (elsewhere > 0).then(|| {
            self.of(
                format!("Of the folder with all mail, what other folders have is not copied again: {messages}."),
                format!("Da pasta com todas as mensagens, não se copia de novo o que outras pastas têm: {messages}."),
            )
        })
    }

    /// What a migration did.
    pub(crate) fn migrated(self, done: &MigrationDone, met: Met, to: &str) -> Vec<String> {
        let new =
            done.copies.copied.saturating_sub(met.puts.known).saturating_sub(met.puts.refused);
        let copied = self.messages(new);
        let octets = Size(done.copies.octets);
        let mut lines = vec![match new {
            0 => self
                .of("There was nothing new to copy.", "Não havia nada de novo a copiar.")
                .to_owned(),
            _ => self.of(
                format!("Copied to {to}: {copied} ({octets} read)."),
                format!("Copiadas para {to}: {copied} ({octets} lidos)."),
            ),
        }];
        let mut told = |count: u64, english: &str, portuguese: &str| {
            if count > 0 {
                lines.push(format!("{}: {}.", self.of(english, portuguese), self.messages(count)));
            }
        };
        told(done.before, "There by an earlier run", "Já estavam lá de antes");
        told(met.puts.known, "There already, octet for octet", "Já estavam lá, octeto por octeto");
        told(met.puts.refused, "Refused by the server", "Recusadas pelo servidor");
        told(
            met.puts.without_keywords,
            "Without their keywords, which the server does not take",
            "Sem as palavras-chave, que o servidor não aceita",
        );
        told(
            done.copies.not_given,
            "Not given whole by the source",
            "Não dadas inteiras pela origem",
        );
        told(done.copies.too_large, "Too large to be copied", "Grandes demais para copiar");
        lines.extend(self.in_others(met.elsewhere));
        if done.copies.stopped {
            let text = self.of(
                "It was stopped; the next run goes on from there.",
                "Foi interrompido; a próxima vez continua dali.",
            );
            lines.push(text.to_owned());
        }
        lines
    }

    /// The titles of the comparison.
    pub(crate) fn comparison_titles(self) -> [&'static str; 6] {
        self.of(
            ["folder", "goes to", "from", "to", "same", "agree"],
            ["pasta", "vai para", "origem", "destino", "iguais", "concordam"],
        )
    }

    /// Whether both ends agree.
    pub(crate) fn agreement(self, row: &Comparison) -> String {
        let more = row.target.saturating_sub(row.same);
        match (row.missing(), more) {
            (0, 0) => self.of("yes", "sim").to_owned(),
            (0, more) => {
                self.of(format!("yes ({more} others there)"), format!("sim ({more} outras lá)"))
            }
            (missing, _) => {
                self.of(format!("no: {missing} missing"), format!("não: faltam {missing}"))
            }
        }
    }
}
