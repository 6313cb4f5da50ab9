//! Whole submissions: several files, arguments, tests, files that come back.

use e2e::System;
use serde_json::{Value, json};

async fn run(system: &System, request: Value) -> Value {
    let reply = system.client.post("/api/execute", &request).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

fn succeeded(result: &Value, std_output: &str) {
    assert_eq!(
        (&result["verdict"], &result["stdOutput"]),
        (&"success".into(), &std_output.into()),
        "{result:#}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn files_arguments_and_environment_reach_the_program() {
    let system = System::start(1).await;
    let main = "import os, sys, pkg.greet\nprint(pkg.greet.word, sys.argv[1:], os.environ['WHO'], \
                open('data.bin', 'rb').read())";
    let result = run(
        &system,
        json!({
            "lang": "python", "code": main,
            "files": [
                { "path": "pkg/greet.py", "content": "word = 'hello'" },
                { "path": "data.bin", "content": "AP8=", "encoding": "base64" },
            ],
            "args": ["a b", "$(id)"], "env": { "WHO": "world" },
        }),
    )
    .await;
    succeeded(&result, "hello ['a b', '$(id)'] world b'\\x00\\xff'\n");
    assert!(result["queuedMs"].as_i64().unwrap() >= 0);
    assert!(result["containerWaitMs"].as_i64().unwrap() >= 0);

    let result = run(
        &system,
        json!({
            "lang": "c",
            "files": [
                { "path": "main.c", "content": "#include <stdio.h>\nint f(void);\nint main(void) { printf(\"%d %d\\n\", f(), N); }" },
                { "path": "lib/f.c", "content": "int f(void) { return 41; }" },
            ],
            "compilerArgs": ["lib/f.c", "-DN=(2 + 1)"],
        }),
    )
    .await;
    succeeded(&result, "41 3\n");

    // The main source is the one that does not fit, so nothing can be run.
    let result = run(
        &system,
        json!({ "lang": "python", "code": "#".repeat(100_000), "limits": { "diskBytes": 65536 } }),
    )
    .await;
    assert_eq!(result["verdict"], "runtimeError", "{result:#}");
    assert!(result["message"].as_str().unwrap().contains("No space left"), "{result:#}");
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_is_compiled_once_and_run_for_each_test() {
    let system = System::start(1).await;
    let code = "#include <iostream>\nint main() { int n; std::cin >> n; if (n == 7) return 3; std::cout << 2 * n << \" \\n\\n\"; }";
    let tests: Vec<Value> = (0..300)
        .map(|n| json!({ "stdin": n.to_string(), "expectedOutput": (2 * n).to_string(), "name": format!("n = {n}") }))
        .collect();
    let result = run(&system, json!({ "lang": "cpp", "code": code, "tests": tests })).await;
    assert_eq!((&result["testsTotal"], &result["testsRun"]), (&300.into(), &300.into()));
    assert_eq!((&result["testsPassed"], &result["passed"]), (&299.into(), &false.into()));
    assert_eq!((&result["verdict"], &result["exitCode"]), (&"runtimeError".into(), &3.into()));
    assert_eq!(result["compile"]["exitCode"], 0);
    assert_eq!(result["tests"][8]["name"], "n = 8");
    assert_eq!(result["tests"][8]["stdOutput"], "16 \n\n");
    assert_eq!(result["tests"][8]["passed"], true);

    let stopped = json!({
        "lang": "cpp", "code": code, "stopOnFirstFailure": true,
        "tests": [
            { "stdin": "1", "expectedOutput": "2" },
            { "stdin": "2", "expectedOutput": "5" },
            { "stdin": "3" },
        ],
    });
    let result = run(&system, stopped).await;
    assert_eq!((&result["testsRun"], &result["testsPassed"]), (&2.into(), &1.into()));
    assert_eq!((&result["verdict"], &result["passed"]), (&"success".into(), &false.into()));

    let broken = json!({ "lang": "cpp", "code": "int main( {", "tests": [{}, {}] });
    let result = run(&system, broken).await;
    assert_eq!(result["verdict"], "compileError");
    assert_eq!((&result["testsTotal"], &result["testsRun"]), (&2.into(), &0.into()));
    system.stop().await;
}

/// Leaves something everywhere it can, and tells what it finds of an earlier run.
const MESSY: &str = r#"
import ctypes, os, stat
found = sorted(os.listdir("/tmp") + os.listdir("/dev/shm") + os.listdir("/dev/mqueue"))
found += [name for name in os.listdir(".") if name not in ("main.py", "kept")]
found += ["kept changed"] if open("kept").read() != "as it was" else []
found += ["ipc" for table in ("shm", "sem", "msg") if len(open(f"/proc/sysvipc/{table}").readlines()) > 1]
found += ["process" for pid in os.listdir("/proc") if pid.isdigit() and int(pid) not in (1, os.getpid())]
print(found or "clean")
libc = ctypes.CDLL(None)
assert libc.shmget(42, 4096, 0o1600) >= 0 and libc.semget(42, 1, 0o1600) >= 0 and libc.msgget(42, 0o1600) >= 0
for place in ("/tmp", "/dev/shm", "."):
    os.makedirs(f"{place}/deep/er")
    open(f"{place}/deep/left", "w").write("secret")
    os.chmod(f"{place}/deep", 0)
os.symlink("/etc", "link")
os.mkfifo("fifo")
open("kept", "w").write("changed")
os.unlink("main.py")
if os.fork() == 0:
    os.setsid()
    while True: pass
os.chmod(".", 0)
"#;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_one_test_is_left_for_the_next() {
    let system = System::start(1).await;
    let result = run(
        &system,
        json!({
            "lang": "python", "code": MESSY,
            "files": [{ "path": "kept", "content": "as it was" }],
            "tests": vec![json!({ "expectedOutput": "clean" }); 5],
        }),
    )
    .await;
    assert_eq!(
        (&result["testsPassed"], &result["passed"]),
        (&5.into(), &true.into()),
        "{result:#}"
    );
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_that_passes_a_limit_does_not_touch_the_others() {
    let system = System::start(1).await;
    let code =
        "n = int(input())\nx = b'x' * (n << 20)\nprint('x' * n)\nif n == 3:\n    while True: pass";
    let result = run(
        &system,
        json!({
            "lang": "python", "code": code,
            "limits": { "memoryBytes": 64 << 20, "cpuMs": 500, "outputBytes": 1000 },
            "tests": [{ "stdin": "1" }, { "stdin": "400" }, { "stdin": "2" }, { "stdin": "3" }, { "stdin": "4" }],
        }),
    )
    .await;
    let verdicts: Vec<_> =
        result["tests"].as_array().unwrap().iter().map(|test| &test["verdict"]).collect();
    assert_eq!(
        verdicts,
        ["success", "memoryLimit", "success", "cpuLimit", "success"],
        "{result:#}"
    );
    assert_eq!(result["verdict"], "memoryLimit");
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_were_asked_for_come_back_and_nothing_else() {
    let system = System::start(1).await;
    let code = r#"
import os
os.makedirs("out/deep")
open("out/a.txt", "w").write("ä")
open("out/b.bin", "wb").write(b"\0\xff")
open("out/deep/c.txt", "w").write("c")
open("secret.txt", "w").write("not asked for")
os.symlink("/etc/passwd", "out/link.txt")
os.link("secret.txt", "out/hard.txt")
os.mkfifo("out/fifo.txt")
open("out/sparse.txt", "w").truncate(16 << 20)
"#;
    let result = run(
        &system,
        json!({ "lang": "python", "code": code, "outputFiles": ["out/*.txt", "out/*.bin", "none/*"] }),
    )
    .await;
    assert_eq!(result["verdict"], "success", "{result:#}");
    let artifacts = result["artifacts"].as_array().unwrap();
    let named: Vec<_> = artifacts
        .iter()
        .map(|file| (file["path"].as_str().unwrap(), file["contentBase64"].as_str().unwrap()))
        .collect();
    let expected =
        [("out/a.txt", "w6Q="), ("out/b.bin", "AP8="), ("out/hard.txt", "bm90IGFza2VkIGZvcg==")];
    assert_eq!(named, expected);
    assert_eq!(result["artifactsTruncated"], true, "the sparse file is too large");
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_may_open_its_own_streams_by_name() {
    let system = System::start(1).await;
    let code = "cat /dev/stdin > /dev/stdout; echo away > /dev/stderr";
    let result = system.client.run("bash", code, "here").await;
    assert_eq!(result["verdict"], "success", "{result:#}");
    assert_eq!((&result["stdOutput"], &result["stdError"]), (&json!("here"), &json!("away\n")));
    system.stop().await;
}
