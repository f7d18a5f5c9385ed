//! Replays the corpus of the fuzz target: what once broke something stays covered.

use std::path::Path;

use crate::any_octets::check;

#[test]
fn the_corpus_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/smtp");
    let mut inputs = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let octets = std::fs::read(&path).unwrap();
        eprintln!("{}", path.display());
        check(&octets);
        inputs += 1;
    }
    assert!(inputs >= 50, "the corpus is there");
}
