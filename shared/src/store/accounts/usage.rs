//! What was used, written to accounts: each submission once.
//!
//! A submission that has an account is stored with the mark `uncounted`. After its end, one transaction
//! takes the mark away and adds the figures to a line of the collection `usage`: both or neither, so it
//! cannot be counted twice, whoever dies and however many do this at once; and it cannot be missed,
//! because the mark stays until then. Counters that a worker raised when it wrote the end would be
//! raised again by whoever repeats that write; and sums over what is stored would forget what has been
//! removed since.
//!
//! What was not executed, because its result was known, has used nothing: it only loses its mark.
//!
//! The same step gives a submission the retention that its account has.

use std::collections::BTreeMap;

use bson::{DateTime, Uuid, doc};
use futures_util::TryStreamExt;
use serde::Deserialize;

use super::changes::{commit, is_passing};
use super::{Page, USAGE};
use crate::accounts::usage::{Counted, Line, Used};
use crate::outcome::Verdict;
use crate::placement::{Tenant, UserName};
use crate::store::mongo::Mongo;
use crate::store::{Store, StoreError};

/// Submissions that one transaction counts at most: some milliseconds.
const BATCH: i64 = 1000;

/// Which lines of the accounts.
#[derive(Debug, Clone, Copy)]
pub struct UsageQuery<'a> {
    /// Whose; `None`: all organisations'.
    pub organisation: Option<&'a Tenant>,
    /// The first day, as `2026-11-25`.
    pub from: &'a str,
    /// The last day.
    pub to: &'a str,
    /// Which of them.
    pub page: Page<'a>,
}

/// Of a submission that has ended, what is counted.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ended {
    #[serde(rename = "_id")]
    id: Uuid,
    placement: Whose,
    account: Who,
    program: What,
    finished_at: DateTime,
    outcome: Figures,
}

#[derive(Debug, Deserialize)]
struct Whose {
    tenant: Tenant,
}

#[derive(Debug, Deserialize)]
struct Who {
    user: UserName,
}

#[derive(Debug, Deserialize)]
struct What {
    lang: String,
}

#[derive(Debug, Deserialize)]
struct Figures {
    verdict: Verdict,
    /// It is that of another submission, which has been counted.
    #[serde(default)]
    cached: bool,
    compile: Option<Step>,
    run: Option<Step>,
    #[serde(default)]
    tests: Vec<Test>,
}

#[derive(Debug, Deserialize)]
struct Test {
    run: Step,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Step {
    wall_ms: i64,
    cpu_ms: i64,
    memory_bytes: i64,
}

impl Ended {
    fn used(&self) -> Used {
        let mut used = Used { executions: 1, ..Used::default() };
        let Figures { compile, run, tests, .. } = &self.outcome;
        let tests = tests.iter().map(|test| &test.run);
        for step in compile.iter().chain(run).chain(tests) {
            used.add_step(step.wall_ms, step.cpu_ms, step.memory_bytes);
        }
        used
    }

    fn counted(&self) -> Counted {
        let Self { placement, account, program, finished_at, outcome, .. } = self;
        let (organisation, user) = (placement.tenant.clone(), account.user.clone());
        Counted::new(organisation, user, program.lang.clone(), outcome.verdict, *finished_at)
    }
}

impl Store {
    /// Writes to their accounts what submissions have used that have ended, and have not been counted.
    /// How many were; as many as that are done at once, so there may be more.
    pub async fn settle_accounts(&self) -> Result<usize, StoreError> {
        let ended = self.mongo.uncounted().await?;
        if ended.is_empty() {
            return Ok(0);
        }
        match self.mongo.bounded(self.mongo.count(&ended)).await {
            Ok(()) => Ok(ended.len()),
            // Somebody else has counted some of them meanwhile.
            Err(error) if is_passing(&error) => Ok(0),
            Err(error) => Err(error),
        }
    }

    /// Lines of the accounts, each with its name, to go on after it.
    pub async fn usage(&self, query: UsageQuery<'_>) -> Result<Vec<(String, Line)>, StoreError> {
        let mut filter = doc! { "day": { "$gte": query.from, "$lte": query.to } };
        if let Some(organisation) = query.organisation {
            filter.insert("organisation", organisation.as_str());
        }
        if let Some(after) = query.page.after {
            filter.insert("_id", doc! { "$gt": after });
        }
        let lines = self.mongo.accounts(USAGE).clone_with_type::<Line>();
        let found = async {
            let find = lines.find(filter).sort(doc! { "_id": 1 }).limit(query.page.limit.into());
            find.await?.map_ok(|line| (line.counted.id(), line)).try_collect().await
        };
        self.mongo.bounded(found).await
    }
}

impl Mongo {
    async fn uncounted(&self) -> Result<Vec<Ended>, StoreError> {
        let figures = |step: &str| {
            ["wallMs", "cpuMs", "memoryBytes"].map(|figure| format!("outcome.{step}.{figure}"))
        };
        let mut needed = doc! {
            "placement.tenant": 1, "account.user": 1, "program.lang": 1, "finishedAt": 1,
            "outcome.verdict": 1, "outcome.cached": 1,
        };
        for figure in ["compile", "run", "tests.run"].into_iter().flat_map(figures) {
            needed.insert(figure, 1);
        }
        let ended = self.submissions.clone_with_type::<Ended>();
        let find = async {
            let uncounted = doc! { "uncounted": true, "finishedAt": { "$exists": true } };
            let find = ended.find(uncounted).projection(needed).limit(BATCH);
            find.await?.try_collect().await
        };
        self.bounded(find).await
    }

    async fn count(&self, ended: &[Ended]) -> Result<(), mongodb::error::Error> {
        let mut lines: BTreeMap<Counted, Used> = BTreeMap::new();
        for submission in ended.iter().filter(|ended| !ended.outcome.cached) {
            lines.entry(submission.counted()).or_default().add(&submission.used());
        }
        let ids: Vec<Uuid> = ended.iter().map(|ended| ended.id).collect();
        let these = doc! { "_id": { "$in": ids }, "uncounted": true };
        // The earlier of the two times holds; what is not there counts as never.
        let retention = doc! { "$multiply": ["$account.allowance.retentionSeconds", 1000] };
        let kept_until = doc! { "$add": ["$finishedAt", retention] };
        let settle = vec![
            doc! { "$set": { "expireAt": { "$min": ["$expireAt", kept_until] } } },
            doc! { "$unset": "uncounted" },
        ];
        let mut session = self.begin().await?;
        let marked = self.submissions.update_many(these, settle).session(&mut session).await?;
        if marked.modified_count != ended.len() as u64 {
            session.abort_transaction().await?;
            return Ok(());
        }
        for (counted, used) in &lines {
            let line = doc! {
                "$inc": bson::serialize_to_document(used)?,
                "$setOnInsert": bson::serialize_to_document(counted)?,
            };
            let name = doc! { "_id": counted.id() };
            self.accounts(USAGE).update_one(name, line).upsert(true).session(&mut session).await?;
        }
        commit(&mut session).await
    }
}
