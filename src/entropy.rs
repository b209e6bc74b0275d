//! Chance: every tag, branch, Call-ID, cnonce and random delay comes from one generator that the driver seeds,
//! so that a run can be repeated from its seed. RFC 3261 §19.3 asks tags for 32 random bits; ours have 80 or more.
//!
//! The generator is SHA-256 in counter mode, blocks `H(seed ‖ 0)`, `H(seed ‖ 1)`, …: what came before or comes next cannot be
//! told from what is seen on the wire, and the hash is at hand already, for digest authentication.

use core::fmt;
use core::time::Duration;

use sha2::{Digest, Sha256};

use crate::time::millis;

/// Letters that are a token in every grammar SIP uses and look alike in no font: base 32 without i, l, o, u.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The one source of chance.
pub struct Entropy {
    seed: [u8; 32],
    /// How many blocks have been made.
    made: u64,
    /// What is left of the last one.
    rest: Vec<u8>,
}

impl fmt::Debug for Entropy {
    /// The seed is nobody's business.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Entropy")
    }
}

impl Entropy {
    /// A generator that makes the same values for the same seed.
    #[must_use]
    pub fn new(seed: [u8; 32]) -> Self {
        Self { seed, made: 0, rest: Vec::new() }
    }

    /// A token of `length` characters, five random bits each.
    pub fn token(&mut self, length: usize) -> String {
        let mut token = String::with_capacity(length);
        for _ in 0..length {
            let letter = ALPHABET.get(usize::from(self.octet() & 31));
            token.push(letter.copied().map_or('0', char::from));
        }
        token
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
        self.number().checked_rem(bound).unwrap_or(0)
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

    /// Any number.
    fn number(&mut self) -> u64 {
        (0..8).fold(0, |number, _| number << 8 | u64::from(self.octet()))
    }

    #[inline(never)]
    fn octet(&mut self) -> u8 {
        if let Some(octet) = self.rest.pop() {
            return octet;
        }
        let block = Sha256::new().chain_update(self.seed).chain_update(self.made.to_be_bytes()).finalize();
        self.made += 1;
        self.rest.extend_from_slice(&block);
        self.rest.pop().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_values_and_another_one_others() {
        let tokens = |seed| {
            let mut entropy = Entropy::new([seed; 32]);
            [entropy.token(100), entropy.tag(), entropy.call_id()]
        };
        assert_eq!(tokens(7), tokens(7));
        assert_ne!(tokens(7), tokens(8));
    }

    #[test]
    fn every_octet_and_every_letter_comes_about_as_often() {
        let mut entropy = Entropy::new([1; 32]);
        let mut octets = [0_u32; 256];
        for _ in 0..256_000 {
            octets[usize::from(entropy.octet())] += 1;
        }
        // 1000 of each are expected; five standard deviations are 158.
        assert!(octets.iter().all(|count| (842..=1158).contains(count)), "{octets:?}");
        let token = entropy.token(32_000);
        for letter in ALPHABET.iter().copied().map(char::from) {
            assert!((842..=1158).contains(&token.matches(letter).count()), "{letter}");
        }
    }

    #[test]
    fn numbers_stay_within_their_bounds_and_reach_them() {
        let mut entropy = Entropy::new([2; 32]);
        let (least, most) = (Duration::from_millis(10), Duration::from_millis(13));
        let drawn: Vec<_> = (0..200).map(|_| entropy.between(least, most)).collect();
        assert!(drawn.iter().all(|one| (least..=most).contains(one)));
        assert!(drawn.contains(&least) && drawn.contains(&most));
        assert_eq!(entropy.below(0), 0);
        assert_eq!(entropy.between(most, least), most);
    }
}
