//! Session descriptions (RFC 8866), as far as the signalling has to look into them (RFC 3264 §8).

/// Whether two descriptions say the same: their lines are equal but for the `o=` line, whose version may have been
/// raised for nothing, and for the way lines end.
#[must_use]
pub fn same_description(one: &str, two: &str) -> bool {
    lines(one).eq(lines(two))
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\r', '\n']).filter(|line| !line.is_empty() && !line.starts_with("o="))
}
