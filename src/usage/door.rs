//! The one door from usages down to dialogs, transactions and the wire.

use std::collections::VecDeque;

use super::auth::{Attempt, Auth};
use super::data::{AskId, CallHandle, Failure, FailureCode, Interest, Limits, Outcome, RequestId, is_full};
use super::question::Question;
use super::uas::SUPPORTED;
use super::{Binding, Dialogs, Owner, Told, Transactions, call};
use crate::entropy::Entropy;
use crate::message::{
    Fault, FlowId, Headers, Method, Name, NameAddr, Request, Response, SipUri, StatusCode, Transport, Uri, Via,
};
use crate::time::Instant;
use crate::transaction::{ClientId, ServerId, Timers};

/// Who we are, settled when the user agent is made.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Address of record, as From shows it.
    pub aor: NameAddr,
    /// The domain of the address of record, as a URI.
    pub domain: Uri,
    /// Our Contact (RFC 7118 §5.2: a host under `.invalid`), without feature parameters.
    pub contact: NameAddr,
    /// The `.invalid` host that stands in our Via (RFC 7118 §5.2).
    pub sent_by: String,
    /// User-Agent header field.
    pub user_agent: Option<String>,
    /// Header fields the application adds to every request.
    pub headers: Vec<(Name, String)>,
    /// The methods we take, as Allow says it (RFC 3261 §20.5).
    pub allow: String,
}

/// The socket that requests leave by.
#[derive(Clone, Debug)]
pub struct Flow {
    /// Which.
    pub id: FlowId,
    /// `WS` or `WSS`, for Via.
    pub transport: Transport,
    /// The URL it leads to.
    pub server: String,
}

/// What becomes of a new request that somebody asks for (TR-10). BYE, CANCEL, ACK, responses, and what the user agent
/// does by itself, leave whenever there is a socket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Readiness {
    /// It leaves.
    Ready,
    /// It cannot leave yet: `connect()` is under way.
    Coming,
    /// It cannot leave: the socket does not take what it has been given already.
    Busy,
    /// It cannot leave: there is no socket.
    #[default]
    Offline,
}

/// No socket is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offline;

/// Everything a usage may touch: the rooms below it, who we are, and where it leaves what it has to tell.
#[derive(Debug)]
pub struct Cx {
    /// This moment.
    pub now: Instant,
    /// Who we are.
    pub profile: Profile,
    /// What registration learned.
    pub binding: Binding,
    /// The open socket, if there is one.
    pub flow: Option<Flow>,
    /// What becomes of a new request. The hub keeps it.
    pub readiness: Readiness,
    /// Chance.
    pub entropy: Entropy,
    /// Dialogs.
    pub dialogs: Dialogs,
    /// Transactions.
    pub transactions: Transactions,
    /// Digest sessions.
    pub auth: Auth,
    /// What is kept of INVITEs of ours that were answered.
    pub branches: call::Branches,
    /// What somebody wants to be told or asked.
    pub interests: Vec<Interest>,
    /// How much of everything there may be.
    pub limits: Limits,
    /// What the hub is told.
    pub out: VecDeque<Told>,
    /// The last question's number.
    asked: u32,
}

impl Cx {
    /// Nothing has happened yet.
    #[must_use]
    pub fn new(profile: Profile, auth: Auth, entropy: Entropy, (timers, limits): (Timers, Limits)) -> Self {
        let most = usize::try_from(limits.transactions).unwrap_or(usize::MAX);
        Self {
            now: Instant::default(),
            profile,
            binding: Binding::default(),
            flow: None,
            readiness: Readiness::default(),
            entropy,
            dialogs: Dialogs::default(),
            transactions: Transactions::new(timers, most),
            auth,
            branches: call::Branches::default(),
            interests: Vec::new(),
            limits,
            out: VecDeque::new(),
            asked: 0,
        }
    }

    /// Whether there is room for one more dialog (SL-02).
    #[must_use]
    pub fn has_room_for_dialog(&self) -> bool {
        !is_full(self.dialogs.len(), self.limits.dialogs)
    }

    /// Our Contact in requests and responses that make a dialog: the public GRUU where the registrar gave one (RFC 5627
    /// §4.4), which then needs no instance beside it.
    #[must_use]
    pub fn contact(&self) -> NameAddr {
        let public = self.binding.gruu.public.clone();
        public.map_or_else(|| self.profile.contact.clone(), NameAddr::new)
    }

    /// A request out of any dialog, complete but for Via, CSeq and Contact. The Call-ID is new.
    pub fn request(&mut self, method: Method, uri: Uri, to: &NameAddr) -> Request {
        let mut request = Request::new(method, uri);
        for route in &self.binding.service_route {
            request.headers.push(Name::Route, route.to_string());
        }
        request.headers.push(Name::MaxForwards, "70");
        request.headers.push(Name::From, self.profile.aor.clone().with_tag(&self.entropy.tag()).to_string());
        request.headers.push(Name::To, to.to_string());
        request.headers.push(Name::CallId, self.entropy.call_id());
        request
    }

