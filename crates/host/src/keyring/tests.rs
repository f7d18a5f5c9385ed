//! The keyring over a pipe, with a service that answers by a script.

use sasl::Secret;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

use super::wire::answers::message;
use super::wire::{FIXED_OCTETS, Writer, read, rest_octets};
use super::{KeyringFault, Person, Place, place, worked};

const RETURN: u8 = 2;
const ERROR: u8 = 3;
const SIGNAL: u8 = 4;

type Said = (&'static str, Writer);

fn says(signature: &'static str, write: impl FnOnce(&mut Writer)) -> Said {
    let mut body = Writer::default();
    write(&mut body);
    (signature, body)
}

/// One call that is expected, and what is answered.
enum Step {
    Returns(&'static str, Said),
    Fails(&'static str, &'static str),
    /// The same, and a person has decided before it is told.
    Decided(&'static str, &'static str, bool),
}

/// A service that lets us in, opens a session, and goes by its script; gives what was said to it.
async fn serve(mut stream: DuplexStream, steps: Vec<Step>) -> Vec<Vec<u8>> {
    let mut line = Vec::new();
    while !line.ends_with(b"\r\n") {
        line.push(stream.read_u8().await.unwrap());
    }
    let user = rustix::process::getuid().as_raw().to_string();
    let digits: String = user.bytes().map(|octet| format!("{octet:02x}")).collect();
    assert_eq!(line, format!("\0AUTH EXTERNAL {digits}\r\n").as_bytes());
    stream.write_all(b"OK 1234deadbeef\r\n").await.unwrap();
    let mut begin = [0; 7];
    stream.read_exact(&mut begin).await.unwrap();
    assert_eq!(&begin, b"BEGIN\r\n");
    let opened = says("vo", |body| {
        body.signature("s").text("").text("/session/1");
    });
    let name = says("s", |body| {
        body.text(":1.7");
    });
    let begun = [Step::Returns("Hello", name), Step::Returns("OpenSession", opened)];
    let mut said = Vec::new();
    for (serial, step) in (1..).zip(begun.into_iter().chain(steps)) {
        let mut fixed = [0; FIXED_OCTETS];
        stream.read_exact(&mut fixed).await.unwrap();
        let mut rest = vec![0; rest_octets(&fixed).unwrap()];
        stream.read_exact(&mut rest).await.unwrap();
        let call = read(&fixed, &rest).unwrap();
        let (member, answers) = match step {
            Step::Returns(member, body) => {
                (member, vec![message((RETURN, serial), ("", ""), body)])
            }
            Step::Fails(member, error) => {
                let body = says("s", |body| {
                    body.text("no\u{1b}[2J");
                });
                (member, vec![message((ERROR, serial), ("", error), body)])
            }
            Step::Decided(member, path, is_dismissed) => {
                let body = says("bv", |body| {
                    body.number(u32::from(is_dismissed)).signature("s").text("");
                });
                let signal = message((SIGNAL, 0), (path, "Completed"), body);
                (member, vec![signal, message((RETURN, serial), ("", ""), says("", |_| {}))])
            }
        };
        assert_eq!(call.member, member);
        for answer in answers {
            stream.write_all(answer.expose()).await.unwrap();
        }
        said.push(rest);
    }
    said
}

fn path(path: &'static str) -> Said {
    says("o", |body| {
        body.text(path);
    })
}

fn items(open: &'static [&'static str], locked: &'static [&'static str]) -> Said {
    says("aoao", |body| {
        for paths in [open, locked] {
            body.list(4, |list| {
                for path in paths {
                    list.text(path);
                }
            });
        }
    })
}

fn unlocked(prompt: &'static str) -> Said {
    says("aoo", |body| {
        body.list(4, |_| {}).text(prompt);
    })
}

fn secret(text: &'static str) -> Said {
    says("(oayays)", |body| {
        body.align(8).text("/session/1").bytes(b"").bytes(text.as_bytes()).text("text/plain");
    })
}

async fn reads(steps: Vec<Step>, person: Person) -> Result<Option<String>, KeyringFault> {
    let (here, there) = tokio::io::duplex(64 << 10);
    let serving = tokio::spawn(serve(there, steps));
    let found = worked(here, async |service| service.read("key", person).await).await;
    serving.await.unwrap();
    let text = |secret: Secret| String::from_utf8(secret.expose().to_vec()).unwrap();
    found.map(|found| found.map(text))
}

#[tokio::test]
async fn a_secret_is_found_where_it_is_open() {
    let steps = vec![
        Step::Returns("SearchItems", items(&["/items/1"], &["/items/2"])),
        Step::Returns("GetSecret", secret("pass word é")),
    ];
    assert_eq!(reads(steps, Person::Absent).await, Ok(Some("pass word é".to_owned())));
    let steps = vec![Step::Returns("SearchItems", items(&[], &[]))];
    assert_eq!(reads(steps, Person::Absent).await, Ok(None));
}

