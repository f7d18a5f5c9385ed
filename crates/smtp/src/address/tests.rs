//! Addresses that are read, and those that are not.

use super::{Address, Bare, Brackets, path, reverse_path};

fn check(input: &str, want: Option<&str>) {
    let got = path(input, Bare::Postmaster)
        .ok()
        .filter(|(_, rest, _)| rest.is_empty())
        .map(|(address, _, _)| address.to_string());
    assert_eq!(got.as_deref(), want, "{input:?}");
}

#[test]
fn paths_are_read_and_printed_with_the_least_quoting() {
    for (input, want) in [
        ("<ana@example.org>", "ana@example.org"),
        ("<Ana.B@EXAMPLE.org>", "Ana.B@example.org"),
        ("<\"ana\"@example.org>", "ana@example.org"),
        ("<\"a b\"@example.org>", "\"a b\"@example.org"),
        ("<\"a\\\"b\\\\\"@example.org>", "\"a\\\"b\\\\\"@example.org"),
        ("<\"joe\\,s\"@example.org>", "\"joe,s\"@example.org"),
        ("<\"a@b\"@example.org>", "\"a@b\"@example.org"),
        ("<ana+list@example.org>", "ana+list@example.org"),
        ("<a'--@d>", "a'--@d"),
        ("<${run{x}}@d>", "${run{x}}@d"),
        ("<a%b@d>", "a%b@d"),
        ("<x!a@d>", "x!a@d"),
        ("<@one.example,@two.example:ana@example.org>", "ana@example.org"),
        ("<ana@[192.0.2.1]>", "ana@[192.0.2.1]"),
        ("<ana@[IPv6:2001:db8::1]>", "ana@[IPv6:2001:db8::1]"),
        ("<ana@[ipv6:::ffff:192.0.2.1]>", "ana@[192.0.2.1]"),
        ("<j\u{e1}n@p\u{159}\u{ed}klad.example>", "j\u{e1}n@p\u{159}\u{ed}klad.example"),
        ("<ana@under_score.example>", "ana@under_score.example"),
        ("<Postmaster>", "Postmaster"),
        ("<\" \"@example.org>", "\" \"@example.org"),
    ] {
        check(input, Some(want));
    }
}

#[test]
fn what_is_no_path_is_refused() {
    let long_local = format!("<{}@d>", "a".repeat(65));
    let long_path = format!("<a@{}d>", "d.".repeat(130));
    let long_label = format!("<a@{}>", "d".repeat(64));
    for input in [
        "",
        "<",
        "<>",
        "ana@",
        "ana",
        "ana@example.org>",
        "ana@example.org,bob@example.org",
        "@one.example:ana@example.org",
        "<ana@example.org",
        "<ana>",
        "<@example.org>",
        "<ana@>",
        "<ana@@d>",
        "<.ana@d>",
        "<ana.@d>",
        "<a..b@d>",
        "<a b@d>",
        "<ana@d.>",
        "<ana@.d>",
        "<ana@-d>",
        "<ana@d->",
        "<ana@d..e>",
        "<ana@[300.1.1.1]>",
        "<ana@[1.2.3.4>",
        "<ana@[IPv6:xyz]>",
        "<\"\"@d>",
        "<\"ana@d>",
        "<\"a\u{1}b\"@d>",
        "<\"a\\\u{7f}\"@d>",
        "<@a@d>",
        "<@a b:ana@d>",
        "<a,b@d>",
        "<;id;@d>",
        "<a(b)@d>",
        "<ana@d e>",
        "<ana@d\u{85}>",
        "<*)(uid=*@d>",
        &long_local,
        &long_path,
        &long_label,
    ] {
        check(input, None);
    }
}

#[test]
fn a_path_at_the_limit_passes() {
    let domain = format!("{}.{}.{}.d", "a".repeat(63), "b".repeat(63), "c".repeat(59));
    let input = format!("<{}@{domain}>", "x".repeat(64));
    assert_eq!(input.len(), 256);
    check(&input, Some(input.trim_matches(['<', '>'])));
}

#[test]
fn brackets_may_be_missing() {
    for (input, want, rest) in [
        ("ana@example.org", "ana@example.org", ""),
        ("ana@example.org SIZE=1", "ana@example.org", " SIZE=1"),
        ("\"a b\"@example.org", "\"a b\"@example.org", ""),
        ("postmaster", "postmaster", ""),
    ] {
        let (address, after, brackets) = path(input, Bare::Postmaster).unwrap();
        assert_eq!((address.to_string().as_str(), after), (want, rest));
        assert_eq!(brackets, Brackets::Missing, "{input}");
    }
}

#[test]
fn the_null_path_is_no_address() {
    assert_eq!(reverse_path("<> SIZE=1"), Ok((None, " SIZE=1", Brackets::There)));
    assert!(reverse_path("<postmaster>").is_err());
}

#[test]
fn lmtp_names_local_users_without_a_domain() {
    let (address, _, _) = path("<ana>", Bare::Anybody).unwrap();
    assert_eq!(address.to_string(), "ana");
}

#[test]
fn quoting_makes_no_other_address() {
    let plain: Address = "ana@example.org".parse().unwrap();
    assert_eq!(plain, "\"an\\a\"@EXAMPLE.ORG".parse().unwrap());
    assert!("ana@example.org>".parse::<Address>().is_err());
}
