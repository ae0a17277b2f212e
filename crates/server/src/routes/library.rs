//! Licenses and devices.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use base64ct::{Base64UrlUnpadded, Encoding as _};
use scrip_api::{Device, DeviceRequest, Devices, Library, LicenseView};
use scrip_domain::UserId;
use scrip_licensing::{MachineDigest, MachineFacts, MachineMatch, VerifyingKey};
use scrip_store::{DeviceRow, NewDevice};

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
    let facts = facts_of(&request.facts).ok_or_else(|| invalid("the facts about it are not digests by kind"))?;
    let device = NewDevice {
        name: name.to_owned(),
        thumbprint: key.thumbprint().to_string(),
        machine: machine.to_string(),
        platform: request.platform,
        facts: text_of(&facts)?,
    };
    register_device(&server, caller.user, &device, &facts).await.map(Json)
}

/// Registers a computer. One that was registered before with another key is recognised by what it is made of.
pub(crate) async fn register_device(
    server: &Server,
    user: UserId,
    device: &NewDevice,
    facts: &MachineFacts,
) -> Result<Device, Error> {
    let same = |other: &DeviceRow| recognise(other, device, facts);
    let (row, replaced) = server.0.store.put_device(user, device, same).await?;
    let recognised = replaced.map(|(old, why)| format!("It is \"{}\", registered before: {why}.", old.name));
    Ok(device_of(row, recognised))
}

/// The caller's computers, the newest first.
#[utoipa::path(get, path = "/v1/devices", tag = "library", responses((status = 200, body = Devices)))]
pub(crate) async fn devices(State(server): State<Server>, caller: Caller) -> Result<Json<Devices>, Error> {
    let rows = server.0.store.devices(caller.user).await?;
    let devices = rows.into_iter().map(|row| device_of(row, None)).collect();
    Ok(Json(Devices { devices }))
}

fn device_of(row: DeviceRow, recognised: Option<String>) -> Device {
    Device {
        id: row.id,
        name: row.name,
        thumbprint: row.thumbprint,
        created_at: row.created_at,
        recognised,
    }
}

/// Why `other` is this computer with another key; `None` where it is another one.
pub(crate) fn recognise(other: &DeviceRow, device: &NewDevice, facts: &MachineFacts) -> Option<String> {
    let known: MachineFacts = serde_json::from_str(&other.facts).unwrap_or_default();
    let compared = MachineMatch::between(&known, facts);
    if compared.matched.is_empty() && compared.changed.is_empty() {
        // Nothing but the system's own id can be compared.
        return (other.machine == device.machine).then(|| "same system id".to_owned());
    }
    compared.same.then(|| compared.to_string())
}

/// The facts of a request: by kind, several digests with a space between.
fn facts_of(by_kind: &BTreeMap<String, String>) -> Option<MachineFacts> {
    let lists: BTreeMap<_, Vec<_>> = by_kind
        .iter()
        .map(|(kind, digests)| (kind, digests.split_whitespace().collect()))
        .collect();
    serde_json::from_value(serde_json::to_value(lists).ok()?).ok()
}

/// The facts as they are stored.
pub(crate) fn text_of(facts: &MachineFacts) -> Result<String, Error> {
    serde_json::to_string(facts).map_err(|_| Error::Internal {
        operation: "write a computer's facts",
    })
}
