//! The seed of all chance in the core, from the only source a browser has that nobody can foretell.

use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Crypto;

/// 32 bytes from `crypto.getRandomValues` of the page, worker or Node process. SL-06: without it there is no engine.
///
/// # Errors
/// What is missing, for people.
pub(super) fn seed() -> Result<[u8; 32], &'static str> {
    let crypto = Reflect::get(&js_sys::global(), &JsValue::from_str("crypto"))
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
