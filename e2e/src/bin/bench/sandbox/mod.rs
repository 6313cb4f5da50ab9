//! What a sandbox costs: one warm execution against a plain fork+exec of the same program in the same
//! root, sustained throughput, a burst, many tests of one submission, memory at rest.
//!
//! Everything is measured in one run, and the two that are compared take turns: a busy or throttled
//! machine slows both. Clients, stores and engine share the machine with what is measured.

mod bare;
mod resting;

use std::time::{Duration, Instant};

use e2e::plain::{Program, Root};
use e2e::{Options, System, eventually};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::figures::percentile;

/// Containers that wait.
const READY: usize = 8;
/// Turns that plain and warm take.
const TURNS: usize = 100;
/// How long the machine is kept busy.
const SUSTAINED: Duration = Duration::from_secs(20);
/// Clients that do that, each as soon as it has its answer.
const CLIENTS: usize = 6;
const BURST: usize = 100;
const TESTS: usize = 300;

const PYTHON: &str = "print(1)\n";
const HELLO: &str = "#include <stdio.h>\nint main(void) { puts(\"1\"); }\n";

/// The programs without a sandbox.
struct Plain {
    root: Root,
    python: Program,
    hello: Program,
}

impl Plain {
    /// Both in the root of python's image.
    async fn start() -> Self {
        let (c, root) = (Root::start("c").await, Root::start("python").await);
        c.write("hello.c", HELLO);
        c.time(&program("gcc -O2 -o hello hello.c"));
        root.copy("hello", &c);
        c.stop().await;
        root.write("main.py", PYTHON);
        let mut python = program("/usr/bin/python3 main.py");
        for name in ["PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"] {
            python.env.insert(name.to_owned(), "1".to_owned());
        }
        Self { root, python, hello: program("./hello") }
    }

    fn python(&self) -> Duration {
        self.root.time(&self.python)
    }

    fn hello(&self) -> Duration {
        self.root.time(&self.hello)
    }
}

fn program(command: &str) -> Program {
    Program { argv: command.split(' ').map(str::to_owned).collect(), ..Program::default() }
}

pub(crate) async fn measure() {
    let ready = READY.to_string().leak();
    let settings = vec![
        ("AIRLOCK_POOL_READY", &*ready),
        ("AIRLOCK_POOL_PARALLEL_STARTS", "3"),
        ("AIRLOCK_WORKER_CONCURRENCY", "4"),
    ];
    let system = System::start_with(1, Options { settings, ..Options::default() }).await;
    full(&system).await;
    resting::show(&system).await;
    let plain = Plain::start().await;
    let hello_ms = warm_against_plain(&system, &plain).await;
    many_tests(&system, hello_ms).await;
    let bare_ms = bare(&system).await;
    let sustained = sustained(&system, bare_ms).await;
    burst(&system, sustained, bare_ms).await;
    resting::show_services("after it all", &system);
    plain.root.stop().await;
    system.stop().await;
}

/// Waits until the pool is full and nothing else is there: python's, once it is what is asked for.
async fn full(system: &System) {
    eventually("the pool is full", Duration::from_secs(60), async || {
        let metrics = system.workers[0].metrics().await;
        ["containers", "containers_ready"]
            .iter()
            .all(|name| metrics.contains(&format!("airlock_{name} {READY}\n")))
            .then_some(())
    })
    .await;
}

/// Takes turns; the median of the C hello, in milliseconds.
async fn warm_against_plain(system: &System, plain: &Plain) -> f64 {
    // So that the containers that wait are python's, and everything has been read from disk once.
    for _ in 0..20 {
        execute(system, PYTHON).await;
        plain.python();
        plain.hello();
    }
    let (mut python, mut hello, mut warm) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..TURNS {
        full(system).await;
        python.push(plain.python());
        hello.push(plain.hello());
        let started = Instant::now();
        execute(system, PYTHON).await;
        warm.push(started.elapsed());
    }
    println!("\none client, a container is ready: ms");
    println!("{:<44} {:>7} {:>7} {:>7}", "", "p50", "p95", "p99");
    let hello = show("C hello, plain fork+exec in the image's root", hello, None);
    let python = show("python print(1), plain fork+exec in the same", python, None);
    let warm = show("python print(1), POST /api/execute", warm, Some(python));
    println!("  airlock - plain python, p50: {:.1} ms", warm - python);
    hello
}

