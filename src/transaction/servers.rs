//! All server transactions: which one a request belongs to, and what the machines' decisions mean on the wire.

use super::invite_server::{Acknowledged, Expired, InviteServer};
use super::key::{MergeKey, ServerKey, stateless_tag};
use super::server::Server;
use super::timers::Timers;
use super::{Arrival, Happening, Outbox, ServerId, Transmit};
use crate::message::{FlowId, Head, Method, Name, Request, Response, StatusCode};
use crate::store::Index;
use crate::time::{Deadline, Instant, Table, Timed};

/// The server transactions.
#[derive(Debug)]
pub(super) struct Servers<O> {
    table: Table<ServerId, Entry<O>>,
    by_key: Index<ServerId>,
    /// The first live transaction of every request that may arrive in several copies.
    by_merge_key: Index<ServerId>,
    made: u64,
}

/// One server transaction.
#[derive(Debug)]
struct Entry<O> {
    flow: FlowId,
    request: Request,
    key: ServerKey,
    merge_key: Option<MergeKey>,
    /// Known once the user has said so.
    owner: Option<O>,
    /// The To tag of its responses, known once the user has said so or has used one.
    local_tag: Option<String>,
    machine: Machine,
}

#[derive(Debug)]
enum Machine {
    Invite(InviteServer),
    Other(Server),
}

impl<O> Default for Servers<O> {
    fn default() -> Self {
        Self { table: Table::default(), by_key: Index::default(), by_merge_key: Index::default(), made: 0 }
    }
}

impl<O: Copy> Servers<O> {
    /// Any request but ACK and CANCEL. Without room a repeat is still known for what it is.
    pub(super) fn on_request(
        &mut self,
        now: Instant,
        timers: &Timers,
        (flow, request, head): (FlowId, Request, Head),
        has_room: bool,
        out: &mut Outbox,
    ) -> Arrival<O> {
        let key = ServerKey::of(&request, &head);
        if let Some(entry) = self.by_key.get(key.as_text()).and_then(|id| self.table.get(id)) {
            if let Some(response) = entry.machine.on_repeat() {
                out.push_back(Transmit::response(entry.flow, response.clone()));
            }
            return Arrival::Absorbed;
        }
        if !has_room {
            return Arrival::NoRoom { flow, request, head };
        }
        self.made += 1;
        let id = ServerId::new(self.made);
        let merge_key = MergeKey::of(&head);
        let first = merge_key.as_ref().map(|key| self.first_copy(key, id));
        let machine = if request.method == Method::Invite {
            Machine::Invite(InviteServer::new(now))
        } else {
            Machine::Other(Server::new(now, timers))
        };
        self.by_key.insert(key.as_text(), id);
        let copy = request.clone();
        self.table.insert(id, Entry { flow, request: copy, key, merge_key, owner: None, local_tag: None, machine });
        // RFC 3261 §8.2.2.2.
        if first.is_some_and(|first| first != id) {
            Arrival::Merged { id, request, head }
        } else {
            Arrival::Request { id, request, head }
        }
    }

    pub(super) fn on_ack(&mut self, request: Request, head: Head) -> Arrival<O> {
        let Some(id) = self.invite_of(&request, &head) else {
            return Arrival::Ack { request, head, invite: None };
        };
        let acknowledged = self.table.update(id, |entry| match &mut entry.machine {
            Machine::Invite(machine) => machine.on_ack(),
            Machine::Other(_) => Acknowledged::Nothing,
        });
        self.settle(id);
        match acknowledged {
            Some(Acknowledged::Success) => Arrival::Ack { request, head, invite: Some(id) },
            Some(Acknowledged::Nothing) | None => Arrival::Absorbed,
        }
    }

    /// RFC 3261 §9.2. The CANCEL's own transaction ends with its answer (Timer J is zero), so it is not kept.
    pub(super) fn on_cancel(&mut self, flow: FlowId, request: Request, head: &Head, out: &mut Outbox) -> Arrival<O> {
        let invite = self.invite_of(&request, head).and_then(|id| Some((id, self.table.get(id)?)));
        let Some((id, entry)) = invite else {
            let response = request.response(StatusCode::CALL_DOES_NOT_EXIST, None, stateless_tag(head));
            out.push_back(Transmit::response(flow, response));
            return Arrival::Absorbed;
        };
        let tag = entry.local_tag.as_deref().or_else(|| stateless_tag(head));
        out.push_back(Transmit::response(flow, request.response(StatusCode::OK, None, tag)));
        match &entry.machine {
            Machine::Invite(machine) if machine.is_unanswered() => {
                Arrival::Cancelled { invite: id, owner: entry.owner, request }
            }
            Machine::Invite(_) | Machine::Other(_) => Arrival::Absorbed,
        }
    }

