//! What `archive` and `restore --receipt` say.

use std::path::Path;

use machine::Size;
use sync::{ArchiveDone, ArchivePlan, ArchiveStep, PlanFault};

use super::Text;
use crate::archive::Place;

/// What a restore of a receipt came to.
#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
pub(crate) struct PutBack {
    /// How many messages are at the provider again.
    pub(crate) restored: u64,
    /// How many were there.
    pub(crate) known: u64,
    /// How many the server does not take.
    pub(crate) refused: u64,
    /// How many came without their keywords.
    pub(crate) without_keywords: u64,
    /// How many of the receipt were not found, or are not what they were.
    pub(crate) missing: u64,
}

impl Text {
    /// What an archive does at a step, how far it is, and of how much.
    pub(crate) fn archive_step(self, step: ArchiveStep) -> (&'static str, u64, u64) {
        match step {
            ArchiveStep::Copying(done, of) => (self.of("copying", "copiando"), done, of),
            ArchiveStep::Comparing(done, of) => (self.of("comparing", "comparando"), done, of),
            ArchiveStep::Deleting(done, of) => (self.of("making room", "abrindo espaço"), done, of),
        }
    }

    /// Why there is no plan.
    pub(crate) fn no_plan(self, fault: &PlanFault, name: &str) -> Option<String> {
        match fault {
            PlanFault::Server(_) => None,
            PlanFault::NoQuota => Some(self.of(
                "this server does not say how much room there is and how much is used (it has no QUOTA), so --until-quota cannot be worked out; say --older or --larger instead".to_owned(),
                "este servidor não diz quanto espaço há nem quanto está usado (não tem QUOTA), por isso --until-quota não pode ser calculado; diga --older ou --larger".to_owned(),
            )),
            PlanFault::Labels => Some(self.of(
                format!("this is Gmail, where deleting a message in a folder only takes a label away and makes no room; `correio mirror {name}` copies all of it here, and in Gmail's own page you delete what is large or old"),
                format!("este é o Gmail, onde apagar uma mensagem numa pasta só tira um marcador e não abre espaço; `correio espelho {name}` copia tudo para cá, e na página do Gmail você apaga o que é grande ou antigo"),
            )),
            PlanFault::TooMany => Some(self.of(
                "there are more messages than one run takes; say --folder".to_owned(),
                "há mais mensagens do que uma vez leva; diga --folder".to_owned(),
            )),
            PlanFault::NoSuchFolder(folder) => {
                let folder = sync::shown(folder);
                Some(self.of(
                    format!("there is no folder {folder} at the provider"),
                    format!("não há pasta {folder} no provedor"),
                ))
            }
        }
    }

