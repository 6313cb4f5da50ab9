//! The languages that programs may be written in, and the pools that they may wait in, as living
//! workers say.
//!
//! The API has no list of its own: what a worker begins to serve can be submitted at once, and what
//! nobody serves is refused instead of waiting for ever.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use shared::language::{Language, Languages};
use shared::placement::PoolName;
use shared::queue::{Queue, QueueError};
use shared::workers::Offered;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use crate::error::ApiError;
use crate::request::shortened;

/// How often the workers' word is read.
const INTERVAL: Duration = Duration::from_secs(2);

/// Whoever asks for what is not known causes another look, but not more often than this.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(200);

/// The languages and pools that there are.
pub(crate) struct Catalogue {
    queue: Queue,
    known: RwLock<Arc<Known>>,
    looked: Mutex<Option<Instant>>,
}

/// One state of affairs.
#[derive(Default)]
pub(crate) struct Known {
    languages: Languages,
    entries: HashMap<String, Entry>,
    /// Of each pool, the languages that workers serve in it, or have served of late.
    pools: HashMap<PoolName, HashMap<String, Served>>,
    /// Redis did not answer: what was true last counts until it does.
    is_frozen: bool,
}

#[derive(Clone)]
struct Entry {
    offered: Offered,
    served: Served,
}

/// For how long the word counts that something is served.
#[derive(Clone, Copy)]
struct Served {
    /// From when it was read.
    remaining: Duration,
    until: Instant,
}

/// What workers say of pools: of each, for how long its languages are served.
type Pools = BTreeMap<PoolName, BTreeMap<String, Duration>>;

impl Catalogue {
    pub(crate) fn new(queue: Queue) -> Self {
        Self { queue, known: RwLock::default(), looked: Mutex::default() }
    }

    /// Keeps up with the workers until `shutdown`.
    pub(crate) async fn keep(&self, shutdown: &CancellationToken) {
        let look = async {
            let mut ticks = tokio::time::interval(INTERVAL);
            ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                self.look_unless_within(Duration::ZERO).await;
            }
        };
        shutdown.run_until_cancelled(look).await;
    }

    /// The language that a submission names, if a worker serves it.
    pub(crate) async fn find(&self, name: &str) -> Result<Language, ApiError> {
        if let Ok(language) = self.known().find(name) {
            return Ok(language);
        }
        self.look_unless_within(LOOK_AGAIN_AFTER).await;
        self.known().find(name)
    }

    /// The name that workers have for all that can change what a program in this language does.
    pub(crate) fn environment(&self, lang: &str) -> Option<String> {
        let known = self.known();
        known.entries.get(lang).and_then(|entry| entry.offered.offer.environment.clone())
    }

    /// Whether a worker serves this language, by its own name, in this pool.
    pub(crate) async fn check_pool(&self, pool: &PoolName, lang: &str) -> Result<(), ApiError> {
        if self.known().check_pool(pool, lang).is_ok() {
            return Ok(());
        }
        self.look_unless_within(LOOK_AGAIN_AFTER).await;
        self.known().check_pool(pool, lang)
    }

    /// What is known at present, and no older than a moment.
    pub(crate) async fn latest(&self) -> Arc<Known> {
        self.look_unless_within(LOOK_AGAIN_AFTER).await;
        self.known()
    }

    fn known(&self) -> Arc<Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn look_unless_within(&self, recent: Duration) {
        let mut looked = self.looked.lock().await;
        if looked.is_some_and(|at| at.elapsed() < recent) {
            return;
        }
        let now = Instant::now();
        let before = self.known();
        let after = match self.read().await {
            Ok((offered, pools)) => before.updated(offered, pools, now),
            Err(error) => {
                if !before.is_frozen {
                    tracing::warn!(error = ?error, "cannot tell which languages are served");
                }
                before.frozen()
            }
        };
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(after);
        *looked = Some(Instant::now());
    }

    /// Pools after languages: a worker announces both at once, so whatever language is found, the pools
    /// that it is served in are found as well.
    async fn read(&self) -> Result<(BTreeMap<String, Offered>, Pools), QueueError> {
        let offered = self.queue.offered().await?;
        Ok((offered, self.queue.pools().await?))
    }
}

