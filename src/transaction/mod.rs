//! Transactions (RFC 3261 §17, RFC 6026, RFC 4320) over a transport that loses and repeats nothing.
//!
//! ```text
//!        the user: a user agent or a proxy
//!   request, cancel │         ▲ Arrival, Happening         respond │
//!          ┌────────▼─────────┴────────┐          ┌────────────────▼──────────┐
//!          │ clients                   │          │ servers                   │
//!          │  invite_client   client   │   key    │  invite_server   server   │
//!          └────────┬─────────▲────────┘  timers  └───────┬─────────▲─────────┘
//!          Transmit │         │ handle_response   Transmit │         │ handle_request
//! ```
//! The room matches messages, repeats responses and waits; it makes no tags, no branches and no decisions. Responses
//! find their transaction whatever flow they come on and leave by the flow of their request (TR-04).

mod client;
mod clients;
mod invite_client;
mod invite_server;
mod key;
mod server;
mod servers;
mod timers;

pub use invite_client::cancel_for;
pub use key::{has_magic_cookie, stateless_tag};
pub use timers::Timers;

use std::collections::VecDeque;

use crate::message::{FlowId, Head, Message, Method, Name, Request, Response};
use crate::store::ids;
use crate::time::{Deadline, Instant};
use clients::Clients;
use servers::Servers;

/// A client transaction. Never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClientId(u64);

/// A server transaction. Never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServerId(u64);

ids!(ClientId: u64, ServerId: u64);

impl ClientId {
    pub(crate) const fn new(number: u64) -> Self {
        Self(number)
    }
}

impl ServerId {
    pub(crate) const fn new(number: u64) -> Self {
        Self(number)
    }
}

/// A message that must go out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// By this socket.
    pub flow: FlowId,
    /// The message.
    pub message: Message,
}

/// What a message from the wire means to the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival<O> {
    /// A new request with its server transaction; neither ACK nor CANCEL nor a repeat.
    Request {
        /// Its transaction.
        id: ServerId,
        /// The request.
        request: Request,
        /// What it was matched by.
        head: Head,
    },
    /// A new request there is no room for (SL-02): it has no transaction, and is answered by [`Transactions::send`] with
    /// the tag of [`stateless_tag`]. A BYE always has room.
    NoRoom {
        /// The flow it came on.
        flow: FlowId,
        /// The request.
        request: Request,
        /// What it was matched by.
        head: Head,
    },
    /// As `Request`, but another live transaction is of the same request, which came another way (RFC 3261 §8.2.2.2).
    /// A user agent answers 482; a proxy treats it like any other.
    Merged {
        /// Its transaction.
        id: ServerId,
        /// The request.
        request: Request,
        /// What it was matched by.
        head: Head,
    },
    /// A CANCEL for an INVITE without a final response. It has been answered 200; the user answers the INVITE with
    /// 487. Comes again when the CANCEL does before that.
    Cancelled {
        /// The INVITE's transaction.
        invite: ServerId,
        /// The INVITE's owner, where known.
        owner: Option<O>,
        /// The CANCEL, for its Reason.
        request: Request,
    },
    /// An ACK for a 2xx, as far as can be told here.
    Ack {
        /// The ACK.
        request: Request,
        /// What it was matched by.
        head: Head,
        /// The INVITE's transaction when the ACK has its branch, which it does not have to (RFC 3261 §13.2.2.4).
        invite: Option<ServerId>,
    },
    /// A response: to INVITE every 1xx, every 2xx until Timer M ends, or one final response ≥ 300, for which the ACK
    /// has been sent.
    Response {
        /// The transaction of its request.
        id: ClientId,
        /// Who asked.
        owner: O,
        /// The response.
        response: Response,
        /// What it was matched by.
        head: Head,
        /// The request, when this response ended its transaction: what a challenge asks to be sent again.
        ended: Option<Request>,
    },
    /// A response no transaction waits for, to be dropped.
    StrayResponse {
        /// The response.
        response: Response,
        /// What it was matched by.
        head: Head,
    },
    /// A repeat, or something dealt with here.
    Absorbed,
}

