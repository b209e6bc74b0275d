//! The typed values of headers. Absent is `None` or empty; malformed is a fault that names the header.

use std::borrow::Cow;

use super::{Field, Headers};
use crate::message::fault::{BadValue, Fault};
use crate::message::lex::{self, Split};
use crate::message::name_addr::{self, NameAddr};
use crate::message::params::Params;
use crate::message::rack::parse_rseq;
use crate::message::session_expires::parse_seconds;
use crate::message::{
    CSeq, Challenge, Event, MediaType, Name, Offer, RAck, Reason, Replaces, SessionExpires, SubscriptionState, Via,
};

/// The Contact header (RFC 3261 §20.10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contacts {
    /// `*`: every binding of a REGISTER.
    Star,
    /// The addresses; empty without the header.
    List(Vec<NameAddr>),
}

const TWICE: BadValue = BadValue("stands more than once");

impl Headers {
    /// Contact.
    ///
    /// # Errors
    /// 400 when an address is malformed or `*` does not stand alone.
    pub fn contacts(&self) -> Result<Contacts, Fault> {
        if self.get(&Name::Contact).is_some_and(|value| value == "*") && self.count(&Name::Contact) == 1 {
            return Ok(Contacts::Star);
        }
        self.values(&Name::Contact, NameAddr::parse).map(Contacts::List)
    }

    /// Those addresses of a list header that can be read: one that cannot does not stand in the way of the others.
    #[must_use]
    pub fn readable_addresses(&self, name: &Name) -> Vec<NameAddr> {
        let values = self.list(name).unwrap_or_default();
        values.iter().filter_map(|value| NameAddr::parse(value).ok()).collect()
    }

    /// The addresses of a header that demands brackets: Route, Record-Route, Service-Route, Path.
    ///
    /// # Errors
    /// 400 when an address is malformed or has no brackets.
    pub fn addresses(&self, name: &Name) -> Result<Vec<NameAddr>, Fault> {
        self.values(name, |value| match name_addr::parse_marked(value)? {
            (address, true) => Ok(address),
            (_, false) => Err(BadValue("an address without brackets")),
        })
    }

    /// The address of a header that holds one, brackets or not: From, To, Refer-To, Referred-By.
    ///
    /// # Errors
    /// 400 when it is malformed or stands more than once.
    pub fn address(&self, name: &Name) -> Result<Option<NameAddr>, Fault> {
        self.optional(name, NameAddr::parse)
    }

    /// Max-Forwards; who treats a missing one as 70 is the caller.
    ///
    /// # Errors
    /// 400 outside 0 ..= 255, or when it stands more than once.
    pub fn max_forwards(&self) -> Result<Option<u8>, Fault> {
        self.optional(&Name::MaxForwards, |value| {
            lex::number(value).and_then(|hops| u8::try_from(hops).ok()).ok_or(BadValue("no number from 0 to 255"))
        })
    }

    /// The seconds of Expires, Min-Expires or Flow-Timer.
    ///
    /// # Errors
    /// 400 for anything but a number below 2^32, or when it stands more than once.
    pub fn seconds(&self, name: &Name) -> Result<Option<u32>, Fault> {
        self.optional(name, |value| lex::number(value).ok_or(BadValue("no number of seconds below 2^32")))
    }

    /// The seconds of Retry-After, whatever comment or parameters follow; a number too large for the type is its
    /// largest. `None` when it is absent or starts with no number.
    #[must_use]
    pub fn retry_after(&self) -> Option<u32> {
        let value = self.get(&Name::RetryAfter)?;
        let digits = value.split(|letter: char| !letter.is_ascii_digit()).next().unwrap_or_default();
        (!digits.is_empty()).then(|| lex::number(digits).unwrap_or(u32::MAX))
    }

    /// Every Via, topmost first.
    ///
    /// # Errors
    /// 400 when one is malformed.
    pub fn vias(&self) -> Result<Vec<Via>, Fault> {
        self.values(&Name::Via, Via::parse)
    }

    /// CSeq.
    ///
    /// # Errors
    /// 400 when it is malformed or stands more than once.
    pub fn cseq(&self) -> Result<Option<CSeq>, Fault> {
        self.optional(&Name::CSeq, CSeq::parse)
    }

    /// Session-Expires (RFC 4028 §4).
    ///
    /// # Errors
    /// 400 when it is malformed or stands more than once; in a response the caller treats that as absent.
    pub fn session_expires(&self) -> Result<Option<SessionExpires>, Fault> {
        self.optional(&Name::SessionExpires, SessionExpires::parse)
    }

    /// Min-SE in seconds (RFC 4028 §5).
    ///
    /// # Errors
    /// 400 when it is malformed or stands more than once; in a response the caller treats that as absent.
    pub fn min_se(&self) -> Result<Option<u32>, Fault> {
        self.optional(&Name::MinSe, |value| parse_seconds(value).map(|(seconds, _)| seconds))
    }

    /// Replaces (RFC 3891).
    ///
    /// # Errors
    /// 400 when it is malformed or stands more than once.
    pub fn replaces(&self) -> Result<Option<Replaces>, Fault> {
        self.optional(&Name::Replaces, Replaces::parse)
    }

    /// RSeq (RFC 3262 §7.1).
    ///
    /// # Errors
    /// 400 when it is 0 or no number below 2^32, or when it stands more than once.
    pub fn rseq(&self) -> Result<Option<u32>, Fault> {
        self.optional(&Name::RSeq, parse_rseq)
    }

