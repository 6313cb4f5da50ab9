//! Ctrl-C and termination: remembered, so that what was started is removed before the end.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// From here on an interrupt ends the running program, and with it this one, through the normal
/// way of errors; a second one ends this program at once.
///
/// The signals are caught, not blocked: programs that are started would inherit a blocked one, and
/// could then never be asked to stop.
pub(crate) fn watch() -> Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])
        .context("cannot take over the interrupt signals")?;
    std::thread::spawn(move || {
        for _ in signals.forever() {
            if REQUESTED.swap(true, Ordering::SeqCst) {
                std::process::exit(130);
            }
            eprintln!("\nStopping and cleaning up; interrupt again to stop at once.");
        }
    });
    Ok(())
}

/// Whether someone asked us to stop.
pub(crate) fn requested() -> bool {
    REQUESTED.load(Ordering::SeqCst)
}
