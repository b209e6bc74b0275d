//! `cargo xtask test`: every check in order, from the cheapest to the browser; the first failure ends the run.
//! At the end: what each stage took, the package's size and its gate, the time per message.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::browser::{CHROMIUM, FIREFOX};
use crate::failure::{Failure, cannot};
use crate::interop::Peers;
use crate::namespace::Network;
use crate::progress::{Stopwatch, heading, note, result, seconds};
use crate::run::Step;
use crate::setup::{self, Tools, WASM, cargo, npm_tool, require};
use crate::{bench, browser, demo, fuzz, package, size};

/// Folders of TypeScript, each with a tsconfig.json.
const TYPESCRIPT: [&str; 3] = ["pkg", "www", "tests/types"];
/// Everything that can be switched on in the crate; all of it is native.
const NATIVE: &str = "switchboard rsip";
/// Seconds for each fuzz target: enough to go through the kept corpus and some way on.
const FUZZ: u32 = 20;
const WARNINGS_ARE_ERRORS: [&str; 3] = ["--", "-D", "warnings"];

/// The command itself.
pub(crate) fn test() -> Result<(), Failure> {
    let mut stages = Stages::default();
    let (tools, browsers, network, peers) = stages.run("set-up", || {
        let tools = setup::for_building()?;
        setup::for_checking()?;
        let browsers = browser::prepare([&CHROMIUM, &FIREFOX])?;
        Ok((tools, browsers, Network::find(), Peers::prepare()?))
    })?;
    stages.run("format", || cargo().args(["fmt", "--all", "--check"]).hint("cargo fmt --all").loud())?;
    stages.run("clippy, native", || clippy(&["--workspace", "--all-targets", "--features", NATIVE]))?;
    stages.run("clippy, wasm32", || clippy(&["--package", "patchcord", "--lib", "--target", WASM]))?;
    stages.run("native tests", || cargo().args(["test", "--workspace", "--features", NATIVE]).loud())?;
    match fuzz::toolchain() {
        Ok(()) => stages.run("fuzz", || fuzz::run(FUZZ))?,
        Err(missing) => stages.skip("fuzz", missing),
    }
    stages.run("wasm32 tests in Node", || wasm_tests(&tools))?;
    stages.run("package, demo page, edge", || package::build(&tools).and_then(|_| package::switchboard()))?;
    stages.run("TypeScript, strict", typescript)?;
    stages.run("Node tests", || node_tests(Path::new("tests/node"))?.loud())?;
    stages.run("browser tests: Chromium", || browser_tests(network, CHROMIUM.name, &browsers))?;
    stages.run("browser tests: Firefox", || browser_tests(network, FIREFOX.name, &browsers))?;
    for (name, folder, programs) in [
        ("interop: browsers", "tests/interop", peers.for_browsers()),
        ("interop: linphone", "tests/interop/linphone", peers.for_linphone()),
    ] {
        match programs {
            Ok(programs) => stages.run(name, || interop_tests(folder, network, &browsers, &programs))?,
            Err(missing) => stages.skip(name, missing),
        }
    }
    let size = stages.run("package size", size::measure)?;
    let message = stages.run("time per message", || bench::message()?.quiet())?;

    result(&format!("\n{}\n\n{}\n\n{}\n", stages.table(), size.table(), message.trim_end()));
    size.gate()?;
    result(&stages.verdict());
    Ok(())
}

fn clippy(what: &[&str]) -> Result<(), Failure> {
    cargo().arg("clippy").args(what).args(WARNINGS_ARE_ERRORS).loud()
}

/// The very tests of the core, compiled for the browser's target and run by Node.
fn wasm_tests(tools: &Tools) -> Result<(), Failure> {
    let test = cargo().args(["test", "--package", "patchcord", "--lib", "--test", "core", "--target", WASM]);
    test.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", &tools.runner).loud()
}

fn typescript() -> Result<(), Failure> {
    for folder in TYPESCRIPT {
        note(folder);
        require(&format!("{folder}/tsconfig.json"))?;
        npm_tool("tsc").args(["--project", folder, "--strict", "--noEmit"]).quiet()?;
    }
    Ok(())
}

/// Node's own test runner over a folder's `*.test.mjs`. The files are named one by one: what a folder as argument means
/// differs between versions of Node.
fn node_tests(folder: &Path) -> Result<Step, Failure> {
    let files = test_files(folder)?;
    if files.is_empty() {
        return Err(Failure::new(format!("there are no *.test.mjs in {}", folder.display())));
    }
    Ok(Step::new("node").args(["--test", "--test-reporter=spec"]).args(files))
}

