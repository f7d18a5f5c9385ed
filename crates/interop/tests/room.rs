//! Room on a small disk: whoever appends and deletes as fast as can be fills it for nobody, and what is given up comes back.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "tests may be blunt"
)]

use std::time::{Duration, Instant};

use interop::host::{PASSWORD, address};
use interop::imap::Imap;
use interop::lmtp::Lmtp;
use interop::volume::Volume;
use interop::{Host, Listener};

/// As long as the host looks after room by itself, and much longer: this is no limit, but the end of waiting in vain.
const IN_VAIN: Duration = Duration::from_secs(300);

fn letter(octets: usize, number: usize) -> Vec<u8> {
    let mut text = format!("From: a@example.net\r\nSubject: {number}\r\n\r\n");
    while text.len() < octets {
        text.push_str(&format!("line {} of {number}\r\n", text.len()));
    }
    text.into_bytes()
}

fn login(host: &Host, name: &str) -> Imap {
    let mut imap = Imap::login(host.port(Listener::Imap), &address(name), PASSWORD).unwrap();
    imap.ok("SELECT INBOX").unwrap();
    imap
}

fn delivered(host: &Host, name: &str) -> bool {
    let mut lmtp = Lmtp::connect(host.port(Listener::Lmtp)).unwrap();
    lmtp.deliver(&[address(name)], &letter(1_000, 0)).unwrap()[0].starts_with("250")
}

/// Waits until no more is used than that.
fn wait_until_used(volume: &Volume, octets: u64) -> Duration {
    let begin = Instant::now();
    while volume.used_octets() > octets {
        assert!(begin.elapsed() < IN_VAIN, "{} octets are used still", volume.used_octets());
        std::thread::sleep(Duration::from_millis(200));
    }
    begin.elapsed()
}

#[test]
fn a_user_with_a_small_quota_fills_the_disk_for_nobody() {
    let Some(volume) = Volume::new(200) else { return };
    let host = Host::start_in(&volume.path().join("data"));
    host.add("ana");
    host.add("rui");
    let (set, said) = host.command(&["user", "quota", &address("ana"), "1M"], "");
    assert!(set, "{said}");
    let mut imap = login(&host, "ana");
    let begin = Instant::now();
    let mut sent = 0;
    let (mut refused, mut refused_since, mut longest) = (0, None::<Instant>, Duration::ZERO);
    // More than the disk holds.
    for number in 0..520 {
        let text = letter(500_000, number);
        loop {
            let answer = imap.append("INBOX", "\\Deleted", &text).unwrap();
            if answer.is_ok() {
                break;
            }
            assert!(answer.status.starts_with("NO [UNAVAILABLE]"), "{}", answer.status);
            refused += 1;
            let since = *refused_since.get_or_insert_with(Instant::now);
            assert!(since.elapsed() < IN_VAIN, "no room comes back");
            std::thread::sleep(Duration::from_millis(100));
        }
        if let Some(since) = refused_since.take() {
            longest = longest.max(since.elapsed());
        }
        imap.ok("EXPUNGE").unwrap();
        sent += text.len();
    }
    println!(
        "{sent} octets appended and expunged in {:.1} s; refused {refused} times, for {:.1} s at a time at most; {} octets used",
        begin.elapsed().as_secs_f64(),
        longest.as_secs_f64(),
        volume.used_octets()
    );
    let waited = wait_until_used(&volume, 40 << 20);
    println!("at most 40 MB used {:.1} s later", waited.as_secs_f64());
    assert!(delivered(&host, "rui"));
}

#[test]
fn what_is_purged_gives_its_room_back_also_from_the_open_segment() {
    let Some(volume) = Volume::new(200) else { return };
    let host = Host::start_in(&volume.path().join("data"));
    host.add("ana");
    let before = volume.used_octets();
    let mut imap = login(&host, "ana");
    for number in 0..120 {
        let answer = imap.append("INBOX", "\\Deleted", &letter(500_000, number)).unwrap();
        assert!(answer.is_ok(), "{}", answer.status);
    }
    let full = volume.used_octets();
    assert!(full > 60 << 20, "{before} octets before, {full} after");
    imap.ok("EXPUNGE").unwrap();
    let (purged, said) = host.command(&["user", "purge", &address("ana"), "--yes"], "yes");
    assert!(purged, "{said}");
    let waited = wait_until_used(&volume, before + (20 << 20));
    println!(
        "{full} octets used before the purge, {} {:.1} s after it",
        volume.used_octets(),
        waited.as_secs_f64()
    );
}
