//! Addresses with a name and parameters (RFC 3261 §20.10, §25.1): From, To, Contact, Route, Refer-To and their like.
//!
//! ```text
//! "Display Name" <uri>;param=value        name-addr
//! uri;param=value                         addr-spec: what follows `;` belongs to the header, not to the URI
//! ```

use core::fmt;

use super::fault::BadValue;
use super::lex::{self, BLANK, Split};
use super::params::Params;
use super::uri::{BadUri, Uri};

/// One address. Printing it always brackets the URI and quotes the display name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameAddr {
    /// The display name as text, without quotes and escapes; `None` when there is none or it is empty.
    pub display_name: Option<String>,
    /// The URI.
    pub uri: Uri,
    /// The parameters of the header, behind the URI.
    pub params: Params,
}

impl NameAddr {
    /// An address of this URI alone.
    #[must_use]
    pub fn new(uri: Uri) -> Self {
        Self { display_name: None, uri, params: Params::default() }
    }

    /// Reads one address.
    ///
    /// # Errors
    /// What RFC 3261 §25.1 forbids; also `?` or `,` in a URI without brackets (§20), and more than one address.
    pub fn parse(text: &str) -> Result<Self, BadValue> {
        parse_marked(text).map(|(address, _)| address)
    }

    /// Reads a comma-separated list of addresses.
    ///
    /// # Errors
    /// Any address in it that [`NameAddr::parse`] refuses.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, BadValue> {
        let pieces = Split::new(text, b',').filter(|piece| *piece != Ok(""));
        pieces.map(|piece| Self::parse(piece.map_err(BadValue::from)?)).collect()
    }

    /// The `tag` parameter of From and To (RFC 3261 §19.3).
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.params.value("tag")
    }

    /// The same address with this tag.
    #[must_use]
    pub fn with_tag(mut self, tag: &str) -> Self {
        self.params.set("tag", Some(tag));
        self
    }

    /// The `expires` parameter of a Contact, in seconds; `None` when it is absent or no number (RFC 3261 §10.3).
    /// A number too large for the type is its largest.
    #[must_use]
    pub fn expires(&self) -> Option<u32> {
        let digits = self.params.value("expires").filter(|value| value.bytes().all(|byte| byte.is_ascii_digit()))?;
        (!digits.is_empty()).then(|| lex::number(digits).unwrap_or(u32::MAX))
    }
}

impl fmt::Display for NameAddr {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.display_name {
            out.write_str(&lex::quote(name))?;
            out.write_str(" ")?;
        }
        write!(out, "<{}>{}", self.uri, self.params)
    }
}

impl From<BadUri> for BadValue {
    fn from(bad: BadUri) -> Self {
        Self(bad.0)
    }
}

/// One address, and whether its URI was in brackets.
pub(super) fn parse_marked(text: &str) -> Result<(NameAddr, bool), BadValue> {
    let text = lex::trim(text);
    if let Some((name, rest)) = lex::quoted_prefix(text) {
        let rest = rest.trim_start_matches(BLANK);
        let rest = rest.strip_prefix('<').ok_or(BadValue("a display name without a bracketed URI"))?;
        return bracketed(Some(lex::unescape(name).into_owned()), rest).map(|address| (address, true));
    }
    let mark = text.bytes().position(|byte| matches!(byte, b'<' | b';' | b'"'));
    match mark.and_then(|at| text.split_at_checked(at)) {
        Some((name, rest)) if rest.starts_with('<') => {
            let name = lex::trim(name);
            if !name.bytes().all(is_display_byte) {
                return Err(BadValue("a display name that needs quotes"));
            }
            let rest = rest.strip_prefix('<').unwrap_or_default();
            bracketed(Some(name.to_owned()), rest).map(|address| (address, true))
        }
        Some((uri, params)) if params.starts_with(';') => bare(uri, params).map(|address| (address, false)),
        Some(_) => Err(BadValue("a quote without its end")),
        None => bare(text, "").map(|address| (address, false)),
    }
}

fn bracketed(name: Option<String>, rest: &str) -> Result<NameAddr, BadValue> {
    let (uri, params) = rest.split_once('>').ok_or(BadValue("an angle bracket without its end"))?;
    let display_name = name.filter(|name| !name.is_empty());
    Ok(NameAddr { display_name, uri: Uri::parse(uri)?, params: Params::parse(params)? })
}

fn bare(uri: &str, params: &str) -> Result<NameAddr, BadValue> {
    let uri = lex::trim(uri);
    if uri.contains(['?', ',']) {
        // RFC 3261 §20: such a URI must be in brackets.
        return Err(BadValue("a URI that needs brackets"));
    }
    Ok(NameAddr { display_name: None, uri: Uri::parse(uri)?, params: Params::parse(params)? })
}

/// Tokens and blanks by the grammar; here everything that cannot be mistaken for the end of the name, because names
/// without quotes are often written by people.
const fn is_display_byte(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t') || (byte > b' ' && !matches!(byte, b'"' | b',' | b';' | b'<' | b'>' | b'\\' | 0x7f))
}
