//! Tests of the catalogue.

use mailbox::Refused;
use sasl::{Denied, Failure};

use super::{Fate, Outcome, Words};
use crate::MessageNumber;
use crate::command::{States, Syntax};
use crate::server::Language;

fn english(words: Words<'_>) -> String {
    words.spoken(Language::English).to_string()
}

fn portuguese(words: Words<'_>) -> String {
    words.spoken(Language::Portuguese).to_string()
}

fn outcome(removed: u64, hidden: u64, moved: u64, left: u64) -> Outcome {
    Outcome { removed, hidden, moved, fate: Fate::Archived, left }
}

#[test]
fn goodbye_says_what_happened() {
    for (outcome, en, pt) in [
        (outcome(0, 0, 0, 0), "bye; none left", "até logo; não fica nenhuma"),
        (outcome(0, 0, 0, 1), "bye; 1 message left", "até logo; fica 1 mensagem"),
        (
            outcome(1, 0, 0, 2),
            "bye; 1 message removed, 2 messages left",
            "até logo; 1 mensagem eliminada, ficam 2 mensagens",
        ),
        (
            outcome(2, 3, 0, 0),
            "bye; 2 messages removed, 3 messages hidden from this device, none left",
            "até logo; 2 mensagens eliminadas, 3 mensagens ocultas neste dispositivo, não fica nenhuma",
        ),
        (
            outcome(0, 0, 1, 4),
            "bye; 1 message moved to the archive, 4 messages left",
            "até logo; 1 mensagem movida para o arquivo, ficam 4 mensagens",
        ),
    ] {
        assert_eq!(english(Words::Outcome(&outcome)), en);
        assert_eq!(portuguese(Words::Outcome(&outcome)), pt);
    }
}

#[test]
fn english_is_ascii_and_both_fit_into_a_line() {
    let one = MessageNumber::new(u32::MAX).unwrap();
    let failures = [
        Denied::Wrong,
        Denied::Unavailable,
        Denied::TooMany { wait_s: u32::MAX },
        Denied::Disabled,
        Denied::NotForThisDoor,
    ]
    .map(Failure::Denied);
    let refused = [Refused::InUse, Refused::NoSpace, Refused::NoSuchMailbox, Refused::Inbox];
    let outcome = outcome(u64::MAX, u64::MAX, u64::MAX, u64::MAX);
    let mut all = vec![
        Words::Ready(None),
        Words::NowThePassword,
        Words::Welcome(0),
        Words::BeginTls,
        Words::Utf8On,
        Words::LanguageChanged,
        Words::CapabilitiesFollow,
        Words::MechanismsFollow,
        Words::LanguagesFollow,
        Words::UniqueIdsFollow,
        Words::Totals(usize::MAX, u64::MAX),
        Words::Octets(u64::MAX),
        Words::TopFollows,
        Words::Bye,
        Words::Outcome(&outcome),
        Words::NoSuchMessage(0),
        Words::NoSuchMessage(1),
        Words::NoSuchMessage(2),
        Words::IsMarked(one),
        Words::IsGone(one),
        Words::NoUniqueId(one),
        Words::NeedsUtf8(one),
        Words::Syntax(Syntax::Unknown),
        Words::Syntax(Syntax::Arguments { usage: "TOP message-number lines" }),
        Words::Syntax(Syntax::TooLong),
        Words::Syntax(Syntax::Control),
        Words::LineTooLong,
        Words::WrongState("UIDL", States::Authorization),
        Words::WrongState("UIDL", States::Transaction),
        Words::PassAfterUser,
        Words::NeedsTls,
        Words::NoTls,
        Words::NoSuchMechanism,
        Words::NoInitialResponse,
        Words::ResponseTooLong,
        Words::Cancelled,
        Words::NoApop,
        Words::NoSuchLanguage,
        Words::Fault,
        Words::Damage,
        Words::IsDamaged(one),
        Words::NotDone(3, &Refused::NoSpace),
        Words::NotDoneByFault(0),
        Words::NotDoneByFault(1),
    ];
    let fates = [Fate::Removed, Fate::Hidden, Fate::Archived, Fate::Trashed];
    all.extend(fates.map(|fate| Words::Marked(one, fate)));
    all.extend(failures.iter().map(Words::Failure));
    all.extend(refused.iter().map(Words::Refused));
    for words in all {
        let (english, portuguese) = (english(words), portuguese(words));
        assert!(english.is_ascii() && !english.is_empty(), "{english}");
        assert!(portuguese != english && !portuguese.is_empty(), "{portuguese}");
        for text in [english, portuguese] {
            assert!(text.len() < 400 && !text.starts_with('['), "{text}");
        }
    }
}
