//! Clients: they submit, wait and withdraw as a user's program would, and note all they are told.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::history::{Event, History, Shown};
use super::plan::{Job, Plan, TENANTS};
use super::stage::Stage;
use crate::Client;

/// Who a request comes from, as whatever authenticates in front of the API would say it.
pub(super) const TENANT_HEADER: &str = "x-chaos-tenant";

/// How long a client tries to get its job accepted: longer than any outage here.
const SUBMIT_PATIENCE: Duration = Duration::from_secs(60);
/// How long a client waits for a result: no fault and no backlog here lasts for so long.
const RESULT_PATIENCE: Duration = Duration::from_secs(150);
const LONG_POLL_SECONDS: u64 = 20;
const REQUEST_LIMIT: Duration = Duration::from_secs(40);
const RETRY_PAUSE: Duration = Duration::from_millis(400);

/// All clients of a run.
pub struct Clients {
    history: History,
    apis: Vec<Client>,
    waiters: AtomicU32,
}

/// What a request came to.
enum Reply {
    Answer(u16, Value),
    None,
}

impl Clients {
    /// Clients of a system.
    pub fn of(stage: &Stage) -> Self {
        let apis = stage.apis.iter().map(|api| Client::new(api.address)).collect();
        Self { history: stage.history.clone(), apis, waiters: AtomicU32::new(0) }
    }

    /// Lets all clients of a plan do what they do; returns when each has its answer, or has given
    /// up.
    pub async fn act(&self, plan: &Plan) {
        let began = Instant::now();
        let jobs = plan.jobs.iter().map(|job| async move {
            tokio::time::sleep_until(began + job.at).await;
            self.see_through(plan.seed, job).await;
        });
        futures_util::future::join_all(jobs).await;
    }

    async fn see_through(&self, seed: u64, job: &Job) {
        let Some(id) = self.submit_patiently(seed, job).await else { return };
        let wait = || self.wait(&id, job);
        let waits = futures_util::future::join_all((0..job.waiters).map(|_| wait()));
        let cancel = async {
            if let Some(after) = job.cancel_after {
                sleep(after).await;
                self.cancel(&id, job).await;
            }
        };
        tokio::join!(waits, cancel, self.peek(&id, job));
    }

    /// Submits a job until it is accepted. Without a key, a client that was not answered cannot
    /// know whether it was, and gives up.
    async fn submit_patiently(&self, seed: u64, job: &Job) -> Option<String> {
        let deadline = Instant::now() + SUBMIT_PATIENCE;
        for attempt in job.number as usize.. {
            match self.submit(seed, job, attempt).await {
                Submitted::Accepted(id) => return Some(id),
                Submitted::Refused => {}
                Submitted::NoAnswer if job.keyed => {}
                Submitted::NoAnswer => return None,
            }
            if Instant::now() > deadline {
                return None;
            }
            sleep(RETRY_PAUSE).await;
        }
        None
    }

    /// Submits a job once, to the API of this number.
    pub async fn submit(&self, seed: u64, job: &Job, api: usize) -> Submitted {
        let prints = prints(seed, job);
        self.history.note(Event::Submitting {
            job: job.number,
            tenant: job.tenant.to_owned(),
            priority: job.priority.to_owned(),
            prints: prints.clone(),
        });
        let request = self.request("POST", "/api/submit", job.tenant, api);
        let mut request = request.json(&body(job, &prints));
        if job.keyed {
            request = request.header("Idempotency-Key", format!("{seed}-{}", job.number));
        }
        match send(request).await {
            Reply::Answer(200 | 201, answer) => {
                let id = answer["codeSubmissionId"].as_str().unwrap_or_default().to_owned();
                self.history.note(Event::Accepted { job: job.number, id: id.clone() });
                Submitted::Accepted(id)
            }
            Reply::Answer(status, answer) => {
                let code = answer["error"]["code"].as_str().unwrap_or_default().to_owned();
                self.history.note(Event::Refused { job: job.number, status, code });
                Submitted::Refused
            }
            Reply::None => {
                self.history.note(Event::NoAnswer { job: job.number });
                Submitted::NoAnswer
            }
        }
    }

