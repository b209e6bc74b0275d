//! Request methods (RFC 3261 §7.1): open, because a method nobody here knows still needs an answer.

use core::fmt;

use super::lex;

macro_rules! methods {
    ($($variant:ident $text:literal $rfc:literal),* $(,)?) => {
        /// A request method. Case-sensitive; compare and make it through [`Method::parse`].
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Method {
            $(#[doc = concat!($text, ", ", $rfc, ".")] $variant,)*
            /// Any other token, as it was written.
            Other(Box<str>),
        }

        impl Method {
            /// The method a token names; `None` when `text` is no token.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$variant),)*
                    other => lex::is_token(other).then(|| Self::Other(other.into())),
                }
            }

            /// As it stands on the wire.
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

methods! {
    Invite "INVITE" "RFC 3261 §13",
    Ack "ACK" "RFC 3261 §13",
    Bye "BYE" "RFC 3261 §15",
    Cancel "CANCEL" "RFC 3261 §9",
    Register "REGISTER" "RFC 3261 §10",
    Options "OPTIONS" "RFC 3261 §11",
    Info "INFO" "RFC 6086",
    Update "UPDATE" "RFC 3311",
    Prack "PRACK" "RFC 3262",
    Subscribe "SUBSCRIBE" "RFC 6665",
    Notify "NOTIFY" "RFC 6665",
    Refer "REFER" "RFC 3515",
    Message "MESSAGE" "RFC 3428",
    Publish "PUBLISH" "RFC 3903",
}

impl fmt::Display for Method {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}
