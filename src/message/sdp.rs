//! Session descriptions (RFC 8866), as far as the signalling has to look into them (RFC 3264 §5 to §8). Lines are looked
//! at and never rebuilt: but for the version in `o=`, a description goes out as the media made it.
//!
//! ```text
//! v=0                                    the session's lines, up to the first m=
//! o=user id VERSION IN IP4 host          origin_version, with_origin_version
//! c=IN IP4 0.0.0.0                       stands for every stream without a c= of its own
//! a=sendonly                             stands for every stream without a direction of its own
//! m=audio 9 UDP/TLS/RTP/SAVPF 111        a stream: Media
//! a=sendrecv
//! ```

use core::ops::Range;

use super::host;

/// Which way media flows, as seen by who wrote the description (RFC 3264 §5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaDirection {
    /// `sendrecv`
    SendRecv,
    /// `sendonly`: the other side is held, and may listen.
    SendOnly,
    /// `recvonly`
    RecvOnly,
    /// `inactive`
    Inactive,
}

/// One stream of a description: an `m=` line and what belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Media<'a> {
    /// `audio`, `video`, `application`, …, as written.
    pub kind: &'a str,
    /// The port; 0 means that the stream is refused or over (RFC 3264 §6, §8.2). `None` when there is no number.
    pub port: Option<u16>,
    /// Which way it flows: its own direction, else the session's, else `sendrecv`; without the way towards an
    /// unspecified address.
    pub direction: MediaDirection,
}

impl MediaDirection {
    /// From whether the writer sends and whether it receives.
    #[must_use]
    pub const fn new(sends: bool, receives: bool) -> Self {
        match (sends, receives) {
            (true, true) => Self::SendRecv,
            (true, false) => Self::SendOnly,
            (false, true) => Self::RecvOnly,
            (false, false) => Self::Inactive,
        }
    }

    /// Whether the writer sends.
    #[must_use]
    pub const fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    /// Whether the writer receives. One that does not has put the other side on hold.
    #[must_use]
    pub const fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }

    /// The same seen from the other side: what answers it when nothing is to be refused (RFC 3264 §6.1).
    #[must_use]
    pub const fn mirrored(self) -> Self {
        Self::new(self.receives(), self.sends())
    }

    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::SendRecv, Self::SendOnly, Self::RecvOnly, Self::Inactive].into_iter().find(|way| way.as_str() == text)
    }
}

/// Whether two descriptions say the same: their lines are equal but for the `o=` line, whose version may have been
/// raised for nothing, and for the way lines end.
#[must_use]
pub fn same_description(one: &str, two: &str) -> bool {
    let said = |text| lines(text).filter(|line: &&str| !line.starts_with("o="));
    said(one).eq(said(two))
}

/// The version in the `o=` line; `None` when there is none or it is no number below 2^64.
#[must_use]
pub fn origin_version(sdp: &str) -> Option<u64> {
    let version = sdp.get(version_at(sdp)?)?;
    version.bytes().all(|byte| byte.is_ascii_digit()).then(|| version.parse().ok())?
}

/// The description with another version in its `o=` line, every other octet as it was; the description itself when it
/// has no `o=` line with a version.
///
/// ```
/// use patchcord::message::sdp::with_origin_version;
/// assert_eq!(with_origin_version("v=0\r\no=- 7 1 IN IP4 192.0.2.1\r\n", 2), "v=0\r\no=- 7 2 IN IP4 192.0.2.1\r\n");
/// ```
#[must_use]
pub fn with_origin_version(sdp: &str, version: u64) -> String {
    let parts = version_at(sdp).and_then(|at| Some((sdp.get(..at.start)?, sdp.get(at.end..)?)));
    parts.map_or_else(|| sdp.to_owned(), |(before, behind)| format!("{before}{version}{behind}"))
}