/// The tests in one browser; calls between the two need the programs of both.
fn browser_tests(network: Network, name: &str, [chromium, firefox]: &[PathBuf; 2]) -> Result<(), Failure> {
    let within = |step: Step| {
        let step = step.env("BROWSER", name).env(CHROMIUM.variable, chromium).env(FIREFOX.variable, firefox);
        network.run(step)
    };
    within(demo::script()?).loud()?;
    within(node_tests(Path::new("tests/e2e"))?).loud()
}

/// The package against other people's software; `programs` tells where that is.
fn interop_tests(
    folder: &str,
    network: Network,
    [chromium, _]: &[PathBuf; 2],
    programs: &[(&str, &Path)],
) -> Result<(), Failure> {
    let tests = node_tests(Path::new(folder))?.env(CHROMIUM.variable, chromium);
    let tests = programs.iter().fold(tests, |tests, (name, program)| tests.env(name, program));
    network.run(tests).loud()
}

fn test_files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let reason = || format!("read the tests in {}", folder.display());
    let entries = fs::read_dir(folder).map_err(cannot(reason()))?;
    let mut files = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(cannot(reason()))?;
    files.retain(|file| file.to_string_lossy().ends_with(".test.mjs"));
    files.sort();
    Ok(files)
}

/// The stages so far and what each took.
#[derive(Default)]
struct Stages {
    done: Vec<(&'static str, Duration)>,
    /// What this machine cannot do, and what it lacks.
    skipped: Vec<(&'static str, String)>,
}

impl Stages {
    fn run<T>(&mut self, name: &'static str, stage: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
        if name != "set-up" {
            heading(name);
        }
        let watch = Stopwatch::start();
        let value = self.close(name, stage(), watch.elapsed())?;
        note(&format!("{name}: {}", seconds(watch.elapsed())));
        Ok(value)
    }

    /// Leaves a stage out, and says so.
    fn skip(&mut self, name: &'static str, missing: String) {
        heading(name);
        note(&format!("skipped: {missing}"));
        self.skipped.push((name, missing));
    }

    /// The last word.
    fn verdict(&self) -> String {
        let mut words = format!("{} stages passed, {} skipped", self.done.len(), self.skipped.len());
        for (name, missing) in &self.skipped {
            words.push_str(&format!("\n{name} was skipped: {missing}"));
        }
        words
    }

    /// Counts a stage that went well, and names itself in the failure of one that did not.
    fn close<T>(&mut self, name: &'static str, outcome: Result<T, Failure>, time: Duration) -> Result<T, Failure> {
        match outcome {
            Ok(value) => {
                self.done.push((name, time));
                Ok(value)
            }
            Err(failure) if failure.is_interruption() => Err(failure),
            Err(failure) => Err(failure.during(name)),
        }
    }

    fn table(&self) -> String {
        let total = ("together", self.done.iter().map(|(_, time)| *time).sum());
        let rows = self.done.iter().copied().chain([total]);
        rows.map(|(name, time)| format!("{name:<27} {:>9}", seconds(time))).collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_stage_is_named_and_not_counted() {
        let (mut stages, second) = (Stages::default(), Duration::from_secs(1));
        stages.close("first", Ok(()), second).unwrap();
        let broken = Err::<(), _>(Failure::new("broken"));
        let failure = stages.close("second", broken, second).unwrap_err();
        assert_eq!(failure.to_string(), "error: second: broken");
        assert_eq!(stages.done, [("first", second)]);
    }

    #[test]
    fn the_table_ends_with_the_sum() {
        let done = vec![("one", Duration::from_secs(1)), ("two", Duration::from_millis(2_500))];
        let stages = Stages { done, skipped: Vec::new() };
        let table = stages.table();
        assert_eq!(table.lines().count(), 3);
        assert!(table.ends_with("3.5 s"), "{table}");
    }

    #[test]
    fn what_was_skipped_is_not_counted_as_passed_and_says_what_it_lacks() {
        let mut stages = Stages { done: vec![("one", Duration::from_secs(1))], skipped: Vec::new() };
        assert_eq!(stages.verdict(), "1 stages passed, 0 skipped");
        stages.skip("two", "it needs a moon".to_owned());
        assert_eq!(stages.verdict(), "1 stages passed, 1 skipped\ntwo was skipped: it needs a moon");
        assert_eq!(stages.table().lines().count(), 2);
    }

    #[test]
    fn test_files_are_found_sorted_and_nothing_else_with_them() {
        let dir = std::env::temp_dir().join(format!("xtask-tests-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        for name in ["b.test.mjs", "a.test.mjs", "helper.mjs"] {
            fs::write(dir.join(name), "").unwrap();
        }
        assert_eq!(test_files(&dir).unwrap(), [dir.join("a.test.mjs"), dir.join("b.test.mjs")]);
        fs::remove_dir_all(&dir).unwrap();
        let failure = node_tests(&dir).err().unwrap().to_string();
        assert!(failure.contains("cannot read the tests in"), "{failure}");
    }
}
