//! Strings of JavaScript into UTF-8. wasm-bindgen walks a string letter by letter; `TextEncoder.encodeInto` takes a
//! tenth of the time, and one buffer kept for all of them spares the collector.

use core::cell::RefCell;
use core::mem::ManuallyDrop;

use js_sys::Uint8Array;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

/// No UTF-16 unit takes more octets in UTF-8.
const WIDEST: u32 = 3;
/// The buffer holds at least so much and at most so much for good; longer strings get one of their own.
const LEAST: u32 = 16 * 1024;
const MOST: u32 = 1024 * 1024;

#[wasm_bindgen]
extern "C" {
    type TextEncoder;
    #[wasm_bindgen(constructor)]
    fn new() -> TextEncoder;
    #[wasm_bindgen(method, js_name = encodeInto)]
    fn encode_into(this: &TextEncoder, text: &JsValue, buffer: &Uint8Array) -> Encoded;

    type Encoded;
    #[wasm_bindgen(method, getter)]
    fn written(this: &Encoded) -> u32;

    /// Strings and arrays have one.
    type Long;
    #[wasm_bindgen(method, getter)]
    fn length(this: &Long) -> u32;
}

/// What turns strings into octets.
struct Scribe {
    encoder: TextEncoder,
    buffer: Uint8Array,
}

thread_local! {
    /// Never dropped: the thread ends with its memory.
    static SCRIBE: RefCell<ManuallyDrop<Scribe>> = RefCell::new(ManuallyDrop::new(Scribe {
        encoder: TextEncoder::new(),
        buffer: Uint8Array::new_with_length(LEAST),
    }));
}

/// The UTF-8 octets of `text`, which must be a string; half a surrogate pair becomes U+FFFD.
pub(super) fn octets(text: &JsValue) -> Vec<u8> {
    SCRIBE.with_borrow_mut(|scribe| scribe.octets(text))
}

impl Scribe {
    fn octets(&mut self, text: &JsValue) -> Vec<u8> {
        let room = text.unchecked_ref::<Long>().length().saturating_mul(WIDEST);
        if room > MOST {
            return self.encode(text, &Uint8Array::new_with_length(room));
        }
        if room > self.buffer.length() {
            self.buffer = Uint8Array::new_with_length(room.next_power_of_two());
        }
        self.encode(text, &self.buffer)
    }

    fn encode(&self, text: &JsValue, buffer: &Uint8Array) -> Vec<u8> {
        let written = self.encoder.encode_into(text, buffer).written();
        buffer.subarray(0, written).to_vec()
    }
}
