//! The pump: the only borrower of the core. Every entry from outside is one turn:
//!
//! ```text
//!  command, hint ─┐
//!  socket event ──┼─▶ borrow ▸ read the clock ▸ tick if due ▸ handle ▸ poll until Wait ▸ drop the borrow
//!  timeout ───────┘                                                                            │
//!                      ┌──────────── the outermost turn alone, in order ◀──────────────────────┘
//!                      ▼
//!                   open, send, close ▸ arm the timeout ▸ let a microtask deliver the events
//! ```
//! Whatever is called outside may enter again, at any point, without finding the core borrowed: its turn is taken at
//! once, what it causes is queued behind what is under way. So order is kept, no event precedes the return of the call
//! that caused it, and `deliver` is never entered twice.

use core::cell::{RefCell, RefMut};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use js_sys::Date;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use super::clock::{Clock, Sign};
use super::engine::Callbacks;
use super::object::Object;
use super::socket::{ABNORMAL, Socket};
use super::timer::Timer;
use super::{failure, microtask};
use crate::agent::{Event, Hint, Input, Output, UserAgent};
use crate::message::{FlowId, Frame};
use crate::time::Instant;

/// The close code of an engine that goes away (RFC 6455 §7.4.1).
const NORMAL: u16 = 1000;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
}

type Job = dyn Fn() -> Result<(), JsValue>;

/// The core with everything that drives it.
#[derive(Debug)]
pub(super) struct Pump {
    body: RefCell<Body>,
    callbacks: Callbacks,
    /// Delivers the events; made once.
    job: Closure<Job>,
    /// For the handlers that outlive a turn but must not keep the pump alive.
    me: Weak<Self>,
}

struct Body {
    agent: UserAgent,
    clock: Clock,
    timer: Timer,
    /// What the core waits for.
    deadline: Option<Instant>,
    sockets: Vec<Rc<Socket>>,
    /// What the core wants done, in order.
    actions: VecDeque<Action>,
    /// Whether a turn further out is at work on `actions`.
    acting: bool,
    /// What the core has told, in order.
    events: Vec<Event>,
    /// The pump itself while a microtask is on its way that delivers `events`, so that it finds somebody.
    scheduled: Option<Rc<Pump>>,
    /// Nothing happens any more.
    stopped: bool,
}

impl core::fmt::Debug for Body {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Body")
    }
}

enum Action {
    Open { flow: FlowId, url: String },
    Send { flow: FlowId, frame: Frame },
    Close { flow: FlowId, code: u16 },
}

impl Pump {
    /// A pump for `agent`, whose clock starts now.
    pub(super) fn new(agent: UserAgent, callbacks: Callbacks) -> Rc<Self> {
        let body = Body {
            agent,
            clock: Clock::new(performance_now(), Date::now()),
            timer: Timer::default(),
            deadline: None,
            sockets: Vec::new(),
            actions: VecDeque::new(),
            acting: false,
            events: Vec::new(),
            scheduled: None,
            stopped: false,
        };
        Rc::new_cyclic(|me: &Weak<Self>| {
            let pump = me.clone();
            let job = Closure::<Job>::new(move || pump.upgrade().map_or(Ok(()), |pump| pump.deliver()));
            Self { body: RefCell::new(body), callbacks, job, me: me.clone() }
        })
    }

    /// Hands something in that is neither a socket's doing nor a sign of waking. Nothing when the engine has failed.
    pub(super) fn turn<R>(&self, work: impl FnOnce(&mut UserAgent, Instant) -> R) -> Option<R> {
        self.look_at_congestion();
        self.take_turn(Sign::None, work)
    }

    /// Hands in what the page has noticed.
    pub(super) fn hint(&self, hint: Hint) {
        let sign = match hint {
            Hint::Online | Hint::Resumed => Sign::Waking,
            Hint::Offline | Hint::Hidden => Sign::None,
        };
        self.take_in(sign, Input::Hint(hint));
    }

    /// Hands in what a socket says, unless its flow is over.
    pub(super) fn hear(&self, flow: FlowId, input: Input) {
        if self.with(|body| body.socket(flow).is_some()) == Some(true) {
            self.take_in(Sign::None, input);
        }
    }

    /// A socket is gone, or of no use.
    pub(super) fn lose(&self, flow: FlowId, code: u16) {
        if let Some(Some(socket)) = self.with(|body| body.remove_socket(flow)) {
            socket.close(code);
            self.take_in(Sign::Waking, Input::Closed { flow, code });
        }
    }

    /// The timeout has rung. Too early is harmless: the core just waits again.
    fn ring(&self) {
        self.with(|body| body.timer.disarm());
        self.turn(|_, _| ());
    }

    /// The moment it is, read from the clock; zero when the engine has failed.
    pub(super) fn now(&self) -> Instant {
        self.with(|body| body.read(Sign::None)).unwrap_or_default()
    }

    /// Stops for good: nothing armed, no socket, nothing delivered.
    pub(super) fn stop(&self) {
        let sockets = self.with(|body| {
            body.stopped = true;
            body.timer.disarm();
            body.actions = VecDeque::new();
            body.events = Vec::new();
            core::mem::take(&mut body.sockets)
        });
        for socket in sockets.unwrap_or_default() {
            socket.close(NORMAL);
        }
    }

    /// The only borrow. It lasts for `work`, which calls nothing that could come back.
    fn with<R>(&self, work: impl FnOnce(&mut Body) -> R) -> Option<R> {
        self.borrow().map(|mut body| work(&mut body))
    }

