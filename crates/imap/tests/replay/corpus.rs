//! Replays the corpus of the fuzz target, and random octets of the kind that hurts.

use std::path::Path;

use proptest::prelude::*;

use crate::any_octets::check;

#[test]
fn the_fuzz_corpus_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/imap");
    let mut files = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        println!("{}", path.display());
        check(&std::fs::read(path).unwrap());
        files += 1;
    }
    assert!(files > 10, "the corpus is missing");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_octets_hold(
        octets in prop_oneof![
            "(?:a [A-Z]{0,3} ?|[(){}\"\\\\ ]|\\{[0-9]{1,2}\\+?\\}\r\n|[a-z0-9*%:,$]){0,40}\r\n"
                .prop_map(String::into_bytes),
            "(?:a (?:NOOP|FETCH 1:\\* \\(FLAGS BODY\\[\\]\\)|STORE 1 \\+FLAGS \\(x\\)|EXPUNGE|SELECT x|CREATE x|\
             APPEND INBOX \\{3\\+?\\}\r\nabc|IDLE\r\nDONE|SEARCH OR SEEN \\(1:2 UID \\*\\)|LIST \"\" \\*|CLOSE)\r?\n){0,12}"
                .prop_map(String::into_bytes),
            "(?:\\* (?:OK x|1 FETCH \\(FLAGS \\(x\\)\\)|SEARCH 1 2|1 FETCH \\(BODY\\[\\] \\{3\\}\r\nabc\\)|LIST \\(\\) \"/\" x)\r\n|a[1-8] OK x\r\n|\\+ \r\n){0,20}"
                .prop_map(String::into_bytes),
            prop::collection::vec(any::<u8>(), 0..200),
        ]
    ) {
        check(&octets);
    }
}
