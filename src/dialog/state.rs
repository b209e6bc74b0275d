//! One dialog (RFC 3261 §12.1–12.2): how it comes into being on either side, the requests it makes, the
//! requests it accepts.

use crate::message::{Contacts, Fault, Head, Headers, Method, Name, NameAddr, Request, Response, Uri};

/// A dialog's identity on the wire, seen from our side (RFC 3261 §12). A missing tag is the empty one
/// (RFC 2543 peers).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialogKey {
    /// Call-ID.
    pub call_id: String,
    /// Our tag.
    pub local_tag: String,
    /// The peer's tag.
    pub remote_tag: String,
}

impl DialogKey {
    /// The key as one text: its parts with line feeds between them, which no header value can hold.
    pub(super) fn text(&self) -> String {
        format!("{}\n{}\n{}", self.call_id, self.local_tag, self.remote_tag)
    }

    /// The key of the dialog an incoming request was sent in; none when it carries no To tag.
    #[must_use]
    pub fn of_incoming(head: &Head) -> Option<Self> {
        Some(Self {
            call_id: head.call_id.clone(),
            local_tag: head.to_tag()?.to_owned(),
            remote_tag: head.from_tag().unwrap_or_default().to_owned(),
        })
    }

    /// The key of the dialog a response to a request of ours belongs to.
    #[must_use]
    pub fn of_response(head: &Head) -> Self {
        Self {
            call_id: head.call_id.clone(),
            local_tag: head.from_tag().unwrap_or_default().to_owned(),
            remote_tag: head.to_tag().unwrap_or_default().to_owned(),
        }
    }
}

/// How far a dialog has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Made by a provisional response.
    Early,
    /// Made or confirmed by a 2xx.
    Confirmed,
    /// Both sides have said that it is over; it is known for a while, for the sake of what crosses.
    Over,
}

/// A request with a CSeq number below one seen before (RFC 3261 §12.2.2): it gets 500.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stale;

/// One dialog.
#[derive(Clone, Debug)]
pub struct Dialog {
    /// Its identity.
    pub key: DialogKey,
    /// How far it has come.
    pub stage: Stage,
    /// Our side: From of the requests we send.
    local: NameAddr,
    /// The peer's side: To of the requests we send.
    remote: NameAddr,
    /// Where the peer is: Request-URI of the requests we send.
    remote_target: Uri,
    /// Proxies that asked to stay on the path, nearest first.
    route_set: Vec<NameAddr>,
    local_cseq: u32,
    remote_cseq: Option<u32>,
}

impl Dialog {
    /// The dialog of a response above 100 to an INVITE or another dialog-creating request of ours
    /// (RFC 3261 §12.1.2). The remote target falls back to the Request-URI where
    /// the response names no usable Contact; whoever needs a Contact checks for one.
    #[must_use]
    pub fn uac(request: &Request, response: &Response, head: &Head) -> Self {
        let stage = if response.status.is_success() { Stage::Confirmed } else { Stage::Early };
        let mut route_set = response.headers.addresses(&Name::RecordRoute).unwrap_or_default();
        route_set.reverse();
        Self {
            key: DialogKey::of_response(head),
            stage,
            local: head.from.clone(),
            remote: head.to.clone(),
            remote_target: contact(&response.headers).unwrap_or_else(|| request.uri.clone()),
            route_set,
            local_cseq: head.cseq.number,
            remote_cseq: None,
        }
    }

    /// The dialog of a request we answer with the To tag `local_tag` (RFC 3261 §12.1.1).
    ///
    /// # Errors
    /// The [`Fault`] of a request that does not name exactly one sip or sips Contact (§8.1.1.8), or whose
    /// Record-Route cannot be read (DG-02).
    pub fn uas(request: &Request, head: &Head, local_tag: &str) -> Result<Self, Fault> {
        Ok(Self {
            key: DialogKey {
                call_id: head.call_id.clone(),
                local_tag: local_tag.to_owned(),
                remote_tag: head.from_tag().unwrap_or_default().to_owned(),
            },
            stage: Stage::Early,
            local: head.to.clone().with_tag(local_tag),
            remote: head.from.clone(),
            remote_target: only_contact(&request.headers)?,
            route_set: request.headers.addresses(&Name::RecordRoute)?,
            local_cseq: 0,
            remote_cseq: Some(head.cseq.number),
        })
    }

    /// Confirms an early dialog by a 2xx that we sent.
    pub fn confirm(&mut self) {
        self.stage = Stage::Confirmed;
    }

    /// Both sides have said that it is over.
    pub fn end(&mut self) {
        self.stage = Stage::Over;
    }

    /// Confirms a dialog by a 2xx that we received: route set and remote target are those of the 2xx
    /// (RFC 3261 §13.2.2.4).
    pub fn confirm_by(&mut self, response: &Response) {
        self.stage = Stage::Confirmed;
        let mut route_set = response.headers.addresses(&Name::RecordRoute).unwrap_or_default();
        route_set.reverse();
        self.route_set = route_set;
        self.refresh_target(&response.headers);
    }

