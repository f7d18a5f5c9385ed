//! Any octets as a journal: the fuzzer's corpus, and random changes of good ones.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests may be blunt"
)]

use store::sim::{Dice, try_as_journal};

#[test]
fn the_corpus_of_the_fuzzer_opens_or_is_refused() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/journal");
    let mut count = 0;
    for entry in std::fs::read_dir(corpus).unwrap() {
        try_as_journal(&std::fs::read(entry.unwrap().path()).unwrap());
        count += 1;
    }
    assert!(count >= 10, "the corpus is missing");
}

/// The payload of a batch: a put, a body that comes along, a body elsewhere, a reference, a delete.
fn batch(dice: &mut Dice) -> Vec<u8> {
    let mut out = Vec::new();
    for _ in 0..dice.below(6) {
        match dice.below(5) {
            0 => out.extend(b"\x01\x04Akey\x05value"),
            1 => out.extend(b"\x02\x04Akey"),
            2 => {
                let octets = vec![dice.below(4) as u8; dice.below(100) as usize];
                let hash = blake3::hash(&octets);
                out.push(1);
                out.push(45);
                out.push(b'R');
                out.extend(hash.as_bytes());
                out.extend([0; 11]);
                out.push(dice.below(3) as u8);
                out.push(0);
                out.push(3);
                out.extend(hash.as_bytes());
                out.push(octets.len() as u8);
                if !octets.is_empty() {
                    out.extend(crc(&octets).to_le_bytes());
                }
                out.extend(octets);
            }
            3 => {
                out.push(4);
                out.extend(blake3::hash(b"elsewhere").as_bytes());
                out.push(9);
                out.extend(crc(b"elsewhere").to_le_bytes());
                out.extend([1, dice.below(3) as u8, dice.below(128) as u8, 9]);
            }
            _ => out.extend((0..dice.below(20)).map(|_| dice.below(256) as u8)),
        }
    }
    out
}

fn crc(octets: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for octet in octets {
        crc ^= u32::from(*octet);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

fn journal(seed: u64) -> Vec<u8> {
    let mut dice = Dice::new(seed);
    let mut out = vec![1 + dice.below(2) as u8];
    for _ in 0..dice.below(8) {
        let payload = batch(&mut dice);
        out.push(if dice.chance(80) { 9 } else { dice.below(16) as u8 });
        out.extend((payload.len() as u16).to_le_bytes());
        out.extend(payload);
    }
    out
}

#[test]
fn journals_of_nonsense_open_or_are_refused() {
    for seed in 0..300 {
        let journal = journal(seed);
        let tried = std::panic::catch_unwind(|| try_as_journal(&journal));
        assert!(tried.is_ok(), "seed {seed}");
    }
}

#[test]
fn raw_octets_open_or_are_refused() {
    for seed in 0..100 {
        let mut dice = Dice::new(seed);
        let mut octets = vec![0];
        octets.extend((0..dice.below(300)).map(|_| dice.below(256) as u8));
        if dice.chance(50) {
            octets.splice(1..1, *b"cRec\x01\0\0\0");
        }
        try_as_journal(&octets);
    }
}
