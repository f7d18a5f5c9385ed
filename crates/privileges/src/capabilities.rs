//! The capabilities of Linux: pieces of root's power. After the listeners are bound none is needed.

use std::io;

use rustix::io::Errno;
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, clear_ambient_capability_set, set_capabilities,
};

/// Takes all capabilities out of the set that programs started from this one could get. Needs CAP_SETPCAP.
pub(crate) fn empty_bounding_set() -> io::Result<()> {
    for bit in 0..u64::BITS {
        let Some(capability) = 1_u64.checked_shl(bit).map(CapabilitySet::from_bits_retain) else {
            break;
        };
        match rustix::thread::remove_capability_from_bounding_set(capability) {
            Ok(()) => {}
            // The kernel knows no more.
            Err(Errno::INVAL) => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Gives up all capabilities: the ambient, inheritable, permitted and effective ones, and the bounding set when that is
/// allowed. Whoever may not empty that can gain nothing by it either, once no program gains privileges.
pub(crate) fn give_up_all() -> io::Result<()> {
    let has = capabilities(None)?;
    if has.effective.contains(CapabilitySet::SETPCAP) {
        empty_bounding_set()?;
    }
    match clear_ambient_capability_set() {
        // Kernels before 4.3 have none.
        Ok(()) | Err(Errno::INVAL) => {}
        Err(error) => return Err(error.into()),
    }
    let none = CapabilitySet::empty();
    let nothing = CapabilitySets { effective: none, permitted: none, inheritable: none };
    // Not asked for in vain: whoever started the program may have forbidden the call.
    if has != nothing {
        set_capabilities(None, nothing)?;
    }
    Ok(())
}