/// What the passing of time, or the loss of a flow, means to the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening<O> {
    /// Timer B or F, or no final response 64·T1 after a CANCEL: to be treated as a 408 that never was on the wire
    /// (TX-13). The transaction is over.
    Timeout {
        /// The transaction.
        id: ClientId,
        /// Who asked.
        owner: O,
        /// The method of the request.
        method: Method,
    },
    /// The flow is gone: to be treated as a 503 that never was on the wire (TX-13). The transaction is over; of an INVITE
    /// a late 2xx may still be told, until [`Happening::ClientDone`] (RC-20).
    TransportError {
        /// The transaction.
        id: ClientId,
        /// Who asked.
        owner: O,
        /// The method of the request.
        method: Method,
    },
    /// Timer H: a final response ≥ 300 to INVITE was not acknowledged. The transaction is over.
    AckTimeout {
        /// The transaction.
        id: ServerId,
        /// Whose it was, where known.
        owner: Option<O>,
    },
    /// Timer M, or 64·T1 since the flow of an INVITE was lost: no more 2xx to it will be told. The transaction is over.
    ClientDone {
        /// The transaction.
        id: ClientId,
        /// Who asked.
        owner: O,
    },
    /// Timer L: the INVITE answered with a 2xx will not be repeated. The transaction is over.
    ServerDone {
        /// The transaction.
        id: ServerId,
        /// Whose it was, where known.
        owner: Option<O>,
    },
}

/// What must go out, in order.
type Outbox = VecDeque<Transmit>;

/// Every transaction of one user agent or proxy. `O` is the token its users are told who asked by.
#[derive(Debug)]
pub struct Transactions<O> {
    timers: Timers,
    limit: usize,
    clients: Clients<O>,
    servers: Servers<O>,
    outbox: Outbox,
}

impl<O: Copy> Transactions<O> {
    /// None yet. `limit` bounds how many of them the requests of others may bring about (SL-02); those in dialogs a
    /// quarter more.
    #[must_use]
    pub fn new(timers: Timers, limit: usize) -> Self {
        Self { timers, limit, clients: Clients::default(), servers: Servers::default(), outbox: Outbox::default() }
    }

