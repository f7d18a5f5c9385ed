//! Troubles in Portuguese.

use super::{Trouble, pin};
use crate::network::Untrusted;

#[expect(clippy::too_many_lines, reason = "a list: one text for each trouble")]
pub(super) fn tell(trouble: &Trouble) -> String {
    match trouble {
        Trouble::NoSuchName { host } => {
            format!(
                "não há servidor com o nome {host}; veja como está escrito e se este computador tem rede"
            )
        }
        Trouble::Unreachable { host, port, why } => {
            format!("{host} não responde na porta {port} ({why})")
        }
        Trouble::TimedOut { host } => {
            format!("{host} não respondeu a tempo; tente de novo mais tarde")
        }
        Trouble::Certificate { host, certificate } => format!(
            "o certificado de {host} não é de confiança: {}. Talvez alguém leia no caminho, talvez o próprio provedor o tenha \
             feito. Se o provedor confirmar que este é o SHA-256 do certificado dele, confie nele com\n  --pin {}",
            untrusted(&certificate.why),
            pin(certificate)
        ),
        Trouble::Tls { host, port, why } => format!(
            "{host} não fala TLS na porta {port} ({why}); talvez ali o TLS comece com um comando: pop3://, imap:// ou submission:// em vez de pop3s://, imaps:// ou submissions://"
        ),
        Trouble::NoTls { host, said } => format!(
            "{host} não oferece TLS, e a senha e as mensagens poderiam ser lidas no caminho; nada foi enviado{}",
            quoted(said)
        ),
        Trouble::ClearNetwork { host } => {
            format!("{host} não é esta máquina, e para lá nada é enviado sem TLS")
        }
        Trouble::WrongPassword { host, user, said } => format!(
            "{host} não deixa {user} entrar: o nome ou a senha está errado{}. Alguns provedores querem uma senha feita para \
             programas, ou têm POP3 e IMAP desligados até que se liguem nas configurações",
            quoted(said)
        ),
        Trouble::AppPassword { host, page, said } => format!(
            "{host} não aceitou a senha{}. Este provedor quer uma senha feita para programas (senha de app) em vez da que abre \
             as páginas dele{}",
            quoted(said),
            at(page, "faça uma em")
        ),
        Trouble::OAuthOnly { host, said } => format!(
            "{host} só deixa programas entrarem por OAuth 2 e não aceita senhas{}; adicione a conta com --oauth PROVEDOR, como --oauth microsoft",
            quoted(said)
        ),
        Trouble::TokenRefused { host, said } => format!(
            "{host} não aceita o token{}. Talvez seja de outra conta, ou o provedor tenha desligado IMAP ou POP3 para ela",
            quoted(said)
        ),
        Trouble::OAuth(fault) => super::oauth::portuguese(fault),
        Trouble::ServiceOff { service, host, page, said } => format!(
            "o {} está desligado para esta conta em {host}{}. Ligue-o nas configurações do provedor{}",
            service.name(),
            quoted(said),
            at(page, "ficam em")
        ),
        Trouble::Busy { host, said } => format!(
            "{host} está ocupado com esta conta: outro programa talvez esteja baixando, ou foi cedo demais{}; tente de novo em \
             alguns minutos",
            quoted(said)
        ),
        Trouble::Refused { host, said } => format!("{host} recusou{}", quoted(said)),
        Trouble::NoSecretLogin { host } => {
            format!(
                "{host} não oferece um modo de entrar que guarde a senha em segredo; nada foi enviado"
            )
        }
        Trouble::OtherProtocol { service, host, port, expected } => format!(
            "o que responde na porta {port} de {host} não é {} (esperava-se {expected}); veja a porta",
            service.name()
        ),
        Trouble::TooMuch { host, what, max } => format!(
            "{host} enviou mais de {max} {what}; a sessão foi encerrada, e o que veio antes está salvo"
        ),
        Trouble::Cut { host } => format!(
            "a conexão com {host} caiu; o que veio antes está salvo, e a próxima vez continua dali"
        ),
        Trouble::HungUp { host, said } => format!(
            "{host} encerrou a sessão{}; o que veio antes está salvo, e a próxima vez continua dali",
            quoted(said)
        ),
        Trouble::Storage { why } => format!(
            "as mensagens não puderam ser guardadas aqui: {why}. Nada disso foi apagado no provedor"
        ),
        Trouble::NothingFound { service, domain, tried } => {
            let mut text = format!(
                "não se achou servidor {} de {domain}. Pergunte o nome ao provedor e diga com --{} {}://NOME. Tentados:",
                service.name(),
                service.option(),
                service.scheme()
            );
            for (endpoint, trouble) in tried {
                text.push_str(&format!("\n  {endpoint}: {}", tell(trouble)));
            }
            text
        }
        Trouble::Elsewhere { domain, endpoint } => format!(
            "{domain} aponta para um servidor de outro domínio, e nada prova que seja o certo. Se o provedor também disser que é, \
             adicione com --{} {endpoint}",
            endpoint.service.option()
        ),
    }
}

fn untrusted(why: &Untrusted) -> &str {
    match why {
        Untrusted::UnknownIssuer => "nenhuma autoridade conhecida aqui responde por ele",
        Untrusted::Expired => "ele venceu",
        Untrusted::NotYetValid => "ele ainda não vale; o relógio deste computador está certo?",
        Untrusted::OtherName => "ele é para outro nome",
        Untrusted::Revoked => "ele foi revogado",
        Untrusted::NotPinned => "ele é outro que o fixado com --pin",
        Untrusted::Otherwise(text) => text,
    }
}

fn quoted(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!(" (disse: {said})") }
}

fn at(page: &Option<&'static str>, how: &str) -> String {
    page.map_or(String::new(), |page| format!("; {how} {page}"))
}
