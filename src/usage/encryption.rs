//! What must not leave by a connection that anybody can read (SL-09).

use super::Cx;
use super::data::Misuse;
use crate::message::{NameAddr, Transport, Uri};

impl Cx {
    /// Whom a target means, where what is sent to it may leave by the present connection.
    ///
    /// # Errors
    /// [`Misuse`] where it is no address, or a sips address and the connection is not encrypted.
    pub fn destination(&self, target: &str) -> Result<NameAddr, Misuse> {
        let to = self.profile.target(target).map_err(Misuse::new)?;
        if self.exposes(&to.uri) {
            return Err(Misuse::new(format!("`{target}` asks for sips and the connection is ws:, not wss:")));
        }
        Ok(to)
    }

    /// Whether a URI asks for encryption that the present connection has not (RFC 3261 §26.2.2, SL-09).
    #[must_use]
    pub fn exposes(&self, uri: &Uri) -> bool {
        self.is_unencrypted() && uri.as_sip().is_some_and(|uri| uri.secure)
    }

    /// Whether what is sent now can be read on its way.
    #[must_use]
    pub fn is_unencrypted(&self) -> bool {
        self.flow.as_ref().is_some_and(|flow| flow.transport == Transport::Ws)
    }

    /// Tells of something that is unsafe where it can be read on its way (SL-09).
    pub fn warn_if_unencrypted(&mut self, code: &'static str, detail: &str) {
        if self.is_unencrypted() {
            self.diagnostic(code, detail);
        }
    }
}
