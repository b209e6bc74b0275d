//! Where a request goes (RFC 3261 §16.4, §16.5): takes our own entries off the Route and names the target.
//!
//! Every dialog is recorded with two Record-Route entries of ours (as RFC 5658 does between networks): the upper one
//! holds the token of the callee's place, the lower one that of the caller's. The route set of the caller is the
//! reverse of the list and that of the callee is the list as it stands, so whoever sends, **the last of our entries
//! names the receiver and the first the sender**, from whatever socket the request comes.

use super::cx::Cx;
use super::place::Place;
use crate::message::{FlowId, Name, NameAddr, Request, StatusCode, Uri};

/// The target of a request.
#[derive(Debug)]
pub(super) enum Route {
    /// This edge itself.
    Here,
    /// All contacts of a user.
    User(String),
    /// One side of a dialog this edge recorded; the other side sent it, if the Route says so.
    Dialog { receiver: Place, sender: Option<Place> },
    /// One contact, addressed by the very URI it registered.
    Contact(Place),
    /// Nobody this edge knows.
    Nobody,
    /// This edge does not go that way.
    Refused(StatusCode, Option<&'static str>),
}

/// A copy of a request that is to be sent.
#[derive(Debug)]
pub(super) struct Target {
    /// Whose it is.
    pub(super) place: Place,
    /// The socket that leads there.
    pub(super) flow: FlowId,
    /// The Request-URI, where it changes.
    pub(super) uri: Option<Uri>,
}

/// Finds the target. Our own entries are gone from the request's Route afterwards.
pub(super) fn route(cx: &Cx, request: &mut Request) -> Route {
    let places = match take_own(cx, request) {
        Ok(places) => places,
        Err((status, phrase)) => return Route::Refused(status, Some(phrase)),
    };
    if let Some(receiver) = places.last().cloned() {
        let sender = places.first().filter(|_| places.len() > 1).cloned();
        return Route::Dialog { receiver, sender };
    }
    // This edge knows no way but its own sockets.
    if request.headers.has(&Name::Route) {
        return Route::Refused(StatusCode::FORBIDDEN, Some("Route Leads Elsewhere"));
    }
    let Some(uri) = request.uri.as_sip() else {
        return Route::Refused(StatusCode::UNSUPPORTED_URI_SCHEME, None);
    };
    if cx.is_ours(&uri.host, uri.port) {
        return match uri.user_unescaped() {
            None => Route::Here,
            Some(user) if cx.config.users.contains_key(&user) => Route::User(user),
            Some(_) => Route::Nobody,
        };
    }
    match cx.location.by_contact(&request.uri) {
        Some((user, binding)) => {
            Route::Contact(Place { flow: binding.flow, binding: Some((user.to_owned(), binding.key.clone())) })
        }
        None => Route::Nobody,
    }
}

/// Where each copy for a user goes: to every contact (RFC 3261 §16.5), the Request-URI replaced.
pub(super) fn contacts(cx: &Cx, user: &str) -> Vec<Target> {
    let target = |binding: &super::location::Binding| {
        let place = Place { flow: binding.flow, binding: Some((user.to_owned(), binding.key.clone())) };
        Target { place, flow: binding.flow, uri: Some(as_request_uri(&binding.uri)) }
    };
    cx.location.of_user(user).map(target).collect()
}

/// The Record-Route entry for a place.
pub(super) fn record(cx: &Cx, place: &Place) -> String {
    let mut uri = Uri::sip(Some(&place.seal(&cx.secret)), &cx.config.domain);
    if let Uri::Sip(sip) = &mut uri {
        sip.params.set("transport", Some("ws"));
        sip.params.set("lr", None);
    }
    NameAddr::new(uri).to_string()
}

fn take_own(cx: &Cx, request: &mut Request) -> Result<Vec<Place>, (StatusCode, &'static str)> {
    let bad = (StatusCode::BAD_REQUEST, "Bad Route");
    let mut places = Vec::new();
    for entry in request.headers.addresses(&Name::Route).map_err(|_| bad)? {
        let Some(uri) = entry.uri.as_sip().filter(|uri| cx.is_ours(&uri.host, uri.port)) else {
            break;
        };
        request.headers.remove_first(&Name::Route);
        let Some(token) = &uri.user else { continue };
        // RFC 5626 §5.3: a token that is not ours was tampered with.
        places.push(Place::open(&cx.secret, token).ok_or((StatusCode::FORBIDDEN, "Forged Flow Token"))?);
    }
    Ok(places)
}

/// RFC 3261 §19.1.1: what may stand in a Contact but not in a Request-URI is left out.
fn as_request_uri(contact: &Uri) -> Uri {
    let mut uri = contact.clone();
    if let Uri::Sip(sip) = &mut uri {
        sip.headers.clear();
        sip.params.remove("method");
    }
    uri
}
