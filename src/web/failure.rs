//! What happens when the engine itself fails: a panic is a bug of ours, and `panic = "abort"` turns it into a trap
//! that stops WebAssembly where it stands.
//!
//! A trap comes out of `command()` as a `RuntimeError`, but out of a timeout or a socket's handler it would reach
//! nobody who could tell the user. So a panic hook, which runs before the trap, calls the `fatal` callback of every
//! engine: they share one memory, and after a trap none of them can be trusted. From then on every entry is closed.
//! A trap that is no panic (the stack is full) leaves the pump borrowed, which the next entry notices and reports.

use core::cell::{Cell, RefCell};
use core::mem::ManuallyDrop;
use std::panic;

use js_sys::Function;
use wasm_bindgen::JsValue;

use super::microtask;

/// What the caller of an engine that has failed is told.
pub(super) const EXPLANATION: &str = "The engine has failed. Reload the page to go on.";

thread_local! {
    static FAILED: Cell<bool> = const { Cell::new(false) };
    static NEXT: Cell<u32> = const { Cell::new(0) };
    /// Never dropped: the thread ends with its memory.
    static WATCHERS: RefCell<ManuallyDrop<Vec<(u32, Function)>>> = const { RefCell::new(ManuallyDrop::new(Vec::new())) };
}

/// An engine that wants to know; it forgets when dropped.
#[derive(Debug)]
pub(super) struct Watcher(u32);

impl Watcher {
    /// Has `fatal` called with an explanation, in a microtask, when the engine fails.
    pub(super) fn new(fatal: Option<Function>) -> Self {
        let id = NEXT.get();
        NEXT.set(id.wrapping_add(1));
        if id == 0 {
            panic::set_hook(Box::new(|info| report(&info.to_string())));
        }
        if let Some(fatal) = fatal {
            WATCHERS.with_borrow_mut(|watchers| watchers.push((id, fatal)));
        }
        Self(id)
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        WATCHERS.with_borrow_mut(|watchers| {
            watchers.iter().position(|(id, _)| *id == self.0).map(|at| watchers.swap_remove(at))
        });
    }
}

/// Whether the engine has failed.
pub(super) fn happened() -> bool {
    FAILED.get()
}

/// Declares the engine failed and tells every watcher once. Each is called in a microtask of its own, so that
/// nothing of ours is at work then.
pub(super) fn report(message: &str) {
    if FAILED.replace(true) {
        return;
    }
    let message = JsValue::from_str(message);
    WATCHERS.with(|watchers| {
        // A panic within `Watcher` itself would find this borrowed; a second panic would hide the first.
        for (_, fatal) in watchers.try_borrow().iter().flat_map(|watchers| watchers.iter()) {
            microtask::call(fatal, &message);
        }
    });
}
