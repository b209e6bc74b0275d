//! What went wrong, in words for the person at the keyboard: the step, its command, and what to do about it.

use std::fmt;
use std::io;

/// Exit code of a run that was ended by Ctrl-C or SIGTERM: 128 + SIGINT, as shells have it.
const INTERRUPTED: u8 = 130;

/// A step that failed; its `Display` is all the user gets to see.
#[derive(Debug)]
pub(crate) struct Failure {
    what: String,
    command: Option<String>,
    hint: Option<String>,
    code: u8,
}

impl Failure {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), command: None, hint: None, code: 1 }
    }

    /// The user, or whoever started us, ended the run.
    pub(crate) fn interrupted() -> Self {
        Self { code: INTERRUPTED, ..Self::new("interrupted; everything that was started has been ended") }
    }

    /// Names the command that failed.
    pub(crate) fn command(mut self, command: String) -> Self {
        self.command = Some(command);
        self
    }

    /// Says what to do; a hint that is already there is nearer to the cause and stays.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint.get_or_insert_with(|| hint.into());
        self
    }

    /// Names the stage in which it happened.
    pub(crate) fn during(mut self, stage: &str) -> Self {
        self.what = format!("{stage}: {}", self.what);
        self
    }

    /// Whether the run was ended from outside.
    pub(crate) fn is_interruption(&self) -> bool {
        self.code == INTERRUPTED
    }

    /// This program's exit code, never 0.
    pub(crate) fn code(&self) -> u8 {
        self.code
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.what)?;
        if let Some(command) = &self.command {
            write!(f, "\n  command:    {command}")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n  what to do: {}", hint.replace('\n', "\n              "))?;
        }
        Ok(())
    }
}

/// For `map_err`: "cannot {what}" and the system's reason.
pub(crate) fn cannot(what: impl Into<String>) -> impl FnOnce(io::Error) -> Failure {
    let what = what.into();
    move |error| Failure::new(format!("cannot {what}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_stage_command_and_remedy() {
        let failure = Failure::new("it ended with exit status 1")
            .command("npm ci".to_owned())
            .hint("look above\nand try again")
            .during("set-up");
        assert_eq!(
            failure.to_string(),
            "error: set-up: it ended with exit status 1\n  command:    npm ci\n  what to do: look above\n              and try again"
        );
    }

    #[test]
    fn the_first_hint_wins() {
        let failure = Failure::new("x").hint("near").hint("far");
        assert!(failure.to_string().ends_with("near"));
    }

    #[test]
    fn an_interruption_is_no_success() {
        assert!(Failure::interrupted().is_interruption());
        assert_ne!(Failure::interrupted().code(), 0);
        assert!(!Failure::new("x").is_interruption());
    }
}
