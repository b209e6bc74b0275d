//! Child processes. Each runs in a process group of its own, without our stdin, and is waited for by polling, so that
//! Ctrl-C, SIGTERM or a failure ends it together with everything it has started.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;

use crate::failure::{Failure, cannot};
use crate::progress::{Stopwatch, Ticker, note, say};

/// How often a child is looked at.
const POLL: Duration = Duration::from_millis(40);
/// How long a child may take to end when asked to, before it is killed.
const GRACE: Duration = Duration::from_secs(5);
/// Where the output of silent steps goes; shown when they fail.
const LOGS: &str = "target/xtask";

static INTERRUPTED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// From now on Ctrl-C, SIGTERM and SIGHUP are noted instead of ending us at once, so that children can be ended first.
/// (Elsewhere than on Unix the console ends all of us together.)
pub(crate) fn watch_signals() -> Result<(), Failure> {
    #[cfg(unix)]
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM, signal_hook::consts::SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&INTERRUPTED)).map_err(cannot("watch for Ctrl-C"))?;
    }
    Ok(())
}

/// Whether the run is to end.
pub(crate) fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// A command to run, and what to tell the user when it fails.
pub(crate) struct Step {
    program: OsString,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    dir: Option<PathBuf>,
    hint: Option<String>,
    /// The command line that starts ours as its end, and a word on what it is for.
    outer: Option<(Vec<OsString>, &'static str)>,
}

impl Step {
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        Self {
            program: program.as_ref().to_owned(),
            args: Vec::new(),
            env: Vec::new(),
            dir: None,
            hint: None,
            outer: None,
        }
    }

    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    pub(crate) fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    pub(crate) fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    pub(crate) fn dir(mut self, dir: impl AsRef<Path>) -> Self {
        self.dir = Some(dir.as_ref().to_owned());
        self
    }

    /// What the user can do when this fails.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same step, started by another command whose command line ends with it. `purpose` is what the user is told.
    pub(crate) fn behind<S: AsRef<OsStr>>(mut self, outer: impl IntoIterator<Item = S>, purpose: &'static str) -> Self {
        let outer = outer.into_iter().map(|word| word.as_ref().to_owned());
        self.outer = Some((outer.collect(), purpose));
        self
    }

    /// The command line as a person would type it.
    pub(crate) fn shown(&self) -> String {
        let dir = self.dir.iter().map(|dir| format!("cd {} && ", quoted(dir.as_os_str())));
        let env = (self.env.iter()).map(|(name, value)| format!("{}={} ", quoted(name), quoted(value)));
        let words = std::iter::once(&self.program).chain(&self.args);
        let words = words.map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
        let purpose = self.outer.iter().map(|(_, purpose)| format!("  # {purpose}"));
        dir.chain(env).chain([words]).chain(purpose).collect()
    }

    /// Runs it with its output where ours goes.
    pub(crate) fn loud(self) -> Result<(), Failure> {
        let mut running = self.start(Stdio::inherit(), Stdio::inherit())?;
        let status = running.wait(None)?;
        self.verdict(status)
    }

    /// Runs it with a clock in place of its output, which is shown if it fails. Returns what it wrote on stdout and stderr.
    pub(crate) fn quiet(self) -> Result<String, Failure> {
        let log = self.log_file();
        let file = fs::create_dir_all(LOGS)
            .and_then(|()| File::create(&log))
            .map_err(cannot(format!("write {}", log.display())))?;
        let twin = file.try_clone().map_err(cannot(format!("write {}", log.display())))?;
        let status = self.start(Stdio::from(file), Stdio::from(twin))?.wait(Some(Ticker::new()))?;
        let output = fs::read(&log).map_err(cannot(format!("read {}", log.display())))?;
        let output = String::from_utf8_lossy(&output).into_owned();
        if !status.success() {
            say(output.trim_end());
        }
        self.verdict(status).map(|()| output)
    }

    /// A short question to a tool: what it writes on stdout, or why there is no answer (which is no failure of the run).
    pub(crate) fn ask(&self) -> Result<String, String> {
        let output = self.command().stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
        let complaint = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(if complaint.is_empty() { output.status.to_string() } else { complaint })
    }

    /// Starts it and leaves it running until the returned value is dropped.
    pub(crate) fn start(&self, stdout: Stdio, stderr: Stdio) -> Result<Running, Failure> {
        if interrupted() {
            return Err(Failure::interrupted());
        }
        let mut command = self.command();
        command.stdin(Stdio::null()).stdout(stdout).stderr(stderr);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        match command.spawn() {
            Ok(child) => Ok(Running { child, over: false }),
            Err(error) => {
                let what = format!("cannot start {}: {error}", self.program.to_string_lossy());
                Err(self.failure(what, "install it, or correct PATH"))
            }
        }
    }

    fn command(&self) -> Command {
        let outer = self.outer.iter().flat_map(|(outer, _)| outer);
        let mut line = outer.chain([&self.program]).chain(&self.args);
        let mut command = Command::new(line.next().unwrap_or(&self.program));
        command.args(line);
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        if let Some(dir) = &self.dir {
            command.current_dir(dir);
        }
        command
    }

