//! CardDAV (RFC 6352) as programs speak it, and the same contacts over JMAP.

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use web::limits::VCARD_OCTETS_MAX;

use crate::world::{ANA, Answer, World, read_answer, secured};

const BOB: &str = "Authorization: Basic Ym9iQGV4YW1wbGUub3JnOnNlY3JldA==\r\n";
const BOOK: &str = "/dav/A1/contacts/D1/";
const SPACES: &str = "xmlns:d='DAV:' xmlns:c='urn:ietf:params:xml:ns:carddav' xmlns:s='http://calendarserver.org/ns/'";

fn vcard(uid: &str, name: &str) -> String {
    format!(
        "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:{name}\r\nN:{name};;;;\r\nTEL;TYPE=CELL:1\r\nEND:VCARD\r\n"
    )
}

/// Asks as Ana. A body that comes in pieces is put together.
async fn ask(world: &World, line: &str, fields: &str, body: &str) -> Answer {
    let mut answer = world.ask(line, &format!("{ANA}{fields}"), body.as_bytes()).await;
    if answer.field("transfer-encoding") == Some("chunked") {
        answer.body = unchunked(&answer.body);
    }
    answer
}

fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    loop {
        let end = body.windows(2).position(|two| two == b"\r\n").unwrap();
        let octets = usize::from_str_radix(str::from_utf8(&body[..end]).unwrap(), 16).unwrap();
        if octets == 0 {
            return whole;
        }
        whole.extend_from_slice(&body[end + 2..end + 2 + octets]);
        body = &body[end + 2 + octets + 2..];
    }
}

async fn put(world: &World, name: &str, fields: &str, card: &str) -> Answer {
    let fields = format!("Content-Type: text/vcard; charset=utf-8\r\n{fields}");
    ask(world, &format!("PUT {BOOK}{name}"), &fields, card).await
}

async fn report(world: &World, name: &str, body: &str) -> Answer {
    let body = format!("<?xml version='1.0'?><{name} {SPACES}>{body}</{name}>");
    ask(world, &format!("REPORT {BOOK}"), "Depth: 1\r\nContent-Type: text/xml\r\n", &body).await
}

async fn find(world: &World, path: &str, depth: &str, names: &str) -> String {
    let body = format!("<d:propfind {SPACES}><d:prop>{names}</d:prop></d:propfind>");
    let answer =
        ask(world, &format!("PROPFIND {path}"), &format!("Depth: {depth}\r\n"), &body).await;
    text(&answer, 207)
}

fn text(answer: &Answer, status: u16) -> String {
    let text = String::from_utf8(answer.body.clone()).unwrap();
    assert_eq!(answer.status, status, "{text}");
    text
}

/// What stands between two texts, each time.
fn all_between<'t>(text: &'t str, front: &str, back: &str) -> Vec<&'t str> {
    text.split(front).skip(1).map(|rest| rest.split(back).next().unwrap()).collect()
}

async fn call(world: &World, method: &str, arguments: Value) -> Value {
    let mut arguments = arguments;
    arguments["accountId"] = "A1".into();
    let using = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:contacts"];
    let request = json!({"using": using, "methodCalls": [[method, arguments, "c"]]});
    world.api(&request.to_string()).await.json()["methodResponses"][0][1].clone()
}

