//! One WebSocket: a flow of the core. Uses only what browsers' `WebSocket` and the npm package `ws` have in common:
//! the `on…` properties, `binaryType`, `protocol`, `bufferedAmount`, `send` and `close` (RFC 6455, RFC 7118).

use core::cell::Cell;
use std::rc::Weak;

use js_sys::{ArrayBuffer, Function, Reflect, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CloseEvent, MessageEvent, WebSocket};

use super::pump::Pump;
use super::text;
use crate::agent::Input;
use crate::message::{FlowId, Frame};

/// The close code of a connection that was never made or broke (RFC 6455 §7.1.5).
pub(super) const ABNORMAL: u16 = 1006;
/// The close code of a frame that cannot be read (RFC 6455 §7.4.1).
const UNSUPPORTED: u16 = 1003;
/// So many bytes waiting in the socket are not worth telling the core, whose limit is sixteen times as high.
const UNREMARKABLE: u32 = 64 * 1024;
/// The handlers of a socket.
const HANDLERS: [&str; 4] = ["onopen", "onmessage", "onclose", "onerror"];

#[wasm_bindgen]
extern "C" {
    /// A function that ignores what it is given.
    #[wasm_bindgen(thread_local_v2, js_name = Boolean)]
    static IGNORE: Function;
}

/// A socket with its handlers.
#[derive(Debug)]
pub(super) struct Socket {
    flow: FlowId,
    socket: WebSocket,
    /// How many waiting bytes the core knows of.
    told: Cell<u32>,
    /// Kept for as long as the socket may call them.
    _on_open: Closure<dyn Fn()>,
    _on_message: Closure<dyn Fn(MessageEvent)>,
    _on_close: Closure<dyn Fn(CloseEvent)>,
}

impl Socket {
    /// Takes over a socket that the application made for `flow`; what it says goes to `pump`.
    /// Nothing when it is not a socket.
    pub(super) fn attach(socket: WebSocket, flow: FlowId, pump: &Weak<Pump>) -> Option<Self> {
        let on_open = {
            let (pump, socket) = (pump.clone(), socket.clone());
            Closure::<dyn Fn()>::new(move || {
                hand(&pump, flow, Input::Opened { flow, protocol: protocol(&socket) });
            })
        };
        let on_message = {
            let pump = pump.clone();
            Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| on_message(&pump, flow, &event.data()))
        };
        let on_close = {
            let pump = pump.clone();
            Closure::<dyn Fn(CloseEvent)>::new(move |event: CloseEvent| {
                if let Some(pump) = pump.upgrade() {
                    pump.lose(flow, event.code());
                }
            })
        };
        // An error is always followed by a close, but `ws` throws an error that nobody listens for.
        let handlers = [on_open.as_ref(), on_message.as_ref(), on_close.as_ref(), &ignore()];
        let is_socket = socket.is_object()
            && set(&socket, "binaryType", &JsValue::from_str("arraybuffer"))
            && HANDLERS.iter().zip(handlers).all(|(name, handler)| set(&socket, name, handler));
        let told = Cell::new(0);
        is_socket.then_some(Self {
            flow,
            socket,
            told,
            _on_open: on_open,
            _on_message: on_message,
            _on_close: on_close,
        })
    }

    /// The flow it is to the core.
    pub(super) fn flow(&self) -> FlowId {
        self.flow
    }

    /// Sends a frame. One that cannot be sent any more is lost with its socket, whose close tells the core so.
    pub(super) fn send(&self, frame: &Frame) {
        let _lost = match frame {
            Frame::Text(text) => self.socket.send_with_str(text),
            // A copy: what lies in WebAssembly's memory changes before a socket written in JavaScript may look.
            Frame::Binary(octets) => self.socket.send_with_js_u8_array(&Uint8Array::from(octets.as_slice())),
        };
    }

    /// How many bytes wait to be sent, where that is news for the core.
    pub(super) fn buffered(&self) -> Option<u32> {
        let amount = self.socket.buffered_amount();
        let waiting = if amount < UNREMARKABLE { 0 } else { amount };
        (self.told.replace(waiting) != waiting).then_some(waiting)
    }

    /// Whether the core believes that bytes wait to be sent.
    pub(super) fn is_congested(&self) -> bool {
        self.told.get() > 0
    }

    /// Takes the handlers away, so that nothing it still says is heard.
    pub(super) fn detach(&self) {
        for name in HANDLERS {
            // Closed while it connects, `ws` reports an error later; it must not become an uncaught one.
            let handler = if name == "onerror" { ignore() } else { JsValue::NULL };
            set(&self.socket, name, &handler);
        }
    }

    /// Takes the handlers away and closes with `code`, or without where browsers allow no such code.
    pub(super) fn close(&self, code: u16) {
        self.detach();
        // WebSockets §3.1: 1000 or 3000 to 4999.
        let _closed_already = if code == 1000 || (3000..=4999).contains(&code) {
            self.socket.close_with_code(code)
        } else {
            self.socket.close()
        };
    }
}

fn ignore() -> JsValue {
    IGNORE.with(|ignore| JsValue::from(ignore))
}

fn set(socket: &WebSocket, name: &str, value: &JsValue) -> bool {
    Reflect::set(socket, &JsValue::from_str(name), value).unwrap_or(false)
}

/// What the server has chosen; nothing when it has not.
fn protocol(socket: &WebSocket) -> Option<String> {
    let protocol = Reflect::get(socket, &JsValue::from_str("protocol")).ok().filter(JsValue::is_string)?;
    String::from_utf8(text::octets(&protocol)).ok().filter(|protocol| !protocol.is_empty())
}

fn hand(pump: &Weak<Pump>, flow: FlowId, input: Input) {
    if let Some(pump) = pump.upgrade() {
        pump.hear(flow, input);
    }
}

fn on_message(pump: &Weak<Pump>, flow: FlowId, data: &JsValue) {
    if data.is_string() {
        hand(pump, flow, Input::Received { flow, frame: Frame::from(text::octets(data)) });
    } else if data.is_instance_of::<ArrayBuffer>() || ArrayBuffer::is_view(data) {
        hand(pump, flow, Input::Received { flow, frame: Frame::Binary(Uint8Array::new(data).to_vec()) });
    } else if let Some(pump) = pump.upgrade() {
        // Neither text nor an ArrayBuffer: the socket does not do what binaryType asks for.
        pump.lose(flow, UNSUPPORTED);
    }
}
