//! Claiming a submission for a worker.

use std::collections::{BTreeMap, HashMap, HashSet};

use bson::raw::cstr;
use bson::{DateTime, RawArrayBuf, RawDocumentBuf, doc, rawbson, rawdoc};
use futures_util::TryStreamExt;
use mongodb::options::{Acknowledgment, ReadConcern, WriteConcern};

use super::document::Document;
use super::mongo::Mongo;
use super::seals::Seals;
use super::update::Statement;
use super::{Store, StoreError, binary, by_id, by_ids};
use crate::batcher::Batched;
pub use crate::lifecycle::MAX_STARTS;
use crate::lifecycle::{Claimed, Life};
use crate::outcome::FailureReason;
use crate::submission::{ClaimId, State, Submission, SubmissionId};

/// Looks at a submission that could not be claimed although nobody else has it: because its time
/// in the queue is over, or a failover came in between.
const ROUNDS: usize = 3;

/// The answer to a claim.
#[derive(Debug)]
pub enum Claim {
    /// The submission is the claimer's, under the epoch it carries.
    Granted(Box<Submission>),
    /// A client has asked for its end. It is not to be run, but to be ended as cancelled.
    Cancelled {
        /// The claim under which that can be written.
        claim: ClaimId,
        /// Its language.
        lang: String,
        /// When the claim was made.
        started_at: Option<DateTime>,
        /// Why its end was asked for, where that has a name.
        reason: Option<FailureReason>,
    },
    /// Its time in the queue was over before this claim. It is not to be run, but to be ended as
    /// failed.
    Expired {
        /// The claim under which that can be written.
        claim: ClaimId,
        /// Its language.
        lang: String,
    },
    /// It was started [`MAX_STARTS`] times and never finished. It is not to be run again, but to be
    /// ended as failed.
    Exhausted {
        /// The claim under which that can be written.
        claim: ClaimId,
        /// Its language.
        lang: String,
        /// When the claim was made.
        started_at: Option<DateTime>,
    },
    /// It has reached a final state already.
    Finished,
    /// Another has claimed it since, or a failover has taken the claim back.
    Overtaken,
    /// There is no such submission.
    Unknown,
}

/// Writes claims.
pub(super) struct Claims(pub(super) Mongo);

/// A claim that is to be made.
#[derive(Debug, Clone)]
pub(super) struct NewClaim {
    id: SubmissionId,
    worker: String,
}

impl Store {
    /// Claims a queued submission for `worker`, or takes over a running one whose lease the queue
    /// has given to this worker. The epoch rises, so that whoever had it before can write no more.
    ///
    /// It waits for no journal and no other member. If a failover takes the claim back, another
    /// worker may be given the same epoch: what this one writes then names the wrong claim.
    pub async fn claim(&self, id: SubmissionId, worker: &str) -> Result<Claim, StoreError> {
        self.claims.ask(NewClaim { id, worker: worker.to_owned() }).await?
    }
}

impl Batched for Claims {
    type Item = NewClaim;
    type Answer = Result<Claim, StoreError>;

    fn bytes(claim: &NewClaim) -> usize {
        256 + claim.worker.len()
    }

    async fn carry_out(&self, claims: Vec<NewClaim>) -> Vec<Result<Claim, StoreError>> {
        let mut answers: Vec<_> = claims.iter().map(|_| None).collect();
        let mut left: Vec<usize> = (0..claims.len()).collect();
        while !left.is_empty() {
            // Two claims of one submission must not be in one command, as they are not under way at
            // once: the first would be overtaken.
            let mut ids = HashSet::new();
            let (now, later): (Vec<_>, Vec<_>) =
                left.into_iter().partition(|nth| ids.insert(claims[*nth].id));
            let claimed = self.claim(now.iter().map(|nth| &claims[*nth]).collect()).await;
            for (nth, claim) in now.into_iter().zip(claimed) {
                answers[nth] = Some(claim);
            }
            left = later;
        }
        answers.into_iter().map(|answer| answer.unwrap_or(Ok(Claim::Overtaken))).collect()
    }
}

impl Claims {
    /// Makes claims on submissions that are all different.
    async fn claim(&self, claims: Vec<&NewClaim>) -> Vec<Result<Claim, StoreError>> {
        // With its submission, it names a claim and no other, so that that is known again after a lost
        // answer.
        let token = uuid::Uuid::new_v4();
        let mut statements: Vec<_> = claims.iter().map(|claim| (*claim, false)).collect();
        let mut answers = HashMap::new();
        for round in 1..=ROUNDS {
            let found = match self.round(&statements, token).await {
                Ok(found) => found,
                Err(error) => {
                    for (claim, _) in statements {
                        answers.insert(claim.id, Err(error.repeated()));
                    }
                    break;
                }
            };
            let mut again = Vec::new();
            for ((claim, _), found) in statements.into_iter().zip(found) {
                let found = match found.map(|found| answer(token, found, &self.0.seals)) {
                    None => Answer::Is(Claim::Unknown),
                    Some(Ok(found)) => found,
                    Some(Err(error)) => {
                        answers.insert(claim.id, Err(error));
                        continue;
                    }
                };
                match found {
                    Answer::Is(Claim::Finished) => {
                        answers.insert(claim.id, self.finished(claim.id).await);
                    }
                    Answer::Again { overdue } if round < ROUNDS => again.push((claim, overdue)),
                    Answer::Again { .. } => _ = answers.insert(claim.id, Ok(Claim::Overtaken)),
                    Answer::Is(answer) => _ = answers.insert(claim.id, Ok(answer)),
                }
            }
            if again.is_empty() {
                break;
            }
            statements = again;
        }
        let answer = |claim: &NewClaim| answers.remove(&claim.id).unwrap_or(Ok(Claim::Overtaken));
        claims.into_iter().map(answer).collect()
    }

