//! What messages are matched by (RFC 3261 §8.2.2.2, §17.1.3, §17.2.3).
//!
//! ```text
//! response            ─▶ branch, sent-by, method of CSeq                                ─▶ client transaction
//! request             ─▶ branch, sent-by, method                                        ─▶ server transaction
//! ACK, CANCEL         ─▶ branch, sent-by, INVITE                                        ─▶ server transaction
//! … of an RFC 2543 peer ─▶ Request-URI, tags, Call-ID, CSeq, topmost Via                ─▶ server transaction
//! request, no To tag  ─▶ From tag, Call-ID, CSeq                                        ─▶ merged or not
//! ```
//! A key is one text: its parts, a line feed behind each, which no header value can hold.

use crate::message::{Head, Method, Name, Request, Via};

/// What every branch made by RFC 3261 starts with (§8.1.1.7).
const COOKIE: &str = "z9hG4bK";

/// Whether the sender follows RFC 3261, so that the branch alone tells its transactions apart (§17.2.3). A branch that
/// is the cookie and nothing else tells nothing apart (RFC 4475 §3.2.1).
#[must_use]
pub fn has_magic_cookie(head: &Head) -> bool {
    unique_branch(head).is_some()
}

/// The wire identity of a client transaction. The sent-by is part of it: what comes back with another host on top was
/// never sent from here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ClientKey(String);

impl ClientKey {
    /// The key as the index knows it.
    pub(super) fn as_text(&self) -> &str {
        &self.0
    }

    /// Of a request about to be sent; `None` when it has no readable topmost Via.
    pub(super) fn of_request(request: &Request) -> Option<Self> {
        let via = Via::parse(&top_via(request)?).ok()?;
        Some(Self::join(&via, &request.method))
    }

    /// Of the transaction a response answers.
    pub(super) fn of_response(head: &Head) -> Self {
        Self::join(&head.via, &head.cseq.method)
    }

    fn join(via: &Via, method: &Method) -> Self {
        Self(join(&[via.branch().unwrap_or_default(), &via.sent_by(), method.as_str()]))
    }
}

/// The wire identity of a server transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ServerKey(String);

impl ServerKey {
    /// The key as the index knows it.
    pub(super) fn as_text(&self) -> &str {
        &self.0
    }

    /// Of the transaction this request creates or repeats.
    pub(super) fn of(request: &Request, head: &Head) -> Self {
        Self::join(request, head, &request.method, head.to_tag())
    }

    /// Of the INVITE that this ACK or CANCEL belongs to. With RFC 2543 an ACK may carry the To tag of the response
    /// where the INVITE had none, so there are two.
    pub(super) fn of_invite(request: &Request, head: &Head) -> [Self; 2] {
        [head.to_tag(), None].map(|to_tag| Self::join(request, head, &Method::Invite, to_tag))
    }

    fn join(request: &Request, head: &Head, method: &Method, to_tag: Option<&str>) -> Self {
        if let Some(branch) = unique_branch(head) {
            return Self(join(&[branch, &head.via.sent_by(), method.as_str()]));
        }
        Self(join(&[
            &request.uri.to_string(),
            to_tag.unwrap_or_default(),
            head.from_tag().unwrap_or_default(),
            &head.call_id,
            &head.cseq.number.to_string(),
            method.as_str(),
            &head.via.to_string(),
        ]))
    }
}

/// What copies of one request that took different ways have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MergeKey(String);

impl MergeKey {
    /// The key as the index knows it.
    pub(super) fn as_text(&self) -> &str {
        &self.0
    }

    /// `None` within a dialog, where nothing forks.
    pub(super) fn of(head: &Head) -> Option<Self> {
        if head.to_tag().is_some() {
            return None;
        }
        let from_tag = head.from_tag().unwrap_or_default();
        Some(Self(join(&[from_tag, &head.call_id, &head.cseq.number.to_string(), head.cseq.method.as_str()])))
    }
}

/// The topmost Via value of a request, as it is written.
pub(super) fn top_via(request: &Request) -> Option<String> {
    request.headers.list(&Name::Via).ok()?.into_iter().next()
}

/// A To tag for responses that no state stands behind: the same for every repeat of the request (RFC 3261 §8.2.7).
#[must_use]
pub fn stateless_tag(head: &Head) -> Option<&str> {
    head.via.branch()
}

fn unique_branch(head: &Head) -> Option<&str> {
    let branch = head.via.branch()?;
    let (cookie, rest) = branch.split_at_checked(COOKIE.len())?;
    (cookie.eq_ignore_ascii_case(COOKIE) && !rest.is_empty()).then_some(branch)
}

fn join(parts: &[&str]) -> String {
    let mut text = String::new();
    for part in parts {
        text.push_str(part);
        text.push('\n');
    }
    text
}
