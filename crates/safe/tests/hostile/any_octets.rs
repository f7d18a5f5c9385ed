//! Any octets as a body: shared by the tests and the fuzz target, so it needs no parser beside our own.

use safe::{Flow, of_html, of_plain};

/// Fails where a body is not safe, by what can be said of it without a parser, or does not stay as it is.
pub(crate) fn check(octets: &[u8]) {
    let text = String::from_utf8_lossy(octets);
    let body = of_html(&text);
    let kept = body.to_html();
    assert_eq!(of_html(&kept).to_html(), kept, "made safe again it is another");
    let shown = body.show(|_| None);
    assert!(!shown.style.contains('<'), "{}", shown.style);
    for tag in shown.content.split('<').skip(1) {
        let name = tag.trim_start_matches('/').split([' ', '>']).next().unwrap_or_default();
        let is_plain = !name.is_empty()
            && name.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit());
        assert!(is_plain && !NEVER.contains(&name), "<{tag}");
    }
    for flow in [Flow::Fixed, Flow::Flowed, Flow::FlowedWithoutSpace] {
        let plain = of_plain(&text, flow).show(|_| None).content;
        assert!(!plain.contains("<script") && !plain.contains("<img"));
    }
}

const NEVER: [&str; 12] = [
    "script", "style", "svg", "math", "iframe", "object", "embed", "form", "input", "link", "meta",
    "base",
];