#[tokio::test]
async fn a_program_finds_its_address_books_from_the_name_of_the_host() {
    let world = World::new().await;
    let led = world.ask("PROPFIND /.well-known/carddav", "", b"").await;
    assert_eq!((led.status, led.field("location")), (301, Some("/dav/")));
    let options = world.ask("OPTIONS /dav/", "", b"").await;
    assert_eq!(options.status, 200);
    assert!(options.field("dav").unwrap().contains("addressbook"));
    assert!(options.field("allow").unwrap().contains("REPORT"));
    let found = find(&world, "/dav/", "0", "<d:current-user-principal/>").await;
    let principal = all_between(&found, "<d:current-user-principal><d:href>", "</")[0];
    let found = find(&world, principal, "0", "<c:addressbook-home-set/><d:displayname/>").await;
    assert!(found.contains("<d:displayname>ana@example.org</d:displayname>"), "{found}");
    let home = all_between(&found, "<card:addressbook-home-set><d:href>", "</")[0];
    let names = "<d:resourcetype/><d:displayname/><s:getctag/><d:sync-token/><d:supported-report-set/>\
                 <d:current-user-privilege-set/><c:supported-address-data/><x xmlns='urn:x'/>";
    let found = find(&world, home, "1", names).await;
    assert_eq!(all_between(&found, "<d:href>", "</"), [home, BOOK]);
    assert!(found.contains("<d:collection/><card:addressbook/>"), "{found}");
    assert!(found.contains("<d:displayname>Contacts</d:displayname>"), "{found}");
    assert!(found.contains("<d:privilege><d:write/></d:privilege>"), "{found}");
    assert!(
        found.contains("<card:address-data-type content-type=\"text/vcard\" version=\"4.0\"/>"),
        "{found}"
    );
    assert!(
        found.contains("<x:x xmlns:x=\"urn:x\"/></d:prop><d:status>HTTP/1.1 404 Not Found"),
        "{found}"
    );
    for depth in ["", "Depth: infinity\r\n"] {
        let deep = ask(&world, "PROPFIND /dav/", depth, "").await;
        assert!(text(&deep, 403).contains("<d:propfind-finite-depth/>"));
    }
    let below = World::with(jmap::Limits::default(), "/mail").await;
    let led = below.ask("GET /.well-known/carddav", "", b"").await;
    assert_eq!(led.field("location"), Some("/mail/dav/"));
    let found = find(&below, "/mail/dav/", "1", "<d:owner/>").await;
    assert_eq!(all_between(&found, "<d:response><d:href>", "</"), ["/mail/dav/", "/mail/dav/A1/"]);
}

#[tokio::test]
async fn a_card_comes_back_as_it_was_written() {
    let world = World::new().await;
    let card = vcard("u1", "Ana").replace("TEL", "X-OWN;A=\"b,c\":1\r\nitem1.TEL");
    let made = put(&world, "a%20b.vcf", "If-None-Match: *\r\n", &card).await;
    assert_eq!(made.status, 201);
    let tag = made.field("etag").unwrap().to_owned();
    let read = ask(&world, &format!("GET {BOOK}a%20b.vcf"), "", "").await;
    assert_eq!((text(&read, 200), read.field("etag")), (card.clone(), Some(&*tag)));
    assert_eq!(read.field("content-type"), Some("text/vcard; charset=utf-8"));
    let none = format!("If-None-Match: {tag}\r\n");
    assert_eq!(ask(&world, &format!("GET {BOOK}a%20b.vcf"), &none, "").await.status, 304);
    let four =
        ask(&world, &format!("GET {BOOK}a%20b.vcf"), "Accept: text/vcard; version=4.0\r\n", "")
            .await;
    assert!(text(&four, 200).starts_with("BEGIN:VCARD\r\nVERSION:4.0\r\nUID:u1\r\n"));
    assert_eq!(ask(&world, &format!("HEAD {BOOK}a%20b.vcf"), "", "").await.status, 200);
    // Nobody overwrites what they have not seen.
    assert_eq!(put(&world, "a%20b.vcf", "If-None-Match: *\r\n", &card).await.status, 412);
    assert_eq!(put(&world, "a%20b.vcf", "If-Match: \"9-9\"\r\n", &card).await.status, 412);
    let changed = put(&world, "a%20b.vcf", &format!("If-Match: {tag}\r\n"), &card).await;
    assert_eq!(changed.status, 204);
    assert_ne!(changed.field("etag"), Some(&*tag));
    let delete = format!("DELETE {BOOK}a%20b.vcf");
    assert_eq!(ask(&world, &delete, &format!("If-Match: {tag}\r\n"), "").await.status, 412);
    assert_eq!(ask(&world, &delete, "", "").await.status, 204);
    assert_eq!(ask(&world, &delete, "", "").await.status, 404);
    assert_eq!(ask(&world, &format!("GET {BOOK}a%20b.vcf"), "", "").await.status, 404);
}

