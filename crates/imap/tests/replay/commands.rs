//! Random commands go from the client's printer through the framer, cut anywhere, to the server's parser, and are the
//! same at the end.

use imap::commands::{
    Copy, Create, DeleteAcl, Echo, Fetch, Form, Id, List, ListReturn, ListSelect, Login, Qresync,
    Rename, Resync, Search, SearchReturn, Select, SetAcl, Sort, Status, StatusItem, Store, Thread,
    Vanished,
};
use imap::fetch::items::{self, Binary, BodySection};
use imap::fetch::{Item, Part, Partial, Section, SectionText, See};
use imap::frame::{FrameLimits, Framer, Step};
use imap::search::Key;
use imap::search::keys::{self, DateOf, Field, Lies};
use imap::wire::{
    By, Date, End, Flag, Literals, Messages, Name, PartialRange, Pattern, Point, SequenceSet,
};
use imap::{Command, Dialect, Feature, Tag, command};
use mailbox::{
    AnnotationName, Direction, FlagMode, ModSeq, Rights, RightsChange, SortField, SortKey,
    ThreadAlgorithm,
};
use proptest::prelude::*;

fn text() -> impl Strategy<Value = String> {
    // Every character but NUL, which no string can hold.
    prop_oneof!["[a-z]{1,6}", "[^\\x00]{0,12}", "NIL", "[\"\\\\ {}\\r\\n&é]{0,6}"]
}

fn name() -> impl Strategy<Value = Name> {
    text().prop_map(Name)
}

fn set() -> impl Strategy<Value = SequenceSet> {
    let point = prop_oneof![
        Just(Point::LAST),
        (1u32..20).prop_map(|number| Point::new(number).unwrap()),
        (1u32..).prop_map(|number| Point::new(number).unwrap()),
    ];
    prop::collection::vec((point.clone(), point), 1..10)
        .prop_map(|ranges| SequenceSet::from_ranges(ranges).unwrap())
}

fn fixed_set() -> impl Strategy<Value = SequenceSet> {
    prop::collection::vec(1u32.., 1..10).prop_map(|n| SequenceSet::from_numbers(n).unwrap())
}

fn messages() -> impl Strategy<Value = Messages> {
    prop_oneof![4 => set().prop_map(Messages::Set), 1 => Just(Messages::Saved)]
}

fn by() -> impl Strategy<Value = By> {
    prop_oneof![Just(By::Number), Just(By::Uid)]
}

fn flags() -> impl Strategy<Value = Vec<Flag>> {
    let flag = prop_oneof![
        Just(Flag::Seen),
        Just(Flag::Deleted),
        Just(Flag::Recent),
        "[a-z$]{1,9}".prop_map(Flag::Keyword),
        "X[a-z]{1,9}".prop_map(Flag::Extension),
    ];
    prop::collection::vec(flag, 0..5)
}

fn modseq() -> impl Strategy<Value = ModSeq> {
    (0..=i64::MAX).prop_map(|number| ModSeq(u64::try_from(number).unwrap()))
}

fn item() -> impl Strategy<Value = Item> {
    let part = || prop::collection::vec(1u32.., 0..4).prop_map(Part);
    let see = prop_oneof![Just(See::Seen), Just(See::Peek)];
    let partial = prop::option::of((0u64..1 << 40, 1u64..1 << 40))
        .prop_map(|partial| partial.map(|(from, octets)| Partial { from, octets }));
    let fields = || prop::collection::vec("[!-~ ]{1,9}", 1..4);
    let section_text = prop_oneof![
        Just(SectionText::All),
        Just(SectionText::Header),
        Just(SectionText::Text),
        fields().prop_map(SectionText::HeaderFields),
        fields().prop_map(SectionText::HeaderFieldsNot),
    ];
    prop_oneof![
        Just(items::Flags.into()),
        Just(items::Envelope.into()),
        Just(items::BodyStructure.into()),
        Just(items::Rfc822Text.into()),
        part().prop_map(|part| items::BinarySize(part).into()),
        (see.clone(), part(), partial.clone())
            .prop_map(|(see, part, partial)| { Binary { see, part, partial }.into() }),
        (see, part(), section_text, partial).prop_map(|(see, part, text, partial)| {
            BodySection { see, section: Section { part, text }, partial }.into()
        }),
    ]
}

