//! What every layer needs of a message, checked once on its arrival (RFC 3261 §8.1.1, §8.2.2, §16.3).

use super::fault::{BadValue, Fault};
use super::headers::Headers;
use super::{CSeq, Method, Name, NameAddr, Via, lex, limits};

/// The values by which a message finds its transaction and its dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The topmost Via.
    pub via: Via,
    /// From. Without a tag when the sender follows RFC 2543.
    pub from: NameAddr,
    /// To. Without a tag outside dialogs.
    pub to: NameAddr,
    /// Call-ID.
    pub call_id: String,
    /// CSeq.
    pub cseq: CSeq,
}

impl Head {
    /// The tag of From.
    #[must_use]
    pub fn from_tag(&self) -> Option<&str> {
        self.from.tag()
    }

    /// The tag of To.
    #[must_use]
    pub fn to_tag(&self) -> Option<&str> {
        self.to.tag()
    }
}

/// Headers besides those of [`Head`] that may stand once only.
const SINGLETONS: [Name; 2] = [Name::ContentType, Name::Event];
/// Lists, and how many values they may have (SL-01).
const LISTS: [(Name, usize); 3] =
    [(Name::Via, limits::VIAS), (Name::Route, limits::ROUTES), (Name::RecordRoute, limits::ROUTES)];

/// `method` is that of a request's start line.
pub(super) fn read(headers: &Headers, method: Option<&Method>) -> Result<Head, Fault> {
    let via = headers.first(&Name::Via, Via::parse)?;
    let (from, to) = (party(headers, &Name::From)?, party(headers, &Name::To)?);
    let call_id = headers.single(&Name::CallId)?;
    if !is_call_id(&call_id) {
        return Err(Fault::bad(Name::CallId, "empty or with blanks in it"));
    }
    let cseq = headers.cseq()?.ok_or_else(|| Fault::missing(Name::CSeq))?;
    if method.is_some_and(|method| *method != cseq.method) {
        return Err(Fault::bad(Name::CSeq, "not the method of the start line"));
    }
    headers.max_forwards()?;
    headers.seconds(&Name::Expires)?;
    for name in &SINGLETONS {
        headers.at_most_one(name)?;
    }
    for (name, most) in &LISTS {
        if !headers.has_at_most(name, *most)? {
            return Err(Fault::bad(name.clone(), "more values than the limit"));
        }
    }
    Ok(Head { via, from, to, call_id: call_id.into_owned(), cseq })
}

/// From or To: one address, with at most one tag.
fn party(headers: &Headers, name: &Name) -> Result<NameAddr, Fault> {
    let address = NameAddr::parse(&headers.single(name)?).map_err(|bad| bad.of(name))?;
    let is_good = address.params.get("tag").is_none_or(|tag| tag.is_some_and(lex::is_token));
    if !is_good || address.params.count("tag") > 1 {
        return Err(BadValue("a malformed or repeated tag").of(name));
    }
    Ok(address)
}

/// RFC 3261 §25.1 `callid`, and a little more: nothing a line could not hold, no blanks, no octets that are not UTF-8.
fn is_call_id(text: &str) -> bool {
    !text.is_empty() && !text.contains(|letter: char| letter <= ' ' || letter == '\u{7f}' || letter == '\u{fffd}')
}
