use scrip_domain::Timestamp;
use serde::{Deserialize, Serialize};

/// Who the vendor is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServerInfo {
    /// The vendor's name.
    pub name: String,
    /// The issuer that stands in its authorization codes.
    pub issuer: String,
    /// The server's version.
    pub version: String,
    /// The server's clock.
    pub time: Timestamp,
}
