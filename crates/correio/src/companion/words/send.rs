//! What `send` and `outbox` say.

use admin::OutboxFault;
use machine::{Size, SystemClock};
use mailbox::Clock as _;
use sync::limits::OUTBOX_MESSAGES_MAX;
use sync::outbox::{Copy, Envelope, Held, Parcel, Progress, Recipient, Said, Waits};

use super::Text;

impl Text {
    pub(crate) fn sending(self) -> &'static str {
        self.of("sending", "enviando")
    }

    pub(crate) fn recipients(self, count: usize) -> String {
        match count {
            1 => self.of("1 recipient", "1 destinatário").to_owned(),
            many => format!("{many} {}", self.of("recipients", "destinatários")),
        }
    }

    pub(crate) fn no_sender(self) -> &'static str {
        self.of(
            "no account can send yet; give one a server with `correio account set NAME --submission submissions://HOST`, or add one with `correio account add ADDRESS`",
            "nenhuma conta pode enviar ainda; dê um servidor a uma com `correio account set NOME --submission submissions://HOST`, ou adicione uma com `correio account add ENDEREÇO`",
        )
    }

    /// Several accounts can send, and the message does not say from which it is.
    pub(crate) fn which_sender(self, names: &str) -> String {
        self.of(
            format!("the From field of the message is of none of your accounts; say --from with one of these: {names}"),
            format!("o campo From da mensagem não é de nenhuma conta sua; diga --from com uma destas: {names}"),
        )
    }

    /// An outbox does not do what it should.
    pub(crate) fn outbox_fault(self, fault: &OutboxFault) -> String {
        match fault {
            OutboxFault::NoSpace => self.of(
                "the disk is full: nothing new is taken or sent before there is room".to_owned(),
                "o disco está cheio: nada novo é aceito nem enviado antes de haver espaço".to_owned(),
            ),
            OutboxFault::TooMany => self.of(
                fault.to_string(),
                format!("a caixa de saída tem {OUTBOX_MESSAGES_MAX} mensagens e não aceita mais antes que algumas sejam enviadas ou removidas"),
            ),
            OutboxFault::Unsure(error) => self.of(
                fault.to_string(),
                format!("o disco falhou, e talvez a mensagem esteja na caixa de saída assim mesmo; veja com `correio caixa-de-saida` ({error})"),
            ),
            OutboxFault::Disk(error) => self.of(
                fault.to_string(),
                format!("a caixa de saída não pode ser lida ou escrita ({error})"),
            ),
            OutboxFault::Unreadable(name) => self.unreadable_parcel(name),
        }
    }

    pub(crate) fn no_parcel(self, wanted: &str) -> String {
        let wanted = sync::shown(wanted);
        self.of(
            format!("there is no message {wanted} in the outbox"),
            format!("não há mensagem {wanted} na caixa de saída"),
        )
    }

    pub(crate) fn many_parcels(self, wanted: &str) -> String {
        let wanted = sync::shown(wanted);
        self.of(
            format!("several messages in the outbox begin with {wanted}; say more of the name"),
            format!("várias mensagens na caixa de saída começam com {wanted}; diga mais do nome"),
        )
    }

    pub(crate) fn unreadable_parcel(self, name: &str) -> String {
        let name = sync::shown(name);
        self.of(
            format!("{name} in the outbox cannot be read: it is damaged, or of a later version; the message stands in it behind its second line"),
            format!("{name} na caixa de saída não pode ser lido: está estragado, ou é de uma versão mais nova; a mensagem está nele depois da segunda linha"),
        )
    }

    pub(crate) fn busy_outbox(self) -> &'static str {
        self.of(
            "Another run is sending from this outbox, and takes what is in it next.",
            "Outra execução está enviando desta caixa de saída, e leva o que há nela em seguida.",
        )
    }

    /// What would be sent.
    pub(crate) fn send_plan(self, account: &str, server: &str, envelope: &Envelope) -> Vec<String> {
        let (octets, from) = (Size(envelope.octets), from_of(envelope));
        let (count, to) = (self.recipients(envelope.recipients.len()), to_of(envelope));
        vec![
            self.of(
                format!("From {from} to {count} ({octets}), as {account} over {server}:"),
                format!("De {from} para {count} ({octets}), como {account} por {server}:"),
            ),
            format!("  {to}"),
            self.of("Nothing was sent (--dry-run).", "Nada foi enviado (--dry-run).").to_owned(),
        ]
    }

    pub(crate) fn for_later(self, id: &str) -> String {
        self.of(
            format!("In the outbox as {id}; `correio outbox send` sends it."),
            format!("Na caixa de saída como {id}; `correio caixa-de-saida send` a envia."),
        )
    }

    /// A message went out, as far as it did.
    pub(crate) fn sent_parcel(self, parcel: &Parcel) -> Vec<String> {
        let state = &parcel.state;
        let sent = state.recipients.iter().filter(|it| it.progress == Progress::Sent).count();
        let mut lines = Vec::new();
        if sent > 0 {
            let count = self.recipients(sent);
            lines.push(self.of(format!("Sent to {count}."), format!("Enviada a {count}.")));
        }
        for recipient in state.recipients.iter().filter(|it| it.progress == Progress::Failed) {
            lines.push(self.refused(recipient));
        }
        lines.extend(self.copy(&state.copy, sent > 0).map(str::to_owned));
        match state.waits() {
            Waits::ForServer(at) => lines.push(self.waits_for_server(parcel, at.0)),
            Waits::ForPerson => lines.push(self.waits_for_person(parcel)),
            Waits::ForCopy(_) | Waits::ForNothing => {}
        }
        lines
    }

    fn refused(self, recipient: &Recipient) -> String {
        let address = sync::shown(&recipient.address);
        let said = recipient.last.as_ref().map(said).unwrap_or_default();
        self.of(
            format!("{address} was refused for good: {said}"),
            format!("{address} foi recusado em definitivo: {said}"),
        )
    }

    fn copy(self, copy: &Copy, is_sent: bool) -> Option<&'static str> {
        match copy {
            Copy::Made => Some(self.of("Its copy is in Sent.", "A cópia está em Enviados.")),
            Copy::Wanted { .. } if is_sent => Some(self.of(
                "Its copy is not in Sent yet; `correio outbox send` puts it there.",
                "A cópia ainda não está em Enviados; `correio caixa-de-saida send` a põe lá.",
            )),
            Copy::Wanted { .. } | Copy::NotWanted => None,
        }
    }

    fn waits_for_server(self, parcel: &Parcel, at: i64) -> String {
        let id = &parcel.id;
        let waits = self.waits_until(at);
        let why = parcel.state.trouble.clone().or_else(|| {
            let last = |it: &Recipient| it.last.as_ref().filter(|_| is_waiting(it)).map(said);
            parcel.state.recipients.iter().find_map(last)
        });
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        self.of(
            format!("It waits in the outbox as {id}{why}\n`correio outbox send` tries again{waits}."),
            format!("Ela espera na caixa de saída como {id}{why}\n`correio caixa-de-saida send` tenta de novo{waits}."),
        )
    }

    /// From when on it is tried again.
    fn waits_until(self, at: i64) -> String {
        let left = at.saturating_sub(SystemClock.now().0);
        if left <= 0 {
            return String::new();
        }
        let minutes = left.saturating_add(59).checked_div(60).unwrap_or(0);
        match minutes {
            1 => self.of(" in a minute", " em um minuto").to_owned(),
            many => self.of(format!(" in {many} minutes"), format!(" em {many} minutos")),
        }
    }

    fn waits_for_person(self, parcel: &Parcel) -> String {
        let id = &parcel.id;
        match parcel.state.held {
            Some(Held::Unsure) => self.of(
                format!("Nobody knows whether {id} was sent: twice the answer of the provider was lost. Ask who should have it, then `correio outbox remove {id}`, or `correio outbox retry {id}` to send it again."),
                format!("Não se sabe se {id} foi enviada: duas vezes se perdeu a resposta do provedor. Pergunte a quem a devia receber, e então `correio caixa-de-saida remove {id}`, ou `correio caixa-de-saida retry {id}` para enviar de novo."),
            ),
            Some(Held::Damaged) => self.of(
                format!("{id} is damaged on the disk and was not sent; `correio outbox show {id}` shows what is left of it."),
                format!("{id} está estragada no disco e não foi enviada; `correio caixa-de-saida show {id}` mostra o que resta."),
            ),
            None => self.of(
                format!("It stays in the outbox as {id}: `correio outbox retry {id}` tries the refused ones again, `correio outbox remove {id}` gives them up."),
                format!("Ela fica na caixa de saída como {id}: `correio caixa-de-saida retry {id}` tenta de novo os recusados, `correio caixa-de-saida remove {id}` desiste deles."),
            ),
        }
    }

    /// How far a message is, in a word or two.
    pub(crate) fn parcel_state(self, parcel: &Parcel) -> String {
        let state = &parcel.state;
        match (state.waits(), state.held) {
            (_, Some(Held::Unsure)) => self.of("unsure", "incerta").to_owned(),
            (_, Some(Held::Damaged)) => self.of("damaged", "estragada").to_owned(),
            (Waits::ForPerson, None) => self.of("refused", "recusada").to_owned(),
            (Waits::ForCopy(_), None) => {
                self.of("sent, not in Sent", "enviada, falta a cópia").to_owned()
            }
            (Waits::ForNothing, None) => self.of("sent", "enviada").to_owned(),
            (Waits::ForServer(at), None) => {
                let waits = self.of("waits", "espera");
                format!("{waits}{}", self.waits_until(at.0))
            }
        }
    }

    /// How far a recipient is.
    pub(crate) fn recipient_state(self, recipient: &Recipient) -> String {
        let progress = match recipient.progress {
            Progress::Waiting { .. } => self.of("waits", "espera"),
            Progress::Sent => self.of("sent", "enviada"),
            Progress::Failed => self.of("refused", "recusada"),
        };
        match &recipient.last {
            Some(last) => format!("{progress}: {}", said(last)),
            None => progress.to_owned(),
        }
    }

    /// What a run over an outbox did.
    pub(crate) fn outbox_done(self, sent: usize, waiting: usize, decided: usize) -> Vec<String> {
        let mut lines = Vec::new();
        if sent > 0 {
            let count = self.messages(sent);
            let word = if sent == 1 { "Enviada" } else { "Enviadas" };
            lines.push(self.of(format!("Sent: {count}."), format!("{word}: {count}.")));
        }
        if waiting > 0 {
            let count = self.messages(waiting);
            lines.push(self.of(
                format!("In the outbox, to be tried again: {count}."),
                format!("Na caixa de saída, para tentar de novo: {count}."),
            ));
        }
        if decided > 0 {
            let count = self.messages(decided);
            lines.push(self.of(
                format!("In the outbox until you decide: {count} (`correio outbox`)."),
                format!("Na caixa de saída até você decidir: {count} (`correio caixa-de-saida`)."),
            ));
        }
        if lines.is_empty() {
            let empty = self.of("The outbox is empty.", "A caixa de saída está vazia.");
            lines.push(empty.to_owned());
        }
        lines
    }

    pub(crate) fn removed_parcel(self, id: &str) -> String {
        self.of(
            format!("{id} was removed and is not sent."),
            format!("{id} foi removida e não é enviada."),
        )
    }

    /// A message is removed that some have, or may have.
    pub(crate) fn removed_sent(self, id: &str) -> String {
        self.of(
            format!("{id} was removed; who has it keeps it."),
            format!("{id} foi removida; quem já a recebeu fica com ela."),
        )
    }

    pub(crate) fn waiting_mail(self, name: &str) -> String {
        self.of(
            format!("the outbox of {name} still has messages; look with `correio outbox`, and send or remove them first"),
            format!("a caixa de saída de {name} ainda tem mensagens; veja com `correio caixa-de-saida`, e envie-as ou remova-as antes"),
        )
    }

    /// An account has no server for sending.
    pub(crate) fn cannot_send(self, name: &str, why: Option<&str>) -> String {
        let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
        self.of(
            format!("It cannot send yet{why}. `correio account set {name} --submission submissions://HOST` gives it a server for that."),
            format!("Ela ainda não envia{why}. `correio account set {name} --submission submissions://HOST` lhe dá um servidor para isso."),
        )
    }

    pub(crate) fn can_send(self, server: &str) -> String {
        self.of(
            format!("`correio send` sends over {server}."),
            format!("`correio enviar` envia por {server}."),
        )
    }

    pub(crate) fn account_set(self, name: &str) -> String {
        self.of(format!("{name} is changed."), format!("{name} foi mudada."))
    }
}

fn is_waiting(recipient: &Recipient) -> bool {
    match recipient.progress {
        Progress::Waiting { .. } => true,
        Progress::Sent | Progress::Failed => false,
    }
}

fn said(said: &Said) -> String {
    let text = sync::shown(&said.text);
    match &said.remote {
        Some(remote) => format!("{text} ({})", sync::shown(remote)),
        None => text,
    }
}

/// Who sends, as it is shown.
pub(crate) fn from_of(envelope: &Envelope) -> String {
    envelope.from.as_deref().map_or_else(|| "<>".to_owned(), sync::shown)
}

/// For whom it is, as it is shown.
pub(crate) fn to_of(envelope: &Envelope) -> String {
    sync::shown(&envelope.recipients.join(", "))
}
