use rstest::rstest;
use serde_json::{Value, json};
use shared::accounts::policy::{Policy, SystemPolicy, effective};
use shared::limits::LimitOverrides;
use shared::placement::OverParallel;
use shared::settings::{Settings, Source};

use super::*;

/// A language with a compile step, and one without.
fn language(name: &str) -> Language {
    let compile = (name == "c").then(|| json!(["cc", "main.c"]));
    let definition = json!({
        "name": name,
        "display_name": name,
        "source_file": format!("main.{name}"),
        "version_command": [name],
        "compile": compile,
        "run": ["run"],
        "hello": "",
    });
    serde_json::from_value(definition).unwrap()
}

fn parse(request: Value) -> Result<Program, ApiError> {
    wish(request).map(|wish| wish.program)
}

fn wish(request: Value) -> Result<Wish, ApiError> {
    wish_of(serde_json::from_value(request).unwrap())
}

fn wish_of(request: SubmitRequest) -> Result<Wish, ApiError> {
    let system = SystemPolicy {
        ceilings: Settings::read(&mut Source::new(None, Default::default()).unwrap()).unwrap(),
        network: false,
        retention_seconds: None,
        runtimes: Vec::new(),
        max_parallel: 0,
        over_parallel: OverParallel::Queue,
    };
    let allowed = effective(&system, &Policy::default(), &Policy::default());
    request.clone().parse(&language(request.lang()), &allowed)
}

/// A request that is right, with these fields instead of its own.
fn with(fields: Value) -> Value {
    let mut request = json!({ "lang": "c", "code": "int main(){}" });
    request.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    request
}

#[rstest]
#[case(json!("tab-1"), Some("tab-1"))]
#[case(json!("notebook:7.cell_3"), Some("notebook:7.cell_3"))]
#[case(json!("x".repeat(64)), Some(&*"x".repeat(64)))]
#[case(json!(""), None)]
#[case(json!(null), None)]
fn a_slot_has_a_name_or_is_none(#[case] slot: Value, #[case] expected: Option<&str>) {
    let wish = wish(with(json!({ "slot": slot }))).unwrap();
    assert_eq!(wish.slot.as_deref(), expected);
}

#[rstest]
#[case("a b")]
#[case("ä")]
#[case("a/b")]
#[case("a\n")]
#[case(&"x".repeat(65))]
fn a_slot_s_name_is_short_and_plain(#[case] slot: &str) {
    assert_eq!(wish(with(json!({ "slot": slot }))).unwrap_err().code().0, "invalidField");
}

fn many(entry: Value, count: usize) -> Value {
    Value::Array(vec![entry; count])
}

fn files(count: usize) -> Value {
    (0..count).map(|nth| json!({ "path": nth.to_string(), "content": "" })).collect()
}

fn variables(count: usize) -> Value {
    Value::Object((0..count).map(|nth| (format!("V{nth}"), json!(""))).collect())
}

fn at(path: &str) -> Value {
    json!({ "path": path, "content": "" })
}

fn coded(content: &str) -> Value {
    json!([{ "path": "a", "content": content, "encoding": "base64" }])
}

