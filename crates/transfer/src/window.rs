//! A file that can be looked ahead in: reads in order, and shows what comes before it is taken.

use std::io::{self, Read};

use crate::limits::LINE_PIECE_OCTETS_MAX;

/// Reads a file.
pub(crate) struct Window<R> {
    from: R,
    /// What was read; the octets before `start` were taken.
    octets: Vec<u8>,
    start: usize,
    taken: u64,
    at_end: bool,
}

impl<R: Read> Window<R> {
    pub(crate) fn new(from: R) -> Window<R> {
        Window { from, octets: Vec::new(), start: 0, taken: 0, at_end: false }
    }

    /// What comes next: at least so many octets, unless the file ends before.
    pub(crate) fn ahead(&mut self, wanted: usize) -> io::Result<&[u8]> {
        while !self.at_end && self.seen().len() < wanted {
            self.octets.drain(..self.start);
            self.start = 0;
            let length = self.octets.len();
            let step = wanted.saturating_sub(length).max(LINE_PIECE_OCTETS_MAX);
            self.octets.resize(length.saturating_add(step.min(STEP_OCTETS_MAX)), 0);
            let read = match self.from.read(self.octets.get_mut(length..).unwrap_or_default()) {
                Ok(read) => read,
                Err(error) => {
                    self.octets.truncate(length);
                    if error.kind() == io::ErrorKind::Interrupted {
                        continue;
                    }
                    return Err(error);
                }
            };
            self.octets.truncate(length.saturating_add(read));
            self.at_end = read == 0;
        }
        Ok(self.seen())
    }

    /// What was read and not taken.
    pub(crate) fn seen(&self) -> &[u8] {
        self.octets.get(self.start..).unwrap_or_default()
    }

    /// Takes octets that were seen.
    pub(crate) fn take(&mut self, count: usize) {
        self.start = self.start.saturating_add(count).min(self.octets.len());
        self.taken = self.taken.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
    }

    /// How many octets were taken.
    pub(crate) fn taken(&self) -> u64 {
        self.taken
    }
}

/// So much is read at once at most.
const STEP_OCTETS_MAX: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::Window;

    #[test]
    fn what_was_seen_is_not_taken_yet() {
        let text: Vec<u8> = (0..200_000u32).map(|n| (n % 251) as u8).collect();
        let mut window = Window::new(&text[..]);
        assert!(window.ahead(150_000).unwrap().len() >= 150_000);
        window.take(100_000);
        assert_eq!(window.ahead(1_000_000).unwrap(), &text[100_000..]);
        window.take(99_999);
        assert_eq!((window.seen(), window.taken()), (&text[199_999..], 199_999));
        window.take(1);
        assert!(window.ahead(1).unwrap().is_empty());
    }
}
