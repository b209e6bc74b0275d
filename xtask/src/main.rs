//! `cargo xtask …`: everything one does with this repository, from a fresh checkout on.
//!
//! One file per concern. The commands: [`demo`], [`test`], [`package`] (`build`), [`bench`], [`fuzz`]. What they stand on:
//! [`setup`] (tools that are missing are installed), [`browser`], [`interop`] and [`namespace`] (what the tests need of the
//! system), [`debian`], [`size`], [`shorten`], and below them [`run`] (child processes), [`progress`] (what the user sees), [`files`]
//! and [`failure`].

mod bench;
mod browser;
mod debian;
mod demo;
mod failure;
mod files;
mod fuzz;
mod interop;
mod namespace;
mod package;
mod progress;
mod run;
mod setup;
mod shorten;
mod size;
mod test;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::failure::{Failure, cannot};

/// Builds, tests and shows patchcord. Every command first installs what is missing.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build everything, serve the demo page with a SIP edge behind it and print the page's address
    Demo(demo::Options),
    /// Run every check: format, lints, native, wasm, types, Node, browser; then size and speed
    Test,
    /// Make the npm package (target/package/) and the demo page (www/dist/)
    Build,
    /// Build, then measure the time per message, JavaScript to JavaScript, and compare ten calls with ten thousand
    Bench,
    /// Feed the readers and an agent with arbitrary input (needs a nightly toolchain)
    Fuzz(fuzz::Options),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match work(&cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            progress::say(&format!("\n{failure}"));
            ExitCode::from(failure.code())
        }
    }
}

fn work(command: &Command) -> Result<(), Failure> {
    let root = repository();
    std::env::set_current_dir(&root).map_err(cannot(format!("enter {}", root.display())))?;
    run::watch_signals()?;
    match command {
        Command::Demo(options) => demo::demo(options),
        Command::Test => test::test(),
        Command::Build => package::command(),
        Command::Bench => bench::command(),
        Command::Fuzz(options) => fuzz::command(options),
    }
}

/// The repository's root. Cargo names this member's folder when it runs us; a moved checkout is thus found too.
fn repository() -> PathBuf {
    let member =
        std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    member.parent().map_or_else(|| member.clone(), Path::to_path_buf)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_repository_is_where_the_workspace_is_defined() {
        let manifest = std::fs::read_to_string(repository().join("Cargo.toml")).unwrap();
        assert!(manifest.contains("[workspace]"));
    }
}
