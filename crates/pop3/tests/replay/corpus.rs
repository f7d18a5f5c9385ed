//! Replays the corpus of the fuzz target, and random octets of the kind that hurts.

use std::path::Path;

use proptest::prelude::*;

use crate::any_octets::check;

#[test]
fn the_fuzz_corpus_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/pop3");
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
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_octets_hold(
        octets in prop_oneof![
            "[a.\r\n ]{0,60}".prop_map(String::into_bytes),
            "(?:(?:To: |Subject:|X: |Content-Type: |\r\n ?|--b|message/global|multipart/mixed; boundary=b)[aé,;<>@.]{0,6}\r?\n?){0,12}"
                .prop_map(String::into_bytes),
            "(?:(?:USER ana|PASS secret|QUIT|DELE 1|TOP 2 1|LIST|UIDL 1|\\+OK|-ERR|\\.)\r?\n){0,12}"
                .prop_map(String::into_bytes),
            prop::collection::vec(any::<u8>(), 0..200),
        ]
    ) {
        check(&octets);
    }
}
