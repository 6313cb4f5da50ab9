//! What `./dev` does: brings Airlock up and down on any machine, tests it, lints it.
//!
//! Each file is one part of that: `engine`, `base_image`, `compose_plugin` and `stores` get what a
//! machine lacks; `binaries` builds; `up`, `down`, `test`, `lint` are the commands made of them.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool for people: what it prints is what it is for"
)]

mod admin_token;
mod answer;
mod base_image;
mod bench;
mod binaries;
mod chaos;
mod cli;
mod command;
mod compose;
mod compose_plugin;
mod dead_letters;
mod dockerd;
mod down;
mod engine;
mod http;
mod image_sizes;
mod interrupt;
mod languages;
mod lint;
mod package;
mod paths;
mod prepare;
mod progress;
mod registry;
mod settings;
mod smoke;
mod stores;
mod survey;
mod test;
mod test_stores;
mod unique;
mod up;

use std::process::ExitCode;

use cli::Task;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let task = cli::parse(std::env::args().skip(1))?;
    interrupt::watch()?;
    match task {
        Task::Help => {
            print!("{}", cli::HELP);
            Ok(())
        }
        Task::Up { languages } => up::run(&languages),
        Task::Images { languages } => up::images(&languages),
        Task::Down { data } => down::run(data),
        Task::Logs { args } => compose::logs(&args),
        Task::Compose { args } => compose::pass_on(&args),
        Task::DeadLetters { requeue } => dead_letters::run(requeue.as_deref()),
        Task::Lint => lint::run(),
        Task::Test { filters } => test::run(&filters),
        Task::Bench { name } => bench::run(name.as_deref()),
    }
}
