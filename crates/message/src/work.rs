//! Counts the octets looked at, so that tests can tell linear work from square without a clock. Outside tests it is
//! nothing at all.

#[cfg(not(test))]
pub(crate) const fn spend(_octets: usize) {}

#[cfg(test)]
pub(crate) use counting::spend;

#[cfg(test)]
pub(crate) mod counting {
    use std::cell::Cell;

    thread_local! {
        static SPENT: Cell<usize> = const { Cell::new(0) };
    }

    pub(crate) fn spend(octets: usize) {
        SPENT.with(|spent| spent.set(spent.get() + octets));
    }

    /// What `task` looks at.
    pub(crate) fn of<T>(task: impl FnOnce() -> T) -> (usize, T) {
        SPENT.with(|spent| spent.set(0));
        let result = task();
        (SPENT.with(Cell::get), result)
    }
}
