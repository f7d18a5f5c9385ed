//! What cannot be beaten: the same octets from a program that does nothing else.

use std::io::{IoSlice, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;

/// About as long as the record of a small change.
const CHANGE_OCTETS: usize = 300;
const FILE_OCTETS: u64 = 64 << 20;

/// How many small writes a second are durable, one after another, in a file whose room is there.
pub(super) fn durable_writes(folder: &Path, seconds: f64) -> Result<f64> {
    let path = folder.join("bare");
    let file = std::fs::File::create(&path)?;
    rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, FILE_OCTETS)?;
    file.sync_all()?;
    let (start, mut done) = (Instant::now(), 0_u64);
    let end = start + Duration::from_secs_f64(seconds);
    while Instant::now() < end {
        let offset = done * CHANGE_OCTETS as u64 % (FILE_OCTETS - CHANGE_OCTETS as u64);
        file.write_all_at(&[7; CHANGE_OCTETS], offset)?;
        file.sync_data()?;
        done += 1;
    }
    let per_second = done as f64 / start.elapsed().as_secs_f64();
    std::fs::remove_file(path)?;
    Ok(per_second)
}

/// Answers each line of one client as a server would that has so many bodies ready in memory.
pub(super) fn sender(messages: u32, octets: usize) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        // Whoever measures hangs up at the end.
        drop(answer(&listener, messages, &vec![b'x'; octets]));
    });
    Ok(address)
}

fn answer(listener: &TcpListener, messages: u32, body: &[u8]) -> std::io::Result<()> {
    let (mut stream, _) = listener.accept()?;
    stream.set_nodelay(true)?;
    let mut lines = std::io::BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    while std::io::BufRead::read_line(&mut lines, &mut line)? > 0 {
        for number in 1..=messages {
            let head = format!("* {number} FETCH (UID {number} BODY[] {{{}}}\r\n", body.len());
            let pieces =
                &mut [IoSlice::new(head.as_bytes()), IoSlice::new(body), IoSlice::new(b")\r\n")];
            let mut left = &mut pieces[..];
            while !left.is_empty() {
                let sent = stream.write_vectored(left)?;
                IoSlice::advance_slices(&mut left, sent);
            }
        }
        stream.write_all(b"a OK done\r\n")?;
        line.clear();
    }
    Ok(())
}