impl Known {
    /// What is known after the workers' word was read at `now`.
    fn updated(&self, offered: BTreeMap<String, Offered>, pools: Pools, now: Instant) -> Self {
        let served = |remaining| Served { remaining, until: now + remaining };
        let entry = |offered: Offered| Entry { served: served(offered.served_for), offered };
        let mut entries: HashMap<String, Entry> =
            offered.into_iter().map(|(name, offered)| (name, entry(offered))).collect();
        let lanes = |lanes: BTreeMap<String, Duration>| {
            lanes.into_iter().map(|(lang, remaining)| (lang, served(remaining))).collect()
        };
        let mut pools: HashMap<PoolName, HashMap<String, Served>> =
            pools.into_iter().map(|(pool, found)| (pool, lanes(found))).collect();
        // Redis may have been emptied: what was said before counts for as long as it was to count.
        for (name, entry) in self.entries.iter().filter(|(_, entry)| entry.served.until > now) {
            entries.entry(name.clone()).or_insert_with(|| entry.clone());
        }
        for (pool, lanes) in &self.pools {
            for (lang, served) in lanes.iter().filter(|(_, served)| served.until > now) {
                let lanes = pools.entry(pool.clone()).or_default();
                lanes.entry(lang.clone()).or_insert(*served);
            }
        }
        Self { languages: languages(&entries), entries, pools, is_frozen: false }
    }

    fn frozen(&self) -> Self {
        Self {
            languages: self.languages.clone(),
            entries: self.entries.clone(),
            pools: self.pools.clone(),
            is_frozen: true,
        }
    }

    fn find(&self, name: &str) -> Result<Language, ApiError> {
        match self.languages.find(name) {
            Some(language) if self.serves(&language.name) => Ok(language.clone()),
            Some(_) => Err(ApiError::LanguageUnavailable(name.to_owned())),
            // Without any worker there is no telling which languages there are.
            None if self.entries.keys().all(|name| !self.serves(name)) => {
                Err(ApiError::LanguageUnavailable(shortened(name)))
            }
            None => Err(ApiError::UnknownLanguage(shortened(name))),
        }
    }

    fn check_pool(&self, pool: &PoolName, lang: &str) -> Result<(), ApiError> {
        let serves = |lanes: &HashMap<String, Served>| {
            lanes.get(lang).is_some_and(|served| self.counts(*served))
        };
        let unavailable =
            || ApiError::PoolUnavailable { pool: pool.to_string(), lang: lang.to_owned() };
        match self.pools.get(pool) {
            Some(lanes) if serves(lanes) => Ok(()),
            Some(_) => Err(unavailable()),
            // Without any worker there is no telling which pools there are.
            None if !self.pools.values().flat_map(HashMap::values).any(|it| self.counts(*it)) => {
                Err(unavailable())
            }
            None => Err(ApiError::UnknownPool(pool.to_string())),
        }
    }

    /// Whether a worker serves the language of this canonical name.
    pub(crate) fn serves(&self, name: &str) -> bool {
        self.entries.get(name).is_some_and(|entry| self.counts(entry.served))
    }

    fn counts(&self, served: Served) -> bool {
        match self.is_frozen {
            true => !served.remaining.is_zero(),
            false => served.until > Instant::now(),
        }
    }

    /// All languages, by name, each with the version that its compiler or interpreter tells.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Language, Option<&str>)> {
        self.languages.iter().map(|language| {
            let entry = self.entries.get(&language.name);
            (language, entry.and_then(|entry| entry.offered.offer.version.as_deref()))
        })
    }
}

/// The languages by their names. Where workers disagree about what a name means, the language whose
/// own name comes first has it.
fn languages(entries: &HashMap<String, Entry>) -> Languages {
    let mut sorted: Vec<&Language> =
        entries.values().map(|entry| &entry.offered.offer.language).collect();
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    let mut languages = Languages::default();
    for language in sorted {
        if let Err((name, other)) = languages.add(language.clone()) {
            tracing::warn!(lang = language.name, name, other, "a name means two languages");
        }
    }
    languages
}

