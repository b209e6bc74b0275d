//! Hosts and ports (RFC 3261 §25.1, RFC 5118, RFC 5954): host names, IPv4 addresses, IPv6 references. Read here and
//! not by the standard library, whose address parser costs 5 kB of WebAssembly.

use super::escape;

/// `host`, or `host:port`. `None` when either is malformed. An IPv6 host keeps its brackets.
pub(super) fn split_port(text: &str) -> Option<(&str, Option<u16>)> {
    let end_of_host = if text.starts_with('[') { text.find(']')? + 1 } else { text.find(':').unwrap_or(text.len()) };
    let (host, after) = text.split_at_checked(end_of_host)?;
    let port = match after.strip_prefix(':') {
        Some(digits) => Some(port(digits)?),
        None if after.is_empty() => None,
        None => return None,
    };
    is_host(host).then_some((host, port))
}

/// A port number: digits only, at most 65535.
pub(super) fn port(digits: &str) -> Option<u16> {
    super::lex::number(digits).and_then(|number| u16::try_from(number).ok())
}

/// Whether `text` is a host name, an IPv4 address or an IPv6 address in brackets.
pub(super) fn is_host(text: &str) -> bool {
    if let Some(inside) = text.strip_prefix('[') {
        return inside.strip_suffix(']').and_then(ipv6).is_some();
    }
    let name = text.strip_suffix('.').unwrap_or(text);
    let last = name.rsplit('.').next().unwrap_or_default();
    // RFC 3261 §25.1: the last label of a name starts with a letter, so a numeric one means an IPv4 address.
    if last.bytes().all(|byte| byte.is_ascii_digit()) { ipv4(text).is_some() } else { name.split('.').all(is_label) }
}

/// Whether two hosts are the same: names whatever their case, IPv6 addresses whatever their spelling (RFC 5954 §4.1).
pub(super) fn same(one: &str, two: &str) -> bool {
    let address = |host: &str| host.strip_prefix('[')?.strip_suffix(']').and_then(ipv6);
    one.eq_ignore_ascii_case(two) || address(one).is_some_and(|groups| address(two) == Some(groups))
}

/// Whether `address`, without brackets, is the one that stands for none: `0.0.0.0`, or `::` in any spelling.
pub(super) fn is_unspecified(address: &str) -> bool {
    ipv4(address) == Some([0; 4]) || ipv6(address) == Some([0; 8])
}

/// Letters, digits and inner hyphens. The underscore is in no grammar, but in the names of many container networks.
fn is_label(label: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    !label.is_empty() && !label.starts_with('-') && !label.ends_with('-') && label.bytes().all(inner)
}

fn ipv4(text: &str) -> Option<[u8; 4]> {
    let mut numbers = text.split('.').map(|part| if part.len() <= 3 { super::lex::number(part) } else { None });
    let mut next = || numbers.next().flatten().and_then(|number| u8::try_from(number).ok());
    let address = [next()?, next()?, next()?, next()?];
    numbers.next().is_none().then_some(address)
}

fn ipv6(text: &str) -> Option<[u16; 8]> {
    // The longest spelling: six groups of four digits and an IPv4 address.
    if text.len() > 45 {
        return None;
    }
    let Some(gap) = text.as_bytes().windows(2).position(|pair| pair == b"::") else {
        return groups(text, true)?.try_into().ok();
    };
    let (front, back) = (text.get(..gap)?, text.get(gap + 2..)?);
    // RFC 5118 §4.10: the grammar of RFC 3261 could write a third colon before an IPv4 address; it is to be borne.
    let back = back.strip_prefix(':').filter(|rest| ipv4(rest).is_some()).unwrap_or(back);
    let mut all = groups(front, false)?;
    let back = groups(back, true)?;
    let zeros = 8_usize.checked_sub(all.len() + back.len())?;
    all.extend(core::iter::repeat_n(0, zeros));
    all.extend(back);
    (zeros > 0).then_some(all)?.try_into().ok()
}

/// One to four hexadecimal digits.
fn group(text: &str) -> Option<u16> {
    let mut number = 0;
    for byte in text.bytes() {
        number = number << 4 | u16::from(escape::digit(byte)?);
    }
    matches!(text.len(), 1..=4).then_some(number)
}

/// Groups of hexadecimal digits between colons; an IPv4 address may stand for the last two.
fn groups(text: &str, may_end_in_ipv4: bool) -> Option<Vec<u16>> {
    let mut all = Vec::with_capacity(8);
    if text.is_empty() {
        return Some(all);
    }
    let mut parts = text.split(':').peekable();
    while let Some(part) = parts.next() {
        if part.contains('.') && may_end_in_ipv4 && parts.peek().is_none() {
            let [a, b, c, d] = ipv4(part)?;
            all.extend([u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])]);
        } else {
            all.push(group(part)?);
        }
    }
    Some(all)
}