#[tokio::test]
async fn both_doors_show_the_same_contacts_and_neither_takes_away_what_is_the_others() {
    let world = World::new().await;
    put(&world, "1.vcf", "", &vcard("u1", "Ana")).await;
    let got = call(&world, "ContactCard/get", json!({"ids": null})).await;
    let card = &got["list"][0];
    assert_eq!((&card["uid"], &card["name"]["full"]), (&json!("u1"), &json!("Ana")));
    assert_eq!(card["phones"]["k1"]["features"], json!({"mobile": true}));
    // A JMAP program says what a vCard has no place for, and renames.
    let patch = json!({"update": {card["id"].as_str().unwrap(): {"name/full": "Ana Reis", "example.com:own": 7}}});
    call(&world, "ContactCard/set", patch).await;
    let read = ask(&world, &format!("GET {BOOK}1.vcf"), "", "").await;
    let shown = text(&read, 200);
    assert!(shown.contains("FN:Ana Reis\r\n") && shown.contains("TEL;TYPE=cell:1\r\n"), "{shown}");
    // A telephone changes the number.
    let changed = shown.replace(":1\r\n", ":2\r\n");
    assert_eq!(put(&world, "1.vcf", "", &changed).await.status, 204);
    let got = call(&world, "ContactCard/get", json!({"ids": null})).await;
    let card = &got["list"][0];
    assert_eq!(card["phones"]["k1"]["number"], "2");
    assert_eq!((&card["name"]["full"], &card["example.com:own"]), (&json!("Ana Reis"), &json!(7)));
    let photo = vcard("u2", "Bea").replace("TEL", "PHOTO;ENCODING=b;TYPE=PNG:iVBORw0KGgo=\r\nTEL");
    put(&world, "2.vcf", "", &photo).await;
    let got = call(&world, "ContactCard/get", json!({"ids": null, "properties": ["media"]})).await;
    let blob = got["list"][1]["media"]["k1"]["blobId"].as_str().unwrap();
    let path = format!("GET /jmap/download/A1/{blob}/p?accept=image/png");
    assert_eq!(world.ask(&path, ANA, b"").await.body, b"\x89PNG\r\n\x1a\n");
}

#[tokio::test]
async fn what_changed_is_told_since_a_token_whole_or_in_parts() {
    let world = World::new().await;
    let sync = async |token: &str, more: &str| {
        let body = format!(
            "<d:sync-token>{token}</d:sync-token><d:sync-level>1</d:sync-level>{more}<d:prop><d:getetag/></d:prop>"
        );
        report(&world, "d:sync-collection", &body).await
    };
    let told = |answer: &Answer| {
        let text = text(answer, 207);
        let token = all_between(&text, "<d:sync-token>", "</")[0].to_owned();
        let hrefs = all_between(&text, "<d:response>", "</d:response>");
        let named = hrefs.iter().map(|it| {
            let name = all_between(it, "<d:href>", "</")[0].trim_start_matches(BOOK).to_owned();
            (
                name,
                if it.contains("404") {
                    '-'
                } else if it.contains("507") {
                    '+'
                } else {
                    '='
                },
            )
        });
        (named.collect::<Vec<_>>(), token)
    };
    for name in ["1", "2", "3"] {
        put(&world, name, "", &vcard(name, name)).await;
    }
    let (names, token) = told(&sync("", "").await);
    assert_eq!(names.len(), 3);
    assert_eq!(told(&sync(&token, "").await), (Vec::new(), token.clone()));
    ask(&world, &format!("DELETE {BOOK}1"), "", "").await;
    put(&world, "2", "", &vcard("2", "two")).await;
    put(&world, "4", "", &vcard("4", "4")).await;
    let name = |name: &str, kind| (name.to_owned(), kind);
    let (names, _) = told(&sync(&token, "").await);
    assert_eq!(names, [name("1", '-'), name("2", '='), name("4", '=')]);
    let two = "<d:limit><d:nresults>2</d:nresults></d:limit>";
    let (names, middle) = told(&sync(&token, two).await);
    assert_eq!(names, [name("1", '-'), name("2", '='), name("", '+')]);
    assert_eq!(told(&sync(&middle, two).await).0, [name("4", '=')]);
    let (names, part) = told(&sync("", two).await);
    assert_eq!((names.len(), told(&sync(&part, two).await).0.len()), (3, 1));
    for unknown in
        ["x", "https://correio.example/dav/sync/99", "https://correio.example/dav/sync/-1"]
    {
        assert!(text(&sync(unknown, "").await, 403).contains("<d:valid-sync-token/>"), "{unknown}");
    }
}