#[rstest]
#[case::no_program(json!({ "code": null }), "`code` is empty, and `main.c`")]
#[case::empty_program(json!({ "code": "" }), "`code` is empty, and `main.c`")]
#[case::no_main_file(json!({ "code": "", "files": [at("main.py")] }), "`main.c`, which would be")]
#[case::code_and_main_file(json!({ "files": [at("main.c")] }), "`main.c` is where `code` goes")]
#[case::main_file_as_directory(json!({ "files": [at("main.c/a")] }), "`main.c` is where `code` goes")]
#[case::twice(json!({ "files": [at("a"), at("a")] }), "`files`: `a` is there twice")]
#[case::file_and_directory(json!({ "files": [at("a/b"), at("a")] }), "`files`: `a` is there twice")]
#[case::outside(json!({ "files": [at("a"), at("../b")] }), "`files[1].path` cannot be used: it has")]
#[case::absolute(json!({ "files": [at("/etc/passwd")] }), "`files[0].path` cannot be used: it is")]
#[case::nul_in_path(json!({ "files": [at("a\0b")] }), "`files[0].path` cannot be used: it has")]
#[case::too_many_files(json!({ "files": files(257) }), "`files` has more than 256 entries")]
#[case::no_base64(json!({ "files": coded("a b=") }), "`files[0].content` is not base64")]
#[case::unpadded(json!({ "files": coded("YQ") }), "`files[0].content` is not base64")]
#[case::url_alphabet(json!({ "files": coded("-_==") }), "`files[0].content` is not base64")]
#[case::nul_in_argument(json!({ "args": ["a", "\0"] }), "`args[1]` has a NUL")]
#[case::too_many_arguments(json!({ "args": many(json!(""), 257) }), "`args` has more than 256")]
#[case::long_arguments(json!({ "args": many(json!("x".repeat(257)), 256) }), "than 65536 bytes")]
#[case::nul_to_the_compiler(json!({ "compilerArgs": ["\0"] }), "`compilerArgs[0]` has a NUL")]
#[case::nothing_to_compile(
    json!({ "lang": "py", "compilerArgs": ["-O3"] }),
    "`compilerArgs`: `py` has no compile step"
)]
#[case::no_compile_limits(
    json!({ "lang": "py", "compileLimits": { "cpuMs": 1 } }),
    "`compileLimits`: `py` has no compile step"
)]
#[case::one_directory_for_both(
    json!({ "compileLimits": { "diskBytes": 1 } }),
    "`compileLimits.diskBytes`: both steps share"
)]
#[case::variable_without_name(json!({ "env": { "": "" } }), "`env`: `` cannot be a name")]
#[case::digit_first(json!({ "env": { "1A": "" } }), "`env`: `1A` cannot be a name")]
#[case::equals_sign(json!({ "env": { "A=B": "" } }), "`env`: `A=B` cannot be a name")]
#[case::not_ascii(json!({ "env": { "Ä": "" } }), "`env`: `Ä` cannot be a name")]
#[case::long_name(json!({ "env": { "A".repeat(129): "" } }), "cannot be a name")]
#[case::nul_in_value(json!({ "env": { "A": "\0" } }), "`env.A` has a NUL")]
#[case::too_many_variables(json!({ "env": variables(129) }), "`env` has more than 128 entries")]
#[case::large_environment(json!({ "env": { "A": "x".repeat(65536) } }), "`env` has more than 65536")]
#[case::too_many_tests(json!({ "tests": many(json!({}), 1001) }), "`tests` has more than 1000")]
#[case::long_test_name(
    json!({ "tests": [{}, { "name": "ä".repeat(257) }] }),
    "`tests[1].name` is longer than 256 characters"
)]
#[case::input_beside_tests(json!({ "tests": [{}], "stdInput": "a" }), "`stdInput` cannot be given")]
#[case::files_beside_tests(json!({ "tests": [{}], "outputFiles": ["a"] }), "`outputFiles` cannot")]
#[case::stop_without_tests(json!({ "stopOnFirstFailure": true }), "`stopOnFirstFailure`: there are")]
#[case::stop_with_empty_tests(
    json!({ "stopOnFirstFailure": true, "tests": [] }),
    "`stopOnFirstFailure`: there are no `tests`"
)]
#[case::too_many_patterns(json!({ "outputFiles": many(json!("a"), 33) }), "has more than 32 entries")]
#[case::empty_pattern(json!({ "outputFiles": [""] }), "`outputFiles[0]` cannot be used: it is empty")]
#[case::long_pattern(json!({ "outputFiles": ["a".repeat(513)] }), "it is longer than 512 bytes")]
#[case::nul_in_pattern(json!({ "outputFiles": ["*\0"] }), "it has a NUL character")]
#[case::absolute_pattern(json!({ "outputFiles": ["a", "/etc/*"] }), "`outputFiles[1]` cannot be used")]
#[case::pattern_upwards(json!({ "outputFiles": ["a/../*"] }), "it has a part `.` or `..`")]
#[case::pattern_from_here(json!({ "outputFiles": ["./a"] }), "it has a part `.` or `..`")]
#[case::pattern_for_a_directory(json!({ "outputFiles": ["out/"] }), "it has an empty part")]
#[case::open_bracket(json!({ "outputFiles": ["[a"] }), "invalid range pattern")]
#[case::bracket_across_parts(json!({ "outputFiles": ["[a/b]"] }), "invalid range pattern")]
#[case::mixed_stars(json!({ "outputFiles": ["a**b"] }), "recursive wildcards")]
#[case::pool_with_a_space(json!({ "pool": "a b" }), "`pool`: a name is 1 to 64")]
#[case::long_pool(json!({ "pool": "x".repeat(65) }), "`pool`: a name is 1 to 64")]
#[case::no_time_in_the_queue(json!({ "queueTtlMs": 0 }), "`queueTtlMs` must be between 1 and")]
#[case::too_long_in_the_queue(
    json!({ "queueTtlMs": 2_592_000_001_u64 }),
    "`queueTtlMs` must be between 1 and 2592000000"
)]
fn what_cannot_be_executed_is_refused_by_name(#[case] fields: Value, #[case] says: &str) {
    match parse(with(fields)).unwrap_err() {
        ApiError::InvalidField(message) => assert!(message.contains(says), "{message}"),
        other => panic!("{other:?}"),
    }
}

