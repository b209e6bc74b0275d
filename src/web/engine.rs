//! The engine: the one class WebAssembly exports. It turns JavaScript's values into the core's and back; the rest is
//! the pump's. All methods take `&self`, so that a listener may call any of them at any time.

use std::rc::Rc;

use js_sys::Function;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};
use web_sys::WebSocket;

use super::entropy;
use super::failure::{self, Watcher};
use super::object;
use super::pump::Pump;
use crate::agent::{Command, Config, Hint, UserAgent};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** What the page notices and the engine cannot. */
export type Hint = "online" | "offline" | "resumed" | "hidden";

/** Header fields an application adds, in order. */
export type HeaderList = [string, string][];

/** How the engine reaches the outside. */
export interface Callbacks {
    /** Takes what has happened, in order. Called in a microtask, never within a call of the engine and never within
     *  itself. `now` is the engine's clock, in milliseconds. */
    deliver(events: Event[], now: number): void;
    /** Makes a socket. A throw is a connection that could not be made. */
    open(url: string): WebSocket;
    /** The engine has failed and does nothing any more. Called once, in a microtask, without `this`. */
    fatal?(message: string): void;
}
"#;

#[wasm_bindgen]
extern "C" {
    /// How the engine reaches the outside.
    #[wasm_bindgen(typescript_type = "Callbacks")]
    #[derive(Debug)]
    pub type Callbacks;

    #[wasm_bindgen(method, catch)]
    pub(super) fn deliver(this: &Callbacks, events: &JsValue, now: f64) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    pub(super) fn open(this: &Callbacks, url: &str) -> Result<WebSocket, JsValue>;
    #[wasm_bindgen(method, getter)]
    fn fatal(this: &Callbacks) -> Option<Function>;
}

/// A user agent with its driver. After `free()` nothing of it runs.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Engine {
    pump: Rc<Pump>,
    _watcher: Watcher,
}

#[wasm_bindgen]
impl Engine {
    /// An engine that does nothing yet.
    ///
    /// # Errors
    /// What is wrong with the configuration, or missing in this environment.
    #[wasm_bindgen(constructor)]
    pub fn new(
        #[wasm_bindgen(unchecked_param_type = "Config")] config: &JsValue,
        callbacks: Callbacks,
    ) -> Result<Self, JsError> {
        refuse_if_failed()?;
        let agent = UserAgent::new(object::read::<Config>(config, "config")?, entropy::seed().map_err(JsError::new)?)?;
        let watcher = Watcher::new(callbacks.fatal());
        Ok(Self { pump: Pump::new(agent, callbacks), _watcher: watcher })
    }

    /// Does what is asked. What comes of it is told by events, none of them before this returns.
    ///
    /// # Errors
    /// What the caller did wrong; nothing has changed then.
    pub fn command(&self, #[wasm_bindgen(unchecked_param_type = "Command")] command: &JsValue) -> Result<(), JsError> {
        let command = object::read::<Command>(command, "command")?;
        match self.pump.turn(|agent, now| agent.handle_command(now, command)) {
            Some(done) => Ok(done?),
            None => Err(JsError::new(failure::EXPLANATION)),
        }
    }

    /// Tells what the page has noticed.
    ///
    /// # Errors
    /// No such hint is known.
    pub fn hint(&self, #[wasm_bindgen(unchecked_param_type = "Hint")] hint: &JsValue) -> Result<(), JsError> {
        self.pump.hint(object::read::<Hint>(hint, "hint")?);
        Ok(())
    }

    /// The engine's clock: milliseconds since it was made, sleep included.
    #[must_use]
    pub fn now(&self) -> f64 {
        self.pump.now().0 as f64
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.pump.stop();
    }
}

fn refuse_if_failed() -> Result<(), JsError> {
    if failure::happened() { Err(JsError::new(failure::EXPLANATION)) } else { Ok(()) }
}
