//! All client transactions: which one a response belongs to, and what the machines' decisions mean on the wire.

use super::client::Client;
use super::invite_client::{self, Expired, Extra, Heard, InviteClient};
use super::key::ClientKey;
use super::timers::Timers;
use super::{Arrival, ClientId, Happening, Outbox, Transmit};
use crate::message::{FlowId, Head, Method, Name, Request, Response, StatusCode};
use crate::store::Index;
use crate::time::{Deadline, Instant, Table, Timed};

/// The client transactions.
#[derive(Debug)]
pub(super) struct Clients<O> {
    table: Table<ClientId, Entry<O>>,
    by_key: Index<ClientId>,
    made: u64,
}

/// One client transaction. A CANCEL made here has no owner: its answer is nobody's business.
#[derive(Debug)]
struct Entry<O> {
    flow: FlowId,
    request: Request,
    key: Option<ClientKey>,
    owner: Option<O>,
    machine: Machine,
}

#[derive(Debug)]
enum Machine {
    Invite(InviteClient),
    Other(Client),
}

impl<O> Default for Clients<O> {
    fn default() -> Self {
        Self { table: Table::default(), by_key: Index::default(), made: 0 }
    }
}

impl<O: Copy> Clients<O> {
    /// Sends a request. `owner` is `None` for the CANCELs made here.
    pub(super) fn request(
        &mut self,
        now: Instant,
        timers: &Timers,
        (flow, request): (FlowId, Request),
        owner: Option<O>,
        out: &mut Outbox,
    ) -> ClientId {
        self.made += 1;
        let id = ClientId::new(self.made);
        let key = ClientKey::of_request(&request);
        if let Some(key) = &key {
            self.by_key.insert(key.as_text(), id);
        }
        let machine = if request.method == Method::Invite {
            Machine::Invite(InviteClient::new(now, timers))
        } else {
            Machine::Other(Client::new(now, timers))
        };
        out.push_back(Transmit::request(flow, request.clone()));
        self.table.insert(id, Entry { flow, request, key, owner, machine });
        id
    }

    /// The user wants an INVITE cancelled.
    pub(super) fn cancel(&mut self, now: Instant, timers: &Timers, id: ClientId, extra: Extra, out: &mut Outbox) {
        let extra = self.table.update(id, |entry| match &mut entry.machine {
            Machine::Invite(machine) => machine.on_cancel(now, timers, extra),
            Machine::Other(_) => None,
        });
        if let Some(extra) = extra.flatten() {
            self.send_cancel(now, timers, id, extra, out);
        }
    }

    /// Nobody waits for the answer to an INVITE any longer.
    pub(super) fn release(&mut self, now: Instant, timers: &Timers, id: ClientId) {
        self.table.update(id, |entry| match &mut entry.machine {
            Machine::Invite(machine) => machine.on_release(now, timers),
            Machine::Other(_) => {}
        });
    }

    pub(super) fn on_response(
        &mut self,
        now: Instant,
        timers: &Timers,
        response: Response,
        head: Head,
        out: &mut Outbox,
    ) -> Arrival<O> {
        let id = self.by_key.get(ClientKey::of_response(&head).as_text());
        let id = id.filter(|id| self.table.get(*id).is_some_and(|entry| is_answer_to(&entry.request, &head)));
        let heard = id.and_then(|id| {
            let heard = self.table.update(id, |entry| entry.machine.on_response(now, timers, response.status))?;
            Some((id, heard))
        });
        let Some((id, heard)) = heard else {
            return Arrival::StrayResponse { response, head };
        };
        let owner = self.table.get(id).and_then(|entry| entry.owner);
        let is_heard = match heard {
            Heard::Pass => true,
            Heard::PassAndAck => {
                self.send_ack(id, &response, out);
                true
            }
            Heard::PassAndCancel(extra) => {
                self.send_cancel(now, timers, id, extra, out);
                true
            }
            Heard::Absorb => false,
        };
        let ended = self.settle(id);
        match owner {
            Some(owner) if is_heard => Arrival::Response { id, owner, response, head, ended },
            Some(_) | None => Arrival::Absorbed,
        }
    }

    /// Runs the machine that is overdue most.
    pub(super) fn on_deadline(&mut self, now: Instant) -> Option<Happening<O>> {
        let id = self.table.due(now)?;
        let expired = self.table.update(id, |entry| entry.machine.on_deadline()).flatten();
        let entry = self.table.get(id);
        let told = entry.and_then(|entry| Some((entry.owner?, entry.request.method.clone())));
        self.settle(id);
        let (owner, method) = told?;
        match expired? {
            Expired::Timeout => Some(Happening::Timeout { id, owner, method }),
            Expired::Done => Some(Happening::ClientDone { id, owner }),
        }
    }

