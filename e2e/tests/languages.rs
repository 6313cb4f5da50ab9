//! Every language runs a program that reads its stdin, submitted and waited for as clients do.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::path::Path;
use std::time::Duration;

use e2e::{Options, System, docker, eventually, given};
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
    let languages = languages.as_array().unwrap();
    let names: Vec<_> = languages.iter().map(|lang| lang["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["bash", "c", "cpp", "javascript", "python"]);
    for language in languages {
        assert_eq!(language["available"], true, "{language}");
        assert!(language["version"].as_str().unwrap().contains('.'), "{language}");
        let name = language["name"].as_str().unwrap();
        let result = system.client.run(name, language["hello"].as_str().unwrap(), "").await;
        assert_eq!(result["stdOutput"], "Hello, World!\n", "{name}: {result:#}");
    }
    system.stop().await;
}

/// The files of the example in `docs/languages.md`: a line names each, and a block has its contents.
fn example_of_the_documentation(into: &Path) {
    let document = include_str!("../../docs/languages.md");
    let mut named = None;
    let mut blocks = document.split("```");
    while let Some(text) = blocks.next() {
        let mut names = text.split('`').filter_map(|word| word.strip_prefix("languages/rpn/"));
        named = names.next_back().or(named);
        let Some(block) = blocks.next() else { break };
        let (_, contents) = block.split_once('\n').unwrap();
        if let Some(name) = named.take() {
            std::fs::write(into.join(name), contents).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documentation_s_language_is_served_once_it_has_an_image_and_nothing_is_restarted() {
    let own = tempfile::tempdir().unwrap();
    let folder = own.path().join("rpn");
    std::fs::create_dir(&folder).unwrap();
    example_of_the_documentation(&folder);
    // The image of an earlier run may be there.
    let dockerfile = std::fs::read_to_string(folder.join("Dockerfile")).unwrap();
    let unique = format!("{dockerfile}LABEL run={}\n", uuid::Uuid::new_v4());
    std::fs::write(folder.join("Dockerfile"), unique).unwrap();
    let dirs = format!("{}:{}", given("AIRLOCK_TEST_LANGUAGES_DIR"), own.path().display());
    let settings =
        vec![("AIRLOCK_LANGUAGES_DIR", &*dirs.leak()), ("AIRLOCK_LANGUAGES", "bash,rpn")];
    let system = System::start_with(1, Options { settings, ..Options::default() }).await;
    let rpn = async || {
        let listed = system.client.get("/api/languages").await.json();
        let listed = listed.as_array().unwrap();
        listed.iter().find(|lang| lang["name"] == "rpn").unwrap().clone()
    };
    let listed = rpn().await;
    assert_eq!((&listed["available"], &listed["version"]), (&json!(false), &json!(null)));
    let code = "read 2 * 2 + print";
    let body = json!({ "code": code, "lang": "polish" });
    let reply = system.client.post("/api/submit", &body).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(reply.json()["error"]["code"], "languageUnavailable");
    assert!(reply.headers.contains_key("retry-after"));

    system.build_image("rpn").await;
    eventually("it is served", Duration::from_secs(60), async || {
        (rpn().await["available"] == true).then_some(())
    })
    .await;
    assert_eq!(rpn().await["version"], "rpn 1.0");
    for name in ["rpn", "polish@1.0"] {
        let result = system.client.run(name, code, "20").await;
        assert_eq!((&result["stdOutput"], &result["lang"]), (&json!("42\n"), &json!("rpn")));
    }

    // A definition that does not work takes nothing's place.
    let definition = std::fs::read_to_string(folder.join("language.toml")).unwrap();
    let wrong = definition.replace("'Hello, World!", "'Goodbye");
    std::fs::write(folder.join("language.toml"), wrong).unwrap();
    eventually("it is tested", Duration::from_secs(60), async || {
        (!system.workers[0].logged("language is not served").is_empty()).then_some(())
    })
    .await;
    assert_eq!(system.client.run("rpn", code, "1").await["stdOutput"], "4\n");
    system.stop().await;
    remove_images("rpn").await;
}

async fn remove_images(lang: &str) {
    let filter = format!("label=airlock.language={lang}");
    let (_, images) = docker(&["images", "--quiet", "--no-trunc", "--filter", &filter]).await;
    for image in images.lines() {
        docker(&["rmi", "--force", image]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_is_given_only_what_it_serves() {
    let mut system = System::start_with(
        1,
        Options { settings: vec![("AIRLOCK_LANGUAGES", "bash")], ..Options::default() },
    )
    .await;
    let python = system.worker_with(&[("AIRLOCK_LANGUAGES", "python")]);
    python.address("serving").await;
    let programs = (0..20).map(|nth| match nth % 2 {
        0 => system.client.run("bash", "echo $BASH_VERSION", ""),
        _ => system.client.run("python", "print(1)", ""),
    });
    let results = futures_util::future::join_all(programs).await;
    for result in &results {
        assert_eq!(result["verdict"], "success", "{result:#}");
    }
    assert_eq!(python.logged("execution started").len(), 10);
    assert_eq!(system.logged_by_workers("execution started"), 10);
    system.workers.push(python);
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
