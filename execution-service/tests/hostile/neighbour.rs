//! A well-behaved job, and how long it takes alone and beside others.

use std::fmt;
use std::pin::pin;

use e2e::Client;
use serde_json::Value;

/// Computes for about 100 ms of CPU time.
const STEADY: &str = include_str!("probes/steady.py");

/// Runs on the idle system; odd, so that there is a median.
const RUNS: usize = 7;

/// Wall times of the same program, in milliseconds, in order.
pub(crate) struct Times(Vec<f64>);

impl Times {
    /// The middle one.
    pub(crate) fn median(&self) -> f64 {
        self.0[self.0.len() / 2]
    }

    fn of(mut times: Vec<f64>) -> Self {
        times.sort_by(f64::total_cmp);
        Self(times)
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, median) = (self.0.len(), self.median());
        let worst = self.0[count - 1];
        write!(f, "{median} ms in the median of {count} runs, {worst} ms at worst")
    }
}

/// How long it takes while nothing else runs.
pub(crate) async fn on_an_idle_system(client: &Client) -> Times {
    let mut times = Vec::new();
    for _ in 0..RUNS {
        times.push(one(client).await);
    }
    Times::of(times)
}

/// How long it takes, again and again, until `crowd` has finished.
pub(crate) async fn beside<T>(client: &Client, crowd: impl Future<Output = T>) -> (T, Times) {
    let mut crowd = pin!(crowd);
    let mut times = Vec::new();
    loop {
        let mut job = pin!(one(client));
        tokio::select! {
            time = &mut job => times.push(time),
            found = &mut crowd => {
                // One that ends beside nobody is no measurement, unless there is no other.
                let last = job.await;
                if times.is_empty() {
                    times.push(last);
                }
                return (found, Times::of(times));
            }
        }
    }
}

async fn one(client: &Client) -> f64 {
    let result: Value = client.run("python", STEADY, "").await;
    assert_eq!(result["stdOutput"], "done\n", "{result:#}");
    result["wallMs"].as_f64().unwrap()
}