#[rstest]
#[case::above(
    json!({ "limits": { "memoryBytes": 1_u64 << 31 } }),
    "`limits.memoryBytes` must be between 8388608 and 1073741824, which is the ceiling here"
)]
#[case::of_no_use(
    json!({ "limits": { "wallMs": 0 } }),
    "`limits.wallMs` must be between 1 and 60000, which is the ceiling here"
)]
#[case::beyond_all_numbers(
    json!({ "limits": { "stackBytes": u64::MAX } }),
    "`limits.stackBytes` must be between 65536 and 268435456, which is the ceiling here"
)]
#[case::several(
    json!({ "compileLimits": { "cpuMs": 60_001, "openFiles": 1 } }),
    "`compileLimits.cpuMs` must be between 1 and 60000, which is the ceiling here; \
     `compileLimits.openFiles` must be between 16 and 1024, which is the ceiling here"
)]
fn a_limit_out_of_range_is_named_with_its_range(#[case] fields: Value, #[case] expected: &str) {
    match parse(with(fields)).unwrap_err() {
        ApiError::LimitOutOfRange(message) => assert_eq!(message, expected),
        other => panic!("{other:?}"),
    }
}

#[test]
fn everything_at_its_bound_is_taken() {
    let program = parse(with(json!({
        "files": files(256),
        "args": many(json!("x".repeat(256)), 256),
        "compilerArgs": many(json!("x".repeat(256)), 256),
        "env": { "A".repeat(128): "x".repeat(65536 - 128) },
        "limits": { "wallMs": 60_000, "outputBytes": 0 },
        "tests": many(json!({ "name": "ä".repeat(256) }), 1000),
    })))
    .unwrap();
    assert_eq!((program.files.len(), program.tests.len()), (256, 1000));
    let program = parse(with(json!({ "outputFiles": many(json!("a".repeat(512)), 32) }))).unwrap();
    assert_eq!(program.output_files.len(), 32);
}