#[tokio::test]
async fn cards_are_asked_for_by_name_and_by_what_they_say() {
    let world = World::new().await;
    for (name, full) in [("1.vcf", "José"), ("2.vcf", "Ana"), ("3.vcf", "Rui")] {
        put(&world, name, "", &vcard(name, full)).await;
    }
    let four = "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:four\r\nFN:Quatro & <Filhos>\r\nEND:VCARD\r\n";
    put(&world, "4.vcf", "", four).await;
    let hrefs: String =
        ["1.vcf", "4.vcf", "9.vcf"].map(|it| format!("<d:href>{BOOK}{it}</d:href>")).concat();
    let body = format!(
        "<d:prop><d:getetag/><c:address-data/></d:prop>{hrefs}<d:href>/dav/A2/contacts/D1/1.vcf</d:href>"
    );
    let answer = text(&report(&world, "c:addressbook-multiget", &body).await, 207);
    let each = all_between(&answer, "<d:response>", "</d:response>");
    assert!(each[0].contains("FN:José&#13;\n") && each[0].contains("VERSION:3.0"), "{answer}");
    // RFC 6352, 10.4: who says no version reads 3.0.
    assert!(
        each[1].contains("VERSION:3.0") && each[1].contains("FN:Quatro &amp; &lt;Filhos&gt;"),
        "{answer}"
    );
    assert!(each[2].contains("404") && each[3].contains("404"), "{answer}");
    let body = format!(
        "<d:prop><c:address-data version='4.0'><c:prop name='FN'/></c:address-data></d:prop>{hrefs}"
    );
    let answer = text(&report(&world, "c:addressbook-multiget", &body).await, 207);
    let data = all_between(&answer, "<card:address-data>", "</")[0].replace("&#13;", "");
    assert_eq!(data, "BEGIN:VCARD\nVERSION:4.0\nFN:José\nEND:VCARD\n");
    let query = async |filter: &str, more: &str| {
        let body = format!("<d:prop><d:getetag/></d:prop><c:filter>{filter}</c:filter>{more}");
        report(&world, "c:addressbook-query", &body).await
    };
    let found = async |filter: &str, more: &str| {
        let answer = text(&query(filter, more).await, 207);
        let names = all_between(&answer, "<d:href>", "</").into_iter();
        names.map(|name| name.trim_start_matches(BOOK).to_owned()).collect::<Vec<_>>()
    };
    let text_match = "<c:prop-filter name='FN'><c:text-match match-type='starts-with'>jos</c:text-match></c:prop-filter>";
    assert_eq!(found(text_match, "").await, ["1.vcf"]);
    assert_eq!(found("", "").await.len(), 4);
    let limit = "<c:limit><c:nresults>2</c:nresults></c:limit>";
    assert_eq!(found("", limit).await, ["1.vcf", "2.vcf", ""]);
    let strange = text_match.replace("match-type", "collation='i;x' match-type");
    assert!(text(&query(&strange, "").await, 403).contains("<card:supported-collation/>"));
    let other = report(&world, "d:expand-property", "").await;
    assert!(text(&other, 403).contains("<d:supported-report/>"));
}

#[tokio::test]
async fn one_uid_is_one_contact() {
    let world = World::new().await;
    put(&world, "1.vcf", "", &vcard("u1", "Ana")).await;
    let twice = put(&world, "2.vcf", "", &vcard("u1", "Ana")).await;
    let told = text(&twice, 403);
    assert!(
        told.contains(&format!("<card:no-uid-conflict><d:href>{BOOK}1.vcf</d:href>")),
        "{told}"
    );
    let other = put(&world, "1.vcf", "", &vcard("u2", "Ana")).await;
    assert!(text(&other, 403).contains("<card:no-uid-conflict>"));
    // In another address book it is the same contact.
    assert_eq!(ask(&world, "MKCOL /dav/A1/contacts/work/", "", "").await.status, 201);
    let work = "/dav/A1/contacts/work/";
    let fields = "Content-Type: text/vcard\r\n";
    let again = ask(&world, &format!("PUT {work}x.vcf"), fields, &vcard("u1", "Ana R.")).await;
    assert_eq!(again.status, 201);
    let got = call(&world, "ContactCard/get", json!({"ids": null})).await;
    assert_eq!(got["list"].as_array().unwrap().len(), 1);
    assert_eq!(got["list"][0]["addressBookIds"].as_object().unwrap().len(), 2);
    let first = ask(&world, &format!("GET {BOOK}1.vcf"), "", "").await;
    assert!(text(&first, 200).contains("FN:Ana R."));
    assert_eq!(ask(&world, &format!("DELETE {work}x.vcf"), "", "").await.status, 204);
    assert_eq!(ask(&world, &format!("GET {BOOK}1.vcf"), "", "").await.status, 200);
    // One without a uid gets one, and its writer is told by no tag that it is as it was written.
    let none = put(&world, "3.vcf", "", &vcard("u", "Rui").replace("UID:u\r\n", "")).await;
    assert_eq!((none.status, none.field("etag")), (201, None));
    let read = text(&ask(&world, &format!("GET {BOOK}3.vcf"), "", "").await, 200);
    assert!(read.contains("UID:urn:uuid:"), "{read}");
}