    /// A response of the user; it comes back when it must not be sent.
    pub(super) fn respond(
        &mut self,
        now: Instant,
        timers: &Timers,
        id: ServerId,
        response: Response,
        out: &mut Outbox,
    ) -> Result<(), Response> {
        let is_sent = self.table.update(id, |entry| entry.on_answer(now, timers, &response)).unwrap_or(false);
        let flow = self.table.get(id).filter(|_| is_sent).map(|entry| entry.flow);
        self.settle(id);
        let Some(flow) = flow else {
            return Err(response);
        };
        out.push_back(Transmit::response(flow, response));
        Ok(())
    }

    pub(super) fn set_owner(&mut self, id: ServerId, owner: O) {
        self.table.update(id, |entry| entry.owner = Some(owner));
    }

    pub(super) fn set_local_tag(&mut self, id: ServerId, tag: &str) {
        self.table.update(id, |entry| entry.local_tag = Some(tag.to_owned()));
    }

    /// Ends a transaction without a response.
    pub(super) fn abandon(&mut self, id: ServerId) {
        self.remove(id);
    }

    /// Runs the machine that is overdue most.
    pub(super) fn on_deadline(&mut self, now: Instant, out: &mut Outbox) -> Option<Happening<O>> {
        let id = self.table.due(now)?;
        let expired = self.table.update(id, |entry| entry.on_deadline(now));
        let entry = self.table.get(id)?;
        let (flow, owner) = (entry.flow, entry.owner);
        self.settle(id);
        match expired? {
            Expired::Trying(trying) => {
                out.push_back(Transmit::response(flow, trying));
                None
            }
            Expired::AckTimeout => Some(Happening::AckTimeout { id, owner }),
            Expired::Done => Some(Happening::ServerDone { id, owner }),
            Expired::Nothing => None,
        }
    }

    /// TR-08: nothing can be answered over this flow any more.
    pub(super) fn on_flow_closed(&mut self, flow: FlowId) {
        for id in self.table.ids_of(|entry| entry.flow == flow) {
            self.table.update(id, |entry| entry.machine.on_flow_closed());
            self.settle(id);
        }
    }

    pub(super) fn request_of(&self, id: ServerId) -> Option<(&Request, FlowId)> {
        self.table.get(id).map(|entry| (&entry.request, entry.flow))
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
            (format!("{} server transaction: {state}", entry.request.method), entry.deadline())
        })
    }

    /// The INVITE that an ACK or a CANCEL belongs to.
    fn invite_of(&self, request: &Request, head: &Head) -> Option<ServerId> {
        ServerKey::of_invite(request, head).iter().find_map(|key| self.by_key.get(key.as_text()))
    }

    /// Takes a transaction that is over out.
    fn settle(&mut self, id: ServerId) {
        if self.table.get(id).is_some_and(|entry| entry.machine.is_over()) {
            self.remove(id);
        }
    }

    /// The first transaction of a request that may arrive in several copies: this one, if there was none.
    fn first_copy(&mut self, key: &MergeKey, id: ServerId) -> ServerId {
        if let Some(first) = self.by_merge_key.get(key.as_text()) {
            return first;
        }
        self.by_merge_key.insert(key.as_text(), id);
        id
    }

    fn remove(&mut self, id: ServerId) {
        let Some(entry) = self.table.remove(id) else { return };
        self.by_key.remove(entry.key.as_text());
        if let Some(key) = &entry.merge_key
            && self.by_merge_key.get(key.as_text()) == Some(id)
        {
            self.by_merge_key.remove(key.as_text());
        }
    }
}

impl<O> Entry<O> {
    fn on_answer(&mut self, now: Instant, timers: &Timers, response: &Response) -> bool {
        match &mut self.machine {
            Machine::Invite(machine) => {
                // RFC 3261 §9.2: a CANCEL is to be answered with this tag.
                if self.local_tag.is_none()
                    && let Ok(Some(to)) = response.headers.address(&Name::To)
                {
                    self.local_tag = to.tag().map(str::to_owned);
                }
                machine.on_answer(now, timers, response)
            }
            Machine::Other(machine) => machine.on_answer(now, response),
        }
    }

    fn on_deadline(&mut self, now: Instant) -> Expired {
        match &mut self.machine {
            Machine::Invite(machine) => machine.on_deadline(&self.request),
            Machine::Other(machine) => {
                machine.on_deadline(now, &self.request).map_or(Expired::Nothing, Expired::Trying)
            }
        }
    }
}

impl Machine {
    const fn on_repeat(&self) -> Option<&Response> {
        match self {
            Self::Invite(machine) => machine.on_repeat(),
            Self::Other(machine) => machine.on_repeat(),
        }
    }

    fn on_flow_closed(&mut self) {
        match self {
            Self::Invite(machine) => machine.on_flow_closed(),
            Self::Other(machine) => machine.on_flow_closed(),
        }
    }

    const fn is_over(&self) -> bool {
        matches!(self, Self::Invite(InviteServer::Terminated) | Self::Other(Server::Terminated))
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