    /// TR-08: what waits for an answer on this flow has waited in vain. An INVITE stays, unseen, for the 2xx that may
    /// come by another one (RC-20).
    pub(super) fn on_flow_closed(&mut self, now: Instant, timers: &Timers, flow: FlowId) -> Vec<Happening<O>> {
        let mut happenings = Vec::new();
        for id in self.table.ids_of(|entry| entry.flow == flow) {
            let is_lost = self.table.update(id, |entry| entry.machine.on_flow_closed(now, timers));
            let told = self.table.get(id).and_then(|entry| Some((entry.owner?, entry.request.method.clone())));
            if let (Some(true), Some((owner, method))) = (is_lost, told) {
                happenings.push(Happening::TransportError { id, owner, method });
            }
            self.settle(id);
        }
        happenings
    }

    pub(super) fn request_of(&self, id: ClientId) -> Option<&Request> {
        self.table.get(id).map(|entry| &entry.request)
    }

    pub(super) fn cancellation(&self, id: ClientId) -> Option<Request> {
        let entry = self.table.get(id)?;
        match entry.machine {
            Machine::Invite(InviteClient::Proceeding | InviteClient::Cancelling { .. }) => {
                Some(invite_client::cancel_for(&entry.request, Extra::new()))
            }
            Machine::Invite(
                InviteClient::Calling { .. }
                | InviteClient::CallingToCancel { .. }
                | InviteClient::Accepted { .. }
                | InviteClient::Orphaned { .. }
                | InviteClient::Terminated,
            )
            | Machine::Other(_) => None,
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Deadline> {
        self.table.next_deadline()
    }

    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    pub(super) fn snapshot(&self) -> impl Iterator<Item = (String, Option<Deadline>)> {
        self.table.iter().map(|(_, entry)| {
            let state = entry.machine.state();
            (format!("{} client transaction: {state}", entry.request.method), entry.deadline())
        })
    }

    fn send_ack(&self, id: ClientId, response: &Response, out: &mut Outbox) {
        if let Some(entry) = self.table.get(id) {
            out.push_back(Transmit::request(entry.flow, invite_client::ack_for(&entry.request, response)));
        }
    }

    fn send_cancel(&mut self, now: Instant, timers: &Timers, id: ClientId, extra: Extra, out: &mut Outbox) {
        if let Some(entry) = self.table.get(id) {
            let cancel = (entry.flow, invite_client::cancel_for(&entry.request, extra));
            self.request(now, timers, cancel, None, out);
        }
    }

    /// Takes a transaction that is over out; what comes out is its request.
    fn settle(&mut self, id: ClientId) -> Option<Request> {
        let over = self.table.get(id).is_some_and(|entry| entry.machine.is_over());
        let entry = if over { self.remove(id) } else { None };
        entry.map(|entry| entry.request)
    }

    fn remove(&mut self, id: ClientId) -> Option<Entry<O>> {
        let entry = self.table.remove(id)?;
        if let Some(key) = &entry.key
            && self.by_key.get(key.as_text()) == Some(id)
        {
            self.by_key.remove(key.as_text());
        }
        Some(entry)
    }
}

/// Whether a response repeats what every response copies from its request (RFC 3261 §8.2.6.2). One that has the branch
/// and not the rest was garbled on its way, and would open a dialog that nobody can speak in.
fn is_answer_to(request: &Request, head: &Head) -> bool {
    let headers = &request.headers;
    let same_call = headers.get(&Name::CallId).is_some_and(|call_id| call_id == head.call_id);
    let same_number = matches!(headers.cseq(), Ok(Some(cseq)) if cseq.number == head.cseq.number);
    let same_tag = matches!(headers.address(&Name::From), Ok(Some(from)) if from.tag() == head.from_tag());
    same_call && same_number && same_tag
}

impl Machine {
    fn on_response(&mut self, now: Instant, timers: &Timers, status: StatusCode) -> Heard {
        match self {
            Self::Invite(machine) => machine.on_response(now, timers, status),
            Self::Other(machine) => {
                machine.on_response(status);
                Heard::Pass
            }
        }
    }

    fn on_deadline(&mut self) -> Option<Expired> {
        match self {
            Self::Invite(machine) => machine.on_deadline(),
            Self::Other(machine) => {
                machine.on_deadline();
                Some(Expired::Timeout)
            }
        }
    }

    /// Whether the user is told.
    fn on_flow_closed(&mut self, now: Instant, timers: &Timers) -> bool {
        match self {
            Self::Invite(machine) => machine.on_flow_closed(now, timers),
            Self::Other(machine) => {
                *machine = Client::Terminated;
                true
            }
        }
    }

    const fn is_over(&self) -> bool {
        matches!(self, Self::Invite(InviteClient::Terminated) | Self::Other(Client::Terminated))
    }

    const fn state(&self) -> &'static str {
        match self {
            Self::Invite(machine) => machine.state(),
            Self::Other(machine) => machine.state(),
        }
    }
}

impl<O> Timed for Entry<O> {
    fn deadline(&self) -> Option<Deadline> {
        match &self.machine {
            Machine::Invite(machine) => machine.deadline(),
            Machine::Other(machine) => machine.deadline(),
        }
    }
}
