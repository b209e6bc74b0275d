//! Set-up, shared by all commands: what is missing is installed, what cannot be installed is named.
//!
//! Needed: Node ≥ 20 with npm (the user's part); the wasm32 target and, for tests, rustfmt and clippy (rustup); the
//! wasm-bindgen CLI of exactly the version in Cargo.lock (PATH, else a user cache per version); the npm packages.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, cannot};
use crate::files::find_program;
use crate::progress::{heading, note};
use crate::run::Step;

pub(crate) const WASM: &str = "wasm32-unknown-unknown";
const NODE_AT_LEAST: u32 = 20;
/// npm writes this file last, so a broken-off installation has none.
const INSTALLED: &str = "node_modules/.package-lock.json";
const LOCK: &str = "package-lock.json";

/// Where the tools are that set-up may have had to install.
pub(crate) struct Tools {
    /// `wasm-bindgen`
    pub(crate) bindgen: PathBuf,
    /// `wasm-bindgen-test-runner`
    pub(crate) runner: PathBuf,
}

/// All that building needs.
pub(crate) fn for_building() -> Result<Tools, Failure> {
    heading("set-up");
    node()?;
    wasm_target()?;
    let tools = wasm_bindgen()?;
    npm_packages()?;
    Ok(tools)
}

/// What the checks need beyond that.
pub(crate) fn for_checking() -> Result<(), Failure> {
    for (command, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if cargo().args([command, "--version"]).ask().is_err() {
            note(&format!("{component} is missing: adding it"));
            rustup().args(["component", "add", component]).loud()?;
        }
    }
    Ok(())
}

/// cargo, building into `target/` whatever the user's configuration says: the paths in there are relied upon.
pub(crate) fn cargo() -> Step {
    Step::new("cargo").env("CARGO_TARGET_DIR", "target")
}

pub(crate) fn node_script(script: &str) -> Result<Step, Failure> {
    require(script)?;
    Ok(Step::new("node").arg(script))
}

/// A command line tool of an npm package.
pub(crate) fn npm_tool(name: &str) -> Step {
    let file = if cfg!(windows) { format!("{name}.cmd") } else { name.to_owned() };
    Step::new(Path::new("node_modules/.bin").join(file))
}

pub(crate) fn npm() -> Step {
    Step::new(if cfg!(windows) { "npm.cmd" } else { "npm" })
}

/// A clear word about a file without which a step has no meaning.
pub(crate) fn require(file: &str) -> Result<(), Failure> {
    if Path::new(file).exists() {
        return Ok(());
    }
    Err(Failure::new(format!("{file} is missing")).hint(format!("restore it: git checkout -- {file}")))
}

fn rustup() -> Step {
    Step::new("rustup")
        .hint("install Rust by rustup (https://rustup.rs), or by hand what this command would have added")
}

fn node() -> Result<(), Failure> {
    let get = format!("install Node {NODE_AT_LEAST} or newer: https://nodejs.org/");
    let shown = Step::new("node").arg("--version").ask();
    let shown = shown.map_err(|why| Failure::new(format!("Node is missing ({why})")).hint(get.as_str()))?;
    let major = node_major(&shown)
        .ok_or_else(|| Failure::new(format!("`node --version` says {shown:?}")).hint(get.as_str()))?;
    if major < NODE_AT_LEAST {
        return Err(Failure::new(format!("Node {shown} is too old: {NODE_AT_LEAST} or newer is needed")).hint(get));
    }
    let npm = npm().arg("--version").ask();
    let npm =
        npm.map_err(|why| Failure::new(format!("npm is missing ({why})")).hint("install npm; it comes with Node"))?;
    note(&format!("Node {shown}, npm {npm}"));
    Ok(())
}

fn wasm_target() -> Result<(), Failure> {
    // rustc knows where the target's libraries belong whether they are there or not, and whether rustup is there or not.
    let dir = Step::new("rustc").args(["--print", "target-libdir", "--target", WASM]);
    let dir = dir.ask().map_err(|why| Failure::new(format!("rustc does not know the target {WASM}: {why}")))?;
    if Path::new(&dir).is_dir() {
        note(&format!("Rust target {WASM}"));
        return Ok(());
    }
    note(&format!("the Rust target {WASM} is missing: adding it"));
    rustup().args(["target", "add", WASM]).loud()
}

