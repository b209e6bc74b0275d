//! What a user agent is made with, as plain data, and the checks that refuse what cannot work.

use crate::entropy::Entropy;
use crate::message::{Limits, Name, NameAddr, SipUri, Uri, is_safe};
use crate::time::{Backoff, Duration};
use crate::transport;
use crate::usage::Profile;
use crate::usage::data::{HeaderList, Misuse};
use crate::usage::question::{CredentialSource, Credentials};
use crate::usage::registration::Account;

/// What a user agent is made with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", serde(rename_all = "camelCase"))]
pub struct Config {
    /// Address of record: a sip or sips URI with a user part.
    pub aor: String,
    /// WebSocket URLs in order of preference, at least one.
    pub servers: Vec<String>,
    /// Shown to those we call.
    #[cfg_attr(target_arch = "wasm32", tsify(optional), serde(default))]
    pub display_name: Option<String>,
    /// Where credentials come from.
    pub credentials: CredentialSource,
    /// How to register; nothing = not at all.
    #[cfg_attr(target_arch = "wasm32", tsify(optional), serde(default))]
    pub registration: Option<RegistrationConfig>,
    /// Reconnecting and keep-alive.
    pub reconnect: ReconnectConfig,
    /// `urn:uuid:…`, the same for the same browser tab (RFC 5626 §4.1).
    pub instance_id: String,
    /// User-Agent header field.
    #[cfg_attr(target_arch = "wasm32", tsify(optional), serde(default))]
    pub user_agent: Option<String>,
    /// Added to every request.
    pub headers: Vec<(String, String)>,
    /// Whether MD5 digests may be used.
    pub allow_md5: bool,
    /// Whether ws: is allowed to hosts other than this one.
    pub allow_insecure: bool,
    /// How many calls there may be at once.
    pub max_calls: u32,
    /// Which protocol features are offered.
    pub capabilities: Capabilities,
    /// Octets of a message that are read: 1 KiB to 1 MiB. A larger request is answered 513, a response is dropped.
    pub max_message_bytes: u32,
    /// Header lines of a message that are read, 16 to 4096. A request with more is answered 400, a response is dropped.
    pub max_headers: u32,
}

/// Which protocol features are offered; one that is off is left out of Allow and Accept, and refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Capabilities {
    /// UPDATE (RFC 3311).
    pub update: bool,
    /// INFO (RFC 6086), DTMF among it.
    pub info: bool,
    /// MESSAGE (RFC 3428).
    pub message: bool,
}

impl Capabilities {
    /// The methods we take (RFC 3261 §20.5; IV-15).
    fn allow(self) -> String {
        let mut allow = "INVITE, ACK, BYE, CANCEL, OPTIONS".to_owned();
        for (is_on, method) in [(self.update, ", UPDATE"), (self.info, ", INFO"), (self.message, ", MESSAGE")] {
            if is_on {
                allow.push_str(method);
            }
        }
        allow
    }
}

impl Default for Capabilities {
    /// Everything.
    fn default() -> Self {
        Self { update: true, info: true, message: true }
    }
}

/// How to register (RFC 3261 §10).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", serde(rename_all = "camelCase"))]
pub struct RegistrationConfig {
    /// Seconds asked for, at least 1.
    pub expires: u32,
    /// The registrar's URI; by default the domain of the address of record.
    #[cfg_attr(target_arch = "wasm32", tsify(optional), serde(default))]
    pub registrar: Option<String>,
    /// Added to our Contact.
    pub contact_params: Vec<(String, Option<String>)>,
}

/// Reconnecting and keep-alive, in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", serde(rename_all = "camelCase"))]
pub struct ReconnectConfig {
    /// Bound of the first wait after a loss.
    pub min_delay_ms: u32,
    /// Bound of every wait.
    pub max_delay_ms: u32,
    /// Longest time between keep-alives where the server names none; 0 = none are sent.
    pub keep_alive_ms: u32,
    /// How long a pong may take.
    pub pong_timeout_ms: u32,
    /// WebSocket close codes after which no attempt is made.
    pub no_retry_codes: Vec<u16>,
}

/// A configuration taken apart for the rooms.
pub(super) struct Parts {
    pub(super) profile: Profile,
    pub(super) transport: transport::Settings,
    pub(super) limits: Limits,
    /// None: no registration is wanted.
    pub(super) account: Option<Account>,
}

impl Config {
    /// Checks the configuration and takes it apart for the rooms.
    ///
    /// # Errors
    /// [`Misuse`] that names the field and says what is wrong with it.
    pub(super) fn into_parts(self, entropy: &mut Entropy) -> Result<Parts, Misuse> {
        let aor = address_of_record(&self.aor)?;
        self.check_servers(&aor)?;
        let limits = self.limits()?;
        check_headers(&self.headers)?;
        check_source(&self.credentials)?;
        for (field, text) in [("displayName", &self.display_name), ("userAgent", &self.user_agent)] {
            if text.as_deref().is_some_and(|text| !is_safe(text)) {
                return Err(Misuse::new(format!("{field}: holds a line end or NUL")));
            }
        }
        let domain = Uri::Sip(SipUri { user: None, password: None, ..aor.clone() });
        let sent_by = format!("{}.invalid", entropy.token(16));
        let contact = self.contact(&aor, &sent_by)?;
        let backoff = Backoff {
            first: millis(self.reconnect.min_delay_ms),
            longest: millis(self.reconnect.max_delay_ms.max(self.reconnect.min_delay_ms)),
        };
        let account = match &self.registration {
            None => None,
            Some(registration) => Some(self.account(registration, &contact, &domain, backoff)?),
        };
        let headers = self.headers.iter().filter_map(|(name, value)| Some((Name::parse(name)?, value.clone())));
        let profile = Profile {
            aor: NameAddr { display_name: self.display_name.clone(), ..NameAddr::new(Uri::Sip(aor)) },
            domain,
            contact,
            sent_by,
            user_agent: self.user_agent.clone(),
            headers: headers.collect(),
            allow: self.capabilities.allow(),
        };
        let transport = transport::Settings {
            servers: self.servers,
            backoff,
            keep_alive: millis(self.reconnect.keep_alive_ms),
            pong_timeout: millis(self.reconnect.pong_timeout_ms),
            no_retry_codes: self.reconnect.no_retry_codes,
        };
        Ok(Parts { profile, transport, limits, account })
    }