fn key() -> impl Strategy<Value = Key> {
    let leaf = prop_oneof![
        Just(keys::All.into()),
        Just(keys::Flag::Seen.into()),
        Just(keys::Flag::Recent.into()),
        "[a-z$]{1,9}".prop_map(|keyword| keys::Keyword(keyword).into()),
        (text(), text()).prop_map(|(field, text)| keys::Header { field, text }.into()),
        text().prop_map(|text| keys::Envelope { field: Field::From, text }.into()),
        text().prop_map(|text| keys::Body(text).into()),
        (0i16..9999, 1i8..13, 1i8..29).prop_map(|(year, month, day)| {
            let date = Date::new(year, month, day).unwrap();
            keys::Date { of: DateOf::Sent, lies: Lies::Since, date }.into()
        }),
        (0..1u64 << 60).prop_map(|octets| keys::Larger(octets).into()),
        messages().prop_map(|messages| keys::Numbers(messages).into()),
        messages().prop_map(|messages| keys::Uids(messages).into()),
        modseq().prop_map(|modseq| keys::ModSeq(modseq).into()),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Key::and),
            prop::collection::vec(inner.clone(), 2..4).prop_map(flat_or),
            inner.clone().prop_map(Key::negate),
            inner.prop_map(Key::fuzzy),
        ]
    })
}

fn flat_or(keys: Vec<Key>) -> Key {
    let flat =
        keys.into_iter().flat_map(|key| if let Key::Or(keys) = key { keys } else { vec![key] });
    Key::Or(flat.collect())
}

fn annotation_names() -> Vec<AnnotationName> {
    ["/shared/comment", "/private/two words"].map(|name| AnnotationName::new(name).unwrap()).into()
}

fn list() -> impl Strategy<Value = List> {
    let select = (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(a, b, c)| ListSelect {
        subscribed: a,
        remote: b,
        recursive_match: a && c,
        special_use: c,
    });
    let status = prop::sample::subsequence(StatusItem::ALL.to_vec(), 0..4);
    let returns = (any::<bool>(), any::<bool>(), status).prop_map(|(a, b, status)| ListReturn {
        metadata: if a { annotation_names() } else { Vec::new() },
        subscribed: a,
        children: b,
        special_use: a,
        my_rights: b,
        status,
    });
    let patterns = prop::collection::vec(text().prop_map(Pattern), 1..3);
    (select, name(), patterns, returns).prop_map(|(select, reference, patterns, returns)| List {
        form: Form::Extended,
        select,
        reference,
        patterns,
        returns,
    })
}

fn select() -> impl Strategy<Value = Select> {
    let known = prop::option::of(fixed_set());
    let matches = prop::option::of((fixed_set(), fixed_set()));
    let qresync =
        (1u32.., modseq(), known, matches).prop_map(|(a, modseq, known_uids, matches)| {
            Resync::Qresync(Qresync { uid_validity: a, modseq, known_uids, matches })
        });
    let resync = prop_oneof![Just(Resync::None), Just(Resync::Condstore), qresync];
    (name(), resync).prop_map(|(mailbox, resync)| Select {
        access: imap::commands::Access::ReadOnly,
        mailbox,
        resync,
    })
}

fn sort_key() -> impl Strategy<Value = SortKey> {
    let fields = vec![
        SortField::Arrival,
        SortField::Cc,
        SortField::Date,
        SortField::From,
        SortField::Size,
        SortField::Subject,
        SortField::To,
        SortField::DisplayFrom,
        SortField::DisplayTo,
        SortField::ModSeq,
        SortField::Relevancy,
    ];
    let direction = prop_oneof![Just(Direction::Ascending), Just(Direction::Descending)];
    (prop::sample::select(fields), direction)
        .prop_map(|(field, direction)| SortKey { field, direction })
}

fn sort() -> impl Strategy<Value = Sort> {
    let returns = prop::option::of(any::<bool>().prop_map(|all| SearchReturn {
        all,
        max: !all,
        ..SearchReturn::default()
    }));
    (by(), returns, prop::collection::vec(sort_key(), 1..4), text(), key()).prop_map(
        |(by, returns, keys, charset, key)| {
            let ranks = keys.iter().any(|key| key.field == SortField::Relevancy);
            let key = if ranks { key.fuzzy() } else { key };
            Sort { by, returns, keys, charset, key }
        },
    )
}

fn thread() -> impl Strategy<Value = Thread> {
    let algorithm = prop_oneof![
        Just(ThreadAlgorithm::OrderedSubject),
        Just(ThreadAlgorithm::References),
        Just(ThreadAlgorithm::Refs)
    ];
    (by(), algorithm, key()).prop_map(|(by, algorithm, key)| {
        let charset = "UTF-8".to_owned();
        Thread { by, algorithm, charset, key }
    })
}