    /// Sends a request in a new client transaction, with Via, the application's header fields and the
    /// credentials we already know are wanted.
    ///
    /// # Errors
    /// [`Offline`] when no socket is open; nothing was sent.
    pub fn send(&mut self, request: Request, owner: Owner) -> Result<ClientId, Offline> {
        self.send_again(request, owner, Attempt::default())
    }

    /// Sends a request again after a challenge; the caller has given it a new CSeq number.
    ///
    /// # Errors
    /// [`Offline`] when no socket is open; nothing was sent.
    pub fn send_again(
        &mut self,
        mut request: Request,
        owner: Owner,
        mut attempt: Attempt,
    ) -> Result<ClientId, Offline> {
        let flow = self.flow.as_ref().ok_or(Offline)?.id;
        self.auth.authorize(&mut request, &mut attempt, &mut self.entropy);
        self.finish(&mut request);
        let id = self.transactions.request(self.now, flow, request, owner);
        self.auth.sent(id, attempt);
        Ok(id)
    }

    /// Says where we are and what we can, as every request and 2xx does that opens a dialog or refreshes its target.
    pub fn describe_us(&self, headers: &mut Headers) {
        headers.push(Name::Contact, self.contact().to_string());
        headers.push(Name::Allow, self.profile.allow.as_str());
        headers.push(Name::Supported, SUPPORTED);
    }

    /// The open socket.
    #[must_use]
    pub fn flow_id(&self) -> Option<FlowId> {
        self.flow.as_ref().map(|flow| flow.id)
    }

    /// Sends the CANCEL of an INVITE whose flow is lost: it belongs to the INVITE by its Via, and carries no credentials
    /// but the INVITE's (RFC 3261 §9.1, §22.1).
    ///
    /// # Errors
    /// [`Offline`] when no socket is open; nothing was sent.
    pub fn send_cancel(&mut self, cancel: Request, owner: Owner) -> Result<ClientId, Offline> {
        let flow = self.flow.as_ref().ok_or(Offline)?.id;
        Ok(self.transactions.request(self.now, flow, cancel, owner))
    }

    /// Sends an ACK for a 2xx: outside every transaction (RFC 3261 §17.1).
    pub fn send_ack(&mut self, ack: &Request) {
        if let Some(flow) = &self.flow {
            self.transactions.send(flow.id, crate::message::Message::Request(ack.clone()));
        }
    }

    /// Gives a request what every one of ours carries: Via, User-Agent, the application's header fields.
    pub fn finish(&mut self, request: &mut Request) {
        let transport = self.flow.as_ref().map_or(Transport::Wss, |flow| flow.transport.clone());
        let via = Via::new(transport, &self.profile.sent_by, &self.entropy.branch());
        request.headers.remove(&Name::Via);
        request.headers.prepend(Name::Via, via.to_string());
        if let Some(user_agent) = &self.profile.user_agent {
            request.headers.set(Name::UserAgent, user_agent.as_str());
        }
        for (name, value) in &self.profile.headers {
            if !request.headers.has(name) {
                request.headers.push(name.clone(), value.as_str());
            }
        }
    }

    /// Sends a response. One that comes too late for its transaction is dropped (RFC 4320 §4).
    pub fn respond(&mut self, id: ServerId, mut response: Response) {
        self.sign(&mut response);
        // Too late means that the transaction has told its owner already why.
        let _late = self.transactions.respond(self.now, id, response);
    }

    /// Gives a response the name of the software, if it has one.
    pub(super) fn sign(&self, response: &mut Response) {
        if let Some(user_agent) = &self.profile.user_agent {
            response.headers.set(Name::Server, user_agent.as_str());
        }
    }

    /// Repeats a 2xx to INVITE end to end: in its transaction, or by the present socket when the one it belongs to
    /// is gone. A proxy finds the caller by Via, whatever socket the response comes from.
    pub fn repeat(&mut self, id: ServerId, response: &Response) {
        let gone = self.transactions.respond(self.now, id, response.clone());
        if let (Err(response), Some(flow)) = (gone, &self.flow) {
            self.transactions.send(flow.id, crate::message::Message::Response(response));
        }
    }

    /// Refuses a request with a status and its registered phrase.
    pub fn refuse(&mut self, id: ServerId, request: &Request, status: StatusCode, to_tag: &str) {
        self.respond(id, request.response(status, None, Some(to_tag)));
    }

    /// Refuses a request whose header fields are wrong for what it wants.
    pub fn refuse_fault(&mut self, id: ServerId, request: &Request, fault: &Fault, to_tag: &str) {
        self.diagnostic("malformed", format!("{}: {}", fault.phrase(), fault.detail));
        self.respond(id, request.response(fault.status, Some(&fault.phrase()), Some(to_tag)));
    }

    /// Asks something outside; the answer comes to `owner` under the id that is returned.
    pub fn ask(&mut self, owner: Owner, question: Question) -> AskId {
        self.asked = self.asked.wrapping_add(1);
        let id = AskId(self.asked);
        self.out.push_back(Told::Ask(id, owner, question));
        id
    }

