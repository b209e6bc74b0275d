//! The seed of all chance in the core, from the only source a browser has that nobody can foretell.

use js_sys::Reflect;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Crypto;

#[wasm_bindgen]
extern "C" {
    /// What page, worker and Node process call by this name alike.
    #[wasm_bindgen(thread_local_v2, js_name = globalThis)]
    static GLOBAL: JsValue;
}

/// 32 bytes from `crypto.getRandomValues` of the page, worker or Node process. SL-06: without it there is no engine.
///
/// # Errors
/// What is missing, for people.
pub(super) fn seed() -> Result<[u8; 32], &'static str> {
    let crypto = GLOBAL
        .with(|global| Reflect::get(global, &JsValue::from_str("crypto")))
        .ok()
        .filter(JsValue::is_object)
        .ok_or("crypto.getRandomValues is missing here, and without it no tag or nonce would be safe")?;
    let mut seed = [0; 32];
    crypto
        .unchecked_ref::<Crypto>()
        .get_random_values_with_u8_array(&mut seed)
        .map_err(|_| "crypto.getRandomValues failed, and without it no tag or nonce would be safe")?;
    Ok(seed)
}
