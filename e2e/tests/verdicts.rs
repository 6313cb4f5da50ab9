//! Programs that misbehave get the verdict that says so, keep what they wrote, and leave the next
//! program undisturbed.

use e2e::System;
use serde_json::Value;

const MIB: u64 = 1024 * 1024;

async fn next_job_runs(system: &System) {
    let result = system.client.run("python", "print('still here')", "").await;
    assert_eq!(
        (&result["verdict"], &result["stdOutput"]),
        (&"success".into(), &"still here\n".into())
    );
}

fn assert_verdict(result: &Value, verdict: &str) {
    assert_eq!(result["status"], "completed", "{result:#}");
    assert_eq!(result["verdict"], verdict, "{result:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_of_the_program_are_told_apart() {
    let system = System::start(1).await;
    let client = &system.client;

    let result = client.run("c", "int main(void) { return }", "").await;
    assert_verdict(&result, "compileError");
    assert!(result["stdError"].as_str().unwrap().contains("main.c:1"), "{result:#}");
    assert_eq!(result["compile"]["exitCode"], 1);
    assert_eq!(result["exitCode"], Value::Null);

    let result = client.run("python", "import sys; print('a'); sys.exit(3)", "").await;
    assert_verdict(&result, "runtimeError");
    assert_eq!((&result["exitCode"], &result["stdOutput"]), (&3.into(), &"a\n".into()));

    let result = client.run("c", "int main(void) { *(volatile int *)0 = 1; }", "").await;
    assert_verdict(&result, "runtimeError");
    assert_eq!(result["signal"], 11);

    let result = client.run("python", "import os; os.write(1, b'a\\xff\\x00b')", "").await;
    assert_verdict(&result, "success");
    assert_eq!(result["stdOutput"], "a\u{fffd}\0b");
    assert_eq!(result["stdOutputBase64"], "Yf8AYg==");
    next_job_runs(&system).await;
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_never_ends_is_stopped_at_its_limit() {
    let system = System::start_with(
        1,
        e2e::Options {
            settings: vec![("AIRLOCK_LIMIT_WALL_MS", "4000"), ("AIRLOCK_LIMIT_CPU_MS", "700")],
            ..Default::default()
        },
    )
    .await;
    let sleeping = "print('before', flush=True)\nimport time\ntime.sleep(60)";
    let result = system.client.run("python", sleeping, "").await;
    assert_verdict(&result, "timeLimit");
    assert_eq!(result["stdOutput"], "before\n");
    let wall = result["wallMs"].as_u64().unwrap();
    assert!((4000..5500).contains(&wall), "stopped at {wall} ms of 4000");

    let result = system.client.run("python", "while True: pass", "").await;
    assert_verdict(&result, "cpuLimit");
    let cpu = result["cpuMs"].as_u64().unwrap();
    assert!((650..1400).contains(&cpu), "stopped at {cpu} ms of 700");
    next_job_runs(&system).await;
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_loop_meets_the_default_time_limit() {
    let system = System::start(1).await;
    let result = system.client.run("c", "int main(void) { for (;;) ; }", "").await;
    assert_verdict(&result, "timeLimit");
    let wall = result["wallMs"].as_u64().unwrap();
    assert!((9_500..12_000).contains(&wall), "stopped at {wall} ms of 10000");
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gigabyte_is_a_memory_limit() {
    let system = System::start(1).await;
    let hogs = [
        ("python", "print('before', flush=True)\nx = b'x' * (1 << 30)\nprint(len(x))"),
        (
            "c",
            "#include <stdio.h>\n#include <stdlib.h>
            int main(void) { puts(\"before\"); fflush(stdout);
            volatile char *p = malloc(1u << 30); for (size_t i = 0; i < 1u << 30; i += 512) p[i] = 1; }",
        ),
        (
            "javascript",
            "console.log('before'); const a = []; for (let i = 0; i < 64; i++) a.push(Buffer.alloc(1 << 24, 1))",
        ),
    ];
    for (lang, code) in hogs {
        let result = system.client.run(lang, code, "").await;
        assert_verdict(&result, "memoryLimit");
        assert_eq!(result["stdOutput"], "before\n", "{lang}");
        next_job_runs(&system).await;
    }
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_bomb_is_held() {
    let system = System::start(1).await;
    let bomb = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass";
    let result = system.client.run("python", bomb, "").await;
    assert_verdict(&result, "processLimit");
    next_job_runs(&system).await;

    // This one's first process ends at once; what it left behind must end with it.
    let result = system.client.run("bash", ":(){ :|:& };:", "").await;
    assert_eq!(result["status"], "completed", "{result:#}");
    next_job_runs(&system).await;
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_output_is_cut_and_kept_from_its_beginning() {
    let system = System::start(1).await;
    next_job_runs(&system).await;
    let before = system.workers[0].peak_memory();
    for stream in ["stdout", "stderr"] {
        let flood = format!(
            "import sys\nfor i in range(100 * 1024): sys.{stream}.write(('%07d\\n' % i) * 128)"
        );
        let result = system.client.run("python", &flood, "").await;
        assert_verdict(&result, "outputLimit");
        let (field, flag) = match stream {
            "stdout" => ("stdOutput", "stdOutputTruncated"),
            _ => ("stdError", "stdErrorTruncated"),
        };
        assert_eq!(result[flag], true);
        let kept = result[field].as_str().unwrap();
        assert_eq!(kept.len(), 262_144);
        assert!(kept.starts_with("0000000\n"));
    }
    let grown = system.workers[0].peak_memory() - before;
    assert!(grown < 8 * MIB, "the worker grew by {grown} bytes");
    next_job_runs(&system).await;
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_one_submission_is_visible_to_the_next() {
    let system = System::start(1).await;
    let leave =
        "for d in /work /tmp /dev/shm; do echo secret > $d/left; done; (sleep 60 &) ; ls /tmp";
    let result = system.client.run("bash", leave, "").await;
    assert_verdict(&result, "success");
    let look = "cat /work/left /tmp/left /dev/shm/left; ls /proc | grep -c '^[0-9]'";
    let result = system.client.run("bash", look, "").await;
    assert!(!result["stdOutput"].as_str().unwrap().contains("secret"), "{result:#}");
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn user_code_reaches_nothing() {
    let system = System::start(1).await;
    let probe = r#"
import os, socket
def refused(what, attempt):
    try: attempt()
    except OSError: return
    print("possible:", what)
refused("write to the root", lambda: open("/etc/x", "w"))
refused("read the runner", lambda: open("/airlock-runner", "rb"))
refused("list PID 1's descriptors", lambda: os.listdir("/proc/1/fd"))
refused("write to PID 1's stdout", lambda: open("/proc/1/fd/1", "wb"))
refused("read PID 1's memory", lambda: open("/proc/1/mem", "rb"))
refused("signal PID 1", lambda: os.kill(1, 9))
refused("become root", lambda: os.setuid(0))
refused("reach the network", lambda: socket.create_connection(("1.1.1.1", 53), 1))
refused("mount", lambda: os.chroot("/tmp"))
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
for sets in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
    if int(status[sets], 16): print("possible:", sets, status[sets])
if status["NoNewPrivs"].strip() != "1": print("possible: new privileges")
if os.getuid() != os.stat("/work").st_uid or os.getuid() < 10001 or os.getgroups(): print("possible: identity", os.getuid(), os.getgroups())
if sorted(os.listdir("/sys/class/net")) != ["lo"]: print("possible: network", os.listdir("/sys/class/net"))
if [k for k in os.environ if "AIRLOCK" in k or "MONGO" in k or "REDIS" in k]: print("possible: settings")
print("done")
"#;
    let result = system.client.run("python", probe, "").await;
    assert_eq!(result["stdOutput"], "done\n", "{result:#}");
    system.stop().await;
}
