//! After login: the commands on messages of the faulty server.

use std::io::Result;
use std::sync::Arc;

use super::session::{Next, Session};
use super::{Bug, Message};

impl Session {
    pub(super) fn transaction(&mut self, keyword: &str, argument: Option<&str>) -> Result<Next> {
        self.look_at_arrivals();
        match (keyword, argument) {
            ("STAT", None) => self.stat(),
            ("LIST", None) => self.listing(keyword),
            ("UIDL", None) if !self.has(Bug::UidlAnnouncedOnly) => self.listing(keyword),
            ("LIST" | "RETR" | "DELE", Some(word)) => self.on_message(keyword, word, 0),
            ("UIDL", Some(word)) if !self.has(Bug::UidlAnnouncedOnly) => {
                self.on_message(keyword, word, 0)
            }
            ("TOP", Some(words)) if !self.has(Bug::TopAnnouncedOnly) => self.top(words),
            ("NOOP", None) if self.has(Bug::CodeWithSpace) => self.ok("[no op] done"),
            ("NOOP", None) if self.has(Bug::NonAsciiText) => self.ok("n\u{e3}o"),
            ("NOOP", None) if self.has(Bug::LongResponse) => self.ok(&"long ".repeat(120)),
            ("NOOP", None) => self.ok(""),
            ("NOOP", Some(_)) if self.has(Bug::SurplusAccepted) => self.ok(""),
            ("RETR", None) if self.has(Bug::MissingIsFirst) => self.on_message("RETR", "1", 0),
            ("RSET", None) => self.rset(),
            ("USER", Some(_)) if self.has(Bug::UserAfterLogin) => self.ok("who?"),
            ("UTF8", None) if self.has(Bug::Utf8AfterLogin) => self.ok("UTF-8 mode"),
            ("STLS", None) if self.has(Bug::StlsAfterLogin) => self.ok("begin TLS"),
            ("AUTH", Some(_)) if self.has(Bug::AuthAfterLogin) => self.say("+ "),
            _ => self.err("not now, or not known"),
        }
    }

    fn look_at_arrivals(&mut self) {
        let front = self.has(Bug::ArrivalRenumbers);
        if !front && !self.has(Bug::ArrivalSeen) {
            return;
        }
        let all = self.shared.maildrop().messages.clone();
        let Some(view) = &mut self.view else { return };
        let last = view.messages.iter().map(|message| message.uid).max().unwrap_or_default();
        for message in all.into_iter().filter(|message| message.uid > last) {
            let at = if front { 0 } else { view.messages.len() };
            view.messages.insert(at, message);
            view.deleted.insert(at, false);
        }
    }

    /// Numbers and messages as they are listed.
    fn shown(&self, with_deleted: bool) -> Vec<(usize, Message)> {
        let Some(view) = &self.view else { return Vec::new() };
        let all = view.messages.iter().cloned().zip(view.deleted.iter().copied()).enumerate();
        let kept = all.filter(|(_, (_, gone))| with_deleted || !gone);
        if self.has(Bug::Renumbers) {
            return kept.enumerate().map(|(at, (_, (message, _)))| (at + 1, message)).collect();
        }
        kept.map(|(at, (message, _))| (at + 1, message)).collect()
    }

    fn size(&self, message: &Message) -> usize {
        let text = &message.text;
        let utf8 = is_utf8(text);
        let lines = text.iter().filter(|octet| **octet == b'\n').count();
        if self.has(Bug::SizeWithoutCr) && !utf8 { text.len() - lines } else { text.len() }
    }

    fn stat(&mut self) -> Result<Next> {
        if let Some(stale) = self.view.as_ref().and_then(|view| view.stale_stat.clone()) {
            return self.ok(&stale);
        }
        let shown = self.shown(self.has(Bug::StatCountsDeleted));
        let mut sum: usize = shown.iter().map(|(_, message)| self.size(message)).sum();
        if self.has(Bug::StatSumWrong) {
            sum += 1;
        }
        let more = if self.has(Bug::StatExtra) { " octets" } else { "" };
        let text = format!("{} {sum}{more}", shown.len());
        self.ok(&text)
    }

