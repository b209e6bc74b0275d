//! The downward path: what rooms have told becomes outputs, until nobody has anything left to tell.

use super::{ConnectionState, Direction, Event, Interest, Output, UserAgent};
use crate::message::{FlowId, Frame, Message, Transport as ViaTransport, lossy, mask};
use crate::transport;
use crate::usage::{Binding, Flow, Told};

/// Close code of a socket that is no longer wanted (RFC 6455 §7.4.1).
const NORMAL: u16 = 1000;

impl UserAgent {
    /// Hands round what rooms have told. Every change ends here.
    pub(super) fn settle(&mut self) {
        loop {
            self.cx.readiness = self.readiness();
            if let Some(told) = self.transport.poll_told() {
                self.on_transport(told);
            } else if let Some(told) = self.cx.out.pop_front() {
                self.on_told(told);
            } else if let Some(transmit) = self.cx.transactions.poll_transmit() {
                self.transmit(transmit.flow, &transmit.message);
            } else if !self.run_errand() {
                break;
            }
        }
    }

    fn on_transport(&mut self, told: transport::Told) {
        match told {
            transport::Told::Open(flow, url) => self.outputs.push_back(Output::Open { flow, url }),
            transport::Told::Send(flow, frame) => self.outputs.push_back(Output::Send { flow, frame }),
            transport::Told::Close(flow, code) => {
                // Whatever was to be sent leaves before the socket closes.
                while let Some(transmit) = self.cx.transactions.poll_transmit() {
                    self.transmit(transmit.flow, &transmit.message);
                }
                self.outputs.push_back(Output::Close { flow, code });
            }
            transport::Told::Connecting(server) => {
                self.connection(ConnectionState::Connecting, Some(server), None, None)
            }
            transport::Told::Waiting(retry_at, why) => {
                self.connection(ConnectionState::Waiting, None, Some(why), Some(retry_at));
            }
            transport::Told::Refused(why) => {
                self.connection(ConnectionState::Idle, None, Some(why.clone()), None);
                self.connection_refused(&why);
            }
            transport::Told::Up(flow, server) => self.flow_up(flow, server),
            transport::Told::Down(flow) => self.flow_down(flow),
            transport::Told::Diagnostic(code, detail) => self.diagnostic(code, detail),
        }
    }

    fn flow_up(&mut self, id: FlowId, server: String) {
        let transport = if server.starts_with("wss:") { ViaTransport::Wss } else { ViaTransport::Ws };
        self.cx.flow = Some(Flow { id, transport, server: server.clone() });
        self.connection(ConnectionState::Connected, Some(server), None, None);
        // TR-12: what waited for a connection leaves first.
        self.calls.flow_up(&mut self.cx);
        match self.registration.as_mut().filter(|registration| registration.is_wanted()) {
            Some(registration) => registration.flow_up(&mut self.cx),
            // TR-06: where nobody registers, an open socket is as good as it gets.
            None => {
                self.transport.proved(self.cx.now, None, false, &mut self.cx.entropy);
                self.calls.reachable(&mut self.cx);
            }
        }
    }

    fn flow_down(&mut self, id: FlowId) {
        if let Some(lost) = self.cx.flow.take() {
            // Before the transactions are gone: they know what is still to be cancelled.
            self.calls.lose_unanswered(&mut self.cx, &lost);
        }
        for happening in self.cx.transactions.flow_closed(self.cx.now, id) {
            self.on_happening(happening);
        }
        self.calls.flow_down(&mut self.cx);
        if let Some(registration) = &mut self.registration {
            registration.flow_down(&mut self.cx);
        }
    }

    fn on_told(&mut self, told: Told) {
        let event = match told {
            Told::Call(call, event) => Event::Call { call, event },
            Told::Registration(event) => Event::Registration { event },
            Told::Done(id, outcome) => Event::Done { id, outcome },
            Told::Ask(id, owner, question) => {
                self.asks.open(self.cx.now, id, owner, &question);
                Event::Ask { id, question }
            }
            Told::Withdraw(id) => {
                let _owner = self.asks.close(id);
                return;
            }
            Told::Bound(binding) => return self.bound(binding),
            Told::Unbound => {
                self.cx.binding = Binding::default();
                return;
            }
            Told::FlowFailed(why) => return self.flow_failed(why),
            Told::Diagnostic(code, detail) => Event::Diagnostic { code: code.to_owned(), detail },
        };
        self.outputs.push_back(Output::Event(event));
    }

    fn flow_failed(&mut self, why: &str) {
        if let Some(flow) = self.cx.flow_id() {
            self.transport.give_up(self.cx.now, flow, NORMAL, why, &mut self.cx.entropy);
        }
    }

    fn bound(&mut self, binding: Binding) {
        self.transport.proved(self.cx.now, binding.flow_timer, binding.outbound, &mut self.cx.entropy);
        self.cx.binding = binding;
        self.calls.reachable(&mut self.cx);
    }

    pub(super) fn connection(
        &mut self,
        state: ConnectionState,
        server: Option<String>,
        reason: Option<String>,
        retry_at: Option<crate::time::Instant>,
    ) {
        self.outputs.push_back(Output::Event(Event::Connection { state, server, reason, retry_at }));
    }

    fn transmit(&mut self, flow: FlowId, message: &Message) {
        let frame = Frame::from(message.to_bytes());
        self.trace(Direction::Out, &frame);
        self.outputs.push_back(Output::Send { flow, frame });
    }

    pub(super) fn trace_in(&mut self, frame: &Frame) {
        self.trace(Direction::In, frame);
    }

    fn trace(&mut self, direction: Direction, frame: &Frame) {
        if self.cx.interests.contains(&Interest::Trace) {
            let message = mask(&lossy(frame.as_bytes()));
            self.outputs.push_back(Output::Event(Event::Trace { direction, message, at: self.cx.now }));
        }
    }
}
