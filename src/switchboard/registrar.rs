//! The registrar, RFC 3261 §10.3: reads a REGISTER whose sender is known, changes the location service all or
//! nothing, and answers with every contact the user has.

use super::config::Config;
use super::location::{Binding, BindingKey, Location};
use crate::message::{CSeq, Contacts, Fault, FlowId, Head, Name, NameAddr, Request, Response, StatusCode};
use crate::time::{Duration, Instant};

/// Reads, changes, answers.
pub(super) fn register(
    now: Instant,
    config: &Config,
    location: &mut Location,
    (flow, user): (FlowId, &str),
    (request, head): (&Request, &Head),
    to_tag: &str,
) -> Response {
    let refused = match Change::read(config, location, user, request, head) {
        Ok(change) => {
            change.apply(now, location, user, flow, head);
            return granted(now, location, user, request, to_tag);
        }
        Err(refused) => refused,
    };
    let mut response = request.response(refused.status, refused.phrase.as_deref(), Some(to_tag));
    if let Some((name, value)) = refused.header {
        response.headers.push(name, value);
    }
    response
}

/// What a REGISTER asks for, found to be allowed.
enum Change {
    /// No Contact: tell what is registered.
    Nothing,
    /// `Contact: *` with `Expires: 0`.
    RemoveAll,
    /// Contacts with the time each is granted; zero takes it out.
    Put(Vec<(NameAddr, u32)>),
}

/// Why a REGISTER changes nothing.
struct Refused {
    status: StatusCode,
    phrase: Option<String>,
    header: Option<(Name, String)>,
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self { status: fault.status, phrase: Some(fault.phrase()), header: None }
    }
}

impl Change {
    fn read(config: &Config, location: &Location, user: &str, request: &Request, head: &Head) -> Result<Self, Refused> {
        let expires = request.headers.seconds(&Name::Expires)?;
        if !request.headers.has(&Name::Contact) {
            return Ok(Self::Nothing);
        }
        let change = match request.headers.contacts()? {
            // RFC 3261 §10.3 step 6: the star stands alone and only with Expires: 0.
            Contacts::Star if expires == Some(0) => Self::RemoveAll,
            Contacts::Star => return Err(bad_contact("* needs Expires: 0").into()),
            Contacts::List(contacts) => Self::Put(grant(config, expires, contacts)?),
        };
        change.check_order(location, user, head)?;
        change.check_count(config, location, user)?;
        Ok(change)
    }

    // RFC 3261 §10.3 step 7: within one Call-ID a registration must be newer than what it changes.
    fn check_order(&self, location: &Location, user: &str, head: &Head) -> Result<(), Refused> {
        let CSeq { number, .. } = head.cseq;
        let is_newer = |binding: &Binding| binding.call_id == head.call_id && binding.cseq >= number;
        let is_touched = |binding: &Binding| match self {
            Self::Nothing => false,
            Self::RemoveAll => true,
            Self::Put(contacts) => contacts.iter().any(|(contact, _)| BindingKey::of(contact) == binding.key),
        };
        if location.of_user(user).any(|binding| is_touched(binding) && is_newer(binding)) {
            let phrase = Some("Out Of Order".to_owned());
            return Err(Refused { status: StatusCode::SERVER_INTERNAL_ERROR, phrase, header: None });
        }
        Ok(())
    }

    fn check_count(&self, config: &Config, location: &Location, user: &str) -> Result<(), Refused> {
        let Self::Put(contacts) = self else {
            return Ok(());
        };
        let is_new = |(contact, granted): &&(NameAddr, u32)| {
            *granted > 0 && location.find(user, &BindingKey::of(contact)).is_none()
        };
        if location.of_user(user).count() + contacts.iter().filter(is_new).count() > config.max_contacts {
            let phrase = Some("Too Many Contacts".to_owned());
            return Err(Refused { status: StatusCode::FORBIDDEN, phrase, header: None });
        }
        Ok(())
    }

    fn apply(self, now: Instant, location: &mut Location, user: &str, flow: FlowId, head: &Head) {
        match self {
            Self::Nothing => {}
            Self::RemoveAll => location.remove_all(user),
            Self::Put(contacts) => {
                for (contact, granted) in contacts {
                    let key = BindingKey::of(&contact);
                    if granted == 0 {
                        location.remove(user, &key);
                        continue;
                    }
                    let NameAddr { uri, mut params, .. } = contact;
                    params.remove("expires");
                    let expires_at = now + Duration::from_secs(u64::from(granted));
                    let (call_id, cseq) = (head.call_id.clone(), head.cseq.number);
                    location.put(user, Binding { key, uri, params, flow, call_id, cseq, expires_at });
                }
            }
        }
    }
}

/// The time each contact gets: its own `expires`, else the header's, else the longest.
fn grant(config: &Config, header: Option<u32>, contacts: Vec<NameAddr>) -> Result<Vec<(NameAddr, u32)>, Refused> {
    let one = |contact: NameAddr| {
        if contact.uri.as_sip().is_none() {
            return Err(bad_contact("only sip and sips can be registered").into());
        }
        // RFC 3261 §10.2.1.1: an unreadable value counts as absent.
        let own = contact.params.value("expires").and_then(|text| text.parse().ok());
        let wanted = own.or(header).unwrap_or(config.max_expires);
        // RFC 3261 §10.3 step 7: zero is no interval but a farewell.
        if wanted > 0 && wanted < config.min_expires {
            let header = Some((Name::MinExpires, config.min_expires.to_string()));
            return Err(Refused { status: StatusCode::INTERVAL_TOO_BRIEF, phrase: None, header });
        }
        Ok((contact, wanted.min(config.max_expires)))
    };
    contacts.into_iter().map(one).collect()
}

/// 200 with all contacts, each as it was registered and with the seconds it has left.
fn granted(now: Instant, location: &Location, user: &str, request: &Request, to_tag: &str) -> Response {
    let mut response = request.response(StatusCode::OK, None, Some(to_tag));
    for binding in location.of_user(user) {
        let left = binding.expires_at.since(now).as_secs();
        let mut contact = NameAddr::new(binding.uri.clone());
        contact.params = binding.params.clone();
        contact.params.set("expires", Some(&left.to_string()));
        response.headers.push(Name::Contact, contact.to_string());
    }
    response
}

fn bad_contact(detail: &'static str) -> Fault {
    Fault { status: StatusCode::BAD_REQUEST, header: Some(Name::Contact), detail }
}
