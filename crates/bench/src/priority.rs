//! Who comes first when the machine is full: what measures, then the servers, then what only makes load.

use rustix::process::setpriority_process;

/// For the threads that measure, so that the load does not delay the clock itself. Needs root.
const PROBE: i32 = -10;
/// For the processes that make load. It is inherited by all that they start.
const LOAD: i32 = 15;

/// Puts the calling thread before all others; gives whether that was allowed.
pub(crate) fn raise_for_a_probe() -> bool {
    // On Linux a priority belongs to a thread; "no process" means the calling one (setpriority(2), BUGS).
    setpriority_process(None, PROBE).is_ok()
}

/// Puts the calling thread, and all that it starts from now on, behind all others.
pub(crate) fn lower_for_a_load() -> anyhow::Result<()> {
    Ok(setpriority_process(None, LOAD)?)
}