    /// Waits for a result by as many long polls as it takes.
    async fn wait(&self, id: &str, job: &Job) {
        let waiter = self.waiters.fetch_add(1, Ordering::Relaxed);
        self.history.note(Event::Waiting { waiter, id: id.to_owned() });
        let deadline = Instant::now() + RESULT_PATIENCE;
        let mut api = (job.number + waiter) as usize;
        while Instant::now() < deadline {
            let path = format!("/api/result/{id}?wait={LONG_POLL_SECONDS}");
            match self.look(id, &path, job.tenant, api).await {
                Some(Some(shown)) => {
                    let id = id.to_owned();
                    return self.history.note(Event::Answered { waiter, id, shown });
                }
                Some(None) => {}
                None => {
                    api += 1;
                    sleep(RETRY_PAUSE).await;
                }
            }
        }
    }

    /// Reads a tenant's result once; notes it if it is final.
    pub async fn read(&self, id: &str, tenant: &str, api: usize) -> bool {
        let path = format!("/api/result/{id}");
        let Some(Some(shown)) = self.look(id, &path, tenant, api).await else {
            return false;
        };
        let waiter = self.waiters.fetch_add(1, Ordering::Relaxed);
        self.history.note(Event::Answered { waiter, id: id.to_owned(), shown });
        true
    }

    /// A look at a result: none if there was no proper answer, none in it if it is not final.
    async fn look(&self, id: &str, path: &str, tenant: &str, api: usize) -> Option<Option<Shown>> {
        match send(self.request("GET", path, tenant, api)).await {
            Reply::Answer(200, result) => Some(shown(&result)),
            Reply::Answer(404, _) => {
                self.history.note(Event::Denied { id: id.to_owned() });
                None
            }
            _ => None,
        }
    }

    /// Asks for another tenant's submission.
    async fn peek(&self, id: &str, job: &Job) {
        let stranger = TENANTS.iter().find(|tenant| **tenant != job.tenant).unwrap();
        let path = format!("/api/result/{id}");
        if let Reply::Answer(status, _) =
            send(self.request("GET", &path, stranger, job.number as usize)).await
        {
            self.history.note(Event::Peeked { id: id.to_owned(), status });
        }
    }

    async fn cancel(&self, id: &str, job: &Job) {
        self.history.note(Event::Cancelling { id: id.to_owned() });
        let path = format!("/api/submissions/{id}");
        let request = self.request("DELETE", &path, job.tenant, job.number as usize);
        let status = match send(request).await {
            Reply::Answer(status, _) => status,
            Reply::None => 0,
        };
        self.history.note(Event::CancelAnswered { id: id.to_owned(), status });
    }

    fn request(&self, method: &str, path: &str, tenant: &str, api: usize) -> RequestBuilder {
        let request = self.apis[api % self.apis.len()].request(method, path);
        request.header(TENANT_HEADER, tenant).timeout(REQUEST_LIMIT)
    }
}

/// What became of one request to submit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Submitted {
    /// It has this id.
    Accepted(String),
    /// The API said why not.
    Refused,
    /// The API said nothing.
    NoAnswer,
}

/// What a job's program prints.
pub(super) fn prints(seed: u64, job: &Job) -> String {
    format!("job {} of seed {seed}\n", job.number)
}

fn body(job: &Job, prints: &str) -> Value {
    let line = prints.trim_end();
    let code = match job.lang {
        "python" => {
            format!("import time\ntime.sleep({})\nprint('{line}')", job.sleep.as_secs_f64())
        }
        _ => format!("sleep {}; echo '{line}'", job.sleep.as_secs_f64()),
    };
    let mut body = json!({ "lang": job.lang, "code": code });
    // The usual is not said: not every version knows the word for it.
    if job.priority != "normal" {
        body["priority"] = job.priority.into();
    }
    if job.tests {
        body["tests"] = json!([{ "expectedOutput": prints }, { "stdin": "2\n" }]);
    }
    body
}

async fn send(request: RequestBuilder) -> Reply {
    let Ok(response) = request.send().await else { return Reply::None };
    let status = response.status().as_u16();
    match response.json().await {
        Ok(answer) => Reply::Answer(status, answer),
        Err(_) => Reply::None,
    }
}

/// A result, if it is final.
fn shown(result: &Value) -> Option<Shown> {
    let text = |field: &str| result[field].as_str().unwrap_or_default().to_owned();
    let status = text("status");
    (!["queued", "running"].contains(&status.as_str())).then(|| Shown {
        status,
        verdict: text("verdict"),
        std_output: text("stdOutput"),
        finished_at: text("finishedAt"),
    })
}
