//! The proxy (RFC 3261 §16): makes the copies of a request, keeps their response contexts and carries out what these
//! decide. Requests of both sides of a dialog come back over it (Record-Route, see `routing.rs`).

use super::cx::Cx;
use super::place::Place;
use super::response_context::{Context, Step, Verdict};
use super::routing::{self, Target};
use super::verifier::Verifier;
use crate::message::{FlowId, Message, Method, Name, Request, Response, StatusCode, Transport, Via};
use crate::store::ids;
use crate::time::{Deadline, Table};
use crate::transaction::{ClientId, ServerId};

/// What a Max-Forwards starts from (RFC 3261 §16.6 step 3).
const MAX_FORWARDS: u8 = 70;

/// A response context's number, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ContextId(u64);

ids!(ContextId: u64);

/// A request that waits to be sent on.
#[derive(Debug)]
pub(super) struct Arrived {
    /// Its transaction.
    pub(super) id: ServerId,
    /// As it came, our own Route entries taken off.
    pub(super) request: Request,
    /// The flow it came on.
    pub(super) flow: FlowId,
    /// Who sent it.
    pub(super) sender: Place,
}

/// All requests that have been sent on and are not yet settled.
#[derive(Debug, Default)]
pub(super) struct Proxy {
    contexts: Table<ContextId, Context>,
    made: u64,
}

impl Proxy {
    /// Sends a request on to every target, all at once. `lost` is the status that stands for a target whose socket goes.
    pub(super) fn forward(&mut self, cx: &mut Cx, arrived: &Arrived, targets: &[Target], lost: StatusCode) {
        let Arrived { id, request, flow, sender } = arrived;
        self.made += 1;
        let context_id = ContextId(self.made);
        cx.transactions.set_owner(*id, context_id);
        // RFC 3261 §16.2: the caller need not wait for a device to know that we are at it.
        if request.method == Method::Invite {
            cx.respond(*id, request.response(StatusCode::TRYING, None, None));
        }
        let mut context = Context::new(&request.method, *id, *flow, sender.clone(), lost);
        for target in targets {
            let copy = copy(cx, request, sender, target);
            let client = cx.transactions.request(cx.now, target.flow, copy, context_id);
            context.add(client, cx.now + cx.config.timer_c);
        }
        self.contexts.insert(context_id, context);
    }

    /// Sends an ACK for a 2xx on. It has no transaction and gets no answer.
    pub(super) fn forward_ack(cx: &mut Cx, request: &Request, sender: &Place, target: &Target) {
        let copy = copy(cx, request, sender, target);
        cx.send(target.flow, Message::Request(copy));
    }

    /// A response to one of the copies.
    pub(super) fn on_response(&mut self, cx: &mut Cx, id: ContextId, client: ClientId, mut response: Response) {
        // RFC 3261 §16.7 step 3: the topmost Via is ours.
        response.headers.remove_first(&Name::Via);
        let (now, timer_c) = (cx.now, cx.config.timer_c);
        self.change(cx, id, |context| context.on_response(now, timer_c, client, response));
    }

    /// A copy was not answered.
    pub(super) fn on_timeout(&mut self, cx: &mut Cx, id: ContextId, client: ClientId) {
        self.change(cx, id, |context| context.on_timeout(client));
    }

    /// The socket a copy went over is gone.
    pub(super) fn on_lost(&mut self, cx: &mut Cx, id: ContextId, client: ClientId) {
        self.change(cx, id, |context| context.on_lost(client));
    }

    /// A copy's transaction has ended after its 2xx.
    pub(super) fn on_client_done(&mut self, cx: &mut Cx, id: ContextId, client: ClientId) {
        self.change(cx, id, |context| {
            context.on_client_done(client);
            Vec::new()
        });
    }

    /// The sender of an INVITE cancels it.
    pub(super) fn on_cancel(&mut self, cx: &mut Cx, id: ContextId, cancel: &Request) {
        let reasons: Vec<_> = cancel.headers.get_all(&Name::Reason).map(|line| line.into_owned()).collect();
        self.change(cx, id, |context| context.on_cancel(&reasons));
    }