fn wasm_bindgen() -> Result<Tools, Failure> {
    let lock = fs::read_to_string("Cargo.lock").map_err(cannot("read Cargo.lock"))?;
    let version =
        locked_version(&lock, "wasm-bindgen").ok_or_else(|| Failure::new("Cargo.lock names no wasm-bindgen"))?;
    let found = (find_program("wasm-bindgen"), find_program("wasm-bindgen-test-runner"));
    if let (Some(bindgen), Some(runner)) = found
        && is_version(&bindgen, version)
        && is_version(&runner, version)
    {
        note(&format!("wasm-bindgen {version}: {}", bindgen.display()));
        return Ok(Tools { bindgen, runner });
    }
    let root = cache_dir()?.join(format!("wasm-bindgen-{version}"));
    let tool = |name: &str| root.join("bin").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let tools = Tools { bindgen: tool("wasm-bindgen"), runner: tool("wasm-bindgen-test-runner") };
    if is_version(&tools.bindgen, version) && is_version(&tools.runner, version) {
        note(&format!("wasm-bindgen {version}: {}", tools.bindgen.display()));
        return Ok(tools);
    }
    note(&format!("wasm-bindgen {version} is missing: installing it into {} (several minutes, once)", root.display()));
    let install = Step::new("cargo").args(["install", "wasm-bindgen-cli", "--version", version, "--force", "--root"]);
    install
        .arg(&root)
        .hint("see cargo's message above; without a network, put wasm-bindgen of this version into PATH")
        .loud()?;
    Ok(tools)
}

fn is_version(tool: &Path, version: &str) -> bool {
    let name = tool.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Step::new(tool).arg("--version").ask().is_ok_and(|answer| answer == format!("{name} {version}"))
}

/// The user's cache folder for things of ours.
pub(crate) fn cache_dir() -> Result<PathBuf, Failure> {
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|dir| dir.is_absolute());
    let base = variable("XDG_CACHE_HOME").or_else(|| variable("LOCALAPPDATA"));
    let base = base.or_else(|| std::env::home_dir().map(|home| home.join(".cache")));
    let base =
        base.ok_or_else(|| Failure::new("there is no home folder to cache tools in").hint("set XDG_CACHE_HOME"))?;
    Ok(base.join("patchcord"))
}

fn npm_packages() -> Result<(), Failure> {
    require(LOCK)?;
    if !is_stale(Path::new(INSTALLED), Path::new(LOCK)) {
        note("npm packages");
        return Ok(());
    }
    note("npm packages are missing or older than the lock file: npm ci");
    // esbuild's is the only install script, and only makes its start a little faster: none is run.
    npm()
        .args(["ci", "--ignore-scripts"])
        .hint("see npm's message above; a network and a package registry are needed")
        .quiet()
        .map(drop)
}

/// Whether `made` is missing or older than what it was made from.
fn is_stale(made: &Path, source: &Path) -> bool {
    let changed = |file: &Path| fs::metadata(file).and_then(|data| data.modified()).ok();
    match (changed(made), changed(source)) {
        (Some(made), Some(source)) => made < source,
        (None, _) | (_, None) => true,
    }
}

/// `v20.11.1` → 20.
fn node_major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// The version of a package in Cargo.lock's text.
fn locked_version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    lines.nth(1)?.strip_prefix("version = \"")?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;

    #[test]
    fn node_versions_are_read_by_their_major_number() {
        assert_eq!(node_major("v20.11.1"), Some(20));
        assert_eq!(node_major("v8.0.0"), Some(8));
        assert_eq!(node_major("v102.0.0-nightly"), Some(102));
        assert_eq!(node_major("20.1.0"), None);
        assert_eq!(node_major(""), None);
    }

    #[test]
    fn the_bindgen_version_comes_from_the_lock_and_not_from_a_package_with_a_longer_name() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(locked_version(lock, "wasm"), None);
    }

    #[test]
    fn packages_are_stale_when_missing_or_older_than_the_lock() {
        let dir = std::env::temp_dir().join(format!("xtask-stale-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let (made, source) = (dir.join("made"), dir.join("source"));
        fs::write(&source, "").unwrap();
        assert!(is_stale(&made, &source), "missing");
        fs::write(&made, "").unwrap();
        let set = |file: &Path, seconds: u64| {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            fs::File::options().write(true).open(file).unwrap().set_modified(time).unwrap();
        };
        set(&source, 2_000);
        set(&made, 1_000);
        assert!(is_stale(&made, &source), "older");
        set(&made, 3_000);
        assert!(!is_stale(&made, &source), "newer");
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn a_missing_file_is_named_with_its_remedy() {
        let failure = require("tests/none/such.mjs").unwrap_err().to_string();
        assert!(failure.contains("tests/none/such.mjs is missing") && failure.contains("git checkout"));
    }
}
