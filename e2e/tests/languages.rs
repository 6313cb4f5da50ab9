//! Every language runs a program that reads its stdin, submitted and waited for as clients do.

use e2e::System;
use reqwest::StatusCode;
use rstest::rstest;
use serde_json::json;

const PYTHON: &str = "import sys\nfor line in sys.stdin: print(line.strip()[::-1])";
const JAVASCRIPT: &str =
    "for (const line of require('fs').readFileSync(0, 'utf8').trim().split('\\n'))
    console.log([...line].reverse().join(''))";
const C: &str = "#include <stdio.h>\n#include <string.h>
int main(void) { char s[64]; while (scanf(\"%63s\", s) == 1) {
    for (int i = (int)strlen(s) - 1; i >= 0; i--) putchar(s[i]); putchar('\\n'); } }";
const CPP: &str = "#include <iostream>\n#include <string>
int main() { std::string s; while (std::cin >> s) std::cout << std::string(s.rbegin(), s.rend()) << '\\n'; }";
const BASH: &str =
    "while read -r line; do out=; for ((i = 0; i < ${#line}; i++)); do out=${line:i:1}$out; done
    echo \"$out\"; done";

#[rstest]
#[case("python", PYTHON)]
#[case("javascript", JAVASCRIPT)]
#[case("c", C)]
#[case("cpp", CPP)]
#[case("bash", BASH)]
#[tokio::test(flavor = "multi_thread")]
async fn a_program_reads_its_stdin_and_its_output_comes_back(
    #[case] lang: &str,
    #[case] code: &str,
) {
    let system = System::start(1).await;
    let result = system.client.run(lang, code, "hello\nworld\n").await;
    let expected = json!({
        "code": code, "lang": lang, "stdInput": "hello\nworld\n",
        "stdOutput": "olleh\ndlrow\n", "stdError": "", "status": "completed",
        "verdict": "success", "exitCode": 0, "signal": null,
        "stdOutputTruncated": false, "stdErrorTruncated": false,
    });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&result[field], value, "{field} in {result:#}");
    }
    assert!(result["memoryBytes"].as_u64().unwrap() > 0, "{result:#}");
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_language_is_served_and_says_hello() {
    let system = System::start(1).await;
    let listed = system.client.get("/api/languages").await;
    let languages = listed.json();
    let names: Vec<_> =
        languages.as_array().unwrap().iter().map(|lang| lang["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["bash", "c", "cpp", "javascript", "python"]);
    for language in languages.as_array().unwrap() {
        assert_eq!(language["available"], true, "{language}");
        assert!(language["version"].as_str().unwrap().contains('.'), "{language}");
        let name = language["name"].as_str().unwrap();
        let result = system.client.run(name, language["hello"].as_str().unwrap(), "").await;
        assert_eq!(result["stdOutput"], "Hello, World!\n", "{name}: {result:#}");
    }
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn execute_answers_plain_output_for_a_plain_program() {
    let system = System::start(1).await;
    let client = &system.client;
    let plain = |path: &str, code: &'static str| {
        client.send(client.request("POST", path).header("content-type", "text/plain").body(code))
    };
    let code = "import sys\nprint(input())\nprint('a b', file=sys.stderr)\nsys.exit(3)";
    let reply = plain("/api/execute?lang=py&stdInput=hi", code).await;
    assert_eq!((reply.status, reply.text.as_str()), (StatusCode::OK, "hi\n"));
    for (header, value) in [
        ("airlock-verdict", "runtimeError"),
        ("airlock-exit-code", "3"),
        ("airlock-stderr", "a%20b%0A"),
        ("content-type", "text/plain; charset=utf-8"),
    ] {
        assert_eq!(reply.headers[header], value);
    }
    let id = reply.headers["airlock-submission-id"].to_str().unwrap();
    assert_eq!(client.finished(id).await["stdError"], "a b\n");

    let body = json!({ "code": "echo $((6 * 7))", "lang": "bash" });
    let reply = client.post("/api/execute", &body).await;
    assert_eq!(reply.json()["stdOutput"], "42\n");
    let reply = client.post("/api/execute?wait=0", &body).await;
    assert_eq!(reply.status, StatusCode::ACCEPTED);
    assert_eq!(reply.json()["message"], "Code execution is still pending");
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_is_answered_as_agreed() {
    let system = System::start(0).await;
    let reply = system.client.post("/api/submit", &json!({ "code": "1", "lang": "python" })).await;
    assert_eq!(reply.status, StatusCode::CREATED);
    assert_eq!(reply.json()["message"], "Code submission queued successfully");
    let id = reply.json()["codeSubmissionId"].as_str().unwrap().to_owned();
    let pending = system.client.get(&format!("/api/result/{id}")).await;
    assert_eq!(pending.status, StatusCode::OK);
    assert_eq!(pending.json()["message"], "Code execution is still pending");
    assert_eq!(pending.json()["status"], "queued");
    system.stop().await;
}
