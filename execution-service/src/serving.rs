//! The languages that this worker serves at present, and in which pools; [`crate::discovery`] adds to them.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use shared::language::Language;
use shared::limits::Limits;
use shared::placement::PoolName;
use shared::queue::Serves;
use shared::workers::Offer;

/// A language that this worker serves.
#[derive(Debug, Clone)]
pub(crate) struct Served {
    pub(crate) language: Language,
    pub(crate) limits: Limits,
    /// What its interpreter or compiler says of itself.
    pub(crate) version: String,
    /// Names everything here that can change what its programs do.
    pub(crate) environment: String,
}

/// All languages that this worker knows, and the pools it is in; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Serving {
    pools: Arc<[PoolName]>,
    state: Arc<RwLock<State>>,
}

#[derive(Debug, Default)]
struct State {
    served: BTreeMap<String, Arc<Served>>,
    /// Those whose images were not built.
    unbuilt: BTreeMap<String, Language>,
}

impl Serving {
    /// Nothing yet, in these pools.
    pub(crate) fn new(pools: &[PoolName]) -> Self {
        Self { pools: pools.into(), state: Arc::default() }
    }

    /// The pools.
    pub(crate) fn pools(&self) -> &[PoolName] {
        &self.pools
    }

    /// What to ask the queue for.
    pub(crate) fn serves(&self) -> Serves {
        Serves { pools: self.pools.to_vec(), languages: self.names() }
    }

    /// A language that is served.
    pub(crate) fn find(&self, name: &str) -> Option<Arc<Served>> {
        self.read().served.get(name).cloned()
    }

    /// The canonical names of what is served.
    pub(crate) fn names(&self) -> Vec<String> {
        self.read().served.keys().cloned().collect()
    }

    /// What to tell others of all languages.
    pub(crate) fn offers(&self) -> Vec<Offer> {
        let state = self.read();
        let served = state.served.values().map(|served| Offer {
            language: served.language.clone(),
            version: Some(served.version.clone()),
            environment: Some(served.environment.clone()),
        });
        let unbuilt = state.unbuilt.values();
        let unbuilt = unbuilt.map(|language| Offer {
            language: language.clone(),
            version: None,
            environment: None,
        });
        served.chain(unbuilt).collect()
    }

    /// From now on, a language is served, and like this.
    pub(crate) fn serve(&self, served: Served) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let name = served.language.name.clone();
        state.unbuilt.remove(&name);
        state.served.insert(name, Arc::new(served));
    }

    /// A language's image is not there. If it was, under an earlier definition, that is still served.
    pub(crate) fn note_unbuilt(&self, language: &Language) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if !state.served.contains_key(&language.name) {
            state.unbuilt.insert(language.name.clone(), language.clone());
        }
    }

    /// Drops every language that is not among these.
    pub(crate) fn retain(&self, is_kept: impl Fn(&str) -> bool) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.served.retain(|name, _| is_kept(name));
        state.unbuilt.retain(|name, _| is_kept(name));
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }
}
