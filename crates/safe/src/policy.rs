//! The lists of what is allowed, and ammonia, which holds bodies to them.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};

use crate::address::{Found, link, picture};
use crate::css;
use crate::name::{all_prefixed, prefixed};

/// All elements. Nothing that runs, loads, asks for something, or is drawn by rules other than HTML's.
pub(crate) const TAGS: [&str; 79] = [
    "a",
    "abbr",
    "acronym",
    "address",
    "article",
    "aside",
    "b",
    "bdi",
    "bdo",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "dfn",
    "dir",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "main",
    "mark",
    "nav",
    "nobr",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "wbr",
    "ruby",
    "rt",
    "rp",
    "rb",
];

/// Those without an end.
pub(crate) const VOID: [&str; 5] = ["br", "col", "hr", "img", "wbr"];

/// Those that browsers go on with in the paragraph behind one in which they are not ended.
pub(crate) const FORMATTING: [&str; 13] =
    ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt"];

/// Those that end a paragraph by beginning.
pub(crate) const BLOCKS: [&str; 33] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "center",
    "dd",
    "details",
    "dir",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "ul",
    "caption",
];

/// What any element may say.
const ATTRIBUTES: [&str; 47] = [
    "abbr",
    "align",
    "alink",
    "alt",
    "axis",
    "background",
    "bgcolor",
    "border",
    "bordercolor",
    "cellpadding",
    "cellspacing",
    "char",
    "charoff",
    "cite",
    "class",
    "clear",
    "color",
    "cols",
    "colspan",
    "compact",
    "datetime",
    "dir",
    "face",
    "frame",
    "headers",
    "height",
    "hspace",
    "id",
    "lang",
    "link",
    "noshade",
    "nowrap",
    "open",
    "reversed",
    "rowspan",
    "rules",
    "scope",
    "size",
    "span",
    "start",
    "style",
    "summary",
    "text",
    "title",
    "type",
    "valign",
    "value",
];

/// What links are, whatever they say.
const LINK: [(&str, &str); 2] = [("target", "_blank"), ("rel", "noopener noreferrer nofollow")];

static BUILDER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let set = |list: &[&'static str]| list.iter().copied().collect::<HashSet<_>>();
    let attributes = [
        ("a", set(&["href", "name", "target", "rel"])),
        ("img", set(&["src", "width", "vspace"])),
        ("table", set(&["width"])),
        ("td", set(&["width"])),
        ("th", set(&["width"])),
        ("col", set(&["width"])),
        ("colgroup", set(&["width"])),
        ("hr", set(&["width"])),
        ("pre", set(&["width"])),
    ];
    let mut builder = Builder::empty();
    builder
        .tags(set(&TAGS))
        .clean_content_tags(set(&[
            "script", "style", "svg", "math", "iframe", "object", "embed", "template",
        ]))
        .generic_attributes(set(&ATTRIBUTES))
        .tag_attributes(attributes.into_iter().collect())
        .url_schemes(set(&["http", "https", "mailto", "tel", "cid", "data"]))
        // The filter says of each address whether it is one; anchors in the body are relative.
        .url_relative(UrlRelative::PassThrough)
        .link_rel(None)
        .strip_comments(true)
        .attribute_filter(attribute);
    builder
});

/// HTML with what is allowed, in the one way in which a browser's tree is written.
pub(crate) fn clean(html: &str) -> String {
    BUILDER.clean(html).to_string()
}

/// An attribute as it may stand; none: it goes.
fn attribute<'v>(element: &str, name: &str, value: &'v str) -> Option<Cow<'v, str>> {
    if element == "a"
        && let Some((_, fixed)) = LINK.iter().find(|(of, _)| *of == name)
    {
        return Some(Cow::Borrowed(fixed));
    }
    let made = match name {
        "style" => Some(css::declarations(value)).filter(|style| !style.is_empty())?,
        "href" if element == "a" => link(value)?,
        "src" | "background" => match picture(value)? {
            Found::Here(address) => address,
            Found::Elsewhere(picture) => picture.address(),
        },
        "id" | "name" => prefixed(value),
        "class" | "headers" => all_prefixed(value),
        // Addresses that nothing is loaded from; nobody needs them.
        "cite" | "href" => return None,
        _ => return Some(Cow::Borrowed(value)),
    };
    Some(Cow::Owned(made))
}