    fn verdict(&self, status: ExitStatus) -> Result<(), Failure> {
        if status.success() {
            return Ok(());
        }
        let what = format!("the command ended with {status}");
        Err(self.failure(what, "its output above says why; it can be run alone"))
    }

    fn failure(&self, what: String, otherwise: &str) -> Failure {
        let hint = self.hint.as_deref().unwrap_or(otherwise);
        Failure::new(what).command(self.shown()).hint(hint)
    }

    fn log_file(&self) -> PathBuf {
        let name = Path::new(&self.program).file_stem().unwrap_or(OsStr::new("step")).to_string_lossy().into_owned();
        Path::new(LOGS).join(format!("{name}.log"))
    }
}

/// A child and its process group; dropping it ends both.
pub(crate) struct Running {
    child: Child,
    over: bool,
}

impl Running {
    /// The pipe of a child that was started with one.
    pub(crate) fn stdout(&mut self) -> Option<std::process::ChildStdout> {
        self.child.stdout.take()
    }

    /// Waits until it has ended, or ends it when the run is interrupted.
    pub(crate) fn wait(&mut self, mut ticker: Option<Ticker>) -> Result<ExitStatus, Failure> {
        let watch = Stopwatch::start();
        loop {
            if let Some(status) = self.status()? {
                return Ok(status);
            }
            if interrupted() {
                drop(ticker);
                note("ending what is running …");
                self.end();
                return Err(Failure::interrupted());
            }
            if let Some(ticker) = &mut ticker {
                ticker.tick(watch.elapsed());
            }
            thread::sleep(POLL);
        }
    }

    /// How it ended, if it has.
    pub(crate) fn status(&mut self) -> Result<Option<ExitStatus>, Failure> {
        let status = self.child.try_wait().map_err(cannot("wait for a child process"))?;
        if let Some(status) = status {
            self.over = true;
            if !status.success() {
                // It may have left children of its own behind; their group outlives it.
                signal_group(self.child.id(), "TERM");
            }
        }
        Ok(status)
    }

    /// Asks it to end, insists after a while, and waits for it.
    fn end(&mut self) {
        if self.over {
            return;
        }
        self.over = true;
        let watch = Stopwatch::start();
        signal_group(self.child.id(), "TERM");
        while watch.elapsed() < GRACE {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(POLL);
        }
        signal_group(self.child.id(), "KILL");
        drop(self.child.kill().and_then(|()| self.child.wait()));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

/// Signals a process group by its leader's id. `kill` is a shell builtin: it is there where procps is not. A group that
/// is already gone is what was wanted, so errors are not of interest.
#[cfg(unix)]
fn signal_group(leader: u32, signal: &str) {
    let mut command = Command::new("sh");
    command.args(["-c", r#"kill -s "$1" -- "-$2""#, "sh", signal, &leader.to_string()]);
    drop(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status());
}

#[cfg(not(unix))]
fn signal_group(_leader: u32, _signal: &str) {}

fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,@+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_shown_as_it_would_be_typed() {
        let step = Step::new("npm").args(["pack", "a b", "it's", ""]).dir("pkg");
        assert_eq!(step.shown(), r"cd pkg && npm pack 'a b' 'it'\''s' ''");
    }

    #[test]
    fn the_environment_of_a_step_is_part_of_what_is_shown() {
        let step = Step::new("cargo").arg("test").env("RUNNER", "/a b/runner");
        assert_eq!(step.shown(), "RUNNER='/a b/runner' cargo test");
    }

    #[cfg(unix)]
    #[test]
    fn a_step_behind_another_command_is_run_by_it_and_shown_without_it() {
        let outer = ["sh", "-c", r#"echo outer; exec "$@""#, "sh"];
        let step = Step::new("echo").args(["inner", "word"]).behind(outer, "with a word before");
        assert_eq!(step.shown(), "echo inner word  # with a word before");
        assert_eq!(step.ask().unwrap(), "outer\ninner word");
    }

    #[test]
    fn a_tool_that_is_not_there_gives_no_answer() {
        assert!(Step::new("no-such-tool-anywhere").ask().is_err());
    }

    #[cfg(unix)]
    #[test]
    fn dropping_a_running_step_ends_its_children_too() {
        use std::io::{BufRead, BufReader, Read};
        // The grandchild holds the pipe open: end of file is the proof that it is gone.
        let script = "sleep 600 & echo started; wait";
        let mut running = Step::new("sh").args(["-c", script]).start(Stdio::piped(), Stdio::null()).unwrap();
        let mut pipe = BufReader::new(running.stdout().unwrap());
        let mut line = String::new();
        pipe.read_line(&mut line).unwrap();
        assert_eq!(line, "started\n");
        drop(running);
        assert_eq!(pipe.read(&mut [0; 8]).unwrap(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn a_failing_step_names_its_command_and_hint() {
        let failure = Step::new("sh").args(["-c", "exit 3"]).hint("do better").loud().unwrap_err().to_string();
        assert!(
            failure.contains("exit status: 3") && failure.contains("sh -c 'exit 3'") && failure.contains("do better")
        );
    }
}