/// The streams, in order.
pub fn media(sdp: &str) -> impl Iterator<Item = Media<'_>> {
    let mut lines = lines(sdp).peekable();
    let mut session = Lines::default();
    session.read(&mut lines);
    core::iter::from_fn(move || {
        let mut words = lines.next()?.get(2..)?.split(' ');
        let (kind, port) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        // `port/number of ports`
        let port = port.split('/').next().and_then(host::port);
        let mut own = Lines::default();
        own.read(&mut lines);
        Some(Media { kind, port, direction: own.within(session).direction(port) })
    })
}

/// How many streams there are, refused ones included. The number never shrinks (RFC 3264 §8).
#[must_use]
pub fn media_count(sdp: &str) -> usize {
    lines(sdp).filter(|line| line.starts_with("m=")).count()
}

/// Whether an answer has as many streams as the offer, as it must (RFC 3264 §6, IV-10).
#[must_use]
pub fn is_answer_to(answer: &str, offer: &str) -> bool {
    media_count(answer) == media_count(offer)
}

/// Which way the session flows altogether: the writer sends when it sends any stream that is not refused, and receives
/// likewise. Without such a stream it is inactive. A peer whose description does not receive has put us on hold.
#[must_use]
pub fn direction(sdp: &str) -> MediaDirection {
    let mut all = MediaDirection::Inactive;
    for stream in media(sdp).filter(|stream| stream.port != Some(0)) {
        let way = stream.direction;
        all = MediaDirection::new(all.sends() || way.sends(), all.receives() || way.receives());
    }
    all
}

/// What counts of the lines of a session or a stream.
#[derive(Clone, Copy, Default)]
struct Lines<'a> {
    direction: Option<MediaDirection>,
    address: Option<&'a str>,
    ice: Option<&'a str>,
}

impl<'a> Lines<'a> {
    /// Reads up to the next `m=` line.
    fn read(&mut self, lines: &mut core::iter::Peekable<impl Iterator<Item = &'a str>>) {
        while let Some(line) = lines.next_if(|line| !line.starts_with("m=")) {
            if let Some(attribute) = line.strip_prefix("a=") {
                self.direction = MediaDirection::parse(attribute).or(self.direction);
                self.ice = attribute.strip_prefix("ice-ufrag:").or(self.ice);
            } else if let Some(connection) = line.strip_prefix("c=") {
                // `IN IP4 address/ttl`; a stream with several addresses is none of ours, the first stands for it.
                let address = connection.split(' ').nth(2).and_then(|address| address.split('/').next());
                self.address = self.address.or(address);
            }
        }
    }

    fn within(self, session: Self) -> Self {
        Self {
            direction: self.direction.or(session.direction),
            address: self.address.or(session.address),
            ice: self.ice.or(session.ice),
        }
    }

    fn direction(self, port: Option<u16>) -> MediaDirection {
        let written = self.direction.unwrap_or(MediaDirection::SendRecv);
        // RFC 3264 §8.4: an unspecified address is the hold of RFC 2543. With ICE it only says that no candidate is known
        // yet, and every browser writes it; so does port 9 (RFC 8840 §4.1, RFC 9429 §5.2.1).
        let is_hold = self.ice.is_none() && port != Some(9) && self.address.is_some_and(host::is_unspecified);
        MediaDirection::new(written.sends(), written.receives() && !is_hold)
    }
}

fn lines(sdp: &str) -> impl Iterator<Item = &str> {
    sdp.split(['\r', '\n']).filter(|line| !line.is_empty())
}

/// Where the version stands: the third word of the `o=` line.
fn version_at(sdp: &str) -> Option<Range<usize>> {
    let mut start = 0;
    let line = sdp.split(['\r', '\n']).find(|line| {
        let is_origin = line.starts_with("o=");
        start += if is_origin { 0 } else { line.len() + 1 };
        is_origin
    })?;
    let mut blanks = line.match_indices(' ').map(|(at, _)| start + at).skip(1);
    Some(blanks.next()? + 1..blanks.next().unwrap_or(start + line.len()))
}
