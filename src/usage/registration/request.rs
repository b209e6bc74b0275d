//! The REGISTER we send (RFC 3261 §10.2, RFC 5626 §4.2, RFC 3327, RFC 5627): one Call-ID and From tag for the life of
//! the account, a CSeq that grows.

use crate::entropy::Entropy;
use crate::message::{CSeq, Method, Name, NameAddr, Request, Uri};
use crate::time::Backoff;
use crate::usage::Cx;

/// What is registered where.
#[derive(Clone, Debug)]
pub struct Account {
    /// The registrar: Request-URI of REGISTER.
    pub registrar: Uri,
    /// Seconds asked for.
    pub expires: u32,
    /// Whether to be registered without outbound is no better than not at all.
    pub require_outbound: bool,
    /// Our Contact with its feature parameters (`+sip.instance`, `reg-id`).
    pub contact: NameAddr,
    /// How long to wait after a failure.
    pub backoff: Backoff,
}

/// What all REGISTERs of an account have in common.
#[derive(Debug)]
pub(super) struct Series {
    call_id: String,
    from_tag: String,
    cseq: u32,
}

/// Whether the way to the registrar can do outbound (RFC 5626), as far as we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outbound {
    Offered,
    /// 439: the first hop cannot.
    Lacking,
}

impl Series {
    pub(super) fn new(entropy: &mut Entropy) -> Self {
        Self { call_id: entropy.call_id(), from_tag: entropy.tag(), cseq: entropy.first_cseq() }
    }

    /// The next one, complete but for Contact and Expires.
    pub(super) fn next(&mut self, cx: &Cx, account: &Account, outbound: Outbound) -> Request {
        let aor = &cx.profile.aor;
        let mut request = Request::new(Method::Register, account.registrar.clone());
        request.headers.push(Name::MaxForwards, "70");
        request.headers.push(Name::From, aor.clone().with_tag(&self.from_tag).to_string());
        request.headers.push(Name::To, aor.to_string());
        request.headers.push(Name::CallId, self.call_id.as_str());
        request.headers.push(
            Name::Supported,
            match outbound {
                Outbound::Offered => "outbound, path, gruu",
                Outbound::Lacking => "path, gruu",
            },
        );
        self.renumber(&mut request);
        request
    }

    /// Gives a request the next CSeq number.
    pub(super) fn renumber(&mut self, request: &mut Request) {
        self.cseq = self.cseq.saturating_add(1);
        request.headers.set(Name::CSeq, CSeq { number: self.cseq, method: Method::Register }.to_string());
    }
}

impl Account {
    /// Our Contact, to be bound for so many seconds. RFC 5626 §4.2: without outbound, flows have no number.
    pub(super) fn contact(&self, expires: u32, outbound: Outbound) -> String {
        let mut contact = self.contact.clone();
        if outbound == Outbound::Lacking {
            contact.params.remove("reg-id");
        }
        contact.params.set("expires", Some(&expires.to_string()));
        contact.to_string()
    }

    /// Our own among the contacts a registrar lists (RG-02): the one of our instance and flow, else the one with our
    /// URI.
    pub(super) fn own<'a>(&self, contacts: &'a [NameAddr]) -> Option<&'a NameAddr> {
        let same = |name, contact: &NameAddr| match (self.contact.params.text(name), contact.params.text(name)) {
            // RFC 8141 §3: letter case in most parts of a URN means nothing.
            (Some(ours), Some(theirs)) => ours.eq_ignore_ascii_case(&theirs),
            (Some(_) | None, Some(_) | None) => false,
        };
        let by_instance = contacts.iter().find(|contact| same("+sip.instance", contact) && same("reg-id", contact));
        by_instance.or_else(|| contacts.iter().find(|contact| contact.uri.equivalent(&self.contact.uri)))
    }
}