#[tokio::test]
async fn what_is_locked_is_opened_by_a_person_or_stays_locked() {
    let begun = || {
        vec![
            Step::Returns("SearchItems", items(&[], &["/items/2"])),
            Step::Returns("Unlock", unlocked("/prompt/p1")),
        ]
    };
    assert_eq!(reads(begun(), Person::Absent).await, Err(KeyringFault::Locked));
    for (is_dismissed, want) in
        [(false, Ok(Some("s".to_owned()))), (true, Err(KeyringFault::Dismissed))]
    {
        let mut steps = begun();
        steps.push(Step::Returns("AddMatch", says("", |_| {})));
        steps.push(Step::Decided("Prompt", "/prompt/p1", is_dismissed));
        if !is_dismissed {
            steps.push(Step::Returns("GetSecret", secret("s")));
        }
        assert_eq!(reads(steps, Person::Asked).await, want);
    }
}

#[tokio::test]
async fn a_secret_is_kept_in_place_of_the_one_before_and_taken_away() {
    let (here, there) = tokio::io::duplex(64 << 10);
    let made = says("oo", |body| {
        body.text("/items/9").text("/");
    });
    let serving = tokio::spawn(serve(
        there,
        vec![
            Step::Returns("ReadAlias", path("/collection/login")),
            Step::Returns("Unlock", unlocked("/")),
            Step::Returns("CreateItem", made),
            Step::Returns("SearchItems", items(&["/items/9"], &[])),
            Step::Returns("Delete", path("/")),
        ],
    ));
    let secret = Secret::new("pass word");
    worked(here, async |service| {
        service.write(("key 7", "correio: ana"), &secret, Person::Absent).await?;
        service.remove("key 7", Person::Absent).await
    })
    .await
    .unwrap();
    let said = serving.await.unwrap();
    let has = |said: &[u8], text: &[u8]| said.windows(text.len()).any(|part| part == text);
    for text in ["pass word", "key 7", "correio: ana", "org.freedesktop.Secret.Item.Attributes"] {
        assert!(has(&said[4], text.as_bytes()), "{text}");
    }
    assert!(has(&said[5], b"key 7"));
}

#[tokio::test]
async fn a_keyring_that_is_not_there_says_so() {
    let error = "org.freedesktop.DBus.Error.ServiceUnknown";
    let done = reads(vec![Step::Fails("SearchItems", error)], Person::Absent).await;
    assert_eq!(done, Err(KeyringFault::None("no [2J".to_owned())));
    let locked = "org.freedesktop.Secret.Error.IsLocked";
    let done = reads(vec![Step::Fails("SearchItems", locked)], Person::Absent).await;
    assert_eq!(done, Err(KeyringFault::Locked));
    let other = "org.freedesktop.DBus.Error.NoReply";
    let done = reads(vec![Step::Fails("SearchItems", other)], Person::Absent).await;
    assert_eq!(done, Err(KeyringFault::Refused("no [2J".to_owned())));
    let wrong = vec![Step::Returns("SearchItems", path("/"))];
    assert!(matches!(reads(wrong, Person::Absent).await, Err(KeyringFault::Broken(_))));
    let many: &'static [&'static str] = &["/i"; 17];
    let many = vec![Step::Returns("SearchItems", items(many, &[]))];
    assert!(matches!(reads(many, Person::Absent).await, Err(KeyringFault::Broken(_))));
}

#[tokio::test(start_paused = true)]
async fn a_keyring_that_does_not_answer_is_not_waited_for() {
    let (here, _there) = tokio::io::duplex(64);
    let done = worked(here, async |service| service.read("key", Person::Asked).await).await;
    assert_eq!(done.err(), Some(KeyringFault::TimedOut));
}

#[tokio::test]
async fn octets_that_are_no_message_are_refused_and_cost_nothing() {
    let whole = message((RETURN, 3), ("/a", "b"), items(&["/items/1"], &[]));
    let whole = whole.expose();
    let (fixed, rest) = whole.split_first_chunk::<FIXED_OCTETS>().unwrap();
    assert_eq!(rest_octets(fixed).unwrap(), rest.len());
    let paths = |fixed: &[u8; FIXED_OCTETS], rest: &[u8]| {
        read(fixed, rest).and_then(|message| message.body("aoao")?.paths(16)).map(|it| it.len())
    };
    assert_eq!(paths(fixed, rest), Ok(1));
    for cut in 0..rest.len() - 8 {
        assert!(paths(fixed, &rest[..cut]).is_err(), "{cut}");
    }
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut flipped = whole.to_vec();
            flipped[at] ^= 1 << bit;
            let (fixed, rest) = flipped.split_first_chunk::<FIXED_OCTETS>().unwrap();
            // Whatever comes of it: no panic, and no more than there are octets.
            drop(rest_octets(fixed));
            drop(paths(fixed, rest));
        }
    }
    let huge = [b'l', 2, 0, 1, 0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0, 0xf8, 0xff, 0xff, 0xff];
    assert!(rest_octets(&huge).is_err());
}

#[test]
fn the_bus_of_a_session_is_found_by_its_address() {
    let path = |text: &str| Some(Place::Path(text.to_owned()));
    assert_eq!(place("unix:path=/run/user/1000/bus,guid=1"), path("/run/user/1000/bus"));
    assert_eq!(place("tcp:host=x;unix:guid=1,path=/tmp/a%20b"), path("/tmp/a b"));
    let abstracted = Some(Place::Abstract("/tmp/x".to_owned()));
    assert_eq!(place("unix:abstract=/tmp/x"), abstracted);
    for odd in ["", "unix:", "unix:path", "unix:path=%", "unix:path=%+1", "unixexec:path=/bin/sh"] {
        assert_eq!(place(odd), None, "{odd}");
    }
}