    /// What a submission is whose final state this member has. Only if the majority has it too is
    /// it out of the question that a failover takes it back, and nobody would execute it any more.
    async fn finished(&self, id: SubmissionId) -> Result<Claim, StoreError> {
        let mut finished = by_id(id);
        finished.insert("finishedAt", doc! { "$exists": true });
        let find = self.0.submissions.count_documents(finished);
        match self.0.bounded(find).await? {
            0 => Ok(Claim::Overtaken),
            _ => Ok(Claim::Finished),
        }
    }

    /// Tries these claims once, those of overdue submissions as such: what there is afterwards.
    async fn round(
        &self,
        claims: &[(&NewClaim, bool)],
        token: uuid::Uuid,
    ) -> Result<Vec<Option<Document>>, StoreError> {
        let now = DateTime::now();
        let mut alike: BTreeMap<(&str, bool), Vec<SubmissionId>> = BTreeMap::new();
        for (claim, overdue) in claims {
            alike.entry((&claim.worker, *overdue)).or_default().push(claim.id);
        }
        let statements: Vec<Statement> = alike
            .into_iter()
            .map(|((worker, overdue), ids)| statement(&ids, worker, token, overdue, now))
            .collect();
        let concern = WriteConcern::builder().w(Acknowledgment::Nodes(1)).build();
        self.0.update(statements, concern).await?;
        let ids: Vec<SubmissionId> = claims.iter().map(|(claim, _)| claim.id).collect();
        // As it is now: what the majority has may be from before the claim.
        let found = async {
            let find = self.0.submissions.find(by_ids(&ids)).read_concern(ReadConcern::local());
            find.await?.map_ok(|found| (found.submission_id(), found)).try_collect().await
        };
        let mut found: HashMap<SubmissionId, Document> = self.0.bounded(found).await?;
        Ok(ids.iter().map(|id| found.remove(id)).collect())
    }
}

/// The compare-and-set of a claim ([`Event::Claim`](crate::lifecycle::Event::Claim)). Its one case
/// distinction, whether a start is counted, makes two statements, of which at most one matches. What is
/// written is the same for all submissions that a worker claims at once, so that one statement does: it
/// costs a third of one for each.
fn statement(
    ids: &[SubmissionId],
    worker: &str,
    token: uuid::Uuid,
    overdue: bool,
    now: DateTime,
) -> Statement {
    let ids: RawArrayBuf = ids.iter().map(|id| binary(id.as_uuid())).collect();
    let is_overdue = rawdoc! { "starts": { "$lte": 0 }, "queueDeadline": { "$lte": now } };
    let mut filter: RawDocumentBuf = rawdoc! {
        "_id": { "$in": ids },
        "state": { "$in": [State::Queued.as_str(), State::Running.as_str()] },
        "claimToken": { "$ne": binary(token) },
    };
    let which = if overdue { cstr!("$and") } else { cstr!("$nor") };
    filter.append(which, rawbson!([is_overdue]));
    let change = rawdoc! {
        "$set": {
            "state": State::Running.as_str(),
            "worker": worker,
            "claimToken": binary(token),
            "startedAt": now,
        },
        "$inc": { "epoch": 1_i64, "starts": i32::from(!overdue) },
    };
    Statement { filter, change, multi: true }
}

/// What there is to say after a try.
enum Answer {
    Is(Claim),
    /// It can be claimed, and nobody else has it: try again.
    Again {
        overdue: bool,
    },
}

fn answer(token: uuid::Uuid, found: Document, seals: &Seals) -> Result<Answer, StoreError> {
    let life: Life<uuid::Uuid> = found.life(DateTime::now());
    let claimed = life.claimed(&token);
    if claimed == Claimed::Overtaken && (life.state == State::Queued || life.is_overdue()) {
        return Ok(Answer::Again { overdue: life.is_overdue() });
    }
    let reason = found.cancel_reason;
    let submission = found.into_submission(seals)?;
    if claimed == Claimed::Granted {
        return Ok(Answer::Is(Claim::Granted(Box::new(submission))));
    }
    let started_at = submission.started_at;
    let (claim, lang) = (submission.claim_id(), submission.program.lang);
    Ok(Answer::Is(match claimed {
        Claimed::Cancelled => Claim::Cancelled { claim, lang, started_at, reason },
        Claimed::Expired => Claim::Expired { claim, lang },
        Claimed::Exhausted => Claim::Exhausted { claim, lang, started_at },
        Claimed::Finished => Claim::Finished,
        Claimed::Granted | Claimed::Overtaken => Claim::Overtaken,
    }))
}
