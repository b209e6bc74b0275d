//! What of a header people may see (SL-07). Credentials prove who we are and are not shown at all. Of challenges and of
//! Authentication-Info the parameters that say which realm, which algorithm and why are shown; nonces and proofs are not,
//! for with them a password can be guessed at leisure.

use std::borrow::Cow;

use super::lex::{self, Split};
use super::{Headers, Name, text};

/// What stands in the place of what is not shown.
const MASKED: &str = "(masked)";
/// Parameters of a challenge, of digest and of bearer, that tell nothing a password could be guessed from.
const SHOWN: [&str; 12] = [
    "realm",
    "domain",
    "algorithm",
    "qop",
    "stale",
    "charset",
    "userhash",
    "nc",
    "scope",
    "authz_server",
    "error",
    "error_description",
];

/// How much of a header is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Secrecy {
    Open,
    Parameters,
    Whole,
}

impl Name {
    fn secrecy(&self) -> Secrecy {
        const WHOLE: [Name; 2] = [Name::Authorization, Name::ProxyAuthorization];
        const PARAMETERS: [Name; 4] =
            [Name::WwwAuthenticate, Name::ProxyAuthenticate, Name::AuthenticationInfo, Name::ProxyAuthenticationInfo];
        if WHOLE.contains(self) {
            Secrecy::Whole
        } else if PARAMETERS.contains(self) {
            Secrecy::Parameters
        } else {
            Secrecy::Open
        }
    }

    /// The value of a header of this name as people may see it.
    #[must_use]
    pub fn shown<'a>(&self, value: &'a str) -> Cow<'a, str> {
        match self.secrecy() {
            Secrecy::Open => Cow::Borrowed(value),
            Secrecy::Whole => Cow::Borrowed(MASKED),
            Secrecy::Parameters => Cow::Owned(mask_parameters(value)),
        }
    }
}

/// A message for showing, whatever state it is in: what must not be seen is masked, all else is as it is.
#[must_use]
pub fn mask(message: &str) -> String {
    let mut shown = String::with_capacity(message.len());
    let mut in_head = true;
    let mut lines = message.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        in_head &= !matches!(line, "\r\n" | "\n");
        let name = line.split_once(':').and_then(|(name, _)| Name::parse(lex::trim(name)));
        let Some(name) = name.filter(|name| in_head && name.secrecy() != Secrecy::Open) else {
            shown.push_str(line);
            continue;
        };
        let mut field = line.to_owned();
        // A folded line belongs to the header above it (RFC 3261 §7.3.1).
        while let Some(fold) = lines.next_if(|line| line.starts_with([' ', '\t'])) {
            field.push_str(fold);
        }
        let (written, value) = field.split_once(':').unwrap_or_default();
        let mut value = value.as_bytes().to_vec();
        text::make_safe(&mut value);
        let value = String::from_utf8(value).unwrap_or_default();
        shown.extend([written, ": ", &*name.shown(lex::trim(&value)), "\r\n"]);
    }
    shown
}

impl Headers {
    /// All lines as people may see them: `Name: value`, each ended by CR LF.
    #[must_use]
    pub fn to_shown(&self) -> String {
        let mut lines = String::new();
        for field in self.iter() {
            lines.push_str(field.name.as_str());
            lines.push_str(": ");
            lines.push_str(&field.name.shown(&field.value()));
            lines.push_str("\r\n");
        }
        lines
    }
}

/// A list of parameters, behind a scheme or not, with the values masked that must be. What is no such list is masked as
/// a whole.
fn mask_parameters(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for (at, piece) in Split::new(text, b',').enumerate() {
        let Some((name, value)) = piece.ok().and_then(|piece| piece.split_once('=')) else {
            return MASKED.to_owned();
        };
        let name = lex::trim(name);
        // The scheme stands before the first name.
        let plain = lex::split_blank(name).map_or(name, |(_, name)| name);
        let is_shown = SHOWN.iter().any(|known| known.eq_ignore_ascii_case(plain));
        shown.extend([if at == 0 { "" } else { ", " }, name, "=", if is_shown { value } else { MASKED }]);
    }
    shown
}
