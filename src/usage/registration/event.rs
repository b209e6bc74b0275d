//! What the registration tells the world: plain data, one enum.

use crate::time::Instant;
use crate::usage::data::{Address, ResponseData};

/// An event of the registration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "camelCase"))]
pub enum RegistrationEvent {
    /// The state has changed.
    State {
        /// The new one.
        state: RegistrationState,
        /// The response that caused it.
        #[cfg_attr(target_arch = "wasm32", tsify(optional))]
        response: Option<ResponseData>,
        /// When it is tried again, in state `waiting`.
        #[cfg_attr(target_arch = "wasm32", tsify(optional))]
        retry_at: Option<Instant>,
    },
    /// A 2xx has come: registered until `expires_at`.
    Refreshed {
        /// When the binding ends unless it is refreshed.
        expires_at: Instant,
        /// All contacts the registrar holds for us.
        contacts: Vec<Address>,
        /// What addresses it has given to this device.
        gruu: GruuData,
    },
    /// The binding has ended without having been refreshed. It is still wanted, and tried for.
    Expired,
}

/// Globally routable addresses of this device (RFC 5627).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct GruuData {
    /// The one that shows whose it is.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub public: Option<String>,
    /// One that does not.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub temporary: Option<String>,
}

/// Where the registration stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", serde(rename_all = "kebab-case"))]
pub enum RegistrationState {
    /// Not registered, and nobody tries.
    Unregistered,
    /// REGISTER is on its way.
    Registering,
    /// Registered.
    Registered,
    /// Between two attempts.
    Waiting,
    /// Refused for good.
    Rejected,
}
