//! Where one side of a dialog can be reached, and the flow token that says so in a Record-Route (RFC 5626 §5.3,
//! RFC 7118 §5).
//!
//! A browser has no address: its Contact host ends in `.invalid` and only a socket leads to it. A token therefore
//! names the *binding* (user and instance, or user and Contact), not the socket alone: when the browser
//! comes back on a new socket and registers again, the same token leads to the new one, and a call outlives the loss
//! of its socket. The socket the token was made on is the second choice, for who has not registered.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::location::{BindingKey, Location};
use super::secret::{Secret, TAG};
use crate::message::{FlowId, Uri};

/// Keeps the marks of tokens and nonces apart.
const PURPOSE: &str = "place";

/// Where one side of a dialog is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The socket it was last seen on.
    pub(super) flow: FlowId,
    /// Whose contact it is, if it is registered.
    pub(super) binding: Option<(String, BindingKey)>,
}

impl Place {
    /// The place of the sender of a request: a binding of `user` on this flow, the one whose URI is the request's
    /// Contact if there are several, else the flow alone.
    pub(super) fn of_sender(location: &Location, flow: FlowId, user: &str, contact: Option<&Uri>) -> Self {
        let binding = location.on_flow(user, flow, contact).map(|binding| (user.to_owned(), binding.key.clone()));
        Self { flow, binding }
    }

    /// The socket that leads there now: the binding's present one, else the one it had, if that is still open.
    pub(super) fn flow(&self, location: &Location, is_open: impl Fn(FlowId) -> bool) -> Option<FlowId> {
        let registered = self.binding.as_ref().and_then(|(user, key)| location.find(user, key));
        registered.map(|binding| binding.flow).or_else(|| Some(self.flow).filter(|flow| is_open(*flow)))
    }

    /// The token: mark and text in base64url, fit for the user part of a URI.
    pub(super) fn seal(&self, secret: &Secret) -> String {
        let text = self.text();
        let mut octets = secret.tag(PURPOSE, text.as_bytes()).to_vec();
        octets.extend_from_slice(text.as_bytes());
        URL_SAFE_NO_PAD.encode(octets)
    }

    /// The place a token names; `None` when it is not one of ours.
    pub(super) fn open(secret: &Secret, token: &str) -> Option<Self> {
        let octets = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (tag, text) = octets.split_at_checked(TAG)?;
        if !secret.verify(PURPOSE, text, tag) {
            return None;
        }
        Self::parse(core::str::from_utf8(text).ok()?)
    }

    // Lines cannot be confused: no part of a SIP message's header holds a line feed.
    fn text(&self) -> String {
        let flow = self.flow.0;
        match &self.binding {
            None => format!("{flow}"),
            Some((user, BindingKey::Instance { instance, reg_id })) => {
                format!("{flow}\n{user}\n{instance}\n{reg_id}")
            }
            Some((user, BindingKey::Contact(uri))) => format!("{flow}\n{user}\n{uri}"),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.split('\n');
        let flow = FlowId(lines.next()?.parse().ok()?);
        let Some(user) = lines.next() else {
            return Some(Self { flow, binding: None });
        };
        let first = lines.next()?;
        let key = match lines.next() {
            Some(reg_id) => BindingKey::Instance { instance: first.to_owned(), reg_id: reg_id.parse().ok()? },
            None => BindingKey::Contact(Uri::parse(first).ok()?),
        };
        Some(Self { flow, binding: Some((user.to_owned(), key)) })
    }
}
