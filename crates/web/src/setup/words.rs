//! What the page says, in each language.

use crate::language::Language;

impl Words {
    /// Those of a language.
    pub(super) fn of(language: Language) -> &'static Words {
        match language {
            Language::English => &ENGLISH,
            Language::Portuguese => &PORTUGUESE,
        }
    }
}

/// The words of the page.
pub(super) struct Words {
    pub(super) tag: &'static str,
    pub(super) title: &'static str,
    pub(super) lead: &'static str,
    pub(super) by_itself: &'static str,
    pub(super) by_itself_how: &'static str,
    pub(super) own_security: &'static str,
    pub(super) plain_pages: &'static str,
    pub(super) by_hand: &'static str,
    pub(super) by_hand_how: &'static str,
    pub(super) receive_imap: &'static str,
    pub(super) receive_pop3: &'static str,
    pub(super) send: &'static str,
    pub(super) what: &'static str,
    pub(super) server: &'static str,
    pub(super) port: &'static str,
    pub(super) security: &'static str,
    pub(super) login: &'static str,
    pub(super) apple: &'static str,
    pub(super) apple_how: &'static str,
    pub(super) address: &'static str,
    pub(super) download: &'static str,
    pub(super) which: &'static str,
    pub(super) which_how: &'static str,
    pub(super) contacts: &'static str,
    pub(super) contacts_how: &'static str,
    pub(super) programs: &'static str,
    pub(super) programs_how: &'static str,
    pub(super) nothing: &'static str,
}

const ENGLISH: Words = Words {
    tag: "en",
    title: "Mail at",
    lead: "This is a mail host. Here is what you need to read and send mail with a program on your computer, tablet or phone.",
    by_itself: "Programs that set themselves up",
    by_itself_how: "Thunderbird, K-9 Mail, FairEmail, Evolution and Outlook find the settings by themselves. Choose to add an account, \
                    and type in your address and your password, or better an app password, of which you make one for each device:",
    own_security: "Security: your password, app passwords and devices",
    plain_pages: "Read your mail here, in plain pages that any browser can show",
    by_hand: "Settings by hand",
    by_hand_how: "If your program asks for more:",
    receive_imap: "Incoming mail, IMAP",
    receive_pop3: "Incoming mail, POP3",
    send: "Outgoing mail, SMTP",
    what: "For",
    server: "Server",
    port: "Port",
    security: "Security",
    login: "The user name is your whole address, in all cases. The way to log in is “normal password”.",
    apple: "iPhone, iPad and Mac",
    apple_how: "Download a profile for your address, then open Settings and install it. Your device says that it is not signed; it holds \
                no password, which you type in yourself.",
    address: "Your address",
    download: "Download the profile",
    which: "IMAP or POP3?",
    which_how: "IMAP shows the same mail on all your devices, and keeps it here. POP3 fetches it to one computer. If you are in doubt, \
                take IMAP.",
    contacts: "Contacts",
    contacts_how: "The profile above brings them along. In other programs add a CardDAV account (on Android with the app DAVx⁵, in Thunderbird in \
                   the address book), with your address, your password, and this location:",
    programs: "Programs that speak JMAP",
    programs_how: "They need this address, your name and your password:",
    nothing: "No listener for mail programs is open at the moment.",
};

const PORTUGUESE: Words = Words {
    tag: "pt",
    title: "Correio de",
    lead: "Este é um servidor de correio. Aqui está o que precisa para ler e enviar mensagens com um programa no computador, no tablet ou \
           no telemóvel.",
    by_itself: "Programas que se configuram sozinhos",
    by_itself_how: "O Thunderbird, o K-9 Mail, o FairEmail, o Evolution e o Outlook encontram as definições sozinhos. Escolha adicionar uma \
                    conta e escreva o seu endereço e a sua palavra-passe ou, melhor, uma palavra-passe de aplicação, que cria para cada \
                    aparelho:",
    own_security: "Segurança: a sua palavra-passe, palavras-passe de aplicação e aparelhos",
    plain_pages: "Ler aqui o correio, em páginas simples que qualquer navegador mostra",
    by_hand: "Definições à mão",
    by_hand_how: "Se o programa pedir mais:",
    receive_imap: "Correio recebido, IMAP",
    receive_pop3: "Correio recebido, POP3",
    send: "Correio enviado, SMTP",
    what: "Para",
    server: "Servidor",
    port: "Porta",
    security: "Segurança",
    login: "O nome de utilizador é sempre o seu endereço completo. O método de autenticação é “palavra-passe normal”.",
    apple: "iPhone, iPad e Mac",
    apple_how: "Descarregue um perfil para o seu endereço, abra depois as Definições e instale-o. O aparelho avisa que não está assinado; \
                não contém a palavra-passe, que escreve ao instalar.",
    address: "O seu endereço",
    download: "Descarregar o perfil",
    which: "IMAP ou POP3?",
    which_how: "O IMAP mostra o mesmo correio em todos os aparelhos e guarda-o aqui. O POP3 traz o correio para um só computador. Em caso de \
                dúvida, escolha IMAP.",
    contacts: "Contactos",
    contacts_how: "O perfil acima já os traz. Noutros programas adicione uma conta CardDAV (no Android com a aplicação DAVx⁵, no Thunderbird no \
                   livro de endereços), com o seu endereço, a sua palavra-passe e esta localização:",
    programs: "Programas que usam JMAP",
    programs_how: "Precisam deste endereço, do seu nome e da sua palavra-passe:",
    nothing: "De momento não há nenhum serviço aberto para programas de correio.",
};
