//! Uploads and downloads (RFC 8620, 6).

use jmap::Limits;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::events::deliver_message;
use crate::world::{ANA, Answer, World, secured};

const BOB: &str = "Authorization: Basic Ym9iQGV4YW1wbGUub3JnOnNlY3JldA==\r\n";

/// Uploads as Ana; gives the blob's id.
async fn upload(world: &World, octets: &[u8]) -> String {
    let fields = format!("{ANA}Content-Type: text/plain; charset=utf-8\r\n");
    let answer = world.ask("POST /jmap/upload/A1", &fields, octets).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let uploaded = answer.json();
    assert_eq!((&uploaded["accountId"], &uploaded["size"]), (&"A1".into(), &octets.len().into()));
    assert_eq!(uploaded["type"], "text/plain; charset=utf-8");
    uploaded["blobId"].as_str().unwrap().to_owned()
}

async fn download(world: &World, path: &str, fields: &str) -> Answer {
    world.ask(&format!("GET /jmap/download/{path}"), &format!("{ANA}{fields}"), b"").await
}

#[tokio::test]
async fn what_was_uploaded_comes_back() {
    let world = World::new().await;
    let octets: Vec<u8> = (0..300_000_u32).map(|number| (number % 251) as u8).collect();
    let blob = upload(&world, &octets).await;
    let answer = download(&world, &format!("A1/{blob}/a.bin?accept=application/pdf"), "").await;
    assert_eq!((answer.status, answer.body == octets), (200, true));
    assert_eq!(answer.field("content-length"), Some("300000"));
    assert_eq!(answer.field("content-type"), Some("application/pdf"));
    assert_eq!(answer.field("cache-control"), Some("private, immutable, max-age=31536000"));
    assert!(answer.field("content-security-policy").unwrap().starts_with("sandbox;"));
    assert_eq!(answer.field("x-content-type-options"), Some("nosniff"));
    let tag = answer.field("etag").unwrap();
    let known =
        download(&world, &format!("A1/{blob}/a.bin"), &format!("If-None-Match: {tag}\r\n")).await;
    assert_eq!((known.status, known.body.len()), (304, 0));
    let part = download(&world, &format!("A1/{blob}/a.bin"), "Range: bytes=100-199\r\n").await;
    assert_eq!((part.status, &part.body[..]), (206, &octets[100..200]));
    assert_eq!(part.field("content-range"), Some("bytes 100-199/300000"));
    let end = download(&world, &format!("A1/{blob}/a.bin"), "Range: bytes=-5\r\n").await;
    assert_eq!(&end.body[..], &octets[299_995..]);
    let beyond = download(&world, &format!("A1/{blob}/a.bin"), "Range: bytes=300000-\r\n").await;
    assert_eq!((beyond.status, beyond.field("content-range")), (416, Some("bytes */300000")));
}

#[tokio::test]
async fn a_part_of_a_message_comes_decoded_and_with_its_charset() {
    let world = World::new().await;
    let message = b"Subject: two parts\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n\
        --x\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
        Ol=E1\r\n--x\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n\
        aGVsbG8gd29ybGQ=\r\n--x--\r\n";
    deliver_message(&world, message).await;
    let text = download(&world, "A1/B1-1/x.txt?accept=text/plain", "").await;
    assert_eq!(text.field("content-type"), Some("text/plain; charset=iso-8859-1"));
    assert_eq!(text.body, b"Ol\xe1");
    let pdf = download(&world, "A1/B1-2/x.pdf?accept=application/pdf", "Range: bytes=6-\r\n").await;
    assert_eq!((pdf.status, &*pdf.body), (206, &b"world"[..]));
    let whole = download(&world, "A1/B1/mail.eml?accept=message/rfc822", "").await;
    assert_eq!(whole.body, message);
    let head = world.ask("HEAD /jmap/download/A1/B1/mail.eml", ANA, b"").await;
    assert_eq!(head.field("content-length"), Some(&*message.len().to_string()));
    assert_eq!(download(&world, "A1/B1-3/x", "").await.status, 404);
}

#[tokio::test]
async fn a_name_is_no_field_and_a_page_is_not_shown() {
    let world = World::new().await;
    let blob = upload(&world, b"<script>").await;
    let path = format!("A1/{blob}/a%0D%0ASet-Cookie%3A%20x.html?accept=text%2Fhtml");
    let answer = download(&world, &path, "").await;
    assert!(answer.field("set-cookie").is_none());
    assert!(
        answer
            .field("content-disposition")
            .unwrap()
            .starts_with("attachment; filename=\"a__Set-Cookie: x.html\"")
    );
    let evil =
        download(&world, &format!("A1/{blob}/x?accept=text%2Fhtml%0D%0AX-Evil:%20y"), "").await;
    assert_eq!(
        (evil.field("x-evil"), evil.field("content-type")),
        (None, Some("application/octet-stream"))
    );
    let picture = download(&world, &format!("A1/{blob}/x.png?accept=image/png"), "").await;
    assert!(picture.field("content-disposition").unwrap().starts_with("inline"));
}

#[tokio::test]
async fn what_is_somebody_elses_is_as_absent_as_what_is_not_there() {
    let world = World::new().await;
    let blob = upload(&world, b"secret").await;
    let get = async |path: &str, who: &str| {
        let answer = world.ask(&format!("GET /jmap/download/{path}"), who, b"").await;
        let head: Vec<String> = answer
            .head
            .lines()
            .filter(|line| !line.starts_with("date"))
            .map(str::to_owned)
            .collect();
        (answer.status, head, answer.body)
    };
    let absent = get("A2/U999/x", BOB).await;
    assert_eq!(absent.0, 404);
    for path in [
        format!("A1/{blob}/x"),
        format!("A2/{blob}/x"),
        "A9/U1/x".to_owned(),
        "A2/%20/x".to_owned(),
    ] {
        assert_eq!(get(&path, BOB).await, absent, "{path}");
    }
    assert_eq!(world.ask("POST /jmap/upload/A1", BOB, b"x").await.status, 404);
    assert_eq!(world.ask(&format!("GET /jmap/download/A1/{blob}/x"), "", b"").await.status, 401);
}

#[tokio::test]
async fn uploads_have_their_limits() {
    let world =
        World::with(Limits { upload_octets_max: 1_000, uploads_max: 1, ..Limits::default() }, "")
            .await;
    let large = world.ask("POST /jmap/upload/A1", ANA, &[0; 1_001]).await;
    assert_eq!(large.json()["limit"], "maxSizeUpload");
    let (mut stream, _serving) = world.connect(secured());
    let head =
        format!("POST /jmap/upload/A1 HTTP/1.1\r\nHost: h\r\n{ANA}Content-Length: 10\r\n\r\n12345");
    stream.write_all(head.as_bytes()).await.unwrap();
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    let second = world.ask("POST /jmap/upload/A1", ANA, b"x").await;
    assert_eq!(second.json()["limit"], "maxConcurrentUpload");
    stream.write_all(b"67890").await.unwrap();
    let mut said = [0; 12];
    stream.read_exact(&mut said).await.unwrap();
    assert_eq!(&said, b"HTTP/1.1 201");
}
