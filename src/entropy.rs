//! Chance: every tag, branch, Call-ID, cnonce and random delay comes from one generator that the driver seeds,
//! so that a run can be repeated from its seed. RFC 3261 §19.3 asks tags for 32 random bits; ours have 80 or more.

use core::time::Duration;

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Letters that are a token in every grammar SIP uses and look alike in no font: base 32 without i, l, o, u.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The one source of chance.
#[derive(Debug)]
pub struct Entropy(ChaCha12Rng);

impl Entropy {
    /// A generator that makes the same values for the same seed.
    #[must_use]
    pub fn new(seed: [u8; 32]) -> Self {
        Self(ChaCha12Rng::from_seed(seed))
    }

    /// A token of `length` characters, five random bits each.
    pub fn token(&mut self, length: usize) -> String {
        let letter = |bits: u32| ALPHABET.get(bits as usize & 31).copied().map_or('0', char::from);
        (0..length).map(|_| letter(self.0.next_u32() >> 27)).collect()
    }

    /// A From or To tag (RFC 3261 §19.3), 80 bits.
    pub fn tag(&mut self) -> String {
        self.token(16)
    }

    /// A branch with the magic cookie (RFC 3261 §8.1.1.7), 100 bits behind it.
    pub fn branch(&mut self) -> String {
        format!("z9hG4bK{}", self.token(20))
    }

    /// A Call-ID without a host part, 120 bits.
    pub fn call_id(&mut self) -> String {
        self.token(24)
    }

    /// A number in `0..bound`; 0 when `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        // The bias of the remainder is below 2^-32 for every bound in use.
        self.0.next_u64().checked_rem(bound).unwrap_or(0)
    }

    /// A duration drawn uniformly, to the millisecond, from `least ..= most`.
    pub fn between(&mut self, least: Duration, most: Duration) -> Duration {
        let (least, most) = (millis(least), millis(most));
        Duration::from_millis(least.saturating_add(self.below(most.saturating_sub(least).saturating_add(1))))
    }

    /// First local CSeq number of a dialog or registration (RFC 3261 §8.1.1.5: below 2^31, with room to grow).
    pub fn first_cseq(&mut self) -> u32 {
        u32::try_from(self.below(1 << 16)).unwrap_or(0) + 1
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