    /// Checks the Contact of a request that would refresh the remote target (RFC 3261 §12.2.2, RFC 3311 §5.2).
    ///
    /// # Errors
    /// The [`Fault`] of one that does not name exactly one sip or sips address.
    pub fn check_target(request: &Request) -> Result<(), Fault> {
        only_contact(&request.headers).map(|_target| ())
    }

    /// Takes over the remote target of a target refresh that succeeded (RFC 3261 §12.2).
    pub fn refresh_target(&mut self, headers: &Headers) {
        if let Some(target) = contact(headers) {
            self.remote_target = target;
        }
    }

    /// The next request in this dialog, complete but for Via and Contact. Not for ACK and CANCEL.
    pub fn request(&mut self, method: Method) -> Request {
        self.local_cseq = self.local_cseq.saturating_add(1);
        self.build(method, self.local_cseq)
    }

    /// The ACK for a 2xx to the INVITE with this CSeq number (RFC 3261 §13.2.2.4).
    #[must_use]
    pub fn ack(&self, invite_cseq: u32) -> Request {
        self.build(Method::Ack, invite_cseq)
    }

    /// A request of this dialog again, under the next CSeq number: after a challenge (RFC 3261 §22.2).
    pub fn renumber(&mut self, request: &mut Request) {
        self.local_cseq = self.local_cseq.saturating_add(1);
        request.headers.set(Name::CSeq, format!("{} {}", self.local_cseq, request.method));
    }

    /// Checks the CSeq of a request that has arrived and remembers it (RFC 3261 §12.2.2): gaps are fine, going
    /// back is not, as long as the dialog lives.
    ///
    /// # Errors
    /// [`Stale`] when the number is below, or the same as, one seen before.
    pub fn accept_cseq(&mut self, head: &Head) -> Result<(), Stale> {
        if self.stage != Stage::Over && self.remote_cseq.is_some_and(|last| head.cseq.number <= last) {
            return Err(Stale);
        }
        self.remote_cseq = Some(head.cseq.number);
        Ok(())
    }

    /// The peer's address with its tag.
    #[must_use]
    pub fn remote(&self) -> &NameAddr {
        &self.remote
    }

    /// Where the next request goes.
    #[must_use]
    pub fn remote_target(&self) -> &Uri {
        &self.remote_target
    }

    fn build(&self, method: Method, cseq: u32) -> Request {
        let cseq = format!("{cseq} {method}");
        let (uri, routes) = self.path();
        let mut request = Request::new(method, uri);
        for route in routes {
            request.headers.push(Name::Route, route.to_string());
        }
        request.headers.push(Name::MaxForwards, "70");
        request.headers.push(Name::From, self.local.to_string());
        request.headers.push(Name::To, self.remote.to_string());
        request.headers.push(Name::CallId, self.key.call_id.as_str());
        request.headers.push(Name::CSeq, cseq);
        request
    }

    /// Request-URI and Route header fields (RFC 3261 §12.2.1.1).
    fn path(&self) -> (Uri, Vec<NameAddr>) {
        let strict = self.route_set.first().filter(|first| !first.uri.as_sip().is_some_and(|uri| uri.is_lr()));
        match strict {
            None => (self.remote_target.clone(), self.route_set.clone()),
            // A strict router wants itself in the Request-URI and the target at the end.
            Some(first) => {
                let mut routes: Vec<NameAddr> = self.route_set.iter().skip(1).cloned().collect();
                routes.push(NameAddr::new(self.remote_target.clone()));
                (first.uri.clone(), routes)
            }
        }
    }
}

fn contact(headers: &Headers) -> Option<Uri> {
    match headers.contacts().ok()? {
        Contacts::Star => None,
        Contacts::List(contacts) => {
            contacts.into_iter().next().map(|contact| contact.uri).filter(|uri| uri.as_sip().is_some())
        }
    }
}

/// The one sip or sips address a request names as its sender's (RFC 3261 §8.1.1.8): where a dialog's requests go.
fn only_contact(headers: &Headers) -> Result<Uri, Fault> {
    let Contacts::List(contacts) = headers.contacts()? else {
        return Err(Fault::bad(Name::Contact, "a star where an address is needed"));
    };
    let mut contacts = contacts.into_iter().map(|contact| contact.uri);
    match (contacts.next(), contacts.next()) {
        (None, _) => Err(Fault::missing(Name::Contact)),
        (Some(uri), None) if uri.as_sip().is_some() => Ok(uri),
        (Some(_), None) => Err(Fault::bad(Name::Contact, "an address that is not sip or sips")),
        (Some(_), Some(_)) => Err(Fault::bad(Name::Contact, "more than one")),
    }
}
