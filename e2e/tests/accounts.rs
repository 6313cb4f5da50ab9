//! Who may do what, for every endpoint there is; and what an account may use, changed live.

#![expect(clippy::unwrap_used, reason = "a test that fails here has failed")]

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use e2e::{Client, Options, Reply, System, docker, eventually};
use serde_json::{Value, json};

const TOKEN: &str = "correct horse battery staple";

/// Who may use an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// Everybody.
    Public,
    /// A key with the scope `read`; what is another organisation's is not there.
    Read,
    /// A key with the scope `submit`; what is another organisation's is not there.
    Submit,
    /// A superadmin, or a key with the scope `admin` in its own organisation.
    Admin,
    /// A superadmin.
    Superadmin,
}

use Rule::{Admin, Public, Read, Submit, Superadmin};

const ORGANISATION: &str = "/api/admin/organisations/{organisation}";

/// The rule of every endpoint. One without a rule fails the first test.
fn rules() -> Vec<(&'static str, String, Rule)> {
    let of = |path: &str| format!("{ORGANISATION}{path}");
    let plain = |path: &str| path.to_owned();
    vec![
        ("GET", plain("/healthz"), Public),
        ("GET", plain("/readyz"), Public),
        ("GET", plain("/metrics"), Public),
        ("GET", plain("/api/languages"), Public),
        ("POST", plain("/api/submit"), Submit),
        ("POST", plain("/api/submit/batch"), Submit),
        ("POST", plain("/api/execute"), Submit),
        ("DELETE", plain("/api/submissions/{id}"), Submit),
        ("GET", plain("/api/result/{id}"), Read),
        ("POST", plain("/api/results"), Read),
        ("GET", plain("/api/usage"), Read),
        ("GET", plain("/api/admin/dead-letters"), Superadmin),
        ("POST", plain("/api/admin/dead-letters/{id}/requeue"), Superadmin),
        ("GET", plain("/api/admin/usage"), Superadmin),
        ("GET", plain("/api/admin/audit"), Superadmin),
        ("GET", plain("/api/admin/organisations"), Superadmin),
        ("POST", plain("/api/admin/organisations"), Superadmin),
        ("GET", of(""), Admin),
        ("PATCH", of(""), Superadmin),
        ("DELETE", of(""), Superadmin),
        ("GET", of("/users"), Admin),
        ("POST", of("/users"), Admin),
        ("GET", of("/users/{user}"), Admin),
        ("PATCH", of("/users/{user}"), Admin),
        ("DELETE", of("/users/{user}"), Admin),
        ("GET", of("/users/{user}/keys"), Admin),
        ("POST", of("/users/{user}/keys"), Admin),
        ("GET", of("/users/{user}/keys/{key}"), Admin),
        ("DELETE", of("/users/{user}/keys/{key}"), Admin),
    ]
}

#[test]
fn every_endpoint_has_a_rule_and_every_rule_an_endpoint() {
    let description: Value = serde_json::from_str(&submission_service::openapi_json()).unwrap();
    let (mut described, mut names) = (BTreeSet::new(), BTreeSet::new());
    for (path, methods) in description["paths"].as_object().unwrap() {
        for (method, endpoint) in methods.as_object().unwrap() {
            described.insert((method.to_uppercase(), path.clone()));
            let name = endpoint["operationId"].as_str().unwrap().to_owned();
            assert!(names.insert(name.clone()), "two are called `{name}`");
        }
    }
    let ruled: BTreeSet<_> =
        rules().into_iter().map(|(method, path, _)| (method.to_owned(), path)).collect();
    assert_eq!(ruled.len(), rules().len(), "one rule each");
    assert_eq!(described, ruled);
}

async fn system(settings: &[(&'static str, &'static str)], workers: usize) -> System {
    let own = [("AIRLOCK_AUTH", "keys"), ("AIRLOCK_ADMIN_TOKEN", TOKEN)];
    let settings = [&own[..], settings].concat();
    System::start_with(workers, Options { settings, ..Default::default() }).await
}