    fn id(&self, message: &Message) -> String {
        let uid = message.uid;
        if self.has(Bug::UidlChangesAfterCut) {
            return format!("id{uid}-{}", self.shared.maildrop().cuts);
        }
        if self.has(Bug::UidlRepeats) && uid < 3 {
            return "id1".to_owned();
        }
        if self.has(Bug::UidlTwinsShare) {
            let maildrop = self.shared.maildrop();
            let twin = maildrop.messages.iter().find(|other| other.text == message.text);
            return format!("id{}", twin.map_or(uid, |twin| twin.uid));
        }
        let width = if self.has(Bug::UidlTooLong) { 70 } else { 1 };
        format!("id{uid:0width$}")
    }

    fn line_of(&self, keyword: &str, number: usize, message: &Message) -> String {
        if keyword == "UIDL" {
            return format!("{number} {}", self.id(message));
        }
        let more = if self.has(Bug::ListExtra) { " more" } else { "" };
        format!("{number} {}{more}", self.size(message))
    }

    fn listing(&mut self, keyword: &str) -> Result<Next> {
        let all = if keyword == "LIST" { Bug::ListShowsDeleted } else { Bug::UidlShowsDeleted };
        let end = if keyword == "LIST" && self.has(Bug::LfInList) { "\n" } else { "\r\n" };
        let mut text = format!("+OK {keyword} follows\r\n");
        for (number, message) in self.shown(self.has(all)) {
            text.push_str(&self.line_of(keyword, number, &message));
            text.push_str(end);
        }
        self.say(&format!("{text}."))
    }

    /// The index of a message by its number as it was sent.
    fn index(&self, keyword: &str, word: &str) -> Option<usize> {
        let mut word = word.to_owned();
        if self.has(Bug::LenientNumbers) && keyword != "DELE" && !word.contains(' ') {
            word.retain(|c| c.is_ascii_digit() || c == '-');
        }
        if word == "01" && self.has(Bug::LeadingZeroIsOctal) {
            return Some(3);
        }
        if word == "-1" && keyword != "DELE" && self.has(Bug::NegativeIsFirst) {
            return Some(0);
        }
        let zero = if keyword == "DELE" { Bug::DeleZero } else { Bug::ZeroIsFirst };
        if word == "0" && self.has(zero) {
            return Some(0);
        }
        if !word.bytes().all(|octet| octet.is_ascii_digit()) {
            return None;
        }
        let mut number = word.parse::<u128>().ok()?;
        if self.has(Bug::Wraps) && keyword != "DELE" {
            number &= 0xffff_ffff;
        }
        let view = self.view.as_ref()?;
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        let gone = *view.deleted.get(index)?;
        let lenient = match keyword {
            "RETR" => self.has(Bug::RetrDeleted),
            "TOP" => self.has(Bug::TopDeleted),
            "DELE" => self.has(Bug::DeleTwice),
            _ => false,
        };
        (!gone || lenient).then_some(index)
    }

    fn on_message(&mut self, keyword: &str, word: &str, lines: usize) -> Result<Next> {
        let Some(index) = self.index(keyword, word) else { return self.err("no such message") };
        let Some(view) = &mut self.view else { return self.err("not now") };
        if keyword == "DELE" {
            view.deleted[index] = true;
            return self.ok("marked");
        }
        let message = view.messages[index].clone();
        match keyword {
            "RETR" | "TOP" => self.send(keyword, &message, lines),
            _ => {
                let number = index + 1;
                let wrong = keyword == "LIST" && number == 1 && self.has(Bug::ListOneDiffers);
                let mut text = self.line_of(keyword, number, &message);
                if keyword == "UIDL" && self.has(Bug::UidlOneDiffers) {
                    text.push('x');
                }
                self.ok(&if wrong { "1 1".to_owned() } else { text })
            }
        }
    }