#[test]
fn a_whole_submission_becomes_a_program() {
    let program = parse(json!({
        "lang": "c",
        "files": [
            { "path": "main.c", "content": "int main(){}\0" },
            { "path": "data/in.bin", "content": "/wA=", "encoding": "base64" },
        ],
        "args": ["-v", ""],
        "env": { "_A1": "ä b" },
        "compilerArgs": ["-Wall"],
        "limits": { "wallMs": 500, "diskBytes": 1_048_576 },
        "compileLimits": { "memoryBytes": 1_073_741_824 },
        "tests": [{ "stdin": "1\0", "expectedOutput": "", "name": "one" }, {}],
        "stopOnFirstFailure": true,
    }))
    .unwrap();
    let contents: Vec<_> =
        program.files.iter().map(|file| (file.path.as_str(), &*file.contents)).collect();
    assert_eq!(contents, [("main.c", &b"int main(){}\0"[..]), ("data/in.bin", &[0xff, 0])]);
    assert_eq!((program.lang.as_str(), program.code.as_str()), ("c", ""));
    assert_eq!(program.args, ["-v", ""]);
    assert_eq!(program.env["_A1"], "ä b");
    assert_eq!(program.compiler_args, ["-Wall"]);
    let limits = LimitOverrides {
        wall_ms: Some(500),
        disk_bytes: Some(1_048_576),
        ..LimitOverrides::default()
    };
    assert_eq!(program.limits, limits);
    assert_eq!(program.compile_limits.memory_bytes, Some(1_073_741_824));
    assert_eq!(program.tests[0].stdin, "1\0");
    assert_eq!(program.tests[0].expected_output.as_deref(), Some(""), "it must print nothing");
    assert_eq!((program.tests.len(), program.tests[1].expected_output.clone()), (2, None));
    assert!(program.stop_on_first_failure);
}

#[test]
fn what_is_null_or_empty_is_as_good_as_left_out() {
    let nulls = json!({
        "lang": "py", "code": "1", "stdInput": null, "files": null, "args": null, "env": null,
        "compilerArgs": null, "limits": null, "compileLimits": null, "tests": null,
        "stopOnFirstFailure": null, "outputFiles": null, "pool": null, "priority": null,
        "queueTtlMs": null,
    });
    let empty = json!({
        "lang": "py", "code": "1", "files": [], "args": [], "env": {}, "compilerArgs": [],
        "limits": { "cpuMs": null }, "compileLimits": {}, "tests": [],
        "stopOnFirstFailure": false, "outputFiles": [], "pool": "",
    });
    let plain = wish(json!({ "lang": "py", "code": "1" })).unwrap();
    assert_eq!(wish(nulls).unwrap(), plain);
    assert_eq!(wish(empty).unwrap(), plain);
    assert_eq!((&plain.pool, plain.priority), (&None, None));
    assert_eq!(plain.queue_ttl, None);
    assert!(parse(with(json!({ "tests": [{}], "stdInput": "" }))).is_ok());
}

#[rstest]
#[case("high", Some(Priority::High))]
#[case("normal", Some(Priority::Normal))]
#[case("low", Some(Priority::Low))]
#[case("HIGH", None)]
#[case("urgent", None)]
#[case("", None)]
fn there_are_three_priorities(#[case] name: &str, #[case] expected: Option<Priority>) {
    let request = with(json!({ "priority": name, "pool": "gpu", "queueTtlMs": 1500 }));
    let request = serde_json::from_value::<SubmitRequest>(request);
    let wish = request.ok().map(|request| wish_of(request).unwrap());
    assert_eq!(wish.as_ref().and_then(|wish| wish.priority), expected);
    if let Some(wish) = wish {
        assert_eq!(
            (wish.pool.as_ref().map(PoolName::as_str), wish.queue_ttl),
            (Some("gpu"), Some(Duration::from_millis(1500)))
        );
    }
}

#[rstest]
#[case("result.txt")]
#[case("out/**/*.png")]
#[case("**")]
#[case("**/[!a-c]?.{x}")]
#[case("ä ö/*")]
fn a_pattern_that_could_match_is_taken(#[case] pattern: &str) {
    let program = parse(with(json!({ "outputFiles": [pattern] }))).unwrap();
    assert_eq!(program.output_files, [pattern]);
}

#[test]
fn what_goes_in_as_a_file_comes_out_as_one() {
    for contents in ["text\0".as_bytes(), &[0xff, 0xfe]] {
        let path = shared::program::FilePath::try_from("a/b".to_owned()).unwrap();
        let file = shared::program::ProgramFile { path, contents: contents.to_vec() };
        let again = files::parse(vec![FileBody::from(&file)]).unwrap();
        assert_eq!(again, [file]);
    }
}

#[test]
fn a_client_s_words_are_repeated_only_in_part() {
    assert_eq!(shortened("klingon"), "klingon");
    assert_eq!(shortened(&"ä".repeat(10_000)).chars().count(), 65);
}