fn assert_error(reply: &Reply, status: u16, code: &str) {
    assert_eq!(reply.status.as_u16(), status, "{}", reply.text);
    assert_eq!(reply.json()["error"]["code"], code, "{}", reply.text);
}

/// Makes an organisation with one user, Ann.
async fn organisation(root: &Client, name: &str, policy: Value) {
    let made =
        root.post("/api/admin/organisations", &json!({ "name": name, "policy": policy })).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let path = format!("/api/admin/organisations/{name}/users");
    let made = root.post(&path, &json!({ "name": "ann" })).await;
    assert_eq!(made.status, 201, "{}", made.text);
}

/// Makes a key of an organisation's Ann; its answer.
async fn key(root: &Client, organisation: &str, body: Value) -> Value {
    let path = format!("/api/admin/organisations/{organisation}/users/ann/keys");
    let made = root.post(&path, &body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(made.headers["cache-control"], "no-store");
    made.json()
}

async fn client(root: &Client, organisation: &str, scopes: &[&str]) -> Client {
    let made = key(root, organisation, json!({ "scopes": scopes })).await;
    root.with_key(made["key"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_endpoint_refuses_whom_its_rule_does_not_name() {
    let system = system(&[], 0).await;
    let nobody = &system.client;
    let root = nobody.with_key(TOKEN);
    organisation(&root, "acme", json!({})).await;
    organisation(&root, "other", json!({})).await;
    let soon = json!({ "scopes": ["submit", "read", "admin"], "expiresAt": in_a_second() });
    let expired = key(&root, "acme", soon).await;
    let expired_by = Instant::now() + Duration::from_secs(2);
    let scoped = async |organisation, scope| client(&root, organisation, &[scope]).await;
    let (submits, reads) = (scoped("acme", "submit").await, scoped("acme", "read").await);
    let (admins, foreign) = (scoped("acme", "admin").await, scoped("other", "admin").await);
    let stranger = client(&root, "other", &["submit", "read"]).await;

    let all = json!({ "scopes": ["submit", "read", "admin"] });
    let revoked = key(&root, "acme", all.clone()).await;
    let keys = "/api/admin/organisations/acme/users/ann/keys";
    let path = format!("{keys}/{}", revoked["id"].as_str().unwrap());
    let gone = root.send(root.request("DELETE", &path)).await;
    assert!(!gone.json()["revokedAt"].is_null(), "{}", gone.text);
    let good = key(&root, "acme", all).await;
    let (good_id, good) = (good["id"].as_str().unwrap(), good["key"].as_str().unwrap());
    let made = root.post("/api/admin/organisations/acme/users", &json!({ "name": "bob" })).await;
    assert_eq!(made.status, 201);
    let bobs = "/api/admin/organisations/acme/users/bob";
    let bob = root.post(&format!("{bobs}/keys"), &json!({ "scopes": ["read", "submit"] })).await;
    let bob = bob.json()["key"].as_str().unwrap().to_owned();
    assert_eq!(root.with_key(&bob).get("/api/usage").await.status, 200);
    assert_eq!(root.patch(bobs, &json!({ "disabled": true })).await.status, 200);

    let (beginning, end) = good.split_at(good.len() - 1);
    let other_end = if end == "A" { "B" } else { "A" };
    let unknown = good.replace(good_id, "0000000000000000");
    tokio::time::sleep_until(expired_by.into()).await;
    let refused: Vec<(&str, Client)> = vec![
        ("missing", nobody.clone()),
        ("malformed", nobody.with_key("alk_")),
        ("cut", nobody.with_key(beginning)),
        ("wrong secret", nobody.with_key(&format!("{beginning}{other_end}"))),
        ("unknown", nobody.with_key(&unknown)),
        ("wrong token", nobody.with_key("correct horse battery stapl")),
        ("expired", nobody.with_key(expired["key"].as_str().unwrap())),
        ("revoked", nobody.with_key(revoked["key"].as_str().unwrap())),
        ("of a disabled user", nobody.with_key(&bob)),
    ];

    let id = submits.submit("bash", "echo", "").await;
    let named = |path: &str| {
        path.replace("{id}", &id)
            .replace("{organisation}", "acme")
            .replace("{user}", "ann")
            .replace("{key}", good_id)
    };
    for (method, path, rule) in rules() {
        let path = named(&path);
        let body = if path == "/api/results" { json!({ "ids": [id] }) } else { json!({}) };
        let send = async |client: &Client| {
            let request = client.request(method, &path);
            let request = if method == "GET" { request } else { request.json(&body) };
            client.send(request).await
        };
        let mut said = BTreeSet::new();
        for (why, client) in &refused {
            let reply = send(client).await;
            match rule {
                Public => assert!(reply.status.is_success(), "{method} {path}: {}", reply.text),
                _ => {
                    assert_eq!(reply.status, 401, "{method} {path}, {why}: {}", reply.text);
                    assert_eq!(reply.headers["www-authenticate"], "Bearer");
                    said.insert(reply.json()["error"]["message"].as_str().unwrap().to_owned());
                }
            }
        }
        assert!(said.len() <= 1, "one answer for all: {said:?}");
        let unfit: &[&Client] = match rule {
            Public => &[],
            Read => &[&submits, &admins],
            Submit => &[&reads, &admins],
            Admin => &[&submits, &reads],
            Superadmin => &[&submits, &reads, &admins],
        };
        for client in unfit {
            assert_error(&send(client).await, 403, "forbidden");
        }
        let is_of_one = path.contains(&id) || path.contains("/acme");
        let from_elsewhere = match rule {
            Read | Submit if is_of_one => Some((&stranger, "unknownSubmission")),
            Admin if is_of_one => Some((&foreign, "unknownOrganisation")),
            _ => None,
        };
        if let Some((client, code)) = from_elsewhere {
            assert_error(&send(client).await, 404, code);
        }
        if path == "/api/results" {
            let reply = send(&stranger).await.json();
            assert_eq!(reply["results"][0]["error"]["code"], "unknownSubmission", "{reply}");
        }
        // Whom the rule names, where that changes nothing.
        if method == "GET" {
            let fit = match rule {
                Public | Read => &reads,
                Submit => &submits,
                Admin => &admins,
                Superadmin => &root,
            };
            assert_eq!(send(fit).await.status, 200, "{method} {path}");
        }
    }
    // An admin of an organisation gives nobody more than it has.
    let ann = "/api/admin/organisations/acme/users/ann";
    let more = json!({ "policy": { "maxParallel": 1000 } });
    assert_error(&admins.patch(ann, &more).await, 403, "forbidden");
    let cyd = json!({ "name": "cyd", "policy": { "maxParallel": 1000 } });
    let users = "/api/admin/organisations/acme/users";
    assert_error(&admins.post(users, &cyd).await, 403, "forbidden");
    assert_eq!(admins.post(users, &json!({ "name": "cyd" })).await.status, 201);
    let log = root.get("/api/admin/audit?limit=1").await.json();
    assert_eq!(
        (&log["changes"][0]["user"], &log["changes"][0]["action"]),
        (&"cyd".into(), &"create".into())
    );
    assert!(log["changes"][0]["by"].as_str().unwrap().starts_with("acme/ann ("), "{log}");
    system.stop().await;
}

/// A second from now, as the API takes times.
fn in_a_second() -> String {
    let at = bson::DateTime::now().timestamp_millis() + 1000;
    bson::DateTime::from_millis(at).try_to_rfc3339_string().unwrap()
}

/// What the sandbox's cgroup says, in bytes of memory and thousandths of a CPU, whichever version it is.
const CGROUP: &str = "
import time, os
def read(*paths):
    for path in paths:
        if os.path.exists(path): return open(path).read().split()
quota = read('/sys/fs/cgroup/cpu.max', '/sys/fs/cgroup/cpu/cpu.cfs_quota_us')[0]
memory = read('/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes')[0]
print(int(memory) >> 20, int(quota) // 100)
";

/// Computes for a second and a half of wall time.
const BURN: &str = "
import time
until = time.monotonic() + 1.5
while time.monotonic() < until: pass
";

#[tokio::test(flavor = "multi_thread")]
async fn a_user_s_limits_are_changed_live_and_hold_for_the_very_next_submission() {
    let system = system(&[], 1).await;
    let root = system.client.with_key(TOKEN);
    organisation(&root, "acme", json!({ "cpuMillis": 1000 })).await;
    let ann = client(&root, "acme", &["submit", "read"]).await;
    let change = async |policy: Value| {
        let changed = root
            .patch("/api/admin/organisations/acme/users/ann", &json!({ "policy": policy }))
            .await;
        assert_eq!(changed.status, 200, "{}", changed.text);
    };
    // The interpreter's own 10 MiB leave no room for these in 64.
    let hog = "x = b'x' * (100 << 20)";
    change(json!({ "limits": { "memoryBytes": 64 << 20 } })).await;
    assert_eq!(ann.run("python", hog, "").await["verdict"], "memoryLimit");
    // The runner has 2 MiB of its own.
    assert_eq!(ann.run("python", CGROUP, "").await["stdOutput"], "66 1000\n");
    let burnt = ann.run("python", BURN, "").await;
    assert!(burnt["cpuMs"].as_u64().unwrap() > 1100, "{burnt:#}");

    change(json!({ "limits": { "memoryBytes": 256 << 20 }, "cpuMillis": 500 })).await;
    let fits = ann.run("python", hog, "").await;
    assert_eq!(fits["verdict"], "success", "{fits:#}");
    assert_eq!(ann.run("python", CGROUP, "").await["stdOutput"], "258 500\n");
    let burnt = ann.run("python", BURN, "").await;
    let cpu = burnt["cpuMs"].as_u64().unwrap();
    assert!((600..950).contains(&cpu), "half of 1500 ms: {burnt:#}");

    // What a submission asks for is bounded by that, and told whose bound it is.
    let asked = json!({ "lang": "python", "code": "1", "limits": { "memoryBytes": 257 << 20 } });
    let refused = ann.post("/api/submit", &asked).await;
    assert_error(&refused, 422, "limitOutOfRange");
    assert!(refused.text.contains("the user's ceiling"), "{}", refused.text);
    // Nobody is above the system.
    let above = json!({ "policy": { "limits": { "memoryBytes": 1_u64 << 40 } } });
    let refused = root.patch("/api/admin/organisations/acme/users/ann", &above).await;
    assert_error(&refused, 422, "limitOutOfRange");

    change(json!({ "languages": ["bash"], "priority": "low" })).await;
    let python = ann.post("/api/submit", &json!({ "lang": "python", "code": "1" })).await;
    assert_error(&python, 422, "notAllowed");
    let high = json!({ "lang": "bash", "code": "echo", "priority": "high" });
    assert_error(&ann.post("/api/submit", &high).await, 422, "notAllowed");
    assert_eq!(ann.run("bash", "echo", "").await["priority"], "low");
    assert_eq!(system.workers[0].logged("serving").len(), 1, "and no worker was restarted");
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_used_is_on_the_account_and_a_removed_user_is_gone() {
    let system = system(&[], 1).await;
    let root = system.client.with_key(TOKEN);
    organisation(&root, "acme", json!({})).await;
    let ann = client(&root, "acme", &["submit", "read"]).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(
            ann.run("bash", "echo", "").await["codeSubmissionId"].as_str().unwrap().to_owned(),
        );
    }
    ann.run("bash", "exit 1", "").await;
    let counted = async |client: &Client, path: &str| {
        let usage = client.get(path).await.json()["usage"].as_array().unwrap().clone();
        let line = |line: &Value| {
            (line["verdict"].as_str().unwrap().to_owned(), line["executions"].as_i64().unwrap())
        };
        usage.iter().map(line).collect::<Vec<_>>()
    };
    let expected = [("runtimeError".to_owned(), 1), ("success".to_owned(), 3)];
    eventually("all is counted", Duration::from_secs(20), async || {
        (counted(&ann, "/api/usage").await == expected).then_some(())
    })
    .await;
    let path = "/api/admin/organisations/acme/users/ann";
    let removed = root.send(root.request("DELETE", path)).await;
    assert_eq!(removed.status, 204, "{}", removed.text);
    assert_eq!(ann.get(&format!("/api/result/{}", ids[0])).await.status, 401);
    let made = root.post("/api/admin/organisations/acme/users", &json!({ "name": "ann" })).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let again = client(&root, "acme", &["read"]).await;
    for id in &ids {
        let result = again.get(&format!("/api/result/{id}")).await;
        assert_error(&result, 404, "unknownSubmission");
    }
    assert_eq!(counted(&root, "/api/admin/usage?organisation=acme").await, expected);
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organisation_has_its_results_again_until_it_is_removed_with_all_it_has() {
    let system = system(&[], 1).await;
    let root = system.client.with_key(TOKEN);
    let path = "/api/admin/organisations/acme";
    let same = json!({ "lang": "bash", "code": "echo $RANDOM$RANDOM$RANDOM" });
    let execute = async |client: &Client, program: &Value| {
        let reply = client.post("/api/execute", program).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json()
    };
    organisation(&root, "other", json!({})).await;
    let other = client(&root, "other", &["submit", "read"]).await;
    let others = execute(&other, &same).await;
    organisation(&root, "acme", json!({ "cache": true })).await;
    let ann = client(&root, "acme", &["submit", "read"]).await;
    let first = execute(&ann, &same).await;
    assert_eq!(first["cached"], Value::Null, "another organisation's is not given: {first:#}");
    let again = execute(&ann, &same).await;
    assert_eq!((&again["cached"], &again["stdOutput"]), (&json!(true), &first["stdOutput"]));
    let mut unlike = same.clone();
    unlike["cache"] = json!(false);
    assert_eq!(execute(&ann, &unlike).await["cached"], Value::Null, "a request's word is nearer");

    let runs = ann.submit("bash", "sleep 50", "").await;
    let says = |message: &'static str| {
        let (worker, runs) = (&system.workers[0], &runs);
        eventually(message, Duration::from_secs(30), async move || {
            let entries = worker.logged(message);
            entries.iter().any(|entry| entry.to_string().contains(runs)).then_some(())
        })
    };
    says("execution started").await;
    let removed = root.send(root.request("DELETE", path)).await;
    assert_eq!(removed.status, 204, "{}", removed.text);
    assert_error(&root.get(path).await, 404, "unknownOrganisation");
    let removed = root.send(root.request("DELETE", path)).await;
    assert_error(&removed, 404, "unknownOrganisation");
    assert_eq!(ann.get("/api/usage").await.status, 401);
    let log = root.get("/api/admin/audit?organisation=acme&limit=1").await.json();
    assert_eq!(log["changes"][0]["action"], "delete", "{log:#}");

    // Whoever has the name next has nothing of it.
    organisation(&root, "acme", json!({ "cache": true })).await;
    let next = client(&root, "acme", &["submit", "read"]).await;
    let id = first["codeSubmissionId"].as_str().unwrap();
    assert_error(&next.get(&format!("/api/result/{id}")).await, 404, "unknownSubmission");
    assert_eq!(execute(&next, &same).await["cached"], Value::Null);
    says("execution ended").await;
    let id = others["codeSubmissionId"].as_str().unwrap();
    assert_eq!(
        other.get(&format!("/api/result/{id}")).await.json()["stdOutput"],
        others["stdOutput"]
    );
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_had_enough_is_told_when_to_come_again() {
    let system = system(&[], 0).await;
    let root = system.client.with_key(TOKEN);
    let policy = json!({ "requestsPerMinute": 60, "executionsPerDay": 4, "maxQueued": 3 });
    organisation(&root, "acme", policy).await;
    let ann = client(&root, "acme", &["submit", "read"]).await;
    let program = json!({ "lang": "bash", "code": "echo" });
    for left in [9, 8, 7] {
        let taken = ann.post("/api/submit", &program).await;
        assert_eq!(taken.status, 201, "{}", taken.text);
        assert_eq!(taken.headers["ratelimit-limit"], "60");
        assert_eq!(taken.headers["ratelimit-remaining"], left.to_string().as_str());
    }
    let full = ann.post("/api/submit", &program).await;
    assert_error(&full, 429, "accountQueueFull");
    let change = json!({ "policy": { "maxQueued": null } });
    root.patch("/api/admin/organisations/acme", &change).await;
    assert_eq!(ann.post("/api/submit", &program).await.status, 201);
    let day = ann.post("/api/submit", &program).await;
    assert_error(&day, 429, "dayUsedUp");
    let seconds: u64 = day.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=86_400).contains(&seconds), "{seconds}");
    let refused = eventually("the rate is used up", Duration::from_secs(20), async || {
        let reply = ann.get("/api/usage").await;
        (reply.status == 429).then_some(reply)
    })
    .await;
    assert_error(&refused, 429, "rateLimited");
    assert_eq!(refused.headers["retry-after"], "1");
    assert_eq!(refused.headers["ratelimit-remaining"], "0");
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_open_mode_nothing_has_changed_and_an_address_may_have_a_rate() {
    let settings = vec![("AIRLOCK_ADDRESS_REQUESTS_PER_MINUTE", "6")];
    let system = System::start_with(0, Options { settings, ..Default::default() }).await;
    let program = json!({ "lang": "bash", "code": "echo" });
    let taken = system.client.with_key("alk_of_nobody").post("/api/submit", &program).await;
    assert_eq!(taken.status, 201, "a key means nothing: {}", taken.text);
    assert_eq!(taken.headers["ratelimit-limit"], "6");
    assert_error(&system.client.post("/api/submit", &program).await, 429, "rateLimited");
    assert_eq!(system.client.get("/healthz").await.status, 200);
    assert_error(&system.client.get("/api/admin/organisations").await, 404, "unknownPath");
    system.stop().await;
}

/// The network interfaces that a program sees.
const INTERFACES: &str = "
lines = open('/proc/net/dev').read().splitlines()[2:]
print(*sorted(line.split(':')[0].strip() for line in lines))
";

#[tokio::test(flavor = "multi_thread")]
async fn a_program_has_a_network_only_if_settings_worker_and_policy_all_say_so() {
    // Without a way out.
    let network = format!("e2e-{}", uuid::Uuid::new_v4().simple());
    let (made, answer) = docker(&["network", "create", "--internal", &network]).await;
    assert!(made, "{answer}");
    let name: &'static str = network.clone().leak();
    let settings = [("AIRLOCK_SANDBOX_NETWORK", name), ("AIRLOCK_POLICY_NETWORK", "true")];
    let system = system(&settings, 1).await;
    let root = system.client.with_key(TOKEN);
    organisation(&root, "acme", json!({})).await;
    let ann = client(&root, "acme", &["submit", "read"]).await;
    assert_eq!(ann.run("python", INTERFACES, "").await["stdOutput"], "lo\n");
    let change = json!({ "policy": { "network": true } });
    let changed = root.patch("/api/admin/organisations/acme", &change).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    let seen = ann.run("python", INTERFACES, "").await;
    assert_eq!(seen["stdOutput"], "eth0 lo\n", "{seen:#}");
    system.stop().await;
    let (removed, answer) = docker(&["network", "rm", &network]).await;
    assert!(removed, "{answer}");
}
