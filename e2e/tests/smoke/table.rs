//! What the smoke programs show of each language, as a table.

use std::fmt::Write as _;

use serde_json::Value;
use shared::language::Language;

/// Where the table stands in the documentation.
const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/languages.md");
const BEGIN: &str = "<!-- measured: begin -->\n";
const END: &str = "<!-- measured: end -->";

const MIB: u64 = 1024 * 1024;

/// One language.
pub(crate) struct Row {
    names: String,
    version: String,
    /// Wall time of compiling its hello, in milliseconds.
    compile_ms: Option<u64>,
    hello_wall_ms: u64,
    hello_cpu_ms: u64,
    hello_memory_bytes: u64,
    /// What comes of too large a heap.
    overrun: String,
    programs: usize,
    passed: usize,
}

impl Row {
    pub(crate) fn new(language: &Language, version: &str) -> Self {
        let aliases = language.aliases.iter().map(String::as_str);
        let names: Vec<&str> = [language.name.as_str()].into_iter().chain(aliases).collect();
        Self {
            names: names.join(", "),
            version: version.to_owned(),
            compile_ms: None,
            hello_wall_ms: 0,
            hello_cpu_ms: 0,
            hello_memory_bytes: 0,
            overrun: String::new(),
            programs: 0,
            passed: 0,
        }
    }

    /// Takes in how a program ended.
    pub(crate) fn note(&mut self, program: &str, result: &Value, passed: bool) {
        self.programs += 1;
        self.passed += usize::from(passed);
        let number = |value: &Value| value.as_u64().unwrap_or(0);
        match program {
            "hello" => {
                self.compile_ms = result["compile"]["wallMs"].as_u64();
                self.hello_wall_ms = number(&result["wallMs"]);
                self.hello_cpu_ms = number(&result["cpuMs"]);
                self.hello_memory_bytes = number(&result["memoryBytes"]);
            }
            "memory_hog" => self.overrun = result["verdict"].as_str().unwrap_or("?").to_owned(),
            _ => {}
        }
    }

    fn cells(&self) -> [String; 8] {
        [
            self.names.clone(),
            self.version.clone(),
            self.compile_ms.map(|ms| ms.to_string()).unwrap_or_default(),
            self.hello_wall_ms.to_string(),
            self.hello_cpu_ms.to_string(),
            self.hello_memory_bytes.div_ceil(MIB).to_string(),
            self.overrun.clone(),
            format!("{} of {}", self.passed, self.programs),
        ]
    }
}

const HEADER: [&str; 8] = [
    "`lang`",
    "version",
    "compile ms",
    "hello wall ms",
    "hello CPU ms",
    "peak MiB",
    "heap overrun",
    "smoke programs as expected",
];

/// The table in Markdown, which reads well on a terminal too.
pub(crate) fn printed(rows: &[Row]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut table = line(&HEADER.map(str::to_owned));
    table.push_str("|---|---|--:|--:|--:|--:|---|---|\n");
    for row in rows {
        let _ = write!(table, "{}", line(&row.cells()));
    }
    table
}

/// Puts the table between its marks.
pub(crate) fn write_into_docs(rows: &[Row]) {
    let document = std::fs::read_to_string(DOCUMENT).unwrap();
    let (before, rest) = document.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let written = format!("{before}{BEGIN}{}{END}{after}", printed(rows));
    std::fs::write(DOCUMENT, written).unwrap();
}