    /// RAck (RFC 3262 §7.2).
    ///
    /// # Errors
    /// 400 when it is malformed or stands more than once.
    pub fn rack(&self) -> Result<Option<RAck>, Fault> {
        self.optional(&Name::RAck, RAck::parse)
    }

    /// Event (RFC 6665 §8.2.1).
    ///
    /// # Errors
    /// 400 when it is malformed or stands more than once.
    pub fn event(&self) -> Result<Option<Event>, Fault> {
        self.optional(&Name::Event, Event::parse)
    }

    /// Subscription-State (RFC 6665 §8.2.3).
    ///
    /// # Errors
    /// 400 when it is malformed or stands more than once.
    pub fn subscription_state(&self) -> Result<Option<SubscriptionState>, Fault> {
        self.optional(&Name::SubscriptionState, SubscriptionState::parse)
    }

    /// What every NOTIFY must say: which subscription it is about, and how that stands (RFC 6665 §4.1.3).
    ///
    /// # Errors
    /// 400 when Event or Subscription-State is missing, malformed, or stands more than once.
    pub fn notification(&self) -> Result<(Event, SubscriptionState), Fault> {
        let event = self.event()?.ok_or_else(|| Fault::missing(Name::Event))?;
        let state = self.subscription_state()?.ok_or_else(|| Fault::missing(Name::SubscriptionState))?;
        Ok((event, state))
    }

    /// What WWW-Authenticate and Proxy-Authenticate offer, in the order of their lines; lines of an unknown scheme and
    /// malformed ones are left out.
    #[must_use]
    pub fn offers(&self) -> Vec<Offer> {
        let mut all = Vec::new();
        for field in self.iter() {
            let is_proxy = field.name == Name::ProxyAuthenticate;
            if (is_proxy || field.name == Name::WwwAuthenticate)
                && let Some(offer) = Offer::parse(is_proxy, &field.value())
            {
                all.push(offer);
            }
        }
        all
    }

    /// The digest challenges among [`Headers::offers`].
    #[must_use]
    pub fn challenges(&self) -> Vec<Challenge> {
        let mut all = Vec::new();
        for offer in self.offers() {
            if let Offer::Digest(challenge) = offer {
                all.push(challenge);
            }
        }
        all
    }

    /// What the body is; `None` when Content-Type is absent or malformed.
    #[must_use]
    pub fn content_type(&self) -> Option<MediaType> {
        MediaType::parse(&self.get(&Name::ContentType)?).ok()
    }

    /// Whether who does not understand the body may ignore it: `handling=optional` in Content-Disposition
    /// (RFC 3261 §20.11).
    #[must_use]
    pub fn is_body_optional(&self) -> bool {
        self.get(&Name::ContentDisposition).is_some_and(|value| {
            let params = Params::parse(lex::split_params(&value).1);
            params.is_ok_and(|params| params.text("handling").is_some_and(|it| it.eq_ignore_ascii_case("optional")))
        })
    }

    /// The reasons (RFC 3326); malformed ones are left out.
    #[must_use]
    pub fn reasons(&self) -> Vec<Reason> {
        let mut all = Vec::new();
        for line in self.get_all(&Name::Reason) {
            for piece in Split::new(&line, b',') {
                if let Some(reason) = piece.ok().and_then(Reason::parse) {
                    all.push(reason);
                }
            }
        }
        all
    }

    /// The first value of a list header.
    pub(in crate::message) fn first<T>(
        &self,
        name: &Name,
        parse: impl Fn(&str) -> Result<T, BadValue>,
    ) -> Result<T, Fault> {
        let line = self.get(name).ok_or_else(|| Fault::missing(name.clone()))?;
        let first = Split::new(&line, b',').next().unwrap_or(Ok(""));
        first.map_err(BadValue::from).and_then(parse).map_err(|bad| bad.of(name))
    }

    /// Whether a list header has no more values than this. Most have too few commas to count them in earnest.
    pub(in crate::message) fn has_at_most(&self, name: &Name, most: usize) -> Result<bool, Fault> {
        let commas = |field: &Field| field.as_bytes().iter().filter(|octet| **octet == b',').count();
        let bound: usize = self.lines(name).map(|field| 1 + commas(field)).sum();
        Ok(bound <= most || self.list(name)?.len() <= most)
    }

    /// The value of a header that must stand exactly once.
    pub(in crate::message) fn single(&self, name: &Name) -> Result<Cow<'_, str>, Fault> {
        self.at_most_one(name)?.ok_or_else(|| Fault::missing(name.clone()))
    }

    /// The value of a header that may stand once.
    pub(in crate::message) fn at_most_one(&self, name: &Name) -> Result<Option<Cow<'_, str>>, Fault> {
        let mut lines = self.get_all(name);
        let first = lines.next();
        if lines.next().is_some() { Err(TWICE.of(name)) } else { Ok(first) }
    }

    fn optional<T>(&self, name: &Name, parse: impl Fn(&str) -> Result<T, BadValue>) -> Result<Option<T>, Fault> {
        self.at_most_one(name)?.map(|value| parse(&value).map_err(|bad| bad.of(name))).transpose()
    }

    fn values<T>(&self, name: &Name, parse: impl Fn(&str) -> Result<T, BadValue>) -> Result<Vec<T>, Fault> {
        let mut all = Vec::new();
        for value in self.list(name)? {
            all.push(parse(&value).map_err(|bad| bad.of(name))?);
        }
        Ok(all)
    }
}
