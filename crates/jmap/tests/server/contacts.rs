//! Cards: what a call may ask of them at most, and what becomes of the vCard that one was written as.

use serde_json::{Value, json};

use crate::world::World;

const USING: [&str; 2] = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:contacts"];

async fn ask(world: &mut World, method: &str, mut arguments: Value) -> Value {
    arguments["accountId"] = "A1".into();
    let request = json!({"using": USING, "methodCalls": [[method, arguments, "0"]]});
    let response = world.ask(request.to_string().as_bytes()).await;
    serde_json::to_value(response.method_responses).unwrap()[0][1].clone()
}

/// Makes so many cards.
async fn fill(world: &mut World, count: usize) {
    ask(world, "AddressBook/get", json!({})).await;
    let card = |number: usize| {
        let card =
            json!({"addressBookIds": {"D1": true}, "name": {"full": format!("Ana {number}")}});
        (format!("k{number}"), card)
    };
    let create: serde_json::Map<String, Value> = (0..count).map(card).collect();
    let answer = ask(world, "ContactCard/set", json!({"create": create})).await;
    assert_eq!(answer["notCreated"], Value::Null);
}

#[tokio::test]
async fn limits_of_a_call_hold_for_cards() {
    let mut world = World::new().await;
    fill(&mut world, 600).await;
    let all = ask(&mut world, "ContactCard/get", json!({})).await;
    assert_eq!(all["type"], "requestTooLarge");
    let words = "x ".repeat(300);
    let many = ask(&mut world, "ContactCard/query", json!({"filter": {"text": words}})).await;
    assert_eq!(many["type"], "unsupportedFilter");
    let photo = [b"\x89PNG\r\n\x1a\n".to_vec(), vec![0; 1 << 20]].concat();
    let uri = format!("data:image/png;base64,{}", base64(&photo));
    let create = json!({"k": {"addressBookIds": {"D1": true}, "media": {"p": {"kind": "photo", "uri": uri}}}});
    let answer = ask(&mut world, "ContactCard/set", json!({"create": create})).await;
    assert_eq!(answer["notCreated"]["k"]["type"], "tooLarge");
}

fn base64(octets: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(octets)
}

/// The vCard that a card was written as is good as long as nobody changes the card in another way.
#[tokio::test]
async fn a_change_of_a_card_drops_the_vcard_that_it_was_written_as() {
    let mut world = World::new().await;
    ask(&mut world, "AddressBook/set", json!({"create": {"w": {"name": "Work"}}})).await;
    let object = cards::Card::read(br#"{"uid": "ana"}"#).unwrap();
    let card = cards::Card { written: Some("BEGIN:VCARD".to_owned()), ..cards::Card::of(object) };
    let put = world.ana.edit_contacts(1, move |edit| {
        let book = edit.default_book().unwrap();
        Ok(edit.put_card(None, &card, &[(book, None)].into()).unwrap())
    });
    let id = put.await.unwrap();
    for (patch, stays) in
        [(json!({"addressBookIds/D2": true}), true), (json!({"kind": "org"}), false)]
    {
        let answer = ask(&mut world, "ContactCard/set", json!({"update": {"C1": patch}})).await;
        assert_eq!(answer["notUpdated"], Value::Null);
        let kept = world.ana.contacts().await.unwrap().kept(id).unwrap().unwrap();
        assert_eq!(kept.written.is_some(), stays, "{patch}");
    }
}
