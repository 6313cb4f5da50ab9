//! Many submissions in one request, and many results in one answer.

use std::time::{Duration, Instant};

use e2e::{Options, System, eventually};
use serde_json::{Value, json};

fn ids(answer: &Value) -> Vec<String> {
    let submissions = answer["submissions"].as_array().unwrap_or_else(|| panic!("{answer:#}"));
    let id = |item: &Value| item["codeSubmissionId"].as_str().map(str::to_owned);
    submissions.iter().filter_map(id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_a_batch_is_taken_in_or_refused_for_itself() {
    let system = System::start(1).await;
    let batch = json!({ "submissions": [
        { "code": "echo $((6 * 7))", "lang": "bash" },
        { "code": "?", "lang": "klingon" },
        { "lang": "python" },
        { "code": "print(input())", "lang": "py", "stdInput": "second", "priority": "high" },
        { "code": "1", "lang": "python", "limits": { "wallMs": 0 } },
        "not an object",
        { "code": "1", "lang": "python", "pool": "nobody-s" },
    ] });
    let reply = system.client.post("/api/submit/batch", &batch).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let answer = reply.json();
    let items = answer["submissions"].as_array().unwrap();
    let codes: Vec<&str> =
        items.iter().map(|item| item["error"]["code"].as_str().unwrap_or("accepted")).collect();
    let expected = [
        "accepted",
        "unknownLanguage",
        "invalidField",
        "accepted",
        "limitOutOfRange",
        "invalidField",
        "unknownPool",
    ];
    assert_eq!(codes, expected, "{answer:#}");
    let request_id = reply.headers["x-request-id"].to_str().unwrap();
    assert_eq!(items[1]["error"]["requestId"], request_id);

    let mut asked = ids(&answer);
    let nobody_s = "01937b5e-7c1a-7cc3-9d1f-0a1b2c3d4e5f";
    asked.insert(1, nobody_s.to_owned());
    let wanted = json!({ "ids": asked, "wait": 60 });
    let reply = system.client.post("/api/results", &wanted).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let results = reply.json()["results"].as_array().unwrap().clone();
    assert_eq!(results.len(), 3);
    assert_eq!(results[0]["stdOutput"], "42\n");
    assert_eq!(results[1]["codeSubmissionId"], nobody_s);
    assert_eq!(results[1]["error"]["code"], "unknownSubmission");
    assert_eq!(results[2]["stdOutput"], "second\n");
    assert_eq!((&results[2]["priority"], &results[2]["pool"]), (&"high".into(), &"default".into()));
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_a_hundred_runs_in_its_order_and_its_results_come_together() {
    let system = System::start(1).await;
    let submissions: Vec<Value> =
        (0..100).map(|nth| json!({ "code": format!("echo {nth}"), "lang": "bash" })).collect();
    let reply =
        system.client.post("/api/submit/batch", &json!({ "submissions": submissions })).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let ids = ids(&reply.json());
    assert_eq!(ids.len(), 100);
    let mut finished = Vec::new();
    for _ in 0..3 {
        let reply = system.client.post("/api/results", &json!({ "ids": ids, "wait": 60 })).await;
        finished = reply.json()["results"].as_array().unwrap().clone();
        if finished.iter().all(|result| result["status"] == "completed") {
            break;
        }
    }
    for (nth, result) in finished.iter().enumerate() {
        assert_eq!(result["stdOutput"], format!("{nth}\n"), "{result:#}");
    }
    let started = |nth: usize| finished[nth]["startedAt"].as_str().unwrap();
    assert!(started(0) < started(50) && started(50) < started(99), "in their order");
    let metrics = system.client.get("/metrics").await.text;
    assert!(metrics.contains("airlock_waiting_clients 0\n"), "{metrics}");
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn results_are_waited_for_until_the_last_is_there_or_the_time_is_up() {
    let system = System::start(1).await;
    let quick = system.client.submit("bash", "echo quick", "").await;
    let slow = system.client.submit("bash", "sleep 8; echo slow", "").await;
    let wanted = json!({ "ids": [quick, slow, quick], "wait": 3 });
    let asked = Instant::now();
    let results = system.client.post("/api/results", &wanted).await.json();
    assert!(asked.elapsed() >= Duration::from_secs(3), "answered too soon");
    assert_eq!(results["results"][0]["stdOutput"], "quick\n", "{results:#}");
    assert_eq!(results["results"][1]["message"], "Code execution is still pending");
    assert_eq!(results["results"][2]["stdOutput"], "quick\n", "as often as it is asked for");

    let reply = system.client.post("/api/results", &json!({ "ids": [quick, slow] })).await;
    assert_eq!(reply.json()["results"][1]["status"], "running", "no wait, no waiting");

    let wanted = json!({ "ids": [slow, quick], "wait": 60 });
    let results = system.client.post("/api/results", &wanted).await.json();
    assert_eq!(results["results"][0]["stdOutput"], "slow\n");
    assert!(asked.elapsed() < Duration::from_secs(40), "answered only when the time was up");
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_for_one_answer_is_to_be_asked_for_alone() {
    let system = System::start(1).await;
    // A megabyte each, as text of which every byte takes six in JSON.
    let code = "head -c 1000000 /dev/zero | tr '\\0' '\\1'";
    let limits = json!({ "outputBytes": 1_048_576 });
    let submissions = vec![json!({ "code": code, "lang": "bash", "limits": limits }); 4];
    let reply =
        system.client.post("/api/submit/batch", &json!({ "submissions": submissions })).await;
    let ids = ids(&reply.json());
    let wanted = json!({ "ids": ids, "wait": 60 });
    let results = system.client.post("/api/results", &wanted).await.json();
    let results = results["results"].as_array().unwrap();
    assert_eq!(results[1]["status"], "completed");
    assert_eq!(results[2]["error"]["code"], "answerTooLarge");
    assert_eq!(results[3]["codeSubmissionId"], ids[3].as_str());
    assert_eq!(system.client.finished(&ids[3]).await["status"], "completed");
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_or_a_list_of_ids_that_is_none_is_refused_as_a_whole() {
    let system = System::start(0).await;
    let id = "01937b5e-7c1a-7cc3-9d1f-0a1b2c3d4e5f";
    let submission = json!({ "code": "1", "lang": "python" });
    for (path, body, status, code) in [
        ("/api/submit/batch", json!({ "submissions": [] }), 422, "invalidField"),
        ("/api/submit/batch", json!({ "submissions": vec![submission; 101] }), 422, "invalidField"),
        ("/api/submit/batch", json!({}), 422, "invalidField"),
        ("/api/submit/batch", json!([]), 422, "invalidField"),
        ("/api/results", json!({ "ids": [] }), 422, "invalidField"),
        ("/api/results", json!({ "ids": vec![id; 101] }), 422, "invalidField"),
        ("/api/results", json!({ "ids": ["42"] }), 422, "invalidField"),
        ("/api/results", json!({ "ids": [id], "wait": 61 }), 400, "invalidQuery"),
        ("/api/results", json!({ "ids": [id], "patience": 1 }), 422, "invalidField"),
    ] {
        let reply = system.client.post(path, &body).await;
        assert_eq!((reply.status.as_u16(), &reply.json()["error"]["code"]), (status, &code.into()));
    }
    assert_eq!(system.queue().length().await.unwrap(), 0);
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_says_so_at_once_and_has_room_again_later() {
    let settings = vec![("AIRLOCK_QUEUE_MAX_LENGTH", "5"), ("AIRLOCK_QUEUE_MAX_PER_TENANT", "3")];
    let settings = [settings, vec![("AIRLOCK_TENANT_HEADER", "x-tenant")]].concat();
    let mut system = System::start_with(0, Options { settings, ..Default::default() }).await;
    let submit = async |system: &System, tenant: &str, count: usize| {
        let body = json!({ "submissions": vec![json!({ "code": "echo", "lang": "bash" }); count] });
        let request = system.client.request("POST", "/api/submit/batch").header("x-tenant", tenant);
        system.client.send(request.json(&body)).await
    };
    assert_eq!(submit(&system, "heavy", 3).await.status, 200);
    let reply = submit(&system, "heavy", 1).await;
    assert_eq!(reply.status, 429, "{}", reply.text);
    assert_eq!(reply.json()["error"]["code"], "tenantQueueFull");
    assert_eq!(reply.headers["retry-after"], "5");

    assert_eq!(submit(&system, "light", 2).await.status, 200);
    for path in ["/api/submit", "/api/execute"] {
        let request = system.client.request("POST", path).header("x-tenant", "another");
        let asked = Instant::now();
        let body = json!({ "code": "echo", "lang": "bash" });
        let reply = system.client.send(request.json(&body)).await;
        assert_eq!(reply.status, 503, "{}", reply.text);
        assert_eq!(reply.json()["error"]["code"], "queueFull");
        assert_eq!(reply.headers["retry-after"], "5");
        assert!(asked.elapsed() < Duration::from_secs(2), "it took {:?}", asked.elapsed());
    }
    system.add_worker().await;
    eventually("there is room again", Duration::from_secs(30), async || {
        (submit(&system, "heavy", 3).await.status == 200).then_some(())
    })
    .await;
    system.stop().await;
}