fn set_acl() -> impl Strategy<Value = SetAcl> {
    let change = prop_oneof![
        Just(RightsChange::Replace as fn(Rights) -> RightsChange),
        Just(RightsChange::Add as fn(Rights) -> RightsChange),
        Just(RightsChange::Remove as fn(Rights) -> RightsChange),
    ];
    (name(), text(), change, "[lrswipkxtea]{0,11}").prop_map(
        |(mailbox, identifier, change, letters)| {
            let change = change(Rights::parse(&letters).unwrap());
            SetAcl { mailbox, identifier, change }
        },
    )
}

fn any_command() -> impl Strategy<Value = Command> {
    let modes = prop_oneof![Just(FlagMode::Add), Just(FlagMode::Remove), Just(FlagMode::Replace)];
    prop_oneof![
        (text(), text()).prop_map(|(user, password)| Command::from(Login { user, password })),
        select().prop_map(Command::from),
        (name(), name()).prop_map(|(from, to)| Command::from(Rename { from, to })),
        (name(), prop::collection::vec("[A-Z]{1,5}", 0..3))
            .prop_map(|(mailbox, uses)| Command::from(Create { mailbox, uses })),
        list().prop_map(Command::from),
        (name(), prop::sample::subsequence(StatusItem::ALL.to_vec(), 1..5))
            .prop_map(|(mailbox, items)| Command::from(Status { mailbox, items })),
        prop::collection::vec(("[a-z]{1,5}", prop::option::of("[ -~]{0,20}")), 0..4)
            .prop_map(|pairs| Command::from(Id { pairs: Some(pairs) })),
        (by(), messages(), name()).prop_map(|(by, messages, mailbox)| Command::from(Copy {
            by,
            messages,
            mailbox
        })),
        (by(), messages(), prop::option::of(modseq()), modes, flags()).prop_map(
            |(by, messages, unchanged_since, mode, flags)| {
                let echo = Echo::Silent;
                Command::from(Store { by, messages, unchanged_since, mode, echo, flags })
            }
        ),
        (messages(), prop::collection::vec(item(), 1..6), modseq()).prop_map(
            |(messages, items, modseq)| Command::from(Fetch {
                by: By::Uid,
                messages,
                items,
                changed_since: Some(modseq),
                vanished: Vanished::Told,
                partial: Some(PartialRange { from: End::Last, first: 1, last: 30 }),
            })
        ),
        (by(), key(), any::<bool>(), any::<bool>()).prop_map(|(by, key, min, all)| {
            let range = PartialRange { from: End::First, first: 9, last: 5 };
            let partial = (!all).then_some(range);
            let returns = SearchReturn { min, all, count: min, partial, ..SearchReturn::default() };
            let charset = all.then(|| "UTF-8".to_owned());
            Command::from(Search { by, returns: Some(returns), charset, key })
        }),
        set_acl().prop_map(Command::from),
        (name(), text())
            .prop_map(|(mailbox, identifier)| Command::from(DeleteAcl { mailbox, identifier })),
        sort().prop_map(Command::from),
        thread().prop_map(Command::from),
    ]
}

proptest! {
    #[test]
    fn a_command_arrives_as_it_was_sent(
        command in any_command(),
        rev2 in any::<bool>(),
        literals in prop_oneof![Just(Literals::Waiting), Just(Literals::Plus)],
        piece in 1usize..40,
    ) {
        let dialect = if rev2 { Dialect::REV1.with(Feature::Imap4Rev2) } else { Dialect::REV1 };
        let printed = command.print(&Tag::new(b"a1").unwrap(), dialect, literals);
        let mut framer = Framer::new(FrameLimits::AFTER_LOGIN);
        let mut arrived = None;
        let mut waits = 0;
        for piece in printed.octets.chunks(piece) {
            framer.room().extend_from_slice(piece);
            loop {
                match framer.step() {
                    Step::More => break,
                    Step::Continue => waits += 1,
                    Step::Command(octets) => arrived = Some(command::parse(&octets, dialect)),
                    Step::AppendBegin(_)
                    | Step::AppendNext(_)
                    | Step::AppendEnd(_)
                    | Step::Refused(_) => panic!("not the command"),
                }
            }
        }
        prop_assert_eq!(waits, printed.waits.len());
        prop_assert_eq!(arrived.unwrap().unwrap().command, command);
    }
}