#[tokio::test]
async fn cards_move_between_address_books() {
    let world = World::new().await;
    ask(&world, "MKCOL /dav/A1/contacts/work/", "", "").await;
    put(&world, "1.vcf", "", &vcard("u1", "Ana")).await;
    put(&world, "2.vcf", "", &vcard("u2", "Bea")).await;
    let go = async |method: &str, name: &str, to: &str, more: &str| {
        let fields =
            format!("Destination: https://mail.example.org/dav/A1/contacts/{to}\r\n{more}");
        ask(&world, &format!("{method} {BOOK}{name}"), &fields, "").await.status
    };
    assert_eq!(go("COPY", "1.vcf", "work/1.vcf", "").await, 201);
    assert_eq!(
        go("COPY", "1.vcf", "D1/other.vcf", "").await,
        403,
        "a contact is in an address book once"
    );
    assert_eq!(go("MOVE", "2.vcf", "work/1.vcf", "Overwrite: F\r\n").await, 412);
    assert_eq!(go("MOVE", "2.vcf", "work/1.vcf", "If-Match: \"0-0\"\r\n").await, 412);
    assert_eq!(go("MOVE", "2.vcf", "work/1.vcf", "").await, 204);
    assert_eq!(go("MOVE", "2.vcf", "work/1.vcf", "").await, 404);
    assert_eq!(go("MOVE", "1.vcf", "D1/one.vcf", "").await, 201);
    assert_eq!(go("MOVE", "one.vcf", "none/one.vcf", "").await, 409);
    assert_eq!(go("MOVE", "one.vcf", "../../A2/contacts/D1/one.vcf", "").await, 403);
    assert_eq!(ask(&world, &format!("MOVE {BOOK}one.vcf"), "", "").await.status, 403);
    let moved = text(&ask(&world, "GET /dav/A1/contacts/work/1.vcf", "", "").await, 200);
    assert_eq!(moved, vcard("u2", "Bea"));
    assert_eq!(ask(&world, &format!("GET {BOOK}one.vcf"), "", "").await.status, 200);
}