fn show(what: &str, mut times: Vec<Duration>, against: Option<f64>) -> f64 {
    let [p50, p95, p99] = [50, 95, 99].map(|percent| percentile(&mut times, percent));
    let ratio = against.map(|base| format!("   {:.2} × plain", p50 / base)).unwrap_or_default();
    println!("{what:<44} {p50:>7.1} {p95:>7.1} {p99:>7.1}{ratio}");
    p50
}

async fn execute(system: &System, code: &str) -> Value {
    let request = json!({ "lang": "python", "code": code });
    let reply = system.client.post("/api/execute", &request).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let result = reply.json();
    assert_eq!(result["verdict"], "success", "{result:#}");
    result
}

async fn many_tests(system: &System, plain_ms: f64) {
    let code = "#include <iostream>\nint main() { int n; std::cin >> n; std::cout << 2 * n; }";
    let tests: Vec<Value> = (0..TESTS)
        .map(|n| json!({ "stdin": n.to_string(), "expectedOutput": (2 * n).to_string() }))
        .collect();
    let request = json!({ "lang": "cpp", "code": code, "tests": tests });
    full(system).await;
    let started = Instant::now();
    let result = system.client.post("/api/execute", &request).await.json();
    let took = started.elapsed().as_secs_f64() * 1e3;
    assert_eq!((&result["testsPassed"], &result["passed"]), (&TESTS.into(), &true.into()));
    let compile = result["compile"]["wallMs"].as_f64().unwrap();
    let wait = result["containerWaitMs"].as_f64().unwrap();
    let each = (took - compile - wait) / TESTS as f64;
    println!(
        "\n{TESTS} tests of one C++ submission: {took:.0} ms, of these compiling {compile:.0}"
    );
    println!(
        "  a test {each:.2} ms; over a plain fork+exec of a C hello: {:.2} ms",
        each - plain_ms
    );
}

/// CPU time of a container's life in the engine alone, in milliseconds.
async fn bare(system: &System) -> f64 {
    full(system).await;
    let bare = bare::Bare::new().await;
    bare.lives().await;
    let before = MachineTime::now();
    let lives = bare.lives().await;
    let cpu = before.busy_ms_until_now() / f64::from(lives);
    println!("\na container that does nothing, under the engine's own runtime: {cpu:.0} ms of CPU");
    cpu
}

/// Jobs a second, kept up for a while.
async fn sustained(system: &System, bare_ms: f64) -> f64 {
    full(system).await;
    let (until, before) = (Instant::now() + SUSTAINED, MachineTime::now());
    let started = Instant::now();
    let jobs = join_all((0..CLIENTS).map(|_| async {
        let mut jobs = 0;
        while Instant::now() < until {
            execute(system, PYTHON).await;
            jobs += 1;
        }
        jobs
    }));
    let jobs: u32 = jobs.await.into_iter().sum();
    report("sustained", jobs, started.elapsed(), &before, bare_ms)
}

async fn burst(system: &System, sustained: f64, bare_ms: f64) {
    full(system).await;
    let (started, before) = (Instant::now(), MachineTime::now());
    let results = join_all((0..BURST).map(|_| execute(system, PYTHON))).await;
    let jobs = u32::try_from(results.len()).unwrap();
    let rate = report("a burst onto a full pool", jobs, started.elapsed(), &before, bare_ms);
    println!("  all completed, none refused; {:.2} × sustained", rate / sustained);
}

fn report(what: &str, jobs: u32, took: Duration, before: &MachineTime, bare_ms: f64) -> f64 {
    let rate = f64::from(jobs) / took.as_secs_f64();
    let cpus = std::thread::available_parallelism().unwrap().get() as f64;
    let cpu = before.busy_ms_until_now() / f64::from(jobs);
    println!(
        "\n{what}: {jobs} jobs, each in a container of its own, in {:.1} s: {rate:.1} jobs/s, \
         {:.1} a core, {cpu:.0} ms of CPU a job (the whole machine's), {:.2} × a container alone",
        took.as_secs_f64(),
        rate / cpus,
        cpu / bare_ms
    );
    rate
}

/// The machine's busy CPU time so far, in the kernel's ticks of 10 ms.
struct MachineTime(u64);

impl MachineTime {
    fn now() -> Self {
        let stat = std::fs::read_to_string("/proc/stat").unwrap();
        let fields: Vec<u64> =
            stat.lines().next().unwrap().split_whitespace().skip(1).flat_map(str::parse).collect();
        // user, nice, system, idle, iowait, irq, softirq
        Self(fields[0] + fields[1] + fields[2] + fields[5] + fields[6])
    }

    fn busy_ms_until_now(&self) -> f64 {
        (Self::now().0 - self.0) as f64 * 10.0
    }
}
