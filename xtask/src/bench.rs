//! `cargo xtask bench`: what a message costs, JavaScript to JavaScript, measured on the built package.

use crate::failure::Failure;
use crate::package;
use crate::progress::heading;
use crate::run::Step;
use crate::setup::{self, node_script};

const MESSAGE: &str = "tests/bench/message.mjs";

/// The command itself: set-up, build, measurement.
pub(crate) fn command() -> Result<(), Failure> {
    let tools = setup::for_building()?;
    heading("package and demo page");
    package::build(&tools)?;
    heading("time per message");
    message()?.loud()
}

/// The measurement; it prints its result.
pub(crate) fn message() -> Result<Step, Failure> {
    node_script(MESSAGE)
}