#[tokio::test]
async fn address_books_are_made_named_and_removed() {
    let world = World::new().await;
    let make = |kind: &str, more: &str| {
        format!(
            "<d:mkcol {SPACES}><d:set><d:prop><d:resourcetype><d:collection/>{kind}</d:resourcetype>\
             <d:displayname>Família</d:displayname>{more}</d:prop></d:set></d:mkcol>"
        )
    };
    let path = "MKCOL /dav/A1/contacts/fam%C3%ADlia";
    assert!(
        text(&ask(&world, path, "", &make("", "")).await, 403).contains("<d:valid-resourcetype/>")
    );
    let refused = ask(&world, path, "", &make("<c:addressbook/>", "<s:x/>")).await;
    let told = text(&refused, 403);
    assert!(
        told.contains("<cs:x/></d:prop><d:status>HTTP/1.1 403") && told.contains("424"),
        "{told}"
    );
    assert_eq!(ask(&world, path, "", &make("<c:addressbook/>", "")).await.status, 201);
    assert_eq!(ask(&world, path, "", "").await.status, 405);
    assert_eq!(ask(&world, "MKCOL /dav/A1/contacts/D1/x", "", "").await.status, 403);
    let home = find(&world, "/dav/A1/contacts/", "1", "<d:displayname/>").await;
    assert!(home.contains("/fam%C3%ADlia/</d:href>") && home.contains(">Família<"), "{home}");
    let patch = async |body: &str| {
        let body = format!("<d:propertyupdate {SPACES}>{body}</d:propertyupdate>");
        text(&ask(&world, "PROPPATCH /dav/A1/contacts/fam%C3%ADlia/", "", &body).await, 207)
    };
    let told = patch("<d:set><d:prop><d:displayname>Casa</d:displayname><c:addressbook-description>d</c:addressbook-description></d:prop></d:set>").await;
    assert!(told.contains("200 OK") && !told.contains("403"), "{told}");
    // All or nothing (RFC 4918, 9.2).
    let told = patch(
        "<d:set><d:prop><d:displayname>No</d:displayname><s:color>1</s:color></d:prop></d:set>",
    )
    .await;
    assert!(told.contains("403 Forbidden") && told.contains("424 Failed Dependency"), "{told}");
    assert!(patch("<d:remove><d:prop><d:displayname/></d:prop></d:remove>").await.contains("403"));
    let book = find(
        &world,
        "/dav/A1/contacts/fam%C3%ADlia",
        "0",
        "<d:displayname/><c:addressbook-description/>",
    )
    .await;
    assert!(book.contains(">Casa<") && book.contains(">d<"), "{book}");
    let got = call(&world, "AddressBook/get", json!({"ids": null})).await;
    assert_eq!(got["list"][1]["name"], "Casa");
    assert_eq!(ask(&world, "DELETE /dav/A1/contacts/fam%C3%ADlia/", "", "").await.status, 204);
    assert_eq!(ask(&world, "DELETE /dav/A1/contacts/fam%C3%ADlia/", "", "").await.status, 404);
    for path in ["/dav/", "/dav/A1/", "/dav/A1/contacts/"] {
        assert_eq!(ask(&world, &format!("DELETE {path}"), "", "").await.status, 405, "{path}");
    }
}

#[tokio::test]
async fn only_who_logs_in_gets_in_and_only_to_what_is_theirs() {
    let world = World::new().await;
    put(&world, "1.vcf", "", &vcard("u1", "Ana")).await;
    for line in
        [format!("GET {BOOK}1.vcf"), "PROPFIND /dav/".to_owned(), format!("PUT {BOOK}2.vcf")]
    {
        let answer = world.ask(&line, "", b"").await;
        assert_eq!(answer.status, 401);
        assert!(answer.field("www-authenticate").unwrap().starts_with("Basic"));
        let wrong = "Authorization: Basic YW5hQGV4YW1wbGUub3JnOndyb25n\r\n";
        assert_eq!(world.ask(&line, wrong, b"").await.status, 401);
    }
    let token = "Authorization: Bearer ana-token\r\nDepth: 0\r\n";
    assert_eq!(world.ask("PROPFIND /dav/", token, b"").await.status, 207);
    // What is somebody else's is answered as what is not there.
    for (method, more) in [
        ("GET", ""),
        ("PUT", "Content-Type: text/vcard\r\n"),
        ("DELETE", ""),
        ("PROPFIND", "Depth: 0\r\n"),
        ("REPORT", ""),
        ("MKCOL", ""),
        ("PROPPATCH", ""),
        ("COPY", "Destination: /dav/A2/contacts/D1/x\r\n"),
    ] {
        let ask = async |path: &str| {
            let line = format!("{method} /dav/{path}/contacts/D1/1.vcf");
            let answer = world.ask(&line, &format!("{BOB}{more}"), b"").await;
            (answer.status, answer.body)
        };
        assert_eq!(ask("A1").await, ask("A77").await, "{method}");
        assert_eq!(ask("A1").await.0, 404, "{method}");
    }
    // A page that is logged in does not get in by its cookie.
    let session =
        "Cookie: __Host-correio=x\r\nX-Correio-CSRF: 1\r\nSec-Fetch-Site: same-origin\r\n";
    assert_eq!(world.ask(&format!("DELETE {BOOK}1.vcf"), session, b"").await.status, 401);
}

