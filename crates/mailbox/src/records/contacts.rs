//! What is kept of contacts.

use bytes::Bytes;
use cards::PhotoName;

use crate::codec::{Input, Output};
use crate::contacts::{Book, BookFields, Places};
use crate::{BookId, CardId};

/// The head of the contacts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ContactsHead {
    /// The counter.
    pub(crate) step: u64,
    /// The counter when any address book last changed.
    pub(crate) books_at: u64,
    /// The counter when any card last changed.
    pub(crate) cards_at: u64,
    /// What went is remembered after this.
    pub(crate) floor: u64,
    /// The address book that new cards go to; 0: none.
    pub(crate) default_book: u32,
    pub(crate) next_book: u32,
    pub(crate) next_card: u64,
    /// How many cards there are.
    pub(crate) cards: u64,
    /// How many octets they have, with their photos.
    pub(crate) octets: u64,
    /// How many notes there are of what went.
    pub(crate) gone: u64,
}

impl ContactsHead {
    pub(crate) fn write(&self) -> Bytes {
        let mut output = Output::version(1);
        output.number(self.step).number(self.books_at).number(self.cards_at).number(self.floor);
        output.number(self.default_book).number(self.next_book).number(self.next_card);
        output.number(self.cards).number(self.octets).number(self.gone).done()
    }

    pub(crate) fn read(value: &[u8]) -> Option<ContactsHead> {
        let mut input = Input::version(value, 1)?;
        let head = ContactsHead {
            step: input.number()?,
            books_at: input.number()?,
            cards_at: input.number()?,
            floor: input.number()?,
            default_book: input.number_u32()?,
            next_book: input.number_u32()?,
            next_card: input.number()?,
            cards: input.number()?,
            octets: input.number()?,
            gone: input.number()?,
        };
        input.end().map(|()| head)
    }
}

impl Book {
    pub(crate) fn write(&self) -> Bytes {
        let mut output = Output::version(1);
        let Book { fields, path, created, changed, .. } = self;
        output.text(&fields.name);
        match &fields.description {
            None => output.octet(0),
            Some(text) => output.octet(1).text(text),
        };
        output.number(fields.sort_order).octet(u8::from(fields.is_subscribed));
        output.text(path).number(*created).number(*changed).done()
    }

    pub(crate) fn read(id: BookId, value: &[u8]) -> Option<Book> {
        let mut input = Input::version(value, 1)?;
        let name = input.text()?.to_owned();
        let description = match input.octet()? {
            0 => None,
            1 => Some(input.text()?.to_owned()),
            _ => return None,
        };
        let sort_order = input.number_u32()?;
        let is_subscribed = match input.octet()? {
            0 => false,
            1 => true,
            _ => return None,
        };
        let fields = BookFields { name, description, sort_order, is_subscribed };
        let path = input.text()?.to_owned();
        let (created, changed) = (input.number()?, input.number()?);
        input.end().map(|()| Book { id, fields, path, created, changed })
    }
}

/// A card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CardRecord {
    /// The counter when it was made.
    pub(crate) created: u64,
    /// The counter when it last changed.
    pub(crate) changed: u64,
    pub(crate) places: Places,
    /// Its photos, with how many octets each has.
    pub(crate) photos: Vec<(PhotoName, u64)>,
    /// The vCard that it was written as, as long as nobody changed it in another way.
    pub(crate) written: Option<String>,
    /// The JSContact object.
    pub(crate) content: Bytes,
}

impl CardRecord {
    /// How many octets count for it.
    pub(crate) fn octets(&self) -> u64 {
        let photos = self.photos.iter().map(|(_, octets)| *octets);
        let texts = self.written.as_ref().map_or(0, String::len).saturating_add(self.content.len());
        photos.fold(u64::try_from(texts).unwrap_or(u64::MAX), u64::saturating_add)
    }

    pub(crate) fn write(&self) -> Bytes {
        let mut output = Output::version(1);
        output.number(self.created).number(self.changed);
        write_places(&mut output, &self.places);
        output.count(self.photos.len());
        for (name, octets) in &self.photos {
            output.text(name.as_str()).number(*octets);
        }
        match &self.written {
            None => output.octet(0),
            Some(text) => output.octet(1).text(text),
        };
        output.octets(&self.content).done()
    }

