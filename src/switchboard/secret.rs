//! The edge's secret: it marks nonces and flow tokens as its own (HMAC-SHA-256, RFC 2104), so that what comes
//! back from outside can be trusted without being remembered.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::entropy::Entropy;

/// Octets of a tag: 96 bits, out of reach of guessing over a network.
pub(super) const TAG: usize = 12;

/// The key, drawn once when the edge starts.
pub(super) struct Secret([u8; 64]);

impl Secret {
    /// Draws a key: 64 letters of five random bits each.
    pub(super) fn draw(entropy: &mut Entropy) -> Self {
        let mut key = [0; 64];
        for (octet, letter) in key.iter_mut().zip(entropy.token(64).bytes()) {
            *octet = letter;
        }
        Self(key)
    }

    /// The mark of `text`. `purpose` keeps the mark of a nonce from passing for that of a flow token.
    pub(super) fn tag(&self, purpose: &str, text: &[u8]) -> [u8; TAG] {
        let whole = self.mac(purpose, text).finalize().into_bytes();
        let mut tag = [0; TAG];
        for (octet, from) in tag.iter_mut().zip(whole) {
            *octet = from;
        }
        tag
    }

    /// Whether `tag` is the mark of `text`; the time it takes does not depend on where they differ.
    pub(super) fn verify(&self, purpose: &str, text: &[u8], tag: &[u8]) -> bool {
        tag.len() == TAG && self.mac(purpose, text).verify_truncated_left(tag).is_ok()
    }

    /// Whether two texts are the same, in a time that does not depend on where they differ: their marks are compared.
    pub(super) fn same(&self, one: &[u8], other: &[u8]) -> bool {
        let one = self.mac("same", one).finalize().into_bytes();
        self.mac("same", other).verify_slice(&one).is_ok()
    }

    fn mac(&self, purpose: &str, text: &[u8]) -> Hmac<Sha256> {
        Hmac::new((&self.0).into()).chain_update(purpose).chain_update([0]).chain_update(text)
    }
}

impl core::fmt::Debug for Secret {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Secret(…)")
    }
}
