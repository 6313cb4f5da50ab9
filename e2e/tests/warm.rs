//! A program whose interpreter was started before it came is run like any other.

use std::time::Duration;

use e2e::{System, eventually};
use serde_json::{Value, json};

/// Says whether its process is older than its source.
const AGE: &str = r#"
import os, time
started = int(open("/proc/self/stat").read().rsplit(") ")[1].split()[19]) / os.sysconf("SC_CLK_TCK")
written = time.clock_gettime(time.CLOCK_BOOTTIME) - (time.time() - os.stat("main.py").st_mtime)
print("older" if started < written - 0.01 else "younger")
"#;

const FAILS: &str = "import sys\nprint(sys.argv, sys.path[0], __name__, __file__, sys.stdin.read())\ndef f():\n    raise ValueError('ä')\nf()\n";

async fn run(system: &System, mut request: Value) -> Value {
    request["lang"] = "python".into();
    let reply = system.client.post("/api/execute", &request).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interpreter_that_was_started_ahead_cannot_be_told_from_another() {
    let system = System::start(1).await;
    eventually("an interpreter was started ahead", Duration::from_secs(60), async || {
        let result = run(&system, json!({ "code": AGE })).await;
        assert_eq!(result["verdict"], "success", "{result:#}");
        (result["stdOutput"] == "older\n").then_some(())
    })
    .await;

    let ahead = run(&system, json!({ "code": FAILS, "stdInput": "in" })).await;
    // What is not a step like the one that was started has a process of its own.
    let anew = json!({ "code": FAILS, "stdInput": "in", "env": { "OTHER": "1" } });
    let anew = run(&system, anew).await;
    assert_eq!(ahead["stdOutput"], "['main.py'] /work __main__ /work/main.py in\n");
    for same in ["verdict", "exitCode", "stdOutput", "stdError"] {
        assert_eq!(ahead[same], anew[same], "{same}");
    }
    let traceback = ahead["stdError"].as_str().unwrap();
    assert!(traceback.contains("line 4, in f\n    raise ValueError('ä')"), "{traceback}");
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_started_ahead_is_started_when_it_comes() {
    let system = System::start(1).await;
    // print(ascii('ä')), in the encoding that its first line names.
    let latin = "IyBjb2Rpbmc6IGxhdGluLTEKcHJpbnQoYXNjaWkoJ+QnKSkK";
    let long = format!("x = '{}'\nprint(len(x))\n", "x".repeat(100_000));
    let age_with_limits = json!({ "code": AGE, "limits": { "openFiles": 77 } });
    let with_arguments = json!({ "code": "import sys\nprint(sys.argv[1])", "args": ["a b"] });
    for (request, printed) in [
        (
            json!({ "files": [{ "path": "main.py", "content": latin, "encoding": "base64" }] }),
            "'\\xe4'\n",
        ),
        (json!({ "code": long }), "100000\n"),
        (age_with_limits, "younger\n"),
        (with_arguments, "a b\n"),
    ] {
        let result = run(&system, request).await;
        assert_eq!(
            (&result["verdict"], &result["stdOutput"]),
            (&"success".into(), &printed.into())
        );
    }
    let tests: Vec<_> = (0..3).map(|n| json!({ "stdin": n.to_string() })).collect();
    let code = "import os\nprint(input(), sorted(os.listdir()))\nopen('left', 'w')";
    let result = run(&system, json!({ "code": code, "tests": tests })).await;
    for (n, test) in result["tests"].as_array().unwrap().iter().enumerate() {
        assert_eq!(test["stdOutput"], format!("{n} ['main.py']\n"), "{result:#}");
    }
    system.stop().await;
}