    fn top(&mut self, words: &str) -> Result<Next> {
        let Some((word, lines)) = words.split_once(' ') else { return self.err("TOP n lines") };
        let negative = lines.starts_with('-') && self.has(Bug::TopNegative);
        match lines.parse::<usize>() {
            Ok(lines) => self.on_message("TOP", word, lines),
            Err(_) if negative => self.on_message("TOP", word, usize::MAX),
            Err(_) => self.err("how many lines?"),
        }
    }

    fn send(&mut self, keyword: &str, message: &Message, lines: usize) -> Result<Next> {
        let mut text = message.text.clone();
        let utf8 = is_utf8(&text);
        let anyway = if keyword == "RETR" { Bug::Utf8RetrAnyway } else { Bug::Utf8TopAnyway };
        let noexist = self.has(Bug::NoLock)
            && !self.shared.maildrop().messages.iter().any(|kept| kept.uid == message.uid);
        if noexist {
            return self.err("it is gone");
        }
        if utf8 && !self.is_utf8 && !self.has(anyway) {
            return self.err(if self.has(Bug::Utf8WithoutCode) {
                "UTF-8"
            } else {
                "[UTF8] it needs UTF-8 mode"
            });
        }
        if utf8 && self.has(Bug::Utf8Changed) {
            let at = text.len().saturating_sub(4);
            Arc::make_mut(&mut text)[at] = b'?';
        }
        if self.has(Bug::EightBitStripped) && !utf8 {
            Arc::make_mut(&mut text).iter_mut().for_each(|octet| *octet &= 0x7f);
        }
        let all = keyword == "RETR" || (lines == 0 && self.has(Bug::TopZeroSendsAll));
        let kept = if all { text.to_vec() } else { self.cut(&text, lines) };
        let cut = keyword == "RETR" && self.has(Bug::LargeCut) && kept.len() > 65_552;
        let kept = if cut { kept[kept.len() - 65_552..].to_vec() } else { kept };
        let stuffs =
            if keyword == "RETR" { Bug::RetrWithoutStuffing } else { Bug::TopWithoutStuffing };
        let mut out = b"+OK message follows\r\n".to_vec();
        for line in kept.split_inclusive(|octet| *octet == b'\n') {
            if line.starts_with(b".") && !self.has(stuffs) {
                out.push(b'.');
            }
            if keyword == "RETR" && self.has(Bug::LongLinesCut) && line.len() > 512 {
                out.extend_from_slice(&line[..510]);
                out.extend_from_slice(b"\r\n");
            } else {
                out.extend_from_slice(line);
            }
        }
        out.extend_from_slice(b".\r\n");
        self.connection.send(&out)?;
        Ok(Next::Go)
    }

    /// The header, the blank line, and so many lines.
    fn cut(&self, text: &[u8], lines: usize) -> Vec<u8> {
        let header =
            text.windows(4).position(|four| four == b"\r\n\r\n").map_or(text.len(), |at| at + 4);
        let (head, body) = text.split_at(header);
        let counted = head.iter().filter(|octet| **octet == b'\n').count();
        let lines =
            if self.has(Bug::TopCountsHeader) { lines.saturating_sub(counted) } else { lines };
        let body = body.split_inclusive(|octet| *octet == b'\n').take(lines);
        body.fold(head.to_vec(), |mut out, line| {
            out.extend_from_slice(line);
            out
        })
    }

    fn rset(&mut self) -> Result<Next> {
        let stale = self.has(Bug::RsetLeavesStat);
        let shown = self.shown(false);
        let sum: usize = shown.iter().map(|(_, message)| self.size(message)).sum();
        if let Some(view) = &mut self.view {
            view.stale_stat = stale.then(|| format!("{} {sum}", shown.len()));
            view.deleted.fill(false);
        }
        self.ok("unmarked")
    }
}

/// Whether the header has octets outside ASCII.
fn is_utf8(text: &[u8]) -> bool {
    let header = text.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(text.len());
    !text[..header].is_ascii()
}
