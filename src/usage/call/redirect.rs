//! Where a call goes that was redirected (RFC 3261 §8.1.3.4; IV-13): the contacts of 3xx responses, best first, none
//! twice, and only as many as the application allows.

use std::collections::VecDeque;

use crate::message::{Name, NameAddr, Request, Response, Uri};
use crate::usage::Cx;

/// The most the application may allow.
pub(super) const MOST: u32 = 5;

/// The contacts of one call.
#[derive(Debug)]
pub(super) struct Redirects {
    /// How many more may be tried.
    left: u32,
    tried: Vec<Uri>,
    next: VecDeque<Uri>,
    /// The INVITE as it left last.
    request: Option<Box<Request>>,
}

impl Redirects {
    pub(super) fn new(most: u32) -> Self {
        Self { left: most.min(MOST), tried: Vec::new(), next: VecDeque::new(), request: None }
    }

    /// The INVITE leaves.
    pub(super) fn note(&mut self, request: &Request) {
        if self.left > 0 {
            self.tried.push(request.uri.clone());
            self.request = Some(Box::new(request.clone()));
        }
    }

    /// A 3xx brings contacts.
    pub(super) fn learn(&mut self, cx: &Cx, response: &Response) {
        if response.status.class() != 3 || self.left == 0 {
            return;
        }
        // One that cannot be read does not stand in the way of the others.
        let mut contacts = response.headers.readable_addresses(&Name::Contact);
        // Best first: each round takes the first of the highest preference.
        while let Some(best) = contacts.iter().map(preference).max() {
            let Some(at) = contacts.iter().position(|contact| preference(contact) == best) else { return };
            self.offer(cx, contacts.remove(at).uri);
        }
    }

    /// The INVITE for the next contact, but for its CSeq number.
    pub(super) fn take(&mut self) -> Option<Request> {
        let uri = self.next.pop_front()?;
        self.left = self.left.saturating_sub(1);
        let request = self.request.as_deref()?.clone();
        Some(Request { uri, ..request })
    }

    fn offer(&mut self, cx: &Cx, uri: Uri) {
        let is_known = |known: &Uri| known.equivalent(&uri);
        let fits = self.next.len() < self.left as usize;
        let is_new = !self.tried.iter().any(is_known) && !self.next.iter().any(is_known);
        if fits && is_new && is_callable(cx, &uri) {
            self.next.push_back(uri);
        }
    }
}

/// Whether we can call it: sip, over any connection; sips over one that is encrypted; tel.
fn is_callable(cx: &Cx, uri: &Uri) -> bool {
    match uri {
        // SL-05: whoever redirects does not write header fields of ours (RFC 3261 §19.1.5).
        Uri::Sip(sip) => sip.headers.is_empty() && !cx.exposes(uri),
        Uri::Other { scheme, .. } => scheme.eq_ignore_ascii_case("tel"),
    }
}

/// The q value in thousandths; without one, the best (RFC 3261 §20.10).
fn preference(contact: &NameAddr) -> u32 {
    let Some(q) = contact.params.value("q") else { return 1000 };
    let (whole, decimals) = q.split_once('.').unwrap_or((q, ""));
    let digits = decimals.bytes().chain(*b"000").take(3).filter(u8::is_ascii_digit);
    let thousandths = digits.fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    if whole == "0" { thousandths } else { 1000 }
}
