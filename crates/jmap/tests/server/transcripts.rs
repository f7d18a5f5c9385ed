//! Plays transcripts: what is asked, and what is answered.
//!
//! A line with `#` before it is a remark. What other doors do stands in lines that begin with `*`:
//! `* mail INBOX \Seen word` with a message behind it up to a line with a dot alone; `* flag INBOX 1,2 +\Seen`;
//! `* expunge INBOX 1`, `* copy INBOX 1 Archive`, `* move INBOX 1 Archive`, `* create A/B`, `* rename A B`, `* quota 1000 10`,
//! `* wait 5` (seconds), `* release` (what is held goes). `* sent from to,to until` has the message behind it that was sent last.
//! `> ` begins the method calls of a request, `< ` the method responses. Both go on in the
//! lines behind that begin with a space. In what is expected `"*"` is any value, `"=name"` the value that `=name` was before, or any at first; `"..."` as a
//! name says that there may be more in an object; what is null there may always be. A request may say `"=name"` too.

use std::collections::BTreeMap;
use std::path::Path;

use jmap::server::own;
use mailbox::{FlagMode, MailboxName, UidSet};
use serde_json::{Value, json};

use crate::world::{World, flags};

const USING: [&str; 17] = [
    "urn:ietf:params:jmap:core",
    "urn:ietf:params:jmap:mail",
    "urn:ietf:params:jmap:quota",
    "urn:ietf:params:jmap:blob",
    "urn:ietf:params:jmap:submission",
    "urn:ietf:params:jmap:vacationresponse",
    "urn:ietf:params:jmap:mdn",
    "urn:ietf:params:jmap:contacts",
    own::PREFERENCES,
    own::BULK,
    own::SPACE,
    own::RETAINED,
    own::ACTIVITY,
    own::IMPORT,
    own::BODY,
    own::UNSUBSCRIBE,
    own::RULES,
];

