//! What is said of logins at providers, and of where secrets are kept.

use std::io;

use host::keyring::KeyringFault;

use super::Text;

impl Text {
    /// Nobody is let in before the person logs in again.
    pub(crate) fn log_in_again(self, why: &str, name: &str) -> String {
        self.of(
            format!("{why}. Log in again: correio account login {name}"),
            format!("{why}. Faça o login de novo: correio account login {name}"),
        )
    }

    /// A page to open, and a code to type in there.
    pub(crate) fn type_in(self, page: &str, code: &str) -> String {
        self.of(
            format!("On any device open {page}, log in there, and type in this code:\n\n    {code}\n"),
            format!("Em qualquer aparelho abra {page}, faça o login lá e digite este código:\n\n    {code}\n"),
        )
    }

    /// The same with the code in the address.
    pub(crate) fn or_open(self, page: &str) -> String {
        self.of(
            format!("or open this page, which knows the code: {page}"),
            format!("ou abra esta página, que já conhece o código: {page}"),
        )
    }

    /// A page to open in a browser on this computer.
    pub(crate) fn open(self, page: &str) -> String {
        self.of(
            format!("Open this page in a browser on this computer, and log in there:\n\n{page}\n"),
            format!(
                "Abra esta página em um navegador neste computador e faça o login lá:\n\n{page}\n"
            ),
        )
    }

    pub(crate) fn cannot_listen(self, at: String, error: io::Error) -> String {
        self.of(
            format!("the browser cannot bring its answer to {at}: {error}; try --flow device"),
            format!("o navegador não pode trazer a resposta a {at}: {error}; tente --flow device"),
        )
    }

    /// Somebody has logged in again.
    pub(crate) fn logged_in(self, name: &str) -> String {
        self.of(format!("{name} is logged in again."), format!("{name} está de novo com login."))
    }

    /// The password comes from elsewhere each time.
    pub(crate) fn password_elsewhere(self, from: &str) -> String {
        self.of(
            format!("the password of this account comes from {from} each time; put it right there"),
            format!("a senha desta conta vem sempre de {from}; corrija-a lá"),
        )
    }

    /// The keyring does not do what it should.
    pub(crate) fn keyring(self, fault: &KeyringFault) -> String {
        match fault {
            KeyringFault::None(why) => self.of(
                format!("this session has no keyring that programs can use ({why}); start one (GNOME, KDE, KeePassXC), or leave --keyring out: a file that only you can read keeps it then"),
                format!("esta sessão não tem um chaveiro que programas possam usar ({why}); inicie um (GNOME, KDE, KeePassXC) ou não use --keyring: fica então em um arquivo que só você pode ler"),
            ),
            KeyringFault::NoCollection => self
                .of(
                    "the keyring of this session is empty and was never set up: open it once with its own program (Passwords and Keys, KWalletManager, KeePassXC)",
                    "o chaveiro desta sessão está vazio e nunca foi configurado: abra-o uma vez com o programa dele (Senhas e chaves, KWalletManager, KeePassXC)",
                )
                .to_owned(),
            KeyringFault::Locked => self
                .of(
                    "the keyring is locked, and nobody is here to open it; log in to your desktop, or run this on a terminal",
                    "o chaveiro está trancado, e não há ninguém para abri-lo; entre na sua área de trabalho ou rode isto em um terminal",
                )
                .to_owned(),
            KeyringFault::Dismissed => {
                self.of("the keyring was not opened", "o chaveiro não foi aberto").to_owned()
            }
            KeyringFault::TimedOut => self
                .of("the keyring does not answer", "o chaveiro não responde")
                .to_owned(),
            KeyringFault::Refused(said) => {
                self.of(format!("the keyring refused: {said}"), format!("o chaveiro recusou: {said}"))
            }
            KeyringFault::Broken(expected) => self.of(
                format!("what answers is no keyring that is understood (expected {expected})"),
                format!("o que responde não é um chaveiro compreendido (esperado: {expected})"),
            ),
        }
    }

    /// The keyring has lost the password.
    pub(crate) fn not_in_keyring(self, name: &str) -> String {
        self.of(
            format!("the keyring has no password for {name}. Log in again: correio account login {name}"),
            format!("o chaveiro não tem senha para {name}. Faça o login de novo: correio account login {name}"),
        )
    }

    /// An account gets in without one.
    pub(crate) fn no_password(self, name: &str) -> String {
        self.of(
            format!("{name} gets in by OAuth 2 and has no password"),
            format!("{name} entra por OAuth 2 e não tem senha"),
        )
    }

    /// A login at the provider was taken away here, but not there.
    pub(crate) fn not_revoked(self, provider: &str) -> String {
        self.of(
            format!("{provider} was not told that this program is done; take what you allowed back on its pages"),
            format!("{provider} não foi avisado de que este programa terminou; retire a permissão nas páginas dele"),
        )
    }
}
