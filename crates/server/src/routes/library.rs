//! Licenses and devices.

use axum::Json;
use axum::extract::State;
use base64ct::{Base64UrlUnpadded, Encoding as _};
use scrip_api::{Device, DeviceRequest, Library, LicenseView};
use scrip_licensing::{MachineDigest, VerifyingKey};
use scrip_store::NewDevice;

use crate::caller::Caller;
use crate::request::Body;
use crate::{Error, Server};

/// The longest name of a device, in characters.
const DEVICE_NAME_CHARS_MAX: usize = 100;

/// Everything that the caller holds licenses for.
#[utoipa::path(get, path = "/v1/library", tag = "library", responses((status = 200, body = Library)))]
pub(crate) async fn show(State(server): State<Server>, caller: Caller) -> Result<Json<Library>, Error> {
    let server_time = server.0.clock.now();
    let licenses = server.0.store.licenses(caller.user).await?;
    let licenses = licenses
        .iter()
        .map(|license| LicenseView::of(license, server_time))
        .collect();
    Ok(Json(Library { licenses, server_time }))
}

/// Registers a computer; the same key registers once.
#[utoipa::path(post, path = "/v1/devices", tag = "library", request_body = DeviceRequest,
    responses((status = 200, body = Device)))]
pub(crate) async fn put_device(
    State(server): State<Server>,
    caller: Caller,
    body: Body<DeviceRequest>,
) -> Result<Json<Device>, Error> {
    let request = body.value;
    let invalid = |why: &str| Error::DeviceInvalid { why: why.to_owned() };
    let mut key = [0; 32];
    let decoded = Base64UrlUnpadded::decode(&request.public_key, &mut key);
    if decoded.map_or(0, <[u8]>::len) != key.len() {
        return Err(invalid("the public key is not 32 bytes of unpadded base64url"));
    }
    let key = VerifyingKey::from_bytes(&key)?;
    let machine: MachineDigest = request
        .machine
        .parse()
        .map_err(|_| invalid("the machine digest is not 32 bytes of unpadded base64url"))?;
    let name = request.name.trim();
    if name.is_empty() || name.chars().count() > DEVICE_NAME_CHARS_MAX || name.chars().any(char::is_control) {
        return Err(invalid("its name must have 1 to 100 visible characters"));
    }
    let platform_ok = [&request.platform.os, &request.platform.arch]
        .iter()
        .all(|text| (1..=32).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
    if !platform_ok {
        return Err(invalid("its platform is not a pair of short names"));
    }
    let device = NewDevice {
        name: name.to_owned(),
        thumbprint: key.thumbprint().to_string(),
        machine: machine.to_string(),
        platform: request.platform,
    };
    let row = server.0.store.put_device(caller.user, &device).await?;
    Ok(Json(Device {
        id: row.id,
        name: row.name,
        thumbprint: row.thumbprint,
        created_at: row.created_at,
        recognised: None,
    }))
}