#[tokio::test]
async fn what_is_asked_is_answered_as_the_transcripts_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/server/transcripts");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    files.sort();
    let only = std::env::var("TRANSCRIPT").ok();
    let mut wrong = Vec::new();
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        if only.as_ref().is_some_and(|only| !name.contains(only.as_str())) {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        if let Err(why) = play(&text).await {
            wrong.push(format!("{name}: {why}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n\n"));
}

async fn play(text: &str) -> Result<(), String> {
    let mut world = World::new().await;
    let mut bound = BTreeMap::new();
    let mut lines = text.lines().enumerate().peekable();
    let mut answer = Value::Null;
    while let Some((at, line)) = lines.next() {
        let number = at + 1;
        if let Some(act) = line.strip_prefix("* ") {
            let mut message = String::new();
            if act.starts_with("mail ") || act.starts_with("sent ") {
                for (_, line) in lines.by_ref().take_while(|(_, line)| *line != ".") {
                    message.push_str(line);
                    message.push_str("\r\n");
                }
            }
            do_act(&world, act, &message).await;
            continue;
        }
        let Some(kind) = line.chars().next().filter(|it| "<>".contains(*it)) else {
            assert!(line.is_empty() || line.starts_with('#'), "{number}: {line}");
            continue;
        };
        let mut body = line[1..].to_owned();
        while let Some((_, more)) = lines.next_if(|(_, line)| line.starts_with(" ")) {
            body.push_str(more);
        }
        let mut value: Value =
            serde_json::from_str(&body).map_err(|error| format!("line {number}: {error}"))?;
        if kind == '>' {
            resolve(&mut value, &bound);
            let request = json!({"using": USING, "methodCalls": value}).to_string();
            let response = world.ask(request.as_bytes()).await;
            answer = serde_json::to_value(response.method_responses).unwrap();
        } else {
            compare(&value, &answer, &mut bound, "").map_err(|why| {
                format!(
                    "line {number}: {why}\nanswered: {}",
                    serde_json::to_string_pretty(&answer).unwrap()
                )
            })?;
        }
    }
    Ok(())
}

async fn do_act(world: &World, act: &str, message: &str) {
    let words: Vec<&str> = act.split(' ').collect();
    let name = |text: &str| MailboxName::new(text).unwrap();
    match words[..] {
        ["mail", mailbox, ref flagged @ ..] => {
            world.append(mailbox, flags(flagged.iter().copied()), message.as_bytes()).await;
        }
        ["flag", mailbox, uids, flag] => {
            let mode = if flag.starts_with('+') { FlagMode::Add } else { FlagMode::Remove };
            let named = flags([&flag[1..]].into_iter());
            world.store(mailbox, uid_set(uids), mode, named).await;
        }
        ["expunge", mailbox, uids] => {
            world.ana.expunge(world.mailbox(mailbox), Some(&uid_set(uids))).await.unwrap();
        }
        ["copy", mailbox, uids, to] => {
            let (from, to) = (world.mailbox(mailbox), world.mailbox(to));
            world.ana.copy(from, &uid_set(uids), to).await.unwrap();
        }
        ["move", mailbox, uids, to] => {
            let (from, to) = (world.mailbox(mailbox), world.mailbox(to));
            world.ana.r#move(from, &uid_set(uids), to).await.unwrap();
        }
        ["create", mailbox] => {
            world.ana.create_mailbox(&name(mailbox), None).await.unwrap();
        }
        ["rename", from, to] => {
            world.ana.rename_mailbox(world.mailbox(from), &name(to)).await.unwrap();
        }
        ["delete", mailbox] => {
            world.ana.delete_mailbox(world.mailbox(mailbox)).await.unwrap();
        }
        ["quota", octets, messages] => {
            world.ana.set_quota(octets.parse().ok(), messages.parse().ok()).await.unwrap();
        }
        ["release"] => world.sent.release(),
        ["sent", from, to, until] => {
            let (envelope, octets) = world.sent.messages().pop().unwrap();
            let tos: Vec<&str> = envelope.recipients.iter().map(|(to, _)| &**to).collect();
            let held = envelope.hold_until.map_or_else(|| "-".to_owned(), |it| it.0.to_string());
            assert_eq!(
                (envelope.from.as_deref(), &*tos.join(","), &*held),
                (Some(from).filter(|from| *from != "-"), to, until)
            );
            assert_eq!(String::from_utf8(octets).unwrap(), message);
        }
        ["wait", seconds] => world.wait(seconds.parse().unwrap()),
        _ => panic!("nobody can {act}"),
    }
}

pub(crate) fn uid_set(text: &str) -> UidSet {
    text.split(',').map(|number| mailbox::Uid::new(number.parse().unwrap()).unwrap()).collect()
}

fn resolve(value: &mut Value, bound: &BTreeMap<String, Value>) {
    match value {
        Value::String(text) if text.starts_with('=') => *value = bound[&text[1..]].clone(),
        Value::Array(list) => list.iter_mut().for_each(|value| resolve(value, bound)),
        Value::Object(object) => {
            for (name, mut value) in std::mem::take(object) {
                resolve(&mut value, bound);
                object.insert(bound_name(&name, bound), value);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A name in an object, which may be what something was before.
fn bound_name(name: &str, bound: &BTreeMap<String, Value>) -> String {
    let value = name.strip_prefix('=').map(|name| bound[name].as_str().unwrap().to_owned());
    value.unwrap_or_else(|| name.to_owned())
}

fn compare(
    want: &Value,
    got: &Value,
    bound: &mut BTreeMap<String, Value>,
    path: &str,
) -> Result<(), String> {
    let differs = || Err(format!("{path}: wanted {want}, got {got}"));
    match (want, got) {
        (Value::String(text), _) if text == "*" => Ok(()),
        (Value::String(text), _) if text.starts_with('=') => {
            let before = bound.entry(text[1..].to_owned()).or_insert_with(|| got.clone());
            if before == got { Ok(()) } else { Err(format!("{path}: wanted {before}, got {got}")) }
        }
        (Value::Array(wants), Value::Array(gots)) => {
            if wants.len() != gots.len() {
                return differs();
            }
            let pairs = wants.iter().zip(gots).enumerate();
            pairs.into_iter().try_for_each(|(at, (want, got))| {
                compare(want, got, bound, &format!("{path}/{at}"))
            })
        }
        (Value::Object(wants), Value::Object(gots)) => {
            let open = wants.contains_key("...");
            let mut left = gots.clone();
            for (name, want) in wants.iter().filter(|(name, _)| *name != "...") {
                let name = bound_name(name, bound);
                let path = format!("{path}/{name}");
                let got = left.remove(&name).ok_or_else(|| format!("{path}: it is missing"))?;
                compare(want, &got, bound, &path)?;
            }
            let said = left.iter().find(|(_, value)| !value.is_null());
            match said.filter(|_| !open) {
                Some((name, value)) => Err(format!("{path}: there is a {name}: {value}")),
                None => Ok(()),
            }
        }
        _ if want == got => Ok(()),
        _ => differs(),
    }
}
