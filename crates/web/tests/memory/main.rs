//! What listeners cost in memory. In a process of its own, so that nothing else moves the figures.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::print_stdout,
    clippy::disallowed_methods,
    dead_code,
    reason = "tests may be blunt, and not all of what others need is needed here"
)]

#[path = "../http/notebook.rs"]
mod notebook;
#[path = "../http/page_people.rs"]
mod page_people;
#[path = "../http/people.rs"]
mod people;
#[path = "../http/world.rs"]
mod world;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::world::{ANA, World, secured};

/// The memory of this process that is in use, in octets.
fn resident_octets() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}

#[tokio::test]
async fn listeners_cost_little() {
    const WORLDS: usize = 20;
    const EACH: usize = 50;
    let mut worlds = Vec::new();
    for _ in 0..=WORLDS {
        worlds.push(World::new().await);
    }
    let mut kept = Vec::with_capacity((WORLDS + 1) * EACH);
    let mut before = resident_octets();
    let request = format!(
        "GET /jmap/eventsource?types=*&closeafter=no&ping=0 HTTP/1.1\r\nHost: h\r\n{ANA}\r\n"
    );
    for (number, world) in worlds.iter().enumerate() {
        if number == 1 {
            before = resident_octets();
        }
        for _ in 0..EACH {
            let (mut stream, _serving) = world.connect_by(secured(), 1_024);
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut heard = Vec::new();
            while !heard.windows(6).any(|six| six == b"\nid: 0" || six == b"\nid: 1")
                && !heard.ends_with(b"\n\n\r\n")
            {
                heard.push(stream.read_u8().await.unwrap());
            }
            kept.push(stream);
        }
    }
    let each = resident_octets().saturating_sub(before) / (WORLDS * EACH);
    println!("a listener costs {each} octets, the client's end and the pipe included");
    // Two buffers of 8 KiB are of hyper, whatever it has to hold.
    assert!(each < 24 << 10, "{each}");
}