    /// Nothing when the engine has failed or was stopped.
    fn borrow(&self) -> Option<RefMut<'_, Body>> {
        if failure::happened() {
            return None;
        }
        let Ok(body) = self.body.try_borrow_mut() else {
            // Only a trap leaves it borrowed.
            failure::report(failure::EXPLANATION);
            return None;
        };
        Some(body).filter(|body| !body.stopped)
    }

    fn take_in(&self, sign: Sign, input: Input) {
        self.take_turn(sign, |agent, now| agent.handle_input(now, input));
    }

    fn take_turn<R>(&self, sign: Sign, work: impl FnOnce(&mut UserAgent, Instant) -> R) -> Option<R> {
        let result = self.with(|body| {
            let now = body.begin(sign);
            work(&mut body.agent, now)
        })?;
        self.finish();
        Some(result)
    }

    /// What the core says to the work is noted, and done by the outermost turn.
    fn finish(&self) {
        let acting = self.with(|body| {
            body.poll();
            core::mem::replace(&mut body.acting, true)
        });
        if acting == Some(false) {
            while let Some(Some(action)) = self.with(|body| body.actions.pop_front()) {
                self.act(action);
            }
            self.with(|body| self.rest(body));
        }
    }

    fn act(&self, action: Action) {
        match action {
            Action::Open { flow, url } => self.open(flow, &url),
            Action::Send { flow, frame } => {
                if let Some(Some(socket)) = self.with(|body| body.socket(flow)) {
                    socket.send(&frame);
                    self.look_at(&socket);
                }
            }
            Action::Close { flow, code } => {
                if let Some(Some(socket)) = self.with(|body| body.remove_socket(flow)) {
                    socket.close(code);
                }
            }
        }
    }

    fn open(&self, flow: FlowId, url: &str) {
        let socket = self.callbacks.open(url).ok().and_then(|socket| Socket::attach(socket, flow, &self.me));
        match socket.map(Rc::new) {
            Some(socket) => {
                if self.with(|body| body.sockets.push(Rc::clone(&socket))).is_none() {
                    // The engine was stopped by the one who made the socket.
                    socket.close(NORMAL);
                }
            }
            None => {
                self.take_in(Sign::None, Input::Closed { flow, code: ABNORMAL });
            }
        }
    }

    /// Tells the core when so much waits in a socket that it should hold back.
    fn look_at(&self, socket: &Socket) {
        if let Some(bytes) = socket.buffered() {
            let flow = socket.flow();
            self.hear(flow, Input::Buffered { flow, bytes });
        }
    }

    /// A socket does not tell when its buffer empties, so it is looked at before the core is asked for more.
    fn look_at_congestion(&self) {
        let sockets = self.with(|body| body.sockets.clone());
        for socket in sockets.unwrap_or_default().iter().filter(|socket| socket.is_congested()) {
            self.look_at(socket);
        }
    }

    /// Everything is done: waits for the next deadline and has the events delivered.
    fn rest(&self, body: &mut Body) {
        body.acting = false;
        let rings_at = body.deadline.map(|deadline| {
            let me = self.me.clone();
            let ring = move || me.upgrade().into_iter().for_each(|pump| pump.ring());
            body.timer.arm(body.clock.now(), deadline, ring)
        });
        if rings_at.is_none() {
            body.timer.disarm();
        }
        body.clock.arm(rings_at);
        if !body.events.is_empty() && body.scheduled.is_none() {
            body.scheduled = self.me.upgrade();
            microtask::call(self.job.as_ref().unchecked_ref(), &JsValue::UNDEFINED);
        }
    }

    fn deliver(&self) -> Result<(), JsValue> {
        // Lasts until the end, also when the engine is freed meanwhile.
        let _this = self.body.try_borrow_mut().ok().and_then(|mut body| body.scheduled.take());
        let batch = self.with(|body| (core::mem::take(&mut body.events), body.read(Sign::None)));
        let Some((events, now)) = batch else { return Ok(()) };
        self.callbacks.deliver(&events.write(), now.0 as f64)
    }
}

impl Body {
    fn read(&mut self, sign: Sign) -> Instant {
        self.clock.reading(performance_now(), Date::now(), sign)
    }

    /// The moment a turn begins. What is overdue comes first: the core shall not act on a state that has ended.
    fn begin(&mut self, sign: Sign) -> Instant {
        let now = self.read(sign);
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            self.agent.handle_input(now, Input::Tick);
            self.poll();
        }
        now
    }

    fn socket(&self, flow: FlowId) -> Option<Rc<Socket>> {
        self.sockets.iter().find(|socket| socket.flow() == flow).cloned()
    }

    fn remove_socket(&mut self, flow: FlowId) -> Option<Rc<Socket>> {
        let place = self.sockets.iter().position(|socket| socket.flow() == flow)?;
        Some(self.sockets.remove(place))
    }

    /// Takes everything the core has to say, until it waits.
    fn poll(&mut self) {
        loop {
            match self.agent.poll_output() {
                Output::Open { flow, url } => self.actions.push_back(Action::Open { flow, url }),
                Output::Send { flow, frame } => self.actions.push_back(Action::Send { flow, frame }),
                Output::Close { flow, code } => self.actions.push_back(Action::Close { flow, code }),
                Output::Event(event) => self.events.push(event),
                Output::Wait(deadline) => {
                    self.deadline = deadline.map(|deadline| deadline.at);
                    return;
                }
            }
        }
    }
}
