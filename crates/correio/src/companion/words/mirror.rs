//! What `mirror` says.

use machine::Size;
use sync::{DoneThere, MirrorDone, MirrorRuns, Why};

use super::Text;

impl Text {
    pub(crate) fn mirroring(self) -> &'static str {
        self.of("mirroring", "espelhando")
    }

    pub(crate) fn watching(self) -> &'static str {
        self.of("Watching for changes; Ctrl-C ends it.", "À espera de mudanças; Ctrl-C termina.")
    }

    /// The line broke, and is made again.
    pub(crate) fn again(self, why: &str, wait_s: u64) -> String {
        self.of(
            format!("{why}; it is tried again in {wait_s} s"),
            format!("{why}; tenta-se de novo em {wait_s} s"),
        )
    }

    pub(crate) fn guarded(self) -> &'static str {
        self.of(
            "something was left as it was for safety, as said above",
            "algo ficou como estava por segurança, como dito acima",
        )
    }

    fn folders(self, count: u64) -> String {
        match count {
            1 => self.of("1 folder", "1 pasta").to_owned(),
            many => format!("{many} {}", self.of("folders", "pastas")),
        }
    }

    /// What a mirror did, or would do.
    pub(crate) fn mirrored(self, done: &MirrorDone, runs: MirrorRuns) -> Vec<String> {
        let mut lines = vec![self.seen(done)];
        lines.push(self.came_by_mirror(done, runs));
        let changes = self.changes(done, runs);
        if !changes.is_empty() {
            lines.push(format!("{}.", changes.join("; ")));
        }
        let there = self.changes_there(&done.there, runs);
        if !there.is_empty() {
            let at = match runs {
                MirrorRuns::Really => self.of("At the provider", "No provedor"),
                MirrorRuns::Dry => self.of("To be done at the provider", "A fazer no provedor"),
            };
            lines.push(format!("{at}: {}.", there.join("; ")));
        }
        self.stays(done, &mut lines);
        self.stays_there(&done.there, &mut lines);
        for (folder, why) in &done.refused {
            lines.push(format!("  {}: {}", sync::shown(folder), self.why(why)));
        }
        if done.stopped {
            let text = self.of(
                "It was stopped; the next run goes on from there.",
                "Foi interrompido; a próxima vez continua dali.",
            );
            lines.push(text.to_owned());
        }
        if runs == MirrorRuns::Dry {
            let text = self.of("Nothing was changed (--dry-run).", "Nada foi mudado (--dry-run).");
            lines.push(text.to_owned());
        }
        lines
    }

    fn seen(self, done: &MirrorDone) -> String {
        let (folders, looked_at) = (self.folders(done.folders), done.looked_at);
        self.of(
            format!("{folders} at the provider, {looked_at} of them with something to look at."),
            format!("{folders} no provedor, {looked_at} delas com algo a ver."),
        )
    }

    fn came_by_mirror(self, done: &MirrorDone, runs: MirrorRuns) -> String {
        let (messages, octets) = (self.messages(done.new), Size(done.new_octets));
        match (done.new, runs) {
            (0, _) => self.of("There was no new mail.", "Não havia mensagens novas.").to_owned(),
            (_, MirrorRuns::Dry) => {
                self.of(format!("{messages} would come."), format!("{messages} viriam."))
            }
            (1, MirrorRuns::Really) => self.of(
                format!("1 new message ({octets}) is safe on this computer."),
                format!("1 mensagem nova ({octets}) está salva neste computador."),
            ),
            (_, MirrorRuns::Really) => self.of(
                format!("{} new messages ({octets}) are safe on this computer.", done.new),
                format!("{} mensagens novas ({octets}) estão salvas neste computador.", done.new),
            ),
        }
    }

    /// What else changed, or would, each in a few words.
    fn changes(self, done: &MirrorDone, runs: MirrorRuns) -> Vec<String> {
        let is_dry = runs == MirrorRuns::Dry;
        let said = |really: (&'static str, &'static str), dry: (&'static str, &'static str)| {
            let (english, portuguese) = if is_dry { dry } else { really };
            self.of(english, portuguese)
        };
        let made = said(("Made here", "Criadas aqui"), ("To be made here", "A criar aqui"));
        let renamed =
            said(("Renamed here", "Renomeadas aqui"), ("To be renamed here", "A renomear aqui"));
        let removed =
            said(("Removed here", "Removidas aqui"), ("To be removed here", "A remover aqui"));
        let marked =
            said(("Flags changed", "Marcas mudadas"), ("Flags to be changed", "Marcas a mudar"));
        let moved = said(("Moved", "Movidas"), ("To be moved", "A mover"));
        let deleted =
            said(("Deleted here", "Apagadas aqui"), ("To be deleted here", "A apagar aqui"));
        let folders = |count, what| (count > 0).then(|| format!("{what}: {}", self.folders(count)));
        let messages =
            |count, what| (count > 0).then(|| format!("{what}: {}", self.messages(count)));
        let all = [
            folders(done.folders_made, made),
            folders(done.folders_renamed, renamed),
            folders(done.folders_removed, removed),
            messages(done.marked, marked),
            messages(done.moved, moved),
            messages(done.deleted, deleted),
        ];
        all.into_iter().flatten().collect()
    }

    /// What changed at the provider, or would, each in a few words.
    fn changes_there(self, there: &DoneThere, runs: MirrorRuns) -> Vec<String> {
        let folders = |count, english: &str, portuguese: &str| {
            let folders = self.folders(count);
            (count > 0)
                .then(|| self.of(format!("{folders} {english}"), format!("{folders} {portuguese}")))
        };
        let messages = |count, english: &str, portuguese: &str| {
            let messages = self.messages(count);
            (count > 0).then(|| {
                self.of(format!("{messages} {english}"), format!("{messages} {portuguese}"))
            })
        };
        let size = match runs {
            MirrorRuns::Really => format!(" ({})", Size(there.sent_octets)),
            MirrorRuns::Dry => String::new(),
        };
        let sent = (format!("new{size}"), format!("a mais{size}"));
        let all = [
            folders(there.folders_made, "made", "a mais"),
            folders(there.folders_renamed, "renamed", "com outro nome"),
            folders(there.folders_removed, "removed", "a menos"),
            messages(there.sent, &sent.0, &sent.1),
            messages(there.marked, "with other flags", "com outras marcas"),
            messages(there.moved, "moved", "em outra pasta"),
            messages(there.deleted, "deleted", "a menos"),
        ];
        all.into_iter().flatten().collect()
    }

    /// What was done here and not there, and why.
    fn stays_there(self, there: &DoneThere, lines: &mut Vec<String>) {
        let (back, folders) = (self.messages(there.back), self.folders(there.folders_back));
        let (damaged, unseen) = (self.messages(there.damaged), self.messages(there.unseen));
        let all = [
            (
                there.back,
                format!(
                    "{back} deleted here stay at the provider, for they were changed there since."
                ),
                format!(
                    "{back} apagadas aqui ficam no provedor, porque foram mudadas lá desde então."
                ),
            ),
            (
                there.folders_back,
                format!(
                    "{folders} deleted here stay at the provider, for something in them is new or was changed there since."
                ),
                format!(
                    "{folders} apagadas aqui ficam no provedor, porque algo nelas é novo ou foi mudado lá desde então."
                ),
            ),
            (
                there.damaged,
                format!(
                    "{damaged} cannot be read here and did not go up; `correio check` says more."
                ),
                format!(
                    "{damaged} não podem ser lidas aqui e não subiram; `correio check` diz mais."
                ),
            ),
            (
                there.unseen,
                format!(
                    "The provider took {unseen} and then did not show them; they are not sent again."
                ),
                format!(
                    "O provedor aceitou {unseen} e depois não as mostrou; não são enviadas de novo."
                ),
            ),
        ];
        for (count, english, portuguese) in all {
            if count > 0 {
                lines.push(self.of(english, portuguese));
            }
        }
    }

    fn stays(self, done: &MirrorDone, lines: &mut Vec<String>) {
        let mut told = |count: u64, text: (String, String)| {
            if count > 0 {
                lines.push(self.of(text.0, text.1));
            }
        };
        let (kept, renumbered) = (self.messages(done.kept), self.messages(done.kept_renumbered));
        let (large, left_out) =
            (self.messages(done.too_large), self.folders(done.folders_left_out));
        let missing = self.messages(done.not_given);
        told(
            done.kept,
            (
                format!(
                    "{kept} went at the provider and stay here, for they were changed here since."
                ),
                format!(
                    "{kept} saíram do provedor e ficam aqui, porque foram mudadas aqui desde então."
                ),
            ),
        );
        told(
            done.kept_renumbered,
            (
                format!(
                    "The provider numbered a folder anew; {renumbered} that were not found again stay here."
                ),
                format!(
                    "O provedor renumerou uma pasta; {renumbered} que não foram reencontradas ficam aqui."
                ),
            ),
        );
        told(
            done.too_large,
            (
                format!("{large} were left at the provider because of their size."),
                format!("{large} ficaram no provedor por causa do tamanho."),
            ),
        );
        let of_others = self.folders(done.folders_of_others);
        told(
            done.folders_of_others,
            (
                format!(
                    "{of_others} that others share with you were left out; --others takes them along."
                ),
                format!(
                    "{of_others} que outros compartilham com você ficaram de fora; --others as traz também."
                ),
            ),
        );
        told(
            done.folders_left_out,
            (
                format!(
                    "{left_out} deleted here were left out; make a folder of the same name here to have it again."
                ),
                format!(
                    "{left_out} apagadas aqui ficaram de fora; crie aqui uma pasta com o mesmo nome para tê-la de novo."
                ),
            ),
        );
        told(
            done.not_given,
            (
                format!("The server did not give {missing}; the next run asks again."),
                format!("O servidor não deu {missing}; a próxima vez pede de novo."),
            ),
        );
    }

    /// Why a folder was not mirrored, or not all of it.
    pub(crate) fn why(self, why: &Why) -> String {
        match why {
            Why::Server(said) => self.of(
                format!("the server refused (it said: {said})"),
                format!("o servidor recusou (disse: {said})"),
            ),
            Why::Here(why) => self.of(
                format!("it cannot be here: {why}"),
                format!("não pode estar aqui: {why}"),
            ),
            Why::TooManyGone { gone, max } => self.of(
                format!("{gone} messages went at the provider, and at most {max} are deleted here unasked; nothing was. If that is right, say --max-delete {gone}"),
                format!("{gone} mensagens saíram do provedor, e no máximo {max} são apagadas aqui sem perguntar; nada foi apagado. Se está certo, diga --max-delete {gone}"),
            ),
            Why::TooManyDeleted { gone, max } => self.of(
                format!("{gone} messages were deleted here, and at most {max} are deleted at the provider unasked; nothing was. If that is right, say --max-delete {gone}"),
                format!("{gone} mensagens foram apagadas aqui, e no máximo {max} são apagadas no provedor sem perguntar; nada foi apagado. Se está certo, diga --max-delete {gone}"),
            ),
            Why::ReadOnly => self.of(
                "it cannot be changed at the provider",
                "não pode ser mudada no provedor",
            ).to_owned(),
            Why::OthersMarked => self.of(
                "this server can only remove all messages marked as deleted, and there are others than those deleted here; remove them there",
                "este servidor só remove todas as mensagens marcadas como apagadas, e há outras além das apagadas aqui; remova-as lá",
            ).to_owned(),
            Why::Renumbered => self.of(
                "the provider numbered its messages anew; run it with --both or --down first",
                "o provedor renumerou suas mensagens; execute antes com --both ou --down",
            ).to_owned(),
            Why::NoInbox => self.of(
                "the server lists no Inbox, so what it does not list is not believed to be gone",
                "o servidor não lista a caixa de entrada, por isso não se acredita que o que falta tenha saído",
            ).to_owned(),
            Why::WentBack => self.of(
                "the server gives numbers again that it has given before, without saying that they are new; it was left alone",
                "o servidor dá de novo números que já deu, sem dizer que são novos; não se mexeu nela",
            ).to_owned(),
            Why::NoValidity => self.of(
                "the server does not say for how long its numbers hold (UIDVALIDITY)",
                "o servidor não diz até quando valem seus números (UIDVALIDITY)",
            ).to_owned(),
            Why::CutShort => self.of(
                "the server listed fewer messages than it has; nothing was deleted here",
                "o servidor listou menos mensagens do que tem; nada foi apagado aqui",
            ).to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use sync::Words;

    use super::*;

    #[test]
    fn what_would_be_done_is_not_told_as_done() {
        let done = MirrorDone { folders_made: 1, deleted: 2, ..MirrorDone::default() };
        let text = Text(Words::English);
        let told = |runs| text.mirrored(&done, runs).join("\n");
        assert!(
            told(MirrorRuns::Really).contains("Made here: 1 folder; Deleted here: 2 messages.")
        );
        let dry = told(MirrorRuns::Dry);
        assert!(
            dry.contains("To be made here: 1 folder; To be deleted here: 2 messages."),
            "{dry}"
        );
        assert!(dry.contains("Nothing was changed (--dry-run)."), "{dry}");
    }

    #[test]
    fn what_was_done_at_the_provider_is_told_apart() {
        let there = DoneThere { sent: 2, sent_octets: 900, moved: 1, ..DoneThere::default() };
        let done = MirrorDone { there, ..MirrorDone::default() };
        for (words, runs, want) in [
            (
                Words::English,
                MirrorRuns::Really,
                "At the provider: 2 messages new (900 B); 1 message moved.",
            ),
            (
                Words::English,
                MirrorRuns::Dry,
                "To be done at the provider: 2 messages new; 1 message moved.",
            ),
            (
                Words::Portuguese,
                MirrorRuns::Really,
                "No provedor: 2 mensagens a mais (900 B); 1 mensagem em outra pasta.",
            ),
        ] {
            let told = Text(words).mirrored(&done, runs);
            assert!(told.iter().any(|line| line == want), "{told:?}");
        }
    }
}