    /// A socket is gone: what came over it can no longer be answered.
    pub(super) fn flow_closed(&mut self, cx: &mut Cx, flow: FlowId) {
        let orphans = self.contexts.iter().filter(|(_, context)| context.upstream == flow);
        let orphans: Vec<_> = orphans.map(|(id, _)| id).collect();
        for id in orphans {
            self.change(cx, id, Context::on_orphaned);
        }
    }

    /// Runs every Timer C whose moment has come.
    pub(super) fn handle_timeout(&mut self, cx: &mut Cx) {
        while let Some(id) = self.contexts.due(cx.now) {
            let now = cx.now;
            self.change(cx, id, |context| context.on_timer(now));
        }
    }

    /// When the next Timer C fires.
    pub(super) fn next_deadline(&self) -> Option<Deadline> {
        self.contexts.next_deadline()
    }

    fn change(&mut self, cx: &mut Cx, id: ContextId, change: impl FnOnce(&mut Context) -> Vec<Step>) {
        let steps = self.contexts.update(id, change).unwrap_or_default();
        let Some(context) = self.contexts.get(id) else {
            return;
        };
        for step in steps {
            take(cx, context, step);
        }
        if context.is_over() {
            self.contexts.remove(id);
        }
    }
}

fn take(cx: &mut Cx, context: &Context, step: Step) {
    match step {
        Step::Forward(response) => forward_response(cx, context, response),
        Step::Cancel(client, reasons) => {
            let reasons = reasons.into_iter().map(|reason| (Name::Reason, reason)).collect();
            cx.transactions.cancel(cx.now, client, reasons);
        }
        Step::Settle(Verdict::Received(response)) => cx.respond(context.server, *response),
        Step::Settle(Verdict::Ours(status)) => cx.answer(context.server, status),
        // The transaction ends by itself when its sender has given up.
        Step::Settle(Verdict::Silence) => {}
    }
}

/// A provisional response or a 2xx. A 2xx to INVITE whose transaction is gone with its socket still finds the caller, if
/// he has come back: without it the callee would hang up.
fn forward_response(cx: &mut Cx, context: &Context, response: Response) {
    let Err(unwanted) = cx.transactions.respond(cx.now, context.server, response) else {
        return;
    };
    if context.is_invite()
        && unwanted.status.is_success()
        && let Some(flow) = cx.flow_to(&context.sender)
    {
        cx.send(flow, Message::Response(unwanted));
    }
}

/// RFC 3261 §16.6 steps 1 to 8.
fn copy(cx: &mut Cx, request: &Request, sender: &Place, target: &Target) -> Request {
    let mut copy = request.clone();
    if let Some(uri) = &target.uri {
        copy.uri = uri.clone();
    }
    let left = request.headers.max_forwards().ok().flatten().map_or(MAX_FORWARDS, |hops| hops.saturating_sub(1));
    copy.headers.set(Name::MaxForwards, left.to_string());
    if is_recorded(&request.method) {
        copy.headers.prepend(Name::RecordRoute, routing::record(cx, sender));
        copy.headers.prepend(Name::RecordRoute, routing::record(cx, &target.place));
    }
    Verifier::strip(&mut copy.headers, &cx.config.domain);
    let via = Via::new(Transport::Ws, &cx.config.domain, &cx.entropy.branch());
    copy.headers.prepend(Name::Via, via.to_string());
    copy
}

/// What makes dialogs, and what repeats their route set: a NOTIFY may arrive before the 2xx to its SUBSCRIBE and then
/// makes the dialog itself (RFC 6665 §4.3, §4.4.1).
fn is_recorded(method: &Method) -> bool {
    match method {
        Method::Invite | Method::Subscribe | Method::Refer | Method::Notify => true,
        Method::Ack
        | Method::Bye
        | Method::Cancel
        | Method::Register
        | Method::Options
        | Method::Info
        | Method::Update
        | Method::Prack
        | Method::Message
        | Method::Publish
        | Method::Other(_) => false,
    }
}
