//! What compiling and running a hello costs in a warm sandbox, against the same commands as plain
//! processes in the root of the same image, in turns.

use std::time::{Duration, Instant};

use e2e::plain::{Program, Root};
use e2e::{Options, System, eventually, given};
use serde_json::{Value, json};
use shared::language::{Dirs, Folders, Language, MEMORY_MIB};

use crate::figures::median;

/// Turns that plain and warm take.
const TURNS: usize = 9;

/// What the JVM and others that ask for it are told without a sandbox, in MiB.
const PLAIN_MEMORY_MIB: &str = "512";

const LANGUAGES: [&str; 5] = ["java", "go", "rust", "cpp", "c"];

/// In place of C++'s own hello: all of its standard library's headers.
const CPP: &str = "#include <bits/stdc++.h>\nint main() { std::cout << \"Hello, World!\\n\"; }\n";

pub(crate) async fn measure() {
    let dirs: Dirs = given("AIRLOCK_TEST_LANGUAGES_DIR").parse().unwrap();
    let folders = Folders::load(&dirs).unwrap();
    let names: &'static str = LANGUAGES.join(",").leak();
    let settings = vec![("AIRLOCK_LANGUAGES", names), ("AIRLOCK_POOL_READY", "2")];
    let system = System::start_with(1, Options { settings, ..Options::default() }).await;
    println!("a hello, compiled and run, {TURNS} turns: p50 in ms");
    println!(
        "{:<6} {:>16} {:>22} {:>28}",
        "", "plain processes", "POST /api/execute", "of it compile, run"
    );
    for name in LANGUAGES {
        let language = folders.languages.find(name).unwrap();
        let code = if name == "cpp" { CPP } else { &language.hello };
        compare(&system, language, code).await;
    }
    system.stop().await;
}

async fn compare(system: &System, language: &Language, code: &str) {
    let root = Root::start(&language.image_name()).await;
    root.write(&language.source_file, code);
    let commands = [language.compile.as_ref().unwrap(), &language.run].map(|argv| Program {
        argv: argv.iter().map(|word| word.replace(MEMORY_MIB, PLAIN_MEMORY_MIB)).collect(),
        env: language.env.clone(),
    });
    let (mut plain, mut warm, mut compile, mut run) = (vec![], vec![], vec![], vec![]);
    for turn in 0..=TURNS {
        let took: Duration = commands.iter().map(|command| root.time(command)).sum();
        full(system).await;
        let asked = Instant::now();
        let result = execute(system, &language.name, code).await;
        // The first turn of each reads the image from disk.
        if turn > 0 {
            warm.push(asked.elapsed().as_secs_f64() * 1e3);
            plain.push(took.as_secs_f64() * 1e3);
            compile.push(result["compile"]["wallMs"].as_f64().unwrap());
            run.push(result["wallMs"].as_f64().unwrap());
        }
    }
    let [plain, warm, compile, run] =
        [plain, warm, compile, run].map(|mut times| median(&mut times));
    let ratio = warm / plain;
    println!(
        "{:<6} {plain:>16.0} {warm:>15.0} {ratio:>5.2}x {:>28}",
        language.name,
        format!("{compile:.0}, {run:.0}")
    );
    root.stop().await;
}

/// Waits until the containers that should wait do.
async fn full(system: &System) {
    eventually("the pool is full", Duration::from_secs(60), async || {
        let metrics = system.workers[0].metrics().await;
        metrics.contains("airlock_containers_ready 2\n").then_some(())
    })
    .await;
}

async fn execute(system: &System, lang: &str, code: &str) -> Value {
    let reply = system.client.post("/api/execute", &json!({ "code": code, "lang": lang })).await;
    let result = reply.json();
    assert_eq!(result["verdict"], "success", "{result:#}");
    result
}
