//! Work that starts when everything now on the stack has returned. By promises, since `queueMicrotask` is among what
//! fake timers replace.

use js_sys::Function;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = Promise)]
    type Settled;
    #[wasm_bindgen(js_namespace = Promise, js_name = resolve)]
    fn settled(value: &JsValue) -> Settled;
    #[wasm_bindgen(method)]
    fn then(this: &Settled, job: &Function) -> Settled;
}

/// Calls `job` with `value` in a microtask. What it throws is an unhandled rejection, which the console shows.
pub(super) fn call(job: &Function, value: &JsValue) {
    let _result = settled(value).then(job);
}
