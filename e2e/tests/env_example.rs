//! `.env.example` says what the settings' own structs say.

use execution_service::{PoolSettings, SandboxSettings, WorkerSettings};
use shared::language::LanguageSettings;
use shared::limits::{CeilingSettings, LimitSettings};
use shared::queue::QueueSettings;
use shared::settings::env_example;
use shared::store::StoreSettings;
use shared::telemetry::TelemetrySettings;
use submission_service::{AccountSettings, HttpSettings};

const INTRODUCTION: &str = "\
# Every setting of Airlock with its default, as the services themselves declare them.
# Copy to .env and change what you need; compose.yaml passes on what it finds there.
# A service started by hand reads the same variables from its environment, or the same names
# without AIRLOCK_ and in lower case from the TOML file that AIRLOCK_CONFIG names.

";

/// Written anew when AIRLOCK_WRITE_ENV_EXAMPLE is set.
#[test]
fn the_example_file_is_what_the_services_read() {
    let expected = [
        INTRODUCTION.to_owned(),
        env_example::<HttpSettings>(),
        env_example::<AccountSettings>(),
        env_example::<WorkerSettings>(),
        env_example::<SandboxSettings>(),
        env_example::<PoolSettings>(),
        env_example::<LimitSettings>(),
        env_example::<CeilingSettings>(),
        env_example::<LanguageSettings>(),
        env_example::<StoreSettings>(),
        env_example::<QueueSettings>(),
        env_example::<TelemetrySettings>(),
    ]
    .concat();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../.env.example");
    if std::env::var_os("AIRLOCK_WRITE_ENV_EXAMPLE").is_some() {
        std::fs::write(path, &expected).unwrap();
    }
    let present = std::fs::read_to_string(path).unwrap();
    assert_eq!(present, expected, "run this test with AIRLOCK_WRITE_ENV_EXAMPLE=1");
}
