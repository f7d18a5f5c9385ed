//! Gives memory back where nobody waits for it: taking a large table apart costs tens of milliseconds.

/// Drops something on a thread of its own.
pub(crate) fn free_elsewhere<T: Send + 'static>(large: T) {
    let thread = std::thread::Builder::new().name("store-freeing".to_owned());
    // Without a thread it is dropped here.
    drop(thread.spawn(move || drop(large)));
}
