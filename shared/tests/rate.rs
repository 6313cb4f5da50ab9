//! Rates on a real Redis.

use std::sync::Arc;
use std::time::{Duration, Instant};

use shared::queue::Queue;
use shared::rate::{Rate, Rates};
use tokio::task::JoinSet;

use crate::support;

fn rate(name: &str, per_minute: u32) -> Rate {
    Rate { name: name.to_owned(), of: "key", per_minute }
}

/// A hundred requests a second: ten seconds' worth at once, then the rate.
const PER_MINUTE: u32 = 6000;
const BURST: f64 = 1000.0;

#[tokio::test(flavor = "multi_thread")]
async fn eight_clients_of_two_processes_get_the_rate_to_within_a_hundredth() {
    let queue = support::queue();
    let apis: Vec<Arc<Rates>> = (0..2).map(|_| Arc::new(Rates::new(queue.clone()))).collect();
    let started = Instant::now();
    let lasts = Duration::from_secs(10);
    let mut clients = JoinSet::new();
    for nth in 0..8 {
        let rates = apis[nth % 2].clone();
        clients.spawn(async move {
            let mut taken = 0_u32;
            while started.elapsed() < lasts {
                let standing = rates.take(&[rate("all", PER_MINUTE)]).await.unwrap();
                match standing.retry_after {
                    None => taken += 1,
                    Some(after) => {
                        assert!(after <= Duration::from_millis(10), "{after:?}");
                        assert_eq!(standing.remaining, 0);
                        // Busier than a client that does as it is told.
                        tokio::time::sleep(Duration::from_millis(2)).await;
                    }
                }
            }
            taken
        });
    }
    let taken: u32 = clients.join_all().await.into_iter().sum();
    let expected = BURST + started.elapsed().as_secs_f64() * f64::from(PER_MINUTE) / 60.0;
    let off = (f64::from(taken) - expected).abs() / expected;
    println!("taken {taken}, expected {expected:.0}: off by {:.3} %", off * 100.0);
    assert!(off < 0.01, "{taken} instead of {expected}");
    queue.erase().await.unwrap();
}

#[tokio::test]
async fn a_request_is_taken_from_all_its_rates_or_none() {
    let queue = support::queue();
    let rates = Rates::new(queue.clone());
    let (tight, loose) = (rate("tight", 12), rate("loose", 600));
    let both = [loose.clone(), tight.clone()];
    for left in [1, 0] {
        let standing = rates.take(&both).await.unwrap();
        assert_eq!((standing.limit, standing.remaining), (12, left));
        assert_eq!(standing.retry_after, None);
    }
    for _ in 0..50 {
        let standing = rates.take(&both).await.unwrap();
        assert_eq!((standing.limit, standing.remaining), (12, 0));
        let after = standing.retry_after.unwrap();
        assert!((3..=5).contains(&after.as_secs()), "{after:?}");
    }
    let standing = rates.take(std::slice::from_ref(&loose)).await.unwrap();
    assert!(standing.remaining >= 97, "what was refused has used nothing: {standing:?}");
    assert_eq!(rates.take(&[]).await, None);
    queue.erase().await.unwrap();
}

#[tokio::test]
async fn where_redis_is_away_a_process_keeps_the_rate_by_itself() {
    let nowhere = support::queue_with(&[("REDIS_URL", "redis://127.0.0.1:1".to_owned())]);
    let rates = Rates::new(nowhere);
    let started = Instant::now();
    let mut taken = 0;
    for _ in 0..200 {
        taken += u32::from(rates.take(&[rate("a", 60)]).await.unwrap().retry_after.is_none());
    }
    assert!((10..=12).contains(&taken), "{taken}");
    assert!(started.elapsed() < Duration::from_secs(2), "it is not asked each time");
}

#[tokio::test]
async fn nothing_is_left_of_a_rate_that_rests() {
    let queue: Queue = support::queue();
    let rates = Rates::new(queue.clone());
    rates.take(&[rate("a", 60_000)]).await.unwrap();
    let mut redis = support::redis().await;
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        let pattern = format!("{}:*", queue.keys().prefix());
        let left: Vec<String> = redis::AsyncCommands::keys(&mut redis, pattern).await.unwrap();
        if left.is_empty() {
            break;
        }
        assert!(Instant::now() < deadline, "{left:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
