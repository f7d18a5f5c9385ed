//! HTML as html5ever's tokenizer reads it, and what may be in it.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

#[derive(Default)]
pub(crate) struct Parsed {
    /// All elements with their attributes.
    elements: Vec<(String, Vec<(String, String)>)>,
    /// What stands between them, but for styles.
    pub(crate) text: String,
    sheets: String,
}

const ELEMENTS: &str = "a abbr acronym address article aside b bdi bdo big blockquote body br caption center cite code col colgroup \
    dd del details dfn dir div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark meta \
    nav nobr ol p pre q rb rp rt ruby s samp section small span strike strong style sub summary sup table tbody td tfoot th thead \
    time tr tt u ul var wbr";

const ATTRIBUTES: &str = "abbr align alink alt axis background bgcolor border bordercolor cellpadding cellspacing char charoff class \
    clear color cols colspan compact datetime dir face frame headers height href hspace id lang link name noshade nowrap open rel \
    reversed rowspan rules scope size span src start style summary target text title type valign value vspace width";

#[derive(Default)]
struct Sink {
    parsed: RefCell<Parsed>,
    in_style: RefCell<bool>,
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        let mut parsed = self.parsed.borrow_mut();
        match token {
            Token::TagToken(tag) => {
                let is_style = &*tag.name == "style";
                *self.in_style.borrow_mut() = is_style && tag.kind == TagKind::StartTag;
                if tag.kind == TagKind::StartTag {
                    let attributes = tag
                        .attrs
                        .iter()
                        .map(|it| (it.name.local.to_string(), it.value.to_string()));
                    parsed.elements.push((tag.name.to_string(), attributes.collect()));
                    if is_style {
                        return TokenSinkResult::RawData(RawKind::Rawtext);
                    }
                }
            }
            Token::CharacterTokens(text) if *self.in_style.borrow() => {
                parsed.sheets.push_str(&text)
            }
            Token::CharacterTokens(text) => parsed.text.push_str(&text),
            Token::CommentToken(_) => parsed.elements.push(("comment".to_owned(), Vec::new())),
            Token::DoctypeToken(_)
            | Token::NullCharacterToken
            | Token::EOFToken
            | Token::ParseError(_) => {}
        }
        TokenSinkResult::Continue
    }
}

impl Parsed {
    pub(crate) fn of(html: &str) -> Parsed {
        let tokenizer = Tokenizer::new(Sink::default(), TokenizerOpts::default());
        let queue = BufferQueue::default();
        queue.push_back(StrTendril::from(html));
        drop(tokenizer.feed(&queue));
        tokenizer.end();
        tokenizer.sink.parsed.into_inner()
    }

    fn attributes(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        let all = self.elements.iter();
        all.flat_map(|(of, list)| list.iter().map(move |(name, value)| (&**of, &**name, &**value)))
    }

    pub(crate) fn links(&self) -> impl Iterator<Item = &str> {
        self.attributes().filter_map(|(_, name, value)| (name == "href").then_some(value))
    }

    /// The addresses that a browser would load.
    pub(crate) fn loads(&self) -> impl Iterator<Item = &str> {
        let pictures = self
            .attributes()
            .filter_map(|(_, name, value)| matches!(name, "src" | "background").then_some(value));
        let styles =
            self.attributes().filter_map(|(_, name, value)| (name == "style").then_some(value));
        pictures.chain(styles.chain([&*self.sheets]).flat_map(urls))
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        for (element, _) in &self.elements {
            if !ELEMENTS.split_ascii_whitespace().any(|known| known == element) {
                return Err(format!("there is an element {element}"));
            }
        }
        for (element, name, value) in self.attributes() {
            check_attribute(element, name, value)?;
        }
        check_style(&self.sheets)?;
        match self.loads().find(|address| !may_load(address)) {
            None => Ok(()),
            Some(address) => Err(format!("it loads {address}")),
        }
    }
}

fn check_attribute(element: &str, name: &str, value: &str) -> Result<(), String> {
    if element == "meta" {
        let is_scheme = (name == "name" && value == "color-scheme") || name == "content";
        return if is_scheme { Ok(()) } else { Err(format!("meta says {name}")) };
    }
    if !ATTRIBUTES.split_ascii_whitespace().any(|known| known == name) {
        return Err(format!("{element} has an attribute {name}"));
    }
    let are_ours = |names: &str| names.split(' ').all(|name| name.starts_with("m-"));
    let is_right = match name {
        "href" => {
            element == "a"
                && ["http://", "https://", "mailto:", "tel:", "#m-"]
                    .iter()
                    .any(|it| value.starts_with(it))
        }
        "target" => value == "_blank",
        "rel" => value == "noopener noreferrer nofollow",
        "id" | "name" | "class" | "headers" => value.is_empty() || are_ours(value),
        "style" => return check_style(value),
        _ => true,
    };
    if is_right { Ok(()) } else { Err(format!("{element} has {name}={value}")) }
}

fn check_style(style: &str) -> Result<(), String> {
    let lower = style.to_ascii_lowercase();
    let wrong = [
        "<",
        "&",
        "@import",
        "@font",
        "@key",
        "expression",
        "behavior",
        "binding",
        "javascript",
        "position:fixed",
        "position:absolute",
        "z-index",
        "transform:",
        "content:",
        "cursor:",
        "var(",
        "image(",
        "/*",
        "animation",
    ];
    // In an address an ampersand means nothing else.
    let outside = outside_of_urls(&lower);
    match wrong.iter().find(|wrong| outside.contains(*wrong)) {
        None => Ok(()),
        Some(wrong) => Err(format!("a style says {wrong}: {style}")),
    }
}

fn outside_of_urls(style: &str) -> String {
    let mut outside = String::new();
    let mut rest = style;
    while let Some((before, behind)) = rest.split_once("url(") {
        outside.push_str(before);
        rest = behind.split_once(')').map_or("", |(_, behind)| behind);
    }
    outside + rest
}

/// What stands in the url() of styles.
fn urls(style: &str) -> impl Iterator<Item = &str> {
    let found = style.match_indices("url(").map(|(at, _)| &style[at + 4..]);
    found.map(|rest| rest.split(')').next().unwrap().trim_matches(['"', '\'']))
}

fn may_load(address: &str) -> bool {
    let picture = address.strip_prefix("data:").is_some_and(|rest| {
        [
            "image/png;base64,",
            "image/jpeg;base64,",
            "image/gif;base64,",
            "image/webp;base64,",
            "image/jpg;base64,",
            "image/avif;base64,",
            ",",
        ]
        .iter()
        .any(|it| rest.starts_with(it))
    });
    picture || ["cid:", "http://", "https://"].iter().any(|it| address.starts_with(it))
}