    pub(crate) fn read(value: &[u8]) -> Option<CardRecord> {
        let mut input = Input::version(value, 1)?;
        let (created, changed) = (input.number()?, input.number()?);
        let places = read_places(&mut input)?;
        let mut photos = Vec::new();
        for _ in 0..input.count()? {
            photos.push((PhotoName::read(input.text()?)?, input.number()?));
        }
        let written = match input.octet()? {
            0 => None,
            1 => Some(input.text()?.to_owned()),
            _ => return None,
        };
        let content = Bytes::copy_from_slice(input.octets()?);
        input.end().map(|()| CardRecord { created, changed, places, photos, written, content })
    }
}

/// What went at a step of the counter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gone {
    pub(crate) what: Went,
    /// The counter when it was made.
    pub(crate) created: u64,
}

/// What it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Went {
    /// A card, and where it lay.
    Card(CardId, Places),
    /// A card from some of its address books.
    FromBooks(CardId, Places),
    /// An address book.
    Book(BookId),
}

impl Gone {
    pub(crate) fn write(&self) -> Bytes {
        let mut output = Output::version(1);
        output.number(self.created);
        match &self.what {
            Went::Card(card, places) => write_places(output.octet(1).number(card.0), places),
            Went::FromBooks(card, places) => write_places(output.octet(2).number(card.0), places),
            Went::Book(book) => drop(output.octet(3).number(book.0)),
        }
        output.done()
    }

    pub(crate) fn read(value: &[u8]) -> Option<Gone> {
        let mut input = Input::version(value, 1)?;
        let created = input.number()?;
        let what = match input.octet()? {
            1 => Went::Card(CardId(input.number()?), read_places(&mut input)?),
            2 => Went::FromBooks(CardId(input.number()?), read_places(&mut input)?),
            3 => Went::Book(BookId(input.number_u32()?)),
            _ => return None,
        };
        input.end().map(|()| Gone { what, created })
    }
}

fn write_places(output: &mut Output, places: &Places) {
    output.count(places.len());
    for (book, name) in places {
        output.number(book.0).text(name);
    }
}

fn read_places(input: &mut Input<'_>) -> Option<Places> {
    let mut places = Places::new();
    for _ in 0..input.count()? {
        places.insert(BookId(input.number_u32()?), input.text()?.to_owned());
    }
    Some(places)
}

/// The card that a uid or a name stands for.
pub(crate) fn write_number(card: CardId) -> Bytes {
    Output::version(1).number(card.0).done()
}

pub(crate) fn read_number(value: &[u8]) -> Option<CardId> {
    let mut input = Input::version(value, 1)?;
    let card = CardId(input.number()?);
    input.end().map(|()| card)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_contacts_is_read_as_written() {
        let head = ContactsHead {
            step: 1,
            books_at: 2,
            cards_at: 300,
            floor: 4,
            default_book: 5,
            next_book: 6,
            next_card: u64::MAX,
            cards: 8,
            octets: 9,
            gone: 10,
        };
        assert_eq!(ContactsHead::read(&head.write()), Some(head));
        let fields = BookFields {
            name: "Família".to_owned(),
            description: Some(String::new()),
            sort_order: 7,
            is_subscribed: true,
        };
        let book =
            Book { id: BookId(7), fields, path: "familia".to_owned(), created: 1, changed: 2 };
        assert_eq!(Book::read(BookId(7), &book.write()), Some(book));
        let places = Places::from([(BookId(1), "a.vcf".to_owned()), (BookId(2), "b".to_owned())]);
        let mut card = CardRecord {
            created: 1,
            changed: 2,
            places: places.clone(),
            photos: vec![(PhotoName::of(b"x"), 300)],
            written: Some("BEGIN:VCARD".to_owned()),
            content: Bytes::from_static(b"{}"),
        };
        assert_eq!(CardRecord::read(&card.write()), Some(card.clone()));
        card.written = None;
        assert_eq!(CardRecord::read(&card.write()), Some(card.clone()));
        assert_eq!(card.octets(), 302);
        for what in [
            Went::Card(CardId(7), places.clone()),
            Went::FromBooks(CardId(7), places),
            Went::Book(BookId(3)),
        ] {
            let gone = Gone { what, created: 5 };
            assert_eq!(Gone::read(&gone.write()), Some(gone));
        }
        assert_eq!(read_number(&write_number(CardId(300))), Some(CardId(300)));
        assert_eq!(CardRecord::read(b"\x01\x01"), None);
    }
}
