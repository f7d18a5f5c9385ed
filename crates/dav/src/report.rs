//! Reports: addressbook-query and addressbook-multiget (RFC 6352, 8.6 and 8.7), sync-collection (RFC 6578).

use cards::vcard::Version;

use crate::Syntax;
use crate::asked::{Propfind, wanted};
use crate::filter::Filter;
use crate::name::{CARDDAV, DAV};
use crate::xml::Element;

/// How the cards themselves are wanted (RFC 6352, 10.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressData {
    /// In which version: 3.0 where nothing is said.
    pub version: Version,
    /// Which properties, in capitals; none: all.
    pub only: Option<Vec<String>>,
}

/// What is wanted of each resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Which properties.
    pub properties: Propfind,
    /// How the cards, if they are among them.
    pub data: AddressData,
}

/// addressbook-query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Of each that matches.
    pub wanted: Wanted,
    /// Which match.
    pub filter: Filter,
    /// How many at most.
    pub limit: Option<u64>,
}

/// addressbook-multiget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Multiget {
    /// Of each.
    pub wanted: Wanted,
    /// Which, as the client wrote them.
    pub hrefs: Vec<String>,
}

/// sync-collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sync {
    /// Of each that is there.
    pub wanted: Wanted,
    /// What the client knows; none: nothing.
    pub token: Option<String>,
    /// How many at most.
    pub limit: Option<u64>,
}

/// A report that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the reports")]
pub enum Report {
    Query(Query),
    Multiget(Multiget),
    Sync(Sync),
}

/// Reads the body of a REPORT.
pub fn read_report(octets: &[u8]) -> Result<Report, Syntax> {
    let asked = Element::read(octets)?;
    match (asked.name.space.as_str(), asked.name.local.as_str()) {
        (CARDDAV, "addressbook-query") => {
            let filter = asked.first(CARDDAV, "filter").map(Filter::read).transpose()?;
            let filter = filter.unwrap_or_default();
            Ok(Report::Query(Query { wanted: of(&asked)?, filter, limit: limit(&asked, CARDDAV)? }))
        }
        (CARDDAV, "addressbook-multiget") => {
            let hrefs = asked.all(DAV, "href").map(|href| href.text.trim().to_owned()).collect();
            Ok(Report::Multiget(Multiget { wanted: of(&asked)?, hrefs }))
        }
        (DAV, "sync-collection") => {
            let token = asked.first(DAV, "sync-token").map(|token| token.text.trim());
            let token = token.ok_or(Syntax::Expected("sync-token"))?;
            let token = Some(token.to_owned()).filter(|token| !token.is_empty());
            // RFC 6578, 3.3: address books hold no collections, so that both levels are one.
            let level = asked.first(DAV, "sync-level").map(|level| level.text.trim().to_owned());
            if !level.is_none_or(|level| level == "1" || level == "infinite") {
                return Err(Syntax::Expected("sync-level 1 or infinite"));
            }
            Ok(Report::Sync(Sync { wanted: of(&asked)?, token, limit: limit(&asked, DAV)? }))
        }
        _ => Err(Syntax::NoSuchReport),
    }
}

fn of(asked: &Element) -> Result<Wanted, Syntax> {
    let properties = wanted(asked)?.unwrap_or(Propfind::These(Vec::new()));
    let data = asked.first(DAV, "prop").and_then(|prop| prop.first(CARDDAV, "address-data"));
    let Some(data) = data else {
        return Ok(Wanted { properties, data: AddressData { version: Version::V3, only: None } });
    };
    let kind = data.attribute("content-type").unwrap_or("text/vcard");
    if !kind.eq_ignore_ascii_case("text/vcard") {
        return Err(Syntax::AddressData);
    }
    let version = data.attribute("version").map_or(Some(Version::V3), Version::read);
    let named = data.all(CARDDAV, "prop").filter_map(|prop| prop.attribute("name"));
    let only: Vec<String> = named.map(str::to_ascii_uppercase).collect();
    let only = Some(only).filter(|only| !only.is_empty());
    let data = AddressData { version: version.ok_or(Syntax::AddressData)?, only };
    Ok(Wanted { properties, data })
}

/// How many are wanted at most.
fn limit(asked: &Element, space: &str) -> Result<Option<u64>, Syntax> {
    let Some(limit) = asked.first(space, "limit") else { return Ok(None) };
    let number = limit.first(space, "nresults").and_then(|number| number.text.trim().parse().ok());
    number.filter(|number| *number > 0).map(Some).ok_or(Syntax::Expected("nresults above 0"))
}

#[cfg(test)]
mod tests {
    use cards::vcard::Version;

    use super::{Report, read_report};
    use crate::Syntax;

    fn read(name: &str, body: &str) -> Result<Report, Syntax> {
        let spaces = "xmlns:d='DAV:' xmlns:c='urn:ietf:params:xml:ns:carddav'";
        read_report(format!("<{name} {spaces}>{body}</{name}>").as_bytes())
    }

    #[test]
    fn reports_are_read() {
        let data = "<d:prop><d:getetag/><c:address-data content-type='text/vcard' version='4.0'><c:prop name='fn'/>\
                    </c:address-data></d:prop>";
        let body = format!("{data}<d:href>/a </d:href><d:href>/b&amp;</d:href>");
        let Ok(Report::Multiget(asked)) = read("c:addressbook-multiget", &body) else { panic!() };
        assert_eq!(asked.hrefs, ["/a", "/b&"]);
        assert_eq!(asked.wanted.data.version, Version::V4);
        assert_eq!(asked.wanted.data.only.as_deref(), Some(&["FN".to_owned()][..]));
        let body = format!("{data}<c:filter/><c:limit><c:nresults>7</c:nresults></c:limit>");
        let Ok(Report::Query(asked)) = read("c:addressbook-query", &body) else { panic!() };
        assert_eq!(asked.limit, Some(7));
        for (token, want) in
            [("<d:sync-token/>", None), ("<d:sync-token>t</d:sync-token>", Some("t"))]
        {
            let body = format!("{token}<d:sync-level>1</d:sync-level><d:prop/>");
            let Ok(Report::Sync(asked)) = read("d:sync-collection", &body) else { panic!() };
            assert_eq!(asked.token.as_deref(), want);
            assert_eq!(asked.wanted.data.version, Version::V3);
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let data = |attributes: &str| format!("<d:prop><c:address-data {attributes}/></d:prop>");
        for (name, body, want) in [
            ("d:expand-property", "".to_owned(), Syntax::NoSuchReport),
            ("d:sync-collection", "".to_owned(), Syntax::Expected("sync-token")),
            ("c:addressbook-multiget", data("version='2.1'"), Syntax::AddressData),
            ("c:addressbook-multiget", data("content-type='text/html'"), Syntax::AddressData),
            (
                "c:addressbook-query",
                "<c:limit><c:nresults>0</c:nresults></c:limit>".to_owned(),
                Syntax::Expected("nresults above 0"),
            ),
            (
                "d:sync-collection",
                "<d:sync-token/><d:sync-level>2</d:sync-level>".to_owned(),
                Syntax::Expected("sync-level 1 or infinite"),
            ),
        ] {
            assert_eq!(read(name, &body), Err(want), "{name} {body}");
        }
    }
}
