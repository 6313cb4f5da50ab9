//! Container images from a registry, where one answers.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::command::Run;
use crate::{engine, interrupt, progress};

/// A registry that has not begun to send within this time is taken for absent.
const FIRST_ANSWER: Duration = Duration::from_secs(20);
const WHOLE_PULL: Duration = Duration::from_secs(900);
/// What `docker pull` prints once the registry has answered.
const ANSWERED: &str = "Pulling from";

/// Whether a registry answered so far; asked once per run, for a missing one can take long to say so.
#[derive(Default)]
pub(crate) struct Registry {
    silent: AtomicBool,
}

impl Registry {
    /// Gets an image unless it is here already; false means that it has to come another way.
    pub(crate) fn get(&self, image: &str) -> bool {
        engine::has_image(image) || self.pull(image)
    }

    fn pull(&self, image: &str) -> bool {
        if self.silent.load(Ordering::SeqCst) {
            return false;
        }
        progress::note(&format!("pulling {image}"));
        let pull =
            Run::new("docker", ["pull", image]).within(WHOLE_PULL).showing(ANSWERED, FIRST_ANSWER);
        let pulled = pull.logged(&format!("pull {image}")).is_ok();
        if !pulled && !interrupt::requested() {
            progress::note("no container registry gives it; going on without one");
            self.silent.store(true, Ordering::SeqCst);
        }
        pulled
    }
}
