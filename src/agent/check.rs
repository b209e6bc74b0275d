//! What an application hands in, checked before anybody acts on it: everything that would stand in a message, and what
//! no configuration can mean (MS-15, MS-16, SL-01, SL-09).

use crate::message::{Name, SipUri, Uri, is_bearer_token, is_safe};
use crate::usage::data::{Body, HeaderList, Limits, Misuse, RequestOptions};
use crate::usage::question::{CredentialSource, Credentials};

/// `urn:NID:NSS` (RFC 8141 §2), as far as it can stand in a quoted string between angle brackets.
pub(super) fn is_urn(text: &str) -> bool {
    let Some(("urn" | "URN", rest)) = text.split_once(':') else { return false };
    let Some((space, name)) = rest.split_once(':') else { return false };
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>' | b'"' | b'\\');
    !space.is_empty()
        && space.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !name.is_empty()
        && name.bytes().all(is_plain)
}

/// SL-01
pub(super) fn check_limits(limits: &Limits) -> Result<(), Misuse> {
    if !(1 << 10..=1 << 20).contains(&limits.message_bytes) {
        return Err(Misuse::new("limits.messageBytes: must be from 1024 to 1048576"));
    }
    if !(16..=4096).contains(&limits.headers) {
        return Err(Misuse::new("limits.headers: must be from 16 to 4096"));
    }
    Ok(())
}

pub(super) fn address_of_record(text: &str) -> Result<SipUri, Misuse> {
    match Uri::parse(text) {
        Ok(Uri::Sip(uri)) if !uri.params.is_empty() || !uri.headers.is_empty() => {
            Err(Misuse::new(format!("aor: `{text}` says more than an address: leave out what follows the host")))
        }
        Ok(Uri::Sip(uri)) if uri.user.is_some() => Ok(uri.aor()),
        _ => Err(Misuse::new(format!("aor: `{text}` is no address like sip:alice@example.com"))),
    }
}

/// A URL with its scheme in lower case, as everybody compares it.
pub(super) fn with_plain_scheme(url: &str) -> String {
    match url.split_once(':') {
        Some((scheme, rest)) => scheme.to_ascii_lowercase() + ":" + rest,
        None => url.to_owned(),
    }
}

/// Whether a WebSocket URL, given without its scheme, stays on this machine (SL-09).
pub(super) fn is_local(url: &str) -> bool {
    let authority = url.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    // What stands before an `@` is a user, however much it looks like a host.
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = match host.strip_prefix('[') {
        Some(bracketed) => return bracketed.split(']').next() == Some("::1"),
        None => host.split(':').next().unwrap_or_default(),
    };
    // Digits and dots alone make an address; with a letter in it, it is the name of a host anywhere.
    let loopback = host.starts_with("127.") && host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let name = host.to_ascii_lowercase();
    loopback || name == "localhost" || name.ends_with(".localhost")
}

/// Checks header fields that an application adds (MS-15, MS-16).
///
/// # Errors
/// [`Misuse`] where a name is no token or one the core writes itself, or a value holds a line end or NUL.
pub(super) fn check_headers(headers: &HeaderList) -> Result<(), Misuse> {
    for (name, value) in headers {
        match Name::parse(name) {
            None => return Err(Misuse::new(format!("headers: `{name}` is no header name"))),
            Some(known) if known.is_structural() => {
                return Err(Misuse::new(format!("headers: `{name}` is written by the user agent itself")));
            }
            Some(_) if !is_safe(value) => {
                return Err(Misuse::new(format!("headers: the value of `{name}` holds a line end or NUL")));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Checks where credentials come from.
///
/// # Errors
/// As [`check_credentials`].
pub(super) fn check_source(source: &CredentialSource) -> Result<(), Misuse> {
    match source {
        CredentialSource::Fixed { credentials } => check_credentials(credentials),
        CredentialSource::None | CredentialSource::Ask => Ok(()),
    }
}

/// Checks what of credentials stands in a message (MS-16).
///
/// # Errors
/// [`Misuse`] where the user name holds a line end or NUL, or the token what no token can (RFC 6750 §2.1).
pub(super) fn check_credentials(credentials: &Credentials) -> Result<(), Misuse> {
    if !is_safe(&credentials.username) {
        return Err(Misuse::new("credentials: the user name holds a line end or NUL"));
    }
    if credentials.token.as_deref().is_some_and(|token| !is_bearer_token(token)) {
        return Err(Misuse::new("credentials: the token holds what no bearer token can"));
    }
    Ok(())
}

pub(super) fn check_request(options: &RequestOptions) -> Result<(), Misuse> {
    check_body(options.body.as_ref())?;
    check_headers(&options.headers)
}

pub(super) fn check_body(body: Option<&Body>) -> Result<(), Misuse> {
    check_text("body.contentType", body.map(|body| body.content_type.as_str()))?;
    check_text("body.disposition", body.and_then(|body| body.disposition.as_deref()))
}

pub(super) fn check_text(field: &str, text: Option<&str>) -> Result<(), Misuse> {
    match text {
        Some(text) if !is_safe(text) => Err(Misuse::new(format!("{field}: holds a line end or NUL"))),
        _ => Ok(()),
    }
}
