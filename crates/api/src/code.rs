use std::collections::BTreeMap;

use scrip_domain::{ActivationId, DeviceId, LicenseId, Platform, ProductId, Timestamp};
use serde::{Deserialize, Serialize};

/// Registers a computer. The same key registers once: a repetition answers the same device.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DeviceRequest {
    /// What the person calls the computer, 1 to 100 characters.
    pub name: String,
    /// The device's Ed25519 public key, 32 bytes as unpadded base64url (the `x` of RFC 8037 section 2).
    #[cfg_attr(feature = "openapi", schema(pattern = "^[0-9A-Za-z_-]{43}$"))]
    pub public_key: String,
    /// The app-specific digest of the computer's machine id, unpadded base64url; never the id itself.
    #[cfg_attr(feature = "openapi", schema(pattern = "^[0-9A-Za-z_-]{43}$"))]
    pub machine: String,
    /// What the computer is.
    pub platform: Platform,
    /// Digests of other facts by which the computer is recognised after its system was set up anew, by kind.
    #[serde(default)]
    pub facts: BTreeMap<String, String>,
}

/// A registered computer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Device {
    /// The device's id.
    pub id: DeviceId,
    /// What the person calls it.
    pub name: String,
    /// The thumbprint of its key (RFC 7638).
    pub thumbprint: String,
    /// When it was registered.
    pub created_at: Timestamp,
    /// Why it was taken for a computer that was registered before, whose seats it has now; absent for a new one.
    #[serde(default)]
    pub recognised: Option<String>,
}

/// The computers of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Devices {
    /// The newest first.
    pub devices: Vec<Device>,
}

/// Asks for the authorization code of a license on a device.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CodeRequest {
    /// The device that the code is for.
    pub device: DeviceId,
    /// Whether to borrow a floating seat for a while, instead of taking one of the license's own.
    #[serde(default)]
    pub floating: bool,
}

/// An authorization code. Asking again for an unchanged license gives a code of the same meaning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Code {
    /// The license that it proves.
    pub license: LicenseId,
    /// The product.
    pub product: ProductId,
    /// The tie of the license to the device.
    pub activation: ActivationId,
    /// Counts the codes of the activation; a later one supersedes.
    pub seq: i64,
    /// The code: a compact JWS (RFC 7515).
    pub code: String,
}
