//! `cargo xtask bench`: what a message costs, JavaScript to JavaScript, measured on the built package; and whether it costs
//! the core the same with ten thousand calls as with ten, which is a gate.

use crate::failure::Failure;
use crate::package;
use crate::progress::heading;
use crate::run::Step;
use crate::setup::{self, cargo, node_script};

const MESSAGE: &str = "tests/bench/message.mjs";

/// The command itself: set-up, build, measurements.
pub(crate) fn command() -> Result<(), Failure> {
    let tools = setup::for_building()?;
    heading("package and demo page");
    package::build(&tools)?;
    heading("time per message");
    message()?.loud()?;
    heading("ten calls and ten thousand");
    calls().loud()
}

/// The comparison; it prints its figures, and fails where the cost grows with the number of calls.
fn calls() -> Step {
    cargo().args(["bench", "--package", "patchcord", "--bench", "calls"])
}

/// The measurement; it prints its result.
pub(crate) fn message() -> Result<Step, Failure> {
    node_script(MESSAGE)
}
