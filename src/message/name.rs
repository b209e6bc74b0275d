//! Header names (RFC 3261 §7.3.1): any case, the compact forms of §7.3.3 on input, the long form on output.

use core::cmp::Ordering;
use core::fmt;

use super::lex;

macro_rules! names {
    ($($variant:ident $text:literal,)*) => {
        /// The name of a header. Names are equal whatever their case.
        #[derive(Clone, Debug)]
        pub enum Name {
            $(#[doc = concat!("`", $text, "`")] $variant,)*
            /// A name not listed here, as it was written. Made by [`Name::parse`] only.
            Other(Box<str>),
        }

        /// By length, then by alphabet: [`Name::parse`] searches it by halves, and most steps compare lengths only.
        static KNOWN: &[(&str, Name)] = &[$(($text, Name::$variant),)*];

        impl Name {
            /// The long form, spelled as its RFC spells it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Other(text) => text,
                }
            }
        }
    };
}

names! {
    To "To",
    Via "Via",
    CSeq "CSeq",
    Date "Date",
    From "From",
    Join "Join",
    Path "Path",
    RAck "RAck",
    RSeq "RSeq",
    Allow "Allow",
    Event "Event",
    Route "Route",
    Accept "Accept",
    MinSe "Min-SE",
    Reason "Reason",
    Server "Server",
    CallId "Call-ID",
    Contact "Contact",
    Expires "Expires",
    Privacy "Privacy",
    Require "Require",
    Subject "Subject",
    Warning "Warning",
    Identity "Identity",
    Priority "Priority",
    ReferTo "Refer-To",
    Replaces "Replaces",
    ReplyTo "Reply-To",
    SipETag "SIP-ETag",
    CallInfo "Call-Info",
    Diversion "Diversion",
    RecvInfo "Recv-Info",
    ReferSub "Refer-Sub",
    Supported "Supported",
    Timestamp "Timestamp",
    AlertInfo "Alert-Info",
    ErrorInfo "Error-Info",
    FlowTimer "Flow-Timer",
    SessionId "Session-ID",
    UserAgent "User-Agent",
    InReplyTo "In-Reply-To",
    MaxBreadth "Max-Breadth",
    MinExpires "Min-Expires",
    ReferredBy "Referred-By",
    RetryAfter "Retry-After",
    Unsupported "Unsupported",
    AllowEvents "Allow-Events",
    ContentType "Content-Type",
    HistoryInfo "History-Info",
    InfoPackage "Info-Package",
    MaxForwards "Max-Forwards",
    MimeVersion "MIME-Version",
    Organization "Organization",
    RecordRoute "Record-Route",
    SipIfMatch "SIP-If-Match",
    Authorization "Authorization",
    ProxyRequire "Proxy-Require",
    ServiceRoute "Service-Route",
    TargetDialog "Target-Dialog",
    AcceptContact "Accept-Contact",
    ContentLength "Content-Length",
    RejectContact "Reject-Contact",
    AcceptEncoding "Accept-Encoding",
    AcceptLanguage "Accept-Language",
    ReferEventsAt "Refer-Events-At",
    SessionExpires "Session-Expires",
    ContentEncoding "Content-Encoding",
    ContentLanguage "Content-Language",
    WwwAuthenticate "WWW-Authenticate",
    SuppressIfMatch "Suppress-If-Match",
    ProxyAuthenticate "Proxy-Authenticate",
    SubscriptionState "Subscription-State",
    AuthenticationInfo "Authentication-Info",
    ContentDisposition "Content-Disposition",
    PAssertedIdentity "P-Asserted-Identity",
    ProxyAuthorization "Proxy-Authorization",
    RequestDisposition "Request-Disposition",
    PPreferredIdentity "P-Preferred-Identity",
    ProxyAuthenticationInfo "Proxy-Authentication-Info",
}

impl Name {
    /// The header a name means, in any case, long or compact; `None` when `text` is no token.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let [letter] = text.as_bytes()
            && let Some(name) = Self::from_compact(*letter)
        {
            return Some(name);
        }
        match KNOWN.binary_search_by(|(known, _)| compare(known, text)) {
            Ok(at) => KNOWN.get(at).map(|(_, name)| name.clone()),
            Err(_) => lex::is_token(text).then(|| Self::Other(text.into())),
        }
    }

    /// Whether the core alone may write it: what makes messages find their way, their dialog and their end, what is copied
    /// into responses, what says who we are and what we can.
    #[must_use]
    pub fn is_structural(&self) -> bool {
        const STRUCTURAL: [Name; 23] = [
            Name::Via,
            Name::From,
            Name::To,
            Name::CallId,
            Name::CSeq,
            Name::Contact,
            Name::Route,
            Name::RecordRoute,
            Name::MaxForwards,
            Name::Timestamp,
            Name::ContentLength,
            Name::ContentType,
            Name::ContentEncoding,
            Name::ContentDisposition,
            Name::Authorization,
            Name::ProxyAuthorization,
            Name::Require,
            Name::ProxyRequire,
            Name::Supported,
            Name::Allow,
            Name::RSeq,
            Name::RAck,
            Name::SessionExpires,
        ];
        STRUCTURAL.contains(self)
    }

    /// Whether lines of this name stand alone: their values hold commas of their own and are never joined or split
    /// (RFC 3261 §7.3.1).
    #[must_use]
    pub fn is_never_listed(&self) -> bool {
        [Self::Authorization, Self::ProxyAuthorization, Self::WwwAuthenticate, Self::ProxyAuthenticate].contains(self)
    }

    const fn from_compact(letter: u8) -> Option<Self> {
        Some(match letter.to_ascii_lowercase() {
            b'a' => Self::AcceptContact,
            b'b' => Self::ReferredBy,
            b'c' => Self::ContentType,
            b'd' => Self::RequestDisposition,
            b'e' => Self::ContentEncoding,
            b'f' => Self::From,
            b'i' => Self::CallId,
            b'j' => Self::RejectContact,
            b'k' => Self::Supported,
            b'l' => Self::ContentLength,
            b'm' => Self::Contact,
            b'o' => Self::Event,
            b'r' => Self::ReferTo,
            b's' => Self::Subject,
            b't' => Self::To,
            b'u' => Self::AllowEvents,
            b'v' => Self::Via,
            b'x' => Self::SessionExpires,
            b'y' => Self::Identity,
            _ => return None,
        })
    }
}

/// By length, then by letters whatever their case.
fn compare(one: &str, two: &str) -> Ordering {
    let letters =
        || one.bytes().zip(two.bytes()).map(|(one, two)| (one.to_ascii_lowercase(), two.to_ascii_lowercase()));
    let first_difference =
        || letters().find(|(one, two)| one != two).map_or(Ordering::Equal, |(one, two)| one.cmp(&two));
    one.len().cmp(&two.len()).then_with(first_difference)
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        if let (Self::Other(one), Self::Other(two)) = (self, other) {
            return one.eq_ignore_ascii_case(two);
        }
        core::mem::discriminant(self) == core::mem::discriminant(other)
    }
}

impl Eq for Name {}

impl fmt::Display for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}