    /// What would go, by folders.
    pub(crate) fn archive_plan(self, plan: &ArchivePlan, place: &Place) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(room) = plan.room {
            let (used, max) = (Size(room.used), Size(room.max));
            let percent = room.used.saturating_mul(100).checked_div(room.max).unwrap_or(0);
            lines.push(self.of(
                format!("{used} of {max} are used at the provider ({percent}%)."),
                format!("No provedor estão usados {used} de {max} ({percent}%)."),
            ));
        }
        if plan.folders.is_empty() {
            let text = self.of("There is nothing to archive.", "Não há nada para arquivar.");
            lines.push(text.to_owned());
            return lines;
        }
        for folder in &plan.folders {
            let octets =
                folder.messages.iter().fold(0_u64, |sum, it| sum.saturating_add(it.listed_octets));
            let messages = self.messages(folder.messages.len());
            lines.push(format!("  {}: {messages}, {}", sync::shown(&folder.name), Size(octets)));
        }
        let (messages, octets) = (self.messages(plan.count()), Size(plan.octets()));
        lines.push(self.of(
            format!("{messages} ({octets}) to {place}."),
            format!("{messages} ({octets}) para {place}."),
        ));
        if plan.more {
            let text = self.of(
                "There are more; the next run takes them.",
                "Há mais; a próxima vez leva essas.",
            );
            lines.push(text.to_owned());
        }
        lines
    }

    pub(crate) fn dry(self) -> &'static str {
        self.of("Nothing was changed (--dry-run).", "Nada foi mudado (--dry-run).")
    }

    /// An earlier run was cut.
    pub(crate) fn goes_on(self, begun: &str, target: &str) -> String {
        self.of(
            format!("The archive to {target} that began at {begun} was cut; it goes on first."),
            format!(
                "O arquivo para {target} que começou em {begun} foi cortado; continua primeiro."
            ),
        )
    }

    /// What an archive did.
    pub(crate) fn archived(self, done: &ArchiveDone, place: &str, receipt: &Path) -> Vec<String> {
        let (safe, octets) = (self.messages(done.safe), Size(done.safe_octets));
        let mut lines = Vec::new();
        if done.safe > 0 {
            lines.push(self.of(
                format!("Safe in {place}, each read back and compared: {safe} ({octets})."),
                format!("Em {place}, relidas e comparadas uma a uma: {safe} ({octets})."),
            ));
        }
        let (deleted, freed) = (self.messages(done.deleted), Size(done.deleted_octets));
        lines.push(match done.deleted {
            0 => self
                .of("Nothing was deleted at the provider.", "Nada foi apagado no provedor.")
                .to_owned(),
            _ => self.of(
                format!("Deleted at the provider: {deleted} ({freed})."),
                format!("Apagadas no provedor: {deleted} ({freed})."),
            ),
        });
        self.not_archived(done, &mut lines);
        for (folder, said) in &done.refused {
            lines.push(format!("  {}: {said}", sync::shown(folder)));
        }
        if done.stopped || done.copies.stopped {
            let text = self.of(
                "It was stopped; the next run goes on from there.",
                "Foi interrompido; a próxima vez continua dali.",
            );
            lines.push(text.to_owned());
        }
        if done.safe > 0 {
            let receipt = receipt.display();
            lines.push(self.of(
                format!("The receipt is {receipt}; `correio restore --receipt` with it puts all of it back."),
                format!("O recibo é {receipt}; com ele `correio restore --receipt` põe tudo de volta."),
            ));
        }
        lines
    }

    /// What stays at the provider, and why.
    fn not_archived(self, done: &ArchiveDone, lines: &mut Vec<String>) {
        let mut told = |count: u64, english: &str, portuguese: &str| {
            if count > 0 {
                lines.push(format!("{}: {}.", self.of(english, portuguese), self.messages(count)));
            }
        };
        told(
            done.unequal,
            "Not read back as they came, so they stay at the provider",
            "Não relidas como vieram, por isso ficam no provedor",
        );
        told(
            done.marked,
            "This server cannot remove single messages (it has no UIDPLUS), and removing all that are marked could take others with them; say \"compact\" or \"purge\" in your mail program to have the room. Marked as deleted and no more",
            "Este servidor não remove mensagens uma a uma (não tem UIDPLUS), e remover todas as marcadas poderia levar outras; diga \"compactar\" ou \"expurgar\" no seu programa de e-mail para ter o espaço. Só marcadas como apagadas",
        );
        told(
            done.changed,
            "Changed at the provider meanwhile, so they stay there, too",
            "Mudadas no provedor entretanto, por isso ficam lá também",
        );
        told(
            done.gone,
            "Gone from the provider before they were deleted",
            "Saídas do provedor antes de serem apagadas",
        );
        told(
            done.renumbered,
            "The provider numbered a folder anew meanwhile (UIDVALIDITY), so they stay there, too",
            "O provedor renumerou uma pasta entretanto (UIDVALIDITY), por isso ficam lá também",
        );
        told(
            done.copies.not_given,
            "Not given whole by the server, so they stay there",
            "Não dadas inteiras pelo servidor, por isso ficam lá",
        );
        told(
            done.copies.too_large,
            "Too large to be archived, so they stay at the provider",
            "Grandes demais para arquivar, por isso ficam no provedor",
        );
        told(
            done.left,
            "Safe, but not deleted by the server",
            "Salvas, mas não apagadas pelo servidor",
        );
    }

    /// A POP3 account cannot be archived.
    pub(crate) fn archive_is_imap(self, name: &str) -> String {
        self.of(
            format!("the account {name} has POP3 only, which has no folders and no search; `correio pull {name} --move` moves its mail here and makes room there"),
            format!("a conta {name} só tem POP3, que não tem pastas nem busca; `correio baixar {name} --move` move as mensagens para cá e abre espaço lá"),
        )
    }

    /// The user here has the mail of an account already.
    pub(crate) fn mirrors_here(self, address: &str, name: &str) -> String {
        self.of(
            format!("{address} has the mirror of the account {name}; say another user, which is made when there is none, such as local:archive"),
            format!("{address} tem o espelho da conta {name}; diga outro usuário, que é criado se não houver, como local:arquivo"),
        )
    }

    /// What is to be a new file is there.
    pub(crate) fn is_there(self, path: &Path) -> String {
        let path = path.display();
        self.of(
            format!("{path} is there already; name another file"),
            format!("{path} já existe; diga outro arquivo"),
        )
    }

    pub(crate) fn putting_back(self) -> &'static str {
        self.of("putting back", "devolvendo")
    }

    /// What a restore of a receipt did.
    pub(crate) fn put_back(self, done: PutBack, name: &str) -> Vec<String> {
        let (restored, known) = (self.messages(done.restored), done.known);
        let mut lines = vec![self.of(
            format!("Put back at {name}: {restored}; {known} were there."),
            format!("Devolvidas a {name}: {restored}; {known} já estavam lá."),
        )];
        let mut told = |count: u64, english: &str, portuguese: &str| {
            if count > 0 {
                lines.push(format!("{}: {}.", self.of(english, portuguese), self.messages(count)));
            }
        };
        told(
            done.without_keywords,
            "Without their keywords, which the server does not take",
            "Sem as palavras-chave, que o servidor não aceita",
        );
        told(done.refused, "Refused by the server", "Recusadas pelo servidor");
        told(done.missing, "Not found as they were archived", "Não achadas como foram arquivadas");
        lines
    }

    /// What a restore of a receipt would do.
    pub(crate) fn would_put_back(self, count: u64, name: &str) -> Vec<String> {
        let messages = self.messages(count);
        vec![
            self.of(
                format!("{messages} would be put back at {name}, where they are not there."),
                format!("{messages} seriam devolvidas a {name}, se não estiverem lá."),
            ),
            self.dry().to_owned(),
        ]
    }
}