    /// Whether there is room for one more. What must be said all the same, such as a BYE, needs none.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.len() < self.limit
    }

    /// The timers in use.
    #[must_use]
    pub const fn timers(&self) -> &Timers {
        &self.timers
    }

    /// Sends a request in a new client transaction. Its topmost Via must be there, with a fresh branch; without a
    /// readable one no response will be matched and the transaction times out. An ACK goes by [`Transactions::send`].
    pub fn request(&mut self, now: Instant, flow: FlowId, request: Request, owner: O) -> ClientId {
        self.clients.request(now, &self.timers, (flow, request), Some(owner), &mut self.outbox)
    }

    /// Cancels an INVITE: at once when a 1xx has come, else as soon as one does, never after a final response (RFC 3261
    /// §9.1). `extra` headers, such as Reason, go into the CANCEL. Without a final response 64·T1 after the CANCEL the
    /// INVITE ends with [`Happening::Timeout`].
    pub fn cancel(&mut self, now: Instant, invite: ClientId, extra: Vec<(Name, String)>) {
        self.clients.cancel(now, &self.timers, invite, extra, &mut self.outbox);
    }

    /// Nobody waits for the answer to an INVITE any longer: for 64·T1 its final response is still acknowledged, then it is
    /// forgotten. A CANCEL would say more than may be said after a BYE (RFC 5407 §2).
    pub fn release(&mut self, now: Instant, invite: ClientId) {
        self.clients.release(now, &self.timers, invite);
    }

    /// Sends a response in a server transaction, by the flow the request came on.
    ///
    /// # Errors
    /// The response comes back, unsent, when the transaction is gone or its flow is; when it has had its final response
    /// (a 2xx to INVITE may be repeated until Timer L ends); when the request is not an INVITE and the response is a
    /// provisional one other than 100, is 408, or comes 64·T1 or more after the request (RFC 4320 §4).
    pub fn respond(&mut self, now: Instant, id: ServerId, response: Response) -> Result<(), Response> {
        self.servers.respond(now, &self.timers, id, response, &mut self.outbox)
    }

    /// Ends a server transaction without a response. Nothing happens when it is gone.
    pub fn abandon(&mut self, id: ServerId) {
        self.servers.abandon(id);
    }

    /// Sends a message outside every transaction: an ACK for a 2xx, the answer to a request that got no transaction.
    pub fn send(&mut self, flow: FlowId, message: Message) {
        self.outbox.push_back(Transmit { flow, message });
    }

    /// The request that created a live server transaction, and the flow it came on.
    #[must_use]
    pub fn server_request(&self, id: ServerId) -> Option<(&Request, FlowId)> {
        self.servers.request_of(id)
    }

    /// The request of a live client transaction, as it was sent.
    #[must_use]
    pub fn client_request(&self, id: ClientId) -> Option<&Request> {
        self.clients.request_of(id)
    }

    /// The CANCEL of an INVITE that has had a provisional response and no final one (RFC 3261 §9.1), for whoever wants it
    /// said after the INVITE's flow, and the transaction with it, is gone.
    #[must_use]
    pub fn cancellation(&self, invite: ClientId) -> Option<Request> {
        self.clients.cancellation(invite)
    }

    /// Whose a server transaction is, once that is known.
    pub fn set_owner(&mut self, id: ServerId, owner: O) {
        self.servers.set_owner(id, owner);
    }

    /// The To tag an INVITE will be answered with, so that a CANCEL that comes before the first response with a tag is
    /// answered with the same one (RFC 3261 §9.2).
    pub fn set_local_tag(&mut self, id: ServerId, tag: &str) {
        self.servers.set_local_tag(id, tag);
    }

    /// A request has come.
    pub fn handle_request(&mut self, now: Instant, flow: FlowId, request: Request, head: Head) -> Arrival<O> {
        if request.method == Method::Ack {
            self.servers.on_ack(request, head)
        } else if request.method == Method::Cancel {
            self.servers.on_cancel(flow, request, &head, &mut self.outbox)
        } else {
            let has_room = self.has_room_for(&request.method, &head);
            self.servers.on_request(now, &self.timers, (flow, request, head), has_room, &mut self.outbox)
        }
    }

    /// SL-02: a flood of new requests leaves room for what keeps calls alive, in their dialogs, and for what ends them: the
    /// answer to a BYE gives back at once what it takes.
    fn has_room_for(&self, method: &Method, head: &Head) -> bool {
        let reserve = if head.to_tag().is_some() { self.limit / 4 } else { 0 };
        *method == Method::Bye || self.len() < self.limit.saturating_add(reserve)
    }

    /// A response has come, on whatever flow (TR-04).
    pub fn handle_response(&mut self, now: Instant, response: Response, head: Head) -> Arrival<O> {
        self.clients.on_response(now, &self.timers, response, head, &mut self.outbox)
    }

    /// Runs every machine whose deadline has come, in the order of the deadlines. Calling it early is harmless.
    pub fn handle_timeout(&mut self, now: Instant) -> Vec<Happening<O>> {
        let mut happenings = Vec::new();
        while self.next_deadline().is_some_and(|next| next.at <= now) {
            happenings.extend(self.handle_first(now));
        }
        happenings
    }

    /// Runs the machine whose deadline comes first, if it has come: for a user that has deadlines of its own in between.
    pub fn handle_first(&mut self, now: Instant) -> Option<Happening<O>> {
        let next = self.next_deadline().filter(|next| next.at <= now)?;
        if self.clients.next_deadline().is_some_and(|client| client.at == next.at) {
            self.clients.on_deadline(now)
        } else {
            self.servers.on_deadline(now, &mut self.outbox)
        }
    }

    /// A socket is gone (TR-08): client transactions on it end with [`Happening::TransportError`], server transactions
    /// end silently, and what was about to leave by it does not. An INVITE that has its 2xx waits for nothing the flow
    /// could bring: it goes on absorbing repeats, and telling of 2xx and ACKs, on whatever flow they come. So does, for
    /// 64·T1, one of ours that has not (RC-20).
    pub fn flow_closed(&mut self, now: Instant, flow: FlowId) -> Vec<Happening<O>> {
        for _ in 0..self.outbox.len() {
            if let Some(transmit) = self.outbox.pop_front().filter(|transmit| transmit.flow != flow) {
                self.outbox.push_back(transmit);
            }
        }
        self.servers.on_flow_closed(flow);
        self.clients.on_flow_closed(now, &self.timers, flow)
    }

    /// What the machine that must act first waits for.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Deadline> {
        Deadline::earliest(self.clients.next_deadline(), self.servers.next_deadline())
    }

    /// The next message that must go out, in order. To be drained after every call.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.outbox.pop_front()
    }

    /// How many transactions live.
    #[must_use]
    pub fn len(&self) -> usize {
        self.clients() + self.servers()
    }

    /// Whether none lives.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many client transactions live, those of CANCELs among them.
    #[must_use]
    pub fn clients(&self) -> usize {
        self.clients.len()
    }

    /// How many server transactions live.
    #[must_use]
    pub fn servers(&self) -> usize {
        self.servers.len()
    }

    /// Every live transaction in words, and what it waits for: for people.
    pub fn snapshot(&self) -> impl Iterator<Item = (String, Option<Deadline>)> {
        self.clients.snapshot().chain(self.servers.snapshot())
    }
}

impl Transmit {
    fn request(flow: FlowId, request: Request) -> Self {
        Self { flow, message: Message::Request(request) }
    }

    fn response(flow: FlowId, response: Response) -> Self {
        Self { flow, message: Message::Response(response) }
    }
}
