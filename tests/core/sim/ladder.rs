//! The message ladder of a scenario, printed when the scenario fails: a panic hook, because on wasm32 a panic does
//! not unwind and no guard would be dropped.

use std::cell::RefCell;
use std::sync::Once;

use patchcord::time::Instant;

thread_local! {
    static LADDER: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}
static HOOK: Once = Once::new();

/// A scenario begins: its ladder is empty, and will be printed if it fails.
pub(super) fn begin() {
    LADDER.with_borrow_mut(Vec::clear);
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            before(panic);
            print();
        }));
    });
}

/// One line of the ladder: `seconds.ms  who  what`.
pub(super) fn note(at: Instant, who: &str, what: &str) {
    let line = format!("{:>9}.{:03}  {who:<7} {what}", at.0 / 1000, at.0 % 1000);
    LADDER.with_borrow_mut(|ladder| ladder.push(line));
}

/// The ladder so far.
pub(super) fn lines() -> Vec<String> {
    LADDER.with_borrow(Clone::clone)
}

fn print() {
    let lines = lines();
    if !lines.is_empty() {
        show(&format!("ladder (seconds of virtual time):\n{}", lines.join("\n")));
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn show(text: &str) {
    eprintln!("{text}");
}

#[cfg(target_arch = "wasm32")]
fn show(text: &str) {
    wasm_bindgen_test::console_log!("{text}");
}