#[tokio::test]
async fn a_connection_goes_on_after_an_answer_that_needs_no_body() {
    let world = World::new().await;
    for (line, status) in [
        ("PROPFIND /.well-known/carddav", 301),
        ("PROPFIND /.well-known/carddav/", 301),
        ("PROPFIND /", 301),
        ("PROPFIND /dav/", 401),
    ] {
        let (mut stream, _serving) = world.connect(secured());
        for _ in 0..2 {
            let head = format!("{line} HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            stream.write_all(b"<a/>").await.unwrap();
            assert_eq!(read_answer(&mut stream).await.status, status, "{line}");
        }
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_says_why() {
    let world = World::new().await;
    let bad = async |card: &str| put(&world, "1.vcf", "", card).await;
    for (card, why) in [
        ("", "a vCard begins with"),
        ("BEGIN:VCARD\r\nVERSION:2.1\r\nEND:VCARD\r\n", "the version is not"),
        (&vcard("u", "Ana").repeat(2), "more than one"),
        (&vcard("u", "Ana").replace("FN:", "FN"), "line 4 is no property"),
        (&vcard(&"u".repeat(300), "Ana"), "the uid has 1 to 255 octets"),
    ] {
        let told = text(&bad(card).await, 403);
        assert!(told.contains("<card:valid-address-data/>") && told.contains(why), "{told}");
    }
    let long = vcard("u", &"x".repeat(300 << 10));
    assert!(text(&bad(&long).await, 403).contains("<card:max-resource-size/>"));
    let huge = "x".repeat(VCARD_OCTETS_MAX + 1);
    assert!(text(&bad(&huge).await, 403).contains("<card:max-resource-size/>"));
    let html =
        ask(&world, &format!("PUT {BOOK}1"), "Content-Type: text/html\r\n", &vcard("u", "A")).await;
    assert!(text(&html, 403).contains("<card:supported-address-data/>"));
    let nowhere = ask(&world, "PUT /dav/A1/contacts/none/1", "", &vcard("u", "A")).await;
    assert_eq!(nowhere.status, 409);
    let bomb = "<!DOCTYPE x [<!ENTITY a 'aa'><!ENTITY b '&a;&a;'>]><d:propfind xmlns:d='DAV:'>&b;</d:propfind>";
    for (body, status) in [
        (bomb, 403),
        ("<d:propfind", 400),
        ("<x/>", 400),
        (&"<a>".repeat(100), 413),
        ("<d:propfind xmlns:d='DAV:'/>", 400),
    ] {
        let answer = ask(&world, "PROPFIND /dav/", "Depth: 0\r\n", body).await;
        assert_eq!(answer.status, status, "{body}");
    }
    for method in ["LOCK", "ACL", "POST", "PATCH", "XYZ"] {
        let answer = ask(&world, &format!("{method} {BOOK}1.vcf"), "", "").await;
        assert_eq!(answer.status, 405, "{method}");
        assert!(answer.field("allow").unwrap().contains("PROPFIND"));
    }
    assert_eq!(ask(&world, &format!("GET {BOOK}"), "", "").await.status, 405);
    assert_eq!(ask(&world, &format!("GET {BOOK}%ff.vcf"), "", "").await.status, 404);
    let name = ask(&world, &format!("PUT {BOOK}a%2Fb"), "", &vcard("u", "A")).await;
    assert_eq!(name.status, 403);
}

#[tokio::test]
async fn a_large_photo_is_kept_though_its_text_is_not() {
    let world = World::new().await;
    let octets = format!("iVBORw0KGgo{}", "A".repeat(400 << 10));
    let octets = &octets[..octets.len() / 4 * 4];
    let card =
        vcard("u", "Ana").replace("TEL", &format!("PHOTO;ENCODING=b;TYPE=PNG:{octets}\r\nTEL"));
    let made = put(&world, "1.vcf", "", &card).await;
    assert_eq!((made.status, made.field("etag")), (201, None));
    let read = text(&ask(&world, &format!("GET {BOOK}1.vcf"), "", "").await, 200);
    assert!(read.replace("\r\n ", "").contains(octets));
    // Who puts back what they got keeps the photo.
    assert_eq!(put(&world, "1.vcf", "", &read.replace("FN:Ana", "FN:Eva")).await.status, 204);
    let got = call(&world, "ContactCard/get", json!({"ids": null})).await;
    let card = &got["list"][0];
    assert_eq!(
        (&card["name"]["full"], &card["media"]["k1"]["mediaType"]),
        (&json!("Eva"), &json!("image/png"))
    );
}
