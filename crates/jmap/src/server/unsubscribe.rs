//! Leaving a mailing list by one request to it, which the host makes when its user says so (RFC 8058; `docs/jmap/unsubscribe.md`).

use message::{Field, Outline};
use serde_json::{Map, Value, json};

use super::capabilities::Capability;
use super::ports::NotLeft;
use super::{Context, ids, own};
use crate::arguments::Arguments;
use crate::call::Call;
use crate::error::MethodError;
use crate::id::Id;
use crate::limits::SENT_HEADER_OCTETS_MAX;
use crate::run::Row;

pub(super) const DESCRIBED: Capability = Capability {
    name: own::UNSUBSCRIBE,
    of_session: || json!({}),
    of_account: |context| json!({"isOn": context.ports.lists.is_on()}),
};

pub(super) const ROWS: &[Row<Context>] = &[Row {
    name: "Email/unsubscribe",
    capability: own::UNSUBSCRIBE,
    run: |call| Box::pin(run(call)),
}];

/// What stands in the field that allows it (RFC 8058, 3.1).
const ONE_CLICK: &str = "List-Unsubscribe=One-Click";

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let account: Id = arguments.required("accountId")?;
    let name: String = arguments.required("emailId")?;
    arguments.end()?;
    call.context.check_account(&account)?;
    let email = call.created.find(&name);
    let outcome = leave(call.context, email.as_ref()).await?;
    let answer =
        [("accountId", json!(account)), ("emailId", json!(name)), ("outcome", json!(outcome))];
    Ok(answer.map(|(name, value)| (name.to_owned(), value)).into_iter().collect())
}

/// Leaves the list of an email, and says in a word what came of it.
async fn leave(context: &Context, id: Option<&Id>) -> Result<&'static str, MethodError> {
    let Some(id) = id.and_then(ids::email_of) else { return Ok("notFound") };
    let emails = context.account.emails().await.map_err(|error| context.not_done(&error))?;
    if emails.thread_of(id).is_none() {
        return Ok("notFound");
    }
    drop(emails);
    let found = context.account.reader().and_then(|reader| reader.email(id));
    let Some(email) = found.map_err(|fault| context.failed(&fault))? else {
        return Ok("notFound");
    };
    let header = Outline::decode(&email.outline).map_or(0, |outline| outline.header().end);
    let header = header.min(email.octets).min(SENT_HEADER_OCTETS_MAX);
    let header = context.account.body(&email, 0..header).map_err(|it| context.failed(&it))?;
    let address = match offered(&header) {
        Ok(address) => address,
        Err(Lacks::Offer) => return Ok("notOffered"),
        Err(Lacks::Signature) => return Ok("notSigned"),
    };
    Ok(match context.ports.lists.leave(context.account.id(), &address).await {
        Ok(()) => "left",
        Err(NotLeft::Off) => "off",
        Err(NotLeft::TooMany) => "tooMany",
        Err(NotLeft::NotReached) => "notReached",
        Err(NotLeft::Refused) => "refused",
    })
}

/// Why a list is not left by one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lacks {
    /// The message does not offer it.
    Offer,
    /// No signature covers what it offers, so that anybody may have written it there.
    Signature,
}

/// Where the request goes: to the one address over https, where a message has both fields once (RFC 8058, 3.1), and a signature names both
/// (4). Whether that signature is valid is not known here.
fn offered(header: &[u8]) -> Result<String, Lacks> {
    let ways = once(header, "List-Unsubscribe").ok_or(Lacks::Offer)?;
    let allowed = once(header, "List-Unsubscribe-Post").ok_or(Lacks::Offer)?;
    if !allowed.trim().eq_ignore_ascii_case(ONE_CLICK) {
        return Err(Lacks::Offer);
    }
    let mut over_http = addresses(&ways).filter(|address| is_of(address, "http"));
    let (Some(address), None) = (over_http.next(), over_http.next()) else {
        return Err(Lacks::Offer);
    };
    if !is_of(&address, "https:") {
        return Err(Lacks::Offer);
    }
    let mut signatures = message::fields(header).filter(|field| field.is("DKIM-Signature"));
    if !signatures.any(|field| covers(&text(&field))) {
        return Err(Lacks::Signature);
    }
    Ok(address)
}

fn is_of(address: &str, scheme: &str) -> bool {
    address.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme))
}

