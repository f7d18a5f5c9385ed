//! Users from a file: what a spreadsheet saves as CSV.

use std::collections::HashMap;
use std::path::Path;

use admin::Password;
use admin::request::{QuotaAsked, UserAsked};
use anyhow::{Context as _, Result, bail, ensure};
use csv::StringRecord;
use directory::Address;

use super::Quota;

/// So many users fit into one request.
const USERS_MAX: usize = 50_000;
/// So many octets a list has at most.
const LIST_OCTETS_MAX: u64 = 12 << 20;
/// So many mistakes are named at once.
const MISTAKES_MAX: usize = 10;

/// In which column what stands.
#[derive(Clone, Copy)]
struct Columns {
    address: usize,
    password: usize,
    quota: Option<usize>,
    messages: Option<usize>,
}

/// Without a line that names them.
const USUAL: Columns = Columns { address: 0, password: 1, quota: Some(2), messages: Some(3) };

/// Reads a list of users, `-` from standard input. Nothing is given back of one with a mistake.
pub(super) fn read(path: &Path) -> Result<Vec<UserAsked>> {
    let is_input = path == Path::new("-");
    let shown = if is_input { "standard input".to_owned() } else { path.display().to_string() };
    let text = if is_input {
        machine::files::read_text_of(std::io::stdin().lock(), LIST_OCTETS_MAX)
    } else {
        machine::files::read_text_up_to(path, LIST_OCTETS_MAX)
    };
    let text = text.with_context(|| format!("{shown} cannot be read"))?;
    parse(&text).with_context(|| format!("nobody was added; {shown} has mistakes"))
}

fn parse(text: &str) -> Result<Vec<UserAsked>> {
    // Spreadsheets put it there.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new();
    reader.has_headers(false).flexible(true).delimiter(delimiter(text)).comment(Some(b'#'));
    let mut columns = USUAL;
    let (mut users, mut mistakes, mut is_first) = (Vec::new(), Vec::new(), true);
    let mut lines = HashMap::new();
    for row in reader.from_reader(text.as_bytes()).records() {
        let row = row?;
        if std::mem::take(&mut is_first)
            && let Some(named) = named(&row)?
        {
            columns = named;
            continue;
        }
        let line = row.position().map_or(0, csv::Position::line);
        match user(&row, columns) {
            Ok(user) => {
                if let Some(before) = lines.insert(user.address.clone(), line) {
                    let address = &user.address;
                    mistakes.push(format!("line {line}: {address} stands in line {before}, too"));
                }
                users.push(user);
            }
            Err(mistake) => mistakes.push(format!("line {line}: {mistake:#}")),
        }
    }
    let more = mistakes.len().saturating_sub(MISTAKES_MAX);
    if !mistakes.is_empty() {
        mistakes.truncate(MISTAKES_MAX);
        let and = if more > 0 { format!("\nand {more} more") } else { String::new() };
        bail!("{}{and}", mistakes.join("\n"));
    }
    ensure!(!users.is_empty(), "it names no users");
    ensure!(users.len() <= USERS_MAX, "more than {USERS_MAX} users: split it");
    Ok(users)
}

/// A comma, or the semicolon or tab that spreadsheets write where a comma stands in numbers.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().find(|line| !line.starts_with('#')).unwrap_or_default();
    first.bytes().find(|octet| matches!(octet, b',' | b';' | b'\t')).unwrap_or(b',')
}

/// What a first line names; none if it is a user already.
fn named(row: &StringRecord) -> Result<Option<Columns>> {
    if row.iter().any(|cell| cell.contains('@')) {
        return Ok(None);
    }
    let find = |names: [&str; 2]| {
        row.iter().position(|cell| names.iter().any(|name| cell.trim().eq_ignore_ascii_case(name)))
    };
    let (address, password) = (find(["address", "email"]), find(["password", "senha"]));
    let (Some(address), Some(password)) = (address, password) else {
        bail!("line 1 names no columns address and password, and no user");
    };
    let (quota, messages) = (find(["quota", "cota"]), find(["messages", "mensagens"]));
    Ok(Some(Columns { address, password, quota, messages }))
}

fn user(row: &StringRecord, columns: Columns) -> Result<UserAsked> {
    let cell = |column: usize| row.get(column).unwrap_or_default();
    let address: Address = cell(columns.address)
        .trim()
        .parse()
        .with_context(|| format!("{:?}", cell(columns.address)))?;
    let password = cell(columns.password);
    ensure!(!password.is_empty(), "no password for {address}");
    let optional =
        |column: Option<usize>| column.map(cell).map(str::trim).filter(|it| !it.is_empty());
    let quota = optional(columns.quota)
        .map(|text| text.parse::<Quota>().with_context(|| format!("the quota {text}")))
        .transpose()?;
    let messages = optional(columns.messages)
        .map(|text| text.parse().with_context(|| format!("the number of messages {text}")))
        .transpose()?;
    let asked = (quota.is_some() || messages.is_some()).then(|| QuotaAsked {
        octets_max: quota.and_then(|quota| quota.0),
        messages_max: messages,
    });
    let password = Password::new(password.to_owned());
    Ok(UserAsked { address: address.to_string(), password, quota: asked })
}

#[cfg(test)]
mod tests {
    use super::parse;

    /// Address, octets and messages.
    type Row = (String, Option<u64>, Option<u64>);

    fn read(text: &str) -> Result<Vec<Row>, String> {
        let users = parse(text).map_err(|error| error.to_string())?;
        let row = |user: admin::request::UserAsked| {
            let quota = user.quota.unwrap_or_default();
            (user.address, quota.octets_max, quota.messages_max)
        };
        Ok(users.into_iter().map(row).collect())
    }

    #[test]
    fn a_list_is_read_as_spreadsheets_save_it() {
        let ana = ("ana@example.org".to_owned(), None, None);
        let rui = ("rui@example.org".to_owned(), Some(2 << 30), Some(1_000));
        let both = Ok(vec![ana.clone(), rui]);
        assert_eq!(
            read("ana@example.org,um segredo\nrui@example.org,\"with, comma\",2G,1000\n"),
            both
        );
        assert_eq!(
            read(
                "\u{feff}senha;email;cota;mensagens\r\num segredo;ana@example.org;;\r\noutro segredo;rui@example.org;2G;1000\r\n"
            ),
            both
        );
        assert_eq!(read("# people\nana@example.org\tum segredo\n\n"), Ok(vec![ana]));
    }

    #[test]
    fn mistakes_are_named_with_their_lines() {
        let fault = read("ana@example.org,secret one\nana,secret two\nrui@example.org,\neva@example.org,secret,much\n").unwrap_err();
        assert!(fault.starts_with("line 2: \"ana\": "), "{fault}");
        assert!(
            fault.contains("\nline 3: no password for rui@example.org\nline 4: the quota much"),
            "{fault}"
        );
        assert_eq!(
            read("name,secret\n").unwrap_err(),
            "line 1 names no columns address and password, and no user"
        );
        let twice = read("ana@example.org,secret one\nANA@EXAMPLE.ORG,secret two\n");
        assert_eq!(twice.unwrap_err(), "line 2: ana@example.org stands in line 1, too");
        assert_eq!(read("").unwrap_err(), "it names no users");
    }
}
