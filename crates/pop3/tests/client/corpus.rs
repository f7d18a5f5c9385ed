//! Replays the corpus of the fuzz target, and random servers of the kind that hurts.

use std::path::Path;

use proptest::prelude::*;

use crate::any_server::check;

#[test]
fn the_fuzz_corpus_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/pop3_client");
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
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_server_is_borne(
        wish in any::<u8>(),
        login in prop_oneof![
            Just("+OK\r\n-ERR\r\n+OK\r\n+OK\r\n"),
            Just("+OK\r\n+OK\r\nUSER\r\nTOP\r\nPIPELINING\r\n.\r\n+OK\r\n+OK\r\n-ERR\r\n"),
            Just(""),
        ],
        listing in "(\\+OK\r\n([1-4] (1[0-9]|[ab])\r\n){0,6}\\.\r\n|-ERR\r\n){0,2}",
        rest in "((\\+OK|-ERR|\\.|Subject: [ab]|Date: 1 Jan 20[12]0|| )\r?\n){0,40}",
    ) {
        let mut octets = vec![wish];
        octets.extend([login, listing.as_str(), rest.as_str()].concat().into_bytes());
        check(&octets);
    }
}