/// The value of a field that is there once.
fn once(header: &[u8], name: &str) -> Option<String> {
    let mut fields = message::fields(header).filter(|field| field.is(name));
    let found = fields.next()?;
    fields.next().is_none().then(|| text(&found))
}

fn text(field: &Field<'_>) -> String {
    String::from_utf8_lossy(&field.unfolded()).into_owned()
}

/// What stands in angle brackets; spaces in it are none of it (RFC 2369, 2).
fn addresses(value: &str) -> impl Iterator<Item = String> {
    value.split('<').skip(1).filter_map(|rest| {
        let (address, _) = rest.split_once('>')?;
        Some(address.split_whitespace().collect())
    })
}

/// Whether a signature covers both fields, by what it says of itself (RFC 6376, 3.5, `h=`).
fn covers(signature: &str) -> bool {
    let named = signature.split(';').find_map(|tag| {
        let (name, value) = tag.split_once('=')?;
        (name.trim() == "h").then_some(value)
    });
    let named: Vec<&str> = named.unwrap_or_default().split(':').map(str::trim).collect();
    let has = |field: &str| named.iter().any(|name| name.eq_ignore_ascii_case(field));
    has("List-Unsubscribe") && has("List-Unsubscribe-Post")
}

#[cfg(test)]
mod tests {
    use super::{Lacks, offered};

    const SIGNED: &str = "DKIM-Signature: v=1; a=rsa-sha256; d=l.example; s=x;\r\n h=From:To :\r\n list-unsubscribe:List-Unsubscribe-Post; bh=x; b=y\r\n";
    const POST: &str = "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n";

    #[test]
    fn a_list_is_left_where_a_message_says_so_once_over_https_and_signed() {
        let to = |ways: &str| format!("List-Unsubscribe: {ways}\r\n");
        let fine = to("<https://l.example/u?x=1>");
        for (header, want) in [
            (format!("{SIGNED}{fine}{POST}"), Ok("https://l.example/u?x=1")),
            (
                format!(
                    "{SIGNED}{}{POST}",
                    to("<mailto:u@l.example>,\r\n <HTTPS://l.example/a\r\n b>")
                ),
                Ok("HTTPS://l.example/ab"),
            ),
            (
                format!("{SIGNED}{fine}list-unsubscribe-post:  list-unsubscribe=one-click \r\n"),
                Ok("https://l.example/u?x=1"),
            ),
            (format!("{SIGNED}{fine}"), Err(Lacks::Offer)),
            (format!("{SIGNED}{POST}"), Err(Lacks::Offer)),
            (format!("{SIGNED}{fine}{fine}{POST}"), Err(Lacks::Offer)),
            (format!("{SIGNED}{fine}{POST}{POST}"), Err(Lacks::Offer)),
            (format!("{SIGNED}{fine}List-Unsubscribe-Post: One-Click\r\n"), Err(Lacks::Offer)),
            (format!("{SIGNED}{}{POST}", to("<http://l.example/u>")), Err(Lacks::Offer)),
            (
                format!("{SIGNED}{}{POST}", to("<http://l.example/u>, <https://l.example/u>")),
                Err(Lacks::Offer),
            ),
            (
                format!("{SIGNED}{}{POST}", to("<https://a.example/>, <https://b.example/>")),
                Err(Lacks::Offer),
            ),
            (format!("{SIGNED}{}{POST}", to("<mailto:u@l.example>")), Err(Lacks::Offer)),
            (format!("{SIGNED}{}{POST}", to("https://l.example/u")), Err(Lacks::Offer)),
            (format!("{fine}{POST}"), Err(Lacks::Signature)),
            (
                format!("DKIM-Signature: v=1; h=From:List-Unsubscribe; b=y\r\n{fine}{POST}"),
                Err(Lacks::Signature),
            ),
            (
                format!(
                    "DKIM-Signature: v=1; bh=List-Unsubscribe:List-Unsubscribe-Post\r\n{fine}{POST}"
                ),
                Err(Lacks::Signature),
            ),
            (format!("Subject: x\r\n\r\n{SIGNED}{fine}{POST}"), Err(Lacks::Offer)),
        ] {
            assert_eq!(
                offered(header.as_bytes()).as_deref(),
                want.as_ref().map(|it| *it),
                "{header}"
            );
        }
    }
}
