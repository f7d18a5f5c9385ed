//! Bodies that are too large, too deep or too much of something: they are cut, soon, and nothing is lost that could be read.

use std::time::{Duration, Instant};

use safe::{Body, limits, of_html};

use crate::check;

/// A debug build on a busy machine; each takes some tens of milliseconds otherwise.
const SOON: Duration = Duration::from_secs(20);

fn soon(html: &str) -> Body {
    let began = Instant::now();
    let body = of_html(html);
    assert!(began.elapsed() < SOON, "{:?} for {:.60}", began.elapsed(), html);
    body
}

#[test]
fn ten_megabytes_are_cut() {
    let body = soon(&format!("{}end", "some words <b>and</b> more. ".repeat(400_000)));
    assert!(body.is_cut());
    assert!(body.octets() < limits::HTML_OCTETS_MAX * 2);
}

#[test]
fn a_hundred_thousand_nested_elements_are_cut_and_their_text_stays() {
    for tag in ["div", "b", "table", "blockquote", "font", "ul", "a"] {
        let body = soon(&format!("{}deep inside", format!("<{tag}>").repeat(100_000)));
        assert!(body.is_cut(), "{tag}");
        let html = body.to_html();
        assert!(html.contains("deep inside"), "{tag}");
        // Links end where the next begins.
        let most = if tag == "a" { limits::ELEMENTS_MAX } else { 4 * limits::DEPTH_MAX };
        assert!(html.matches(&format!("<{tag}")).count() <= most, "{tag}");
    }
}

#[test]
fn a_hundred_thousand_elements_side_by_side_are_cut_and_their_text_stays() {
    let body = soon(&"<p>word".repeat(100_000));
    assert!(body.is_cut());
    let html = body.to_html();
    assert_eq!(html.matches("word").count(), 100_000);
    assert!(html.matches("<p>").count() <= limits::ELEMENTS_MAX);
}

#[test]
fn formatting_that_never_ends_is_not_repeated_without_end() {
    let html: String = (0..3_000).map(|number| format!("<p><font size={number}>x")).collect();
    let body = soon(&html);
    assert!(body.octets() < 4_000_000, "{}", body.octets());
    let html: String = (0..3_000).map(|number| format!("<p><b id=x{number}><i><u>x</p>")).collect();
    assert!(soon(&html).octets() < 8_000_000);
}

#[test]
fn large_styles_are_left_out() {
    let body = soon(&format!("<p style=\"color:red;{}\">x", "margin:0;".repeat(120_000)));
    assert!(body.is_cut() && !body.to_html().contains("margin"));
    let body = soon(&format!("<style>{}</style>x", "p{color:red}".repeat(100_000)));
    assert!(body.is_cut() && !body.to_html().contains("color"));
    for nested in ["@media x{", "{", "(", "[", "p{", "calc("] {
        soon(&format!("<style>p{{width:{}</style>x", nested.repeat(50_000 / nested.len())));
        soon(&format!("<p style=\"width:{}\">x", nested.repeat(3_000)));
    }
    soon(&format!("<style>{}{{color:red}}</style>", "a,".repeat(150_000)));
    soon(&format!("<style>{}{{color:red}}</style>", "a>".repeat(150_000)));
}

#[test]
fn much_of_anything_takes_no_long_time() {
    for bit in [
        "<",
        "\u{a0}",
        "&lt;",
        "</",
        "<!--",
        "<a ",
        "<a b",
        "<a b=\"",
        "<script>",
        "<style>",
        "</b>",
        "<svg>",
        "&",
        "&#",
        "<p/",
        "<![CDATA[",
        "<select>",
        "<b></p>",
        "<a href=x>",
        "<table><b>",
        "<li>",
        "<td>",
    ] {
        let body = soon(&bit.repeat(1_000_000 / bit.len()));
        drop(body);
    }
    let attributes: String = (0..200_000).map(|number| format!(" a{number}=1")).collect();
    soon(&format!("<p{attributes}>x"));
    soon(&format!("<body{attributes}>x"));
    soon(&"<body a=1>".repeat(100_000));
    soon(&format!("<p class=\"{}\">x", "a ".repeat(500_000)));
}

#[test]
fn what_was_cut_is_safe_too() {
    let html = format!(
        "{}<script>x</script><img src=x onerror=y>{}",
        "<div>".repeat(500),
        "<b>".repeat(100)
    );
    check(&of_html(&html)).unwrap();
}
