//! Tones as INFO carries them: `application/dtmf-relay`, one `Signal=` and its `Duration=`, or `application/dtmf`, the
//! tone alone. No RFC describes them; gateways and contact centers have spoken them for twenty years.

use super::DtmfOptions;
use crate::message::Request;
use crate::usage::data::Misuse;

/// How long a key is said to be down where the peer does not say.
const USUAL_MS: u32 = 250;

/// A tone of the peer's and how long it lasts, where the request carries one.
pub(super) fn read(request: &Request) -> Option<(char, u32)> {
    let kind = request.headers.content_type()?;
    let text = core::str::from_utf8(&request.body).ok()?;
    if kind.is("application/dtmf") {
        return Some((tone(text)?, USUAL_MS));
    }
    if !kind.is("application/dtmf-relay") {
        return None;
    }
    let field = |name: &str| {
        let mut fields = text.lines().filter_map(|line| line.split_once('='));
        fields.find_map(|(known, value)| known.trim().eq_ignore_ascii_case(name).then_some(value))
    };
    let duration = field("Duration").and_then(|value| value.trim().parse().ok());
    Some((tone(field("Signal")?)?, duration.unwrap_or(USUAL_MS)))
}

/// One tone; some gateways write `10` and `11` for star and pound.
fn tone(text: &str) -> Option<char> {
    let mut letters = text.trim().chars();
    match (letters.next(), letters.next(), letters.next()) {
        (Some(letter), None, None) => Some(letter.to_ascii_uppercase()).filter(|letter| is_tone(*letter)),
        (Some('1'), Some('0'), None) => Some('*'),
        (Some('1'), Some('1'), None) => Some('#'),
        _ => None,
    }
}

const fn is_tone(letter: char) -> bool {
    matches!(letter, '0'..='9' | 'A'..='D' | '*' | '#' | '!')
}

/// Checks what is to be sent.
///
/// # Errors
/// [`Misuse`] where a character is no tone, or a duration out of bounds.
pub(super) fn check(options: &DtmfOptions) -> Result<(), Misuse> {
    if options.tones.is_empty() {
        return Err(Misuse::new("tones: none are given"));
    }
    if let Some(odd) = options.tones.chars().find(|letter| !is_tone(letter.to_ascii_uppercase()) && *letter != ',') {
        return Err(Misuse::new(format!("tones: `{odd}` is none of 0 to 9, A to D, *, #, ! and the comma")));
    }
    if !(40..=6000).contains(&options.duration_ms) {
        return Err(Misuse::new("durationMs: must be from 40 to 6000"));
    }
    if !(30..=60_000).contains(&options.gap_ms) {
        return Err(Misuse::new("gapMs: must be from 30 to 60000"));
    }
    Ok(())
}
