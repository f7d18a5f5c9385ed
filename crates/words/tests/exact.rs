//! What the words say about a text is what looking through the texts says: each that holds it is named, and where the words are
//! sure, no other.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "tests may be blunt"
)]

use proptest::prelude::*;
use words::{Block, Builder, Merge, Needle, Numbers, Pattern, Run, filters, look, put_filter};

fn index(texts: &[String], first: usize) -> Vec<Block> {
    let mut builder = Builder::default();
    for (number, text) in texts.iter().enumerate() {
        builder.add((first + number) as u32, text);
    }
    builder.finish()
}

fn found(blocks: &[Block], pattern: &Pattern, bound: u32) -> Numbers {
    let mut found = [Numbers::none(bound)];
    let mut all_filters = Vec::new();
    blocks.iter().for_each(|block| put_filter(block, &mut all_filters).unwrap());
    let places = filters(&all_filters).unwrap();
    assert_eq!(places.len(), blocks.len());
    for (block, place) in blocks.iter().zip(places) {
        if pattern.may_be_in(&all_filters[place]) {
            look(block, &[pattern], &mut found).unwrap();
        }
    }
    let [found] = found;
    found
}

/// Compares the answers with the texts.
fn compare(texts: &[String], gone: &[bool], blocks: &[Block], needle: &str) {
    let bound = texts.len() as u32;
    let Some(wanted) = Needle::new(needle) else {
        assert!(!needle.chars().any(|c| c.is_ascii_alphanumeric()), "{needle:?}");
        return;
    };
    let sure = wanted.sure.as_ref().map(|pattern| found(blocks, pattern, bound));
    let mut may = found(blocks, &wanted.needed[0], bound);
    for pattern in &wanted.needed[1..] {
        may.retain(&found(blocks, pattern, bound));
    }
    for (number, text) in texts.iter().enumerate() {
        let holds = text.contains(needle) && !gone[number];
        let number = number as u32;
        let is_sure = sure.as_ref().is_some_and(|sure| sure.contains(number));
        assert!(!is_sure || holds, "{needle:?} is not in {text:?}");
        assert!(!holds || is_sure || may.contains(number), "{needle:?} is in {text:?}");
        if needle.len() <= 24 && sure.is_some() {
            assert_eq!(is_sure, holds, "{needle:?}, {text:?}");
        }
    }
}

fn letters() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => "[a-c]{1,4}",
        2 => "[a-b]{20,300}",
        2 => Just(" ".to_owned()),
        2 => "[.@'-]{1,2}",
        1 => "[,/\n!]",
        1 => "[éãß]{1,3}",
        2 => "[会議の]{1,4}",
        1 => Just("\u{3000}".to_owned()),
    ];
    prop::collection::vec(piece, 1..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_words_say_what_the_texts_say(
        texts in prop::collection::vec(letters(), 1..12),
        others in prop::collection::vec(letters(), 1..6),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 1_usize..60), 20),
        split in any::<prop::sample::Index>(),
        gone in prop::collection::vec(prop::bool::weighted(0.2), 12),
    ) {
        let mut needles = others;
        for (text, from, octets) in cuts {
            let text = text.get(&texts);
            let from = text.floor_char_boundary(from.index(text.len()));
            let to = text.ceil_char_boundary((from + octets).min(text.len()));
            needles.push(text[from..to].to_owned());
        }
        let all_there = vec![false; texts.len()];
        let blocks = index(&texts, 0);
        for needle in &needles {
            compare(&texts, &all_there, &blocks, needle);
        }
        // The same of two runs that were merged, without those that went.
        let middle = split.index(texts.len());
        let halves = [index(&texts[..middle], 0), index(&texts[middle..], 0)];
        let merged = merge(&halves, &[0, middle as u32], |number| !gone[number as usize]);
        for needle in &needles {
            compare(&texts, &gone, &merged, needle);
        }
    }
}

fn merge(runs: &[Vec<Block>], shifts: &[u32], keeps: impl Fn(u32) -> bool) -> Vec<Block> {
    let mut merge = Merge::new(shifts.iter().map(|shift| Run::new(*shift)).collect());
    let mut blocks: Vec<_> = runs.iter().map(|run| run.iter()).collect();
    let mut merged = Vec::new();
    loop {
        for (number, run) in merge.waiting() {
            match blocks[number].next() {
                Some(block) => run.take(block).unwrap(),
                None => run.end(),
            }
        }
        match merge.step(&keeps).unwrap() {
            Some(block) => merged.push(block),
            None if merge.waiting().next().is_none() => return merged,
            None => {}
        }
    }
}

#[test]
fn many_words_go_into_blocks_of_bounded_size() {
    let texts: Vec<String> =
        (0..6_000).map(|n| format!("number{n} of{} common words", n % 50)).collect();
    let blocks = index(&texts, 0);
    assert!(blocks.len() > 1);
    assert!(blocks.iter().all(|block| block.len() < 100 << 10));
    let gone = vec![false; texts.len()];
    for needle in ["number5999", "common", "umber29", "of7 common", "s", "of1"] {
        compare(&texts, &gone, &blocks, needle);
    }
    let octets: usize = texts.iter().map(String::len).sum();
    let kept: usize = blocks.iter().map(Vec::len).sum();
    assert!(kept * 10 < octets * 6, "{kept} of {octets}");
}

proptest! {
    #[test]
    fn damage_is_told_and_no_panic(at in any::<prop::sample::Index>(), flip in 1_u8.., cut in any::<prop::sample::Index>()) {
        let blocks = index(&["some words of a text".to_owned(), "more of them".to_owned()], 0);
        let mut damaged = blocks[0].clone();
        let at = at.index(damaged.len());
        damaged[at] ^= flip;
        let pattern = Needle::new("of").unwrap().sure.unwrap();
        let mut found = [Numbers::none(2)];
        let _ = look(&damaged, &[&pattern], &mut found);
        drop(words::words_in(&damaged));
        let cut = cut.index(blocks[0].len());
        let _ = look(&blocks[0][..cut], &[&pattern], &mut found);
    }
}
