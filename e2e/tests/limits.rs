//! Limits at their edges, as a submission sets them itself.

use e2e::System;
use serde_json::{Value, json};

const MIB: u64 = 1024 * 1024;

async fn run(system: &System, lang: &str, code: &str, limits: Value) -> Value {
    let request = json!({ "lang": lang, "code": code, "limits": limits });
    let reply = system.client.post("/api/execute", &request).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

fn assert_verdict(result: &Value, verdict: &str) {
    assert_eq!(result["verdict"], verdict, "{result:#}");
}

/// A C program that touches so many MiB.
fn c_using(mebibytes: u64) -> String {
    format!(
        "#include <stdlib.h>\nint main(void) {{ size_t size = {mebibytes}u << 20; \
         volatile char *p = malloc(size); for (size_t i = 0; i < size; i += 512) p[i] = 1; }}"
    )
}

/// A Python program that has so many MiB of its own, the interpreter's included. What it shares with
/// every other Python, such as the interpreter's code, is nobody's.
fn python_using(mebibytes: u64) -> String {
    format!(
        "rollup = dict(line.split(':') for line in open('/proc/self/smaps_rollup').readlines()[1:])\n\
         own = int(rollup['Anonymous'].split()[0]) * 1024\nx = b'x' * (({mebibytes} << 20) - own)"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_may_use_its_memory_and_not_more() {
    let system = System::start(1).await;
    let limits = json!({ "memoryBytes": 64 * MIB });
    for (lang, program) in [("c", c_using as fn(u64) -> String), ("python", python_using)] {
        let fits = run(&system, lang, &program(60), limits.clone()).await;
        assert_verdict(&fits, "success");
        let used = fits["memoryBytes"].as_u64().unwrap();
        assert!((59 * MIB..=66 * MIB).contains(&used), "{lang}: {used} bytes");
        assert_verdict(&run(&system, lang, &program(70), limits.clone()).await, "memoryLimit");
    }
    // Raised above the usual: what would be killed by default is not.
    let raised = json!({ "memoryBytes": 400 * MIB });
    assert_verdict(&run(&system, "c", &c_using(350), raised).await, "success");
    assert_verdict(&run(&system, "c", &c_using(350), json!({})).await, "memoryLimit");
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn time_limits_stop_at_their_time() {
    let system = System::start_with(
        1,
        e2e::Options { settings: vec![("AIRLOCK_SANDBOX_CPUS", "2")], ..Default::default() },
    )
    .await;
    let burn = "#include <pthread.h>\nstatic void *burn(void *x) { for (volatile long i = 0;; i++); return x; }\n\
                int main(void) { pthread_t t; for (int i = 0; i < 3; i++) pthread_create(&t, 0, burn, 0); burn(0); }";
    let result = run(&system, "c", burn, json!({ "cpuMs": 2000, "wallMs": 20000 })).await;
    assert_verdict(&result, "cpuLimit");
    let cpu = result["cpuMs"].as_u64().unwrap();
    assert!((2000..2200).contains(&cpu), "stopped at {cpu} ms of CPU");

    let result = run(&system, "bash", "sleep 30", json!({ "wallMs": 1500 })).await;
    assert_verdict(&result, "timeLimit");
    let wall = result["wallMs"].as_u64().unwrap();
    assert!((1500..1600).contains(&wall), "stopped at {wall} ms");
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_other_limit_is_the_submission_s_own_too() {
    let system = System::start(1).await;
    let fork = "import os, time\nchildren = 0\ntry:\n    while True:\n        if os.fork() == 0: time.sleep(60)\n        children += 1\nexcept OSError: print(children)";
    let result = run(&system, "python", fork, json!({ "processes": 5 })).await;
    assert_eq!(result["stdOutput"], "4\n", "{result:#}");

    let open = "files = []\ntry:\n    while True: files.append(open('/dev/null'))\nexcept OSError as e: print(len(files) + 3, e.errno)";
    let result = run(&system, "python", open, json!({ "openFiles": 20 })).await;
    assert_eq!(result["stdOutput"], "20 24\n", "{result:#}");
    let result = run(&system, "python", open, json!({ "openFiles": 1000 })).await;
    assert_eq!(result["stdOutput"], "1000 24\n", "{result:#}");

    let fill = "import os, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\nwritten = 0\ntry:\n    with open('f', 'wb', 0) as f:\n        while True: written += f.write(b'x' * 65536)\nexcept OSError as e: print(written, e.errno)";
    let result = run(&system, "python", fill, json!({ "fileBytes": MIB })).await;
    assert_eq!(result["stdOutput"], format!("{MIB} 27\n"), "{result:#}");
    let result = run(&system, "python", fill, json!({ "diskBytes": MIB })).await;
    let written: u64 =
        result["stdOutput"].as_str().unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!((MIB / 2..MIB).contains(&written), "{result:#}");

    let deep = "#include <stdio.h>\nstatic int down(int n) { volatile char x[1024]; x[0] = n; return n ? down(n - 1) + x[0] : 0; }\nint main(int c, char **v) { down(4096); puts(\"done\"); }";
    assert_verdict(&run(&system, "c", deep, json!({})).await, "success");
    let result = run(&system, "c", deep, json!({ "stackBytes": MIB })).await;
    assert_eq!((&result["verdict"], &result["signal"]), (&"runtimeError".into(), &11.into()));

    let result = run(&system, "python", "print('x' * 100)", json!({ "outputBytes": 10 })).await;
    assert_verdict(&result, "outputLimit");
    assert_eq!(result["stdOutput"], "x".repeat(10));
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn compiling_has_limits_of_its_own() {
    let system = System::start(1).await;
    let code = "#include <iostream>\nint main() { std::cout << 1; }";
    let request = |compile_limits: Value| json!({ "lang": "cpp", "code": code, "compileLimits": compile_limits, "limits": { "wallMs": 2000, "memoryBytes": 16 * MIB } });
    let fine = system.client.post("/api/execute", &request(json!({}))).await.json();
    assert_verdict(&fine, "success");
    let slow = system.client.post("/api/execute", &request(json!({ "cpuMs": 50 }))).await.json();
    assert_verdict(&slow, "cpuLimit");
    assert_eq!(slow["message"], "the limit was passed while compiling");
    let small =
        system.client.post("/api/execute", &request(json!({ "memoryBytes": 16 * MIB }))).await;
    assert_verdict(&small.json(), "memoryLimit");
    system.stop().await;
}