    /// SL-01
    fn limits(&self) -> Result<Limits, Misuse> {
        if !(1 << 10..=1 << 20).contains(&self.max_message_bytes) {
            return Err(Misuse::new("limits.messageBytes: must be from 1024 to 1048576"));
        }
        if !(16..=4096).contains(&self.max_headers) {
            return Err(Misuse::new("limits.headers: must be from 16 to 4096"));
        }
        let size = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
        Ok(Limits { message: size(self.max_message_bytes), headers: size(self.max_headers) })
    }

    fn check_servers(&self, aor: &SipUri) -> Result<(), Misuse> {
        if self.servers.is_empty() {
            return Err(Misuse::new("servers: name at least one WebSocket URL"));
        }
        for server in &self.servers {
            let local = is_local(server);
            match (server.starts_with("wss://"), server.starts_with("ws://")) {
                (true, _) => {}
                (false, true) if aor.secure => {
                    return Err(Misuse::new(format!("servers: a sips address of record needs wss:, not `{server}`")));
                }
                (false, true) if local || self.allow_insecure => {}
                (false, true) => {
                    return Err(Misuse::new(format!(
                        "servers: `{server}` is not encrypted; use wss:, or allowInsecure"
                    )));
                }
                (false, false) => return Err(Misuse::new(format!("servers: `{server}` is no ws: or wss: URL"))),
            }
        }
        Ok(())
    }

    /// RFC 7118 §5.2: a host nobody can resolve, and `transport=ws` for ws and wss alike.
    fn contact(&self, aor: &SipUri, sent_by: &str) -> Result<NameAddr, Misuse> {
        let scheme = if aor.secure { "sips" } else { "sip" };
        let user = aor.user.as_deref().unwrap_or_default();
        let uri = Uri::parse(&format!("{scheme}:{user}@{sent_by};transport=ws"));
        uri.map(NameAddr::new).map_err(|_| Misuse::new("aor: its user part cannot stand in a Contact"))
    }

    fn account(
        &self,
        registration: &RegistrationConfig,
        contact: &NameAddr,
        domain: &Uri,
        backoff: Backoff,
    ) -> Result<Account, Misuse> {
        let registrar = match &registration.registrar {
            None => domain.clone(),
            Some(text) => Uri::parse(text).map_err(|_| Misuse::new("registration.registrar: is no SIP URI"))?,
        };
        if registration.expires == 0 {
            return Err(Misuse::new("registration.expires: must be at least 1 second"));
        }
        if !self.instance_id.starts_with("urn:")
            || !is_safe(&self.instance_id)
            || self.instance_id.contains(['<', '>', '"'])
        {
            return Err(Misuse::new("instanceId: must be a URN such as urn:uuid:…"));
        }
        let mut contact = contact.clone();
        contact.params.set("+sip.instance", Some(&format!("\"<{}>\"", self.instance_id)));
        contact.params.set("reg-id", Some("1"));
        for (name, value) in &registration.contact_params {
            if !is_safe(name) || value.as_deref().is_some_and(|value| !is_safe(value)) {
                return Err(Misuse::new("registration.contactParams: holds a line end or NUL"));
            }
            contact.params.set(name, value.as_deref());
        }
        // Whatever the application added, it must still be one well-formed Contact.
        let contact = NameAddr::parse(&contact.to_string())
            .map_err(|_| Misuse::new("registration.contactParams: cannot stand in a Contact"))?;
        Ok(Account { registrar, expires: registration.expires, contact, backoff })
    }
}

fn address_of_record(text: &str) -> Result<SipUri, Misuse> {
    match Uri::parse(text) {
        Ok(Uri::Sip(uri)) if !uri.params.is_empty() || !uri.headers.is_empty() => {
            Err(Misuse::new(format!("aor: `{text}` says more than an address: leave out what follows the host")))
        }
        Ok(Uri::Sip(uri)) if uri.user.is_some() => Ok(uri.aor()),
        _ => Err(Misuse::new(format!("aor: `{text}` is no address like sip:alice@example.com"))),
    }
}

/// Whether a WebSocket URL stays on this machine.
fn is_local(url: &str) -> bool {
    let rest = url.split_once(':').and_then(|(_, rest)| rest.strip_prefix("//")).unwrap_or_default();
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host == "localhost" || host.ends_with(".localhost") || host == "::1" || host.starts_with("127.")
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
/// [`Misuse`] where the user name holds a line end or NUL.
pub(super) fn check_credentials(credentials: &Credentials) -> Result<(), Misuse> {
    if is_safe(&credentials.username) {
        Ok(())
    } else {
        Err(Misuse::new("credentials: the user name holds a line end or NUL"))
    }
}

fn millis(count: u32) -> Duration {
    Duration::from_millis(u64::from(count))
}