    /// Takes a question back.
    pub fn withdraw(&mut self, ask: AskId) {
        self.out.push_back(Told::Withdraw(ask));
    }

    /// Settles a command that was done.
    pub fn done(&mut self, id: RequestId) {
        self.out.push_back(Told::Done(id, Outcome::Done));
    }

    /// Settles a command that was not.
    pub fn failed(&mut self, id: RequestId, code: FailureCode, message: impl Into<String>) {
        self.fail(id, Failure { code, message: message.into(), response: None });
    }

    /// Settles a command that a response refused.
    pub fn refused(&mut self, id: RequestId, code: FailureCode, message: &str, response: &Response) {
        let response = Some(super::response_data(response));
        self.fail(id, Failure { code, message: message.to_owned(), response });
    }

    /// Settles a command that came too late.
    pub fn failed_ended(&mut self, id: RequestId) {
        self.failed(id, FailureCode::Ended, "the call has ended");
    }

    /// Settles a command that needs a connection (TR-10).
    pub fn failed_offline(&mut self, id: RequestId) {
        self.failed(id, FailureCode::NotConnected, "no server is connected");
    }

    /// Settles a command for which there is no room (SL-02).
    pub fn failed_limit(&mut self, id: RequestId) {
        self.failed(id, FailureCode::Limit, "as many transactions as the configuration allows are under way already");
    }

    /// Settles a command that the socket is too full for: nothing is queued (TR-10).
    pub fn failed_busy(&mut self, id: RequestId) {
        self.failed(id, FailureCode::Busy, "the socket does not take more just now: try again");
    }

    /// Settles a command with this failure.
    pub fn fail(&mut self, id: RequestId, failure: Failure) {
        self.out.push_back(Told::Done(id, Outcome::Failed { failure }));
    }

    /// Tells about a call.
    pub fn tell(&mut self, call: CallHandle, event: call::CallEvent) {
        self.out.push_back(Told::Call(call, event));
    }

    /// Tells about a call, ahead of everything from `place` on that has been told already.
    pub fn tell_ahead(&mut self, place: usize, call: CallHandle, event: call::CallEvent) {
        self.tell(call, event);
        for at in (place + 1..self.out.len()).rev() {
            self.out.swap(at - 1, at);
        }
    }

    /// Tells of something tolerated or not acted on.
    pub fn diagnostic(&mut self, code: &'static str, detail: impl Into<String>) {
        self.out.push_back(Told::Diagnostic(code, detail.into()));
    }
}

impl Profile {
    /// Whether a Via is one that we wrote (TR-04).
    #[must_use]
    pub fn is_ours(&self, via: &Via) -> bool {
        via.sent_by().eq_ignore_ascii_case(&self.sent_by)
    }

    /// Whether a Request-URI names us (RFC 3261 §8.2.2.1). Our `.invalid` host does, whatever user stands before it: nobody
    /// else can have it. Elsewhere the user decides, that of our address of record or of our Contact, whatever the host,
    /// port, parameters and scheme (sip or sips): proxies put the host, alias or address there by which they know us. A URI
    /// without a user names a whole host, and so us where that host is the domain of our address of record.
    #[must_use]
    pub fn is_us(&self, uri: &SipUri) -> bool {
        let addresses = || [&self.aor, &self.contact].into_iter().filter_map(|address| address.uri.as_sip());
        uri.is_at(&self.sent_by)
            || match uri.user_unescaped() {
                Some(user) => addresses().any(|ours| ours.user_unescaped().as_ref() == Some(&user)),
                None => addresses().any(|ours| uri.is_at(&ours.host)),
            }
    }

    /// The URI a target stands for: itself, or a user of our own domain.
    ///
    /// # Errors
    /// A sentence saying what is wrong with it.
    pub fn target(&self, target: &str) -> Result<NameAddr, String> {
        let target = target.trim();
        let whole = if target.contains('<') {
            NameAddr::parse(target).map_err(|_| format!("`{target}` is not a SIP address"))?
        } else if target.contains(':') {
            // A URI of its own, whose parameters are its own too (as a header value it would need brackets for that).
            NameAddr::new(Uri::parse(target).map_err(|_| format!("`{target}` is not a SIP address"))?)
        } else {
            let host = self.domain.as_sip().map(|domain| domain.host.as_str()).unwrap_or_default();
            let uri = Uri::parse(&format!("sip:{target}@{host}"));
            NameAddr::new(uri.map_err(|_| format!("`{target}` is neither a SIP address nor a user name"))?)
        };
        match &whole.uri {
            // RFC 3261 §19.1.1: header components cannot stand in a Request-URI.
            Uri::Sip(uri) if !uri.headers.is_empty() => Err(format!("`{target}` carries header fields of its own")),
            Uri::Sip(_) => Ok(whole),
            Uri::Other { scheme, .. } if ["tel", "urn"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) => {
                Ok(whole)
            }
            Uri::Other { .. } => Err(format!("`{target}` is no address that can be called: use sip, sips, tel or urn")),
        }
    }
}
