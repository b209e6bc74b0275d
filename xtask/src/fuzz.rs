//! `cargo xtask fuzz`: arbitrary octets into every reader of the message room, and arbitrary orders of inputs and commands
//! into an agent, from the kept corpus on (`tests/fuzz`). What is found on the way stays in `target/`.
//!
//! libFuzzer needs a nightly toolchain; without one the checks go on without this one, and say so.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, cannot};
use crate::progress::{heading, note};
use crate::run::Step;
use crate::setup::cache_dir;

const FOLDER: &str = "tests/fuzz";
const TARGETS: [&str; 2] = ["message", "agent"];
const CARGO_FUZZ: &str = "0.13.2";

/// How long.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Seconds for each target
    #[arg(long, default_value_t = 300)]
    seconds: u32,
}

/// The command itself.
pub(crate) fn command(options: &Options) -> Result<(), Failure> {
    if let Err(missing) = toolchain() {
        return Err(Failure::new(missing).hint("rustup toolchain install nightly"));
    }
    run(options.seconds)
}

/// Whether it can be done at all.
///
/// # Errors
/// What is missing, and how to get it, for people.
pub(crate) fn toolchain() -> Result<(), String> {
    let asked = nightly().args(["rustc", "--version"]).ask();
    asked.map(drop).map_err(|_| "fuzzing needs a nightly toolchain: rustup toolchain install nightly".to_owned())
}

/// Runs every target for so long. The same seed each time: what a check finds, it finds again.
pub(crate) fn run(seconds: u32) -> Result<(), Failure> {
    let tool = cargo_fuzz()?;
    for target in TARGETS {
        heading(&format!("fuzz: {target}"));
        let found = PathBuf::from("target/fuzz").join(target);
        fs::create_dir_all(&found).map_err(cannot(format!("make {}", found.display())))?;
        // The first folder is where new inputs go.
        let kept = Path::new(FOLDER).join("corpus").join(target);
        let step = nightly().arg(&tool).args(["run", "--fuzz-dir", FOLDER, target]).arg(&found).arg(&kept);
        let bounds = [format!("-max_total_time={seconds}"), "-seed=1".to_owned(), "-timeout=10".to_owned()];
        step.arg("--")
            .args(bounds)
            .hint(format!("the input that does it is kept in {FOLDER}/artifacts/{target}: make it a test"))
            .quiet()?;
    }
    Ok(())
}

fn nightly() -> Step {
    Step::new("rustup").args(["run", "nightly"])
}

/// cargo-fuzz of the version above: from the user's cache folder, else installed into it.
fn cargo_fuzz() -> Result<PathBuf, Failure> {
    let root = cache_dir()?.join(format!("cargo-fuzz-{CARGO_FUZZ}"));
    let tool = root.join("bin").join(format!("cargo-fuzz{}", std::env::consts::EXE_SUFFIX));
    if !tool.exists() {
        note(&format!("cargo-fuzz {CARGO_FUZZ} is missing: installing it into {}", root.display()));
        let install = Step::new("cargo").args(["install", "cargo-fuzz", "--version", CARGO_FUZZ, "--force", "--root"]);
        install.arg(&root).hint("see cargo's message above; a package registry is needed").loud()?;
    }
    Ok(tool)
}
