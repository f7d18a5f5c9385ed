//! What is said of messages of which only the header is here.

use pop3::client::pull::Summary;
use sync::PullPlan;

use super::Text;

impl Text {
    /// Headers would come.
    pub(super) fn headers_planned(self, plan: &PullPlan) -> Option<String> {
        let headers = self.messages(plan.headers);
        (plan.headers > 0).then(|| {
            self.of(
                format!("Of {headers} only the header would be taken."),
                format!("De {headers} viria só o cabeçalho."),
            )
        })
    }

    /// Headers came.
    pub(super) fn headers_came(self, summary: &Summary, account: &str) -> Vec<String> {
        let (new, waiting) = (self.messages(summary.headers), self.messages(summary.too_large));
        let first = match summary.headers {
            0 => self.of("There was no new mail.", "Não havia mensagens novas.").to_owned(),
            _ => self.of(
                format!("Of {new} the header is on this computer; the messages themselves are at the provider alone."),
                format!("De {new} só o cabeçalho está neste computador; as mensagens estão apenas no provedor."),
            ),
        };
        let mut lines = vec![first];
        if summary.too_large > 0 {
            lines.push(self.of(
                format!("Of {waiting} the header was here before."),
                format!("De {waiting} o cabeçalho já estava aqui."),
            ));
        }
        lines.push(self.of(
            format!(
                "`correio pull {account}` brings them all here; each says how to bring it alone."
            ),
            format!(
                "`correio baixar {account}` traz todas para cá; cada uma diz como trazê-la sozinha."
            ),
        ));
        lines
    }

    /// The server gives whole messages alone.
    pub(crate) fn no_headers(self, host: &str) -> String {
        self.of(
            format!("{host} gives whole messages alone (it has no TOP), so --headers-only is not possible there; nothing was done. --larger-than-leave SIZE leaves large messages there"),
            format!("{host} só dá mensagens inteiras (não tem TOP), e --headers-only não é possível lá; nada foi feito. --larger-than-leave TAMANHO deixa lá as mensagens grandes"),
        )
    }

    /// A body was asked for that there is not.
    pub(crate) fn no_such_body(self, names: &[String]) -> String {
        let names = names.join(", ");
        self.of(
            format!("the provider has no message {names} that is not here; the name stands in the message after --body"),
            format!("o provedor não tem a mensagem {names} que falte aqui; o nome está na mensagem depois de --body"),
        )
    }
}
