//! What the roles share: the moment, the settings, the rooms below, the location service and the way out.

use std::collections::{BTreeMap, VecDeque};

use super::Output;
use super::config::Config;
use super::location::Location;
use super::place::Place;
use super::proxy::ContextId;
use super::secret::Secret;
use crate::entropy::Entropy;
use crate::message::{FlowId, Message, Response, StatusCode};
use crate::time::Instant;
use crate::transaction::{ServerId, Transactions};

/// The one door to everything shared.
#[derive(Debug)]
pub(super) struct Cx {
    pub(super) now: Instant,
    pub(super) config: Config,
    pub(super) secret: Secret,
    pub(super) entropy: Entropy,
    pub(super) transactions: Transactions<ContextId>,
    pub(super) location: Location,
    pub(super) flows: BTreeMap<FlowId, super::Garbage>,
    pub(super) outputs: VecDeque<Output>,
}

impl Cx {
    /// Tells the operator.
    pub(super) fn note(&mut self, flow: FlowId, text: impl Into<String>) {
        self.outputs.push_back(Output::Note { flow, text: text.into() });
    }

    /// The socket that leads to a place now.
    pub(super) fn flow_to(&self, place: &Place) -> Option<FlowId> {
        place.flow(&self.location, |flow| self.flows.contains_key(&flow))
    }

    /// Whether a host, or a host with a port, means this edge.
    pub(super) fn is_ours(&self, host: &str, port: Option<u16>) -> bool {
        let whole = port.map(|port| format!("{host}:{port}"));
        let is_alias = |alias: &String| {
            alias.eq_ignore_ascii_case(host) || whole.as_ref().is_some_and(|whole| alias.eq_ignore_ascii_case(whole))
        };
        host.eq_ignore_ascii_case(&self.config.domain) || self.config.aliases.iter().any(is_alias)
    }

    /// Answers the request of a transaction with a bare status.
    pub(super) fn answer(&mut self, id: ServerId, status: StatusCode) {
        let tag = self.entropy.tag();
        let request = self.transactions.server_request(id).map(|(request, _)| request);
        if let Some(response) = request.map(|request| request.response(status, None, Some(&tag))) {
            self.respond(id, response);
        }
    }

    /// Answers a request. When its transaction is gone nobody waits for the answer.
    pub(super) fn respond(&mut self, id: ServerId, response: Response) {
        let _unwanted = self.transactions.respond(self.now, id, response);
    }

    /// Sends a message outside every transaction.
    pub(super) fn send(&mut self, flow: FlowId, message: Message) {
        self.transactions.send(flow, message);
    }
}
