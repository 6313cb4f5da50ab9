//! The name of a result: a digest of everything that can change it.

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::accounts::Allowance;
use crate::placement::Tenant;
use crate::program::Program;

/// Raised when what goes into the digest changes its meaning, so that no older result is found.
const VERSION: i32 = 1;

/// All that the digest is of. BSON says how long each part is, and the fields are in this order.
#[derive(Serialize)]
struct Input<'a> {
    version: i32,
    tenant: &'a Tenant,
    environment: &'a str,
    allowance: &'a Allowance,
    program: &'a Program,
}

/// Names the result that a tenant's program has in an environment: its source, files, input,
/// arguments, variables, tests and the limits that it asks for are all of the program; image, version
/// and usual limits of its language are of the environment, for which workers have a name of their
/// own; and what an account allows stands in for these limits, or bounds what was asked for. How long
/// a result is kept changes nothing of it. `None`: such a program cannot be written down.
pub fn of(
    tenant: &Tenant,
    environment: &str,
    allowance: &Allowance,
    program: &Program,
) -> Option<String> {
    let allowance = &Allowance { retention_seconds: None, ..allowance.clone() };
    let input = Input { version: VERSION, tenant, environment, allowance, program };
    bson::serialize_to_vec(&input).ok().map(|bytes| digest(&bytes))
}

/// A digest as text.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::program::{FilePath, ProgramFile, TestCase};

    fn key(tenant: &str, environment: &str, program: &Program) -> String {
        of(&tenant.parse().unwrap(), environment, &Allowance::default(), program).unwrap()
    }

    fn key_within(allowance: &Allowance) -> String {
        of(&Tenant::default(), "e", allowance, &program()).unwrap()
    }

    fn program() -> Program {
        let file = |path: &str, contents: &[u8]| ProgramFile {
            path: FilePath::try_from(path.to_owned()).unwrap(),
            contents: contents.into(),
        };
        Program {
            lang: "c".into(),
            code: "main".into(),
            files: vec![file("a", b"1"), file("b", b"2")],
            std_input: Some("in".into()),
            args: vec!["x".into(), "y".into()],
            env: [("A".into(), "1".into())].into(),
            tests: vec![TestCase::default()],
            ..Program::default()
        }
    }

    #[test]
    fn the_same_has_the_same_name() {
        assert_eq!(key("a", "e", &program()), key("a", "e", &program()));
        assert_eq!(key("a", "e", &program()).len(), 64);
    }

    #[rstest]
    #[case::source(|it: &mut Program| it.code.push(' '))]
    #[case::lang(|it: &mut Program| it.lang = "cpp".into())]
    #[case::byte_of_a_file(|it: &mut Program| it.files[1].contents[0] ^= 1)]
    #[case::files_path(|it: &mut Program| it.files.swap(0, 1))]
    #[case::stdin(|it: &mut Program| it.std_input = Some("in ".into()))]
    #[case::no_stdin(|it: &mut Program| it.std_input = None)]
    #[case::args(|it: &mut Program| it.args = vec!["xy".into()])]
    #[case::order_of_args(|it: &mut Program| it.args.reverse())]
    #[case::env(|it: &mut Program| it.env = [("A".into(), "2".into())].into())]
    #[case::compiler_args(|it: &mut Program| it.compiler_args.push("-O".into()))]
    #[case::tests(|it: &mut Program| it.tests.push(TestCase::default()))]
    #[case::expected(|it: &mut Program| it.tests[0].expected_output = Some(String::new()))]
    #[case::stop(|it: &mut Program| it.stop_on_first_failure = true)]
    #[case::output_files(|it: &mut Program| it.output_files.push("*".into()))]
    #[case::limit(|it: &mut Program| it.limits.wall_ms = Some(1))]
    #[case::compile_limit(|it: &mut Program| it.compile_limits.wall_ms = Some(1))]
    fn whatever_can_change_the_result_changes_its_name(#[case] change: fn(&mut Program)) {
        let mut changed = program();
        change(&mut changed);
        assert_ne!(key("a", "e", &program()), key("a", "e", &changed));
    }

    #[rstest]
    #[case::limit(|it: &mut Allowance| it.limits.wall_ms = Some(1), false)]
    #[case::compile_limit(|it: &mut Allowance| it.compile_limits.wall_ms = Some(1), false)]
    #[case::total_wall(|it: &mut Allowance| it.total_wall_ms = Some(1), false)]
    #[case::cpu(|it: &mut Allowance| it.cpu_millis = Some(1), false)]
    #[case::network(|it: &mut Allowance| it.network = true, false)]
    #[case::runtime(|it: &mut Allowance| it.runtime = Some("runsc".into()), false)]
    #[case::retention(|it: &mut Allowance| it.retention_seconds = Some(1), true)]
    fn what_an_account_allows_changes_the_name_of_the_result(
        #[case] change: fn(&mut Allowance),
        #[case] is_the_same: bool,
    ) {
        let mut changed = Allowance::default();
        change(&mut changed);
        assert_eq!(key_within(&Allowance::default()) == key_within(&changed), is_the_same);
    }

    #[test]
    fn no_two_tenants_and_no_two_environments_share_a_name() {
        assert_ne!(key("a", "e", &program()), key("b", "e", &program()));
        assert_ne!(key("a", "e", &program()), key("a", "f", &program()));
    }
}