#[cfg(test)]
mod tests {
    use shared::workers::Offer;

    use super::*;

    const TOY: &str = r#"{"name":"toy","version":"1","display_name":"Toy","source_file":"main.toy",
        "version_command":["toy"],"run":["toy"],"hello":""}"#;

    fn offered(served_for: Duration) -> BTreeMap<String, Offered> {
        let offer = Offer {
            language: serde_json::from_str(TOY).unwrap(),
            version: None,
            environment: None,
        };
        [("toy".to_owned(), Offered { offer, served_for })].into()
    }

    /// Served in the default pool, and once in another one.
    fn pools(served_for: Duration) -> Pools {
        let lane = |served_for| [("toy".to_owned(), served_for)].into();
        let gone = "gone".parse().unwrap();
        [(PoolName::default(), lane(served_for)), (gone, lane(Duration::ZERO))].into()
    }

    fn pool_code(known: &Known, pool: &str, lang: &str) -> &'static str {
        let checked = known.check_pool(&pool.parse().unwrap(), lang);
        checked.map_or_else(|error| error.code().0, |()| "found")
    }

    fn code(known: &Known, name: &str) -> &'static str {
        known.find(name).map_or_else(|error| error.code().0, |_| "found")
    }

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn only_what_a_worker_serves_is_accepted() {
        let (now, nothing) = (Instant::now(), Known::default());
        let known = nothing.updated(offered(MINUTE), pools(MINUTE), now);
        assert_eq!(code(&known, "toy"), "found");
        assert_eq!(code(&known, "toy@1"), "found");
        assert_eq!(code(&known, "klingon"), "unknownLanguage");
        let unserved = nothing.updated(offered(Duration::ZERO), pools(Duration::ZERO), now);
        assert_eq!(code(&unserved, "toy"), "languageUnavailable");
        assert_eq!(code(&nothing, "toy"), "languageUnavailable");
    }

    #[test]
    fn only_a_pool_whose_workers_serve_the_language_is_accepted() {
        let (now, nothing) = (Instant::now(), Known::default());
        let known = nothing.updated(offered(MINUTE), pools(MINUTE), now);
        assert_eq!(pool_code(&known, "default", "toy"), "found");
        assert_eq!(pool_code(&known, "default", "other"), "poolUnavailable");
        assert_eq!(pool_code(&known, "gone", "toy"), "poolUnavailable");
        assert_eq!(pool_code(&known, "never-heard-of", "toy"), "unknownPool");
        assert_eq!(pool_code(&nothing, "never-heard-of", "toy"), "poolUnavailable");
    }

    #[test]
    fn an_emptied_redis_changes_nothing_for_as_long_as_the_word_counts() {
        let now = Instant::now();
        let known = Known::default().updated(offered(MINUTE), pools(MINUTE), now);
        let emptied = |now| known.updated(BTreeMap::new(), BTreeMap::new(), now);
        assert_eq!(code(&emptied(now), "toy"), "found");
        assert_eq!(pool_code(&emptied(now), "default", "toy"), "found");
        assert_eq!(code(&emptied(now + MINUTE), "toy"), "languageUnavailable");
        assert_eq!(pool_code(&emptied(now + MINUTE), "default", "toy"), "poolUnavailable");
    }

    #[test]
    fn while_redis_is_away_what_was_true_last_counts() {
        let long_ago = Instant::now().checked_sub(10 * MINUTE).unwrap();
        let known = Known::default().updated(offered(MINUTE), pools(MINUTE), long_ago);
        assert_eq!(code(&known, "toy"), "languageUnavailable");
        assert_eq!(code(&known.frozen(), "toy"), "found");
        assert_eq!(pool_code(&known, "default", "toy"), "poolUnavailable");
        assert_eq!(pool_code(&known.frozen(), "default", "toy"), "found");
        assert_eq!(pool_code(&known.frozen(), "gone", "toy"), "poolUnavailable");
    }
}
