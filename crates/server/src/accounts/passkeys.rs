//! Passkeys (Web Authentication Level 2): what a browser signed is checked here. No attestation is asked for, so that a key
//! says nothing of the device that keeps it.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use ring::signature::{ECDSA_P256_SHA256_ASN1, ED25519, UnparsedPublicKey};
use scrip_domain::UserId;
use scrip_store::{Passkey, User};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::{Error, Server};

/// ES256 and `EdDSA` (RFC 9053 section 2): every authenticator knows the first.
pub(crate) const ALGORITHMS: [i64; 2] = [-7, -8];
/// How long a question can be answered, in seconds.
const QUESTION_SECONDS: i64 = 300;
/// `SubjectPublicKeyInfo` before the key itself: an uncompressed point of P-256 (RFC 5480), and Ed25519 (RFC 8410).
const P256_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
const ED25519_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// Flags of authenticator data (section 6.1): the person was there, was recognised, a key is attached.
const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 4;
const KEY_ATTACHED: u8 = 64;
/// The longest credential id (section 4).
const CREDENTIAL_BYTES_MAX: usize = 1023;

/// What a browser answered, by the page's script. `key` and `algorithm` come with a new key, `signature` with a known one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer {
    id: String,
    client: String,
    authenticator: String,
    #[serde(default)]
    signature: String,
    #[serde(default)]
    key: String,
    #[serde(default)]
    algorithm: i64,
}

/// What the browser says of the page that asked (section 5.8.1).
#[derive(Deserialize)]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(default, rename = "crossOrigin")]
    cross_origin: bool,
}

/// The name under which keys are made: the host of the server's address.
pub(crate) struct Party {
    pub(crate) id: String,
    origin: String,
}

impl Party {
    /// None where browsers would refuse: no name but a number, or no HTTPS but on this computer.
    pub(crate) fn of(server: &Server) -> Option<Self> {
        let origin = server.public_url().to_owned();
        let uri: http::Uri = origin.parse().ok()?;
        let id = uri.host()?.to_owned();
        let is_number = id.starts_with('[') || id.parse::<std::net::IpAddr>().is_ok();
        let is_secure = uri.scheme_str() == Some("https") || id == "localhost";
        (!is_number && is_secure).then_some(Self { id, origin })
    }

    /// The same, where they are used.
    pub(crate) fn required(server: &Server) -> Result<Self, Error> {
        Self::of(server).ok_or(Error::PasskeyRefused {
            why: "the server's address is no name with HTTPS",
        })
    }
}

/// As bytes are written in JSON.
pub(crate) fn encode(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

fn refuse(why: &'static str) -> Error {
    Error::PasskeyRefused { why }
}

fn decode(text: &str) -> Result<Vec<u8>, Error> {
    Base64UrlUnpadded::decode_vec(text).map_err(|_| refuse("the answer cannot be read"))
}

/// A new question; of an account where a key is to be added to it.
pub(crate) async fn ask(server: &Server, user: Option<UserId>) -> Result<String, Error> {
    let mut challenge = [0; 32];
    getrandom::fill(&mut challenge).map_err(|_| Error::Internal {
        operation: "gather randomness",
    })?;
    let until = server.0.clock.now().plus_seconds(QUESTION_SECONDS);
    server.0.store.put_challenge(&challenge, user, until).await?;
    Ok(encode(&challenge))
}

/// The browser's answer, as the form carries it.
pub(crate) fn read(text: &str) -> Result<Answer, Error> {
    serde_json::from_str(text).map_err(|_| refuse("the browser gave no answer"))
}

/// Adds the key that the browser made (section 7.1).
pub(crate) async fn add(server: &Server, user: &User, name: &str, answer: &Answer) -> Result<(), Error> {
    let (party, client) = (Party::required(server)?, decode(&answer.client)?);
    let challenge = check_client(&client, "webauthn.create", &party)?;
    let asked = take(server, &challenge).await?;
    if asked != Some(user.id) {
        return Err(refuse("the question was asked of another account"));
    }
    let authenticator = decode(&answer.authenticator)?;
    let (flags, counter) = check_authenticator(&authenticator, &party)?;
    let credential = decode(&answer.id)?;
    if flags & KEY_ATTACHED == 0 || attached_id(&authenticator) != Some(credential.as_slice()) {
        return Err(refuse("the answer names another key"));
    }
    let public_key = decode(&answer.key)?;
    bare_key(answer.algorithm, &public_key).ok_or_else(|| refuse("its algorithm is not known here"))?;
    let passkey = Passkey {
        id: server.0.ids.new_id(&*server.0.clock),
        credential,
        user: user.id,
        name: if name.is_empty() {
            "Passkey".to_owned()
        } else {
            name.to_owned()
        },
        algorithm: answer.algorithm,
        public_key,
        counter,
        created_at: server.0.clock.now(),
        used_at: None,
    };
    Ok(server.0.store.put_passkey(&passkey).await?)
}

/// Whose key signed the question (section 7.2).
pub(crate) async fn check(server: &Server, answer: &Answer) -> Result<UserId, Error> {
    let (party, client) = (Party::required(server)?, decode(&answer.client)?);
    let challenge = check_client(&client, "webauthn.get", &party)?;
    if take(server, &challenge).await?.is_some() {
        return Err(refuse("the question was to add a key"));
    }
    let store = &server.0.store;
    let known = store.passkey(&decode(&answer.id)?).await?;
    let known = known.ok_or_else(|| refuse("it belongs to no account here"))?;
    let authenticator = decode(&answer.authenticator)?;
    let (_, counter) = check_authenticator(&authenticator, &party)?;
    let signed: Vec<u8> = authenticator.iter().copied().chain(Sha256::digest(&client)).collect();
    let signature = decode(&answer.signature)?;
    let key = bare_key(known.algorithm, &known.public_key).ok_or_else(|| refuse("its algorithm is not known here"))?;
    let verified = match known.algorithm {
        -7 => UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key).verify(&signed, &signature),
        _ => UnparsedPublicKey::new(&ED25519, key).verify(&signed, &signature),
    };
    verified.map_err(|_| refuse("its signature does not hold"))?;
    store.use_passkey(known.id, counter).await?;
    Ok(known.user)
}

async fn take(server: &Server, challenge: &[u8]) -> Result<Option<UserId>, Error> {
    match server.0.store.take_challenge(challenge).await {
        Err(scrip_store::Error::CodeWrong) => Err(refuse("the question is too old; try again")),
        other => Ok(other?),
    }
}

/// What was signed is for this server's pages and for this purpose; the question that it answers.
fn check_client(client: &[u8], kind: &str, party: &Party) -> Result<Vec<u8>, Error> {
    let data: ClientData = serde_json::from_slice(client).map_err(|_| refuse("the answer cannot be read"))?;
    if data.kind != kind || data.cross_origin {
        return Err(refuse("the answer is for something else"));
    }
    if data.origin != party.origin {
        return Err(refuse("the answer is for another server"));
    }
    decode(&data.challenge)
}

/// The flags and the count of authenticator data that is for this server, of a person who was there and was recognised.
fn check_authenticator(data: &[u8], party: &Party) -> Result<(u8, i64), Error> {
    let (Some(party_hash), Some(flags), Some(counter)) = (data.get(..32), data.get(32), data.get(33..37)) else {
        return Err(refuse("the answer cannot be read"));
    };
    if party_hash != Sha256::digest(party.id.as_bytes()).as_slice() {
        return Err(refuse("the answer is for another server"));
    }
    if flags & USER_PRESENT == 0 || flags & USER_VERIFIED == 0 {
        return Err(refuse("its person was not recognised"));
    }
    let counter = counter
        .iter()
        .fold(0_i64, |count, byte| (count << 8) | i64::from(*byte));
    Ok((*flags, counter))
}

/// The id of the key that is attached to authenticator data (section 6.5.1).
fn attached_id(data: &[u8]) -> Option<&[u8]> {
    let length = data.get(53..55)?;
    let length = usize::from(length[0]) << 8 | usize::from(length[1]);
    let id = data.get(55..55 + length)?;
    (length > 0 && length <= CREDENTIAL_BYTES_MAX).then_some(id)
}

/// The key alone; `None` where it is not of this algorithm.
fn bare_key(algorithm: i64, public_key: &[u8]) -> Option<&[u8]> {
    match algorithm {
        -7 => public_key
            .strip_prefix(&P256_PREFIX)
            .filter(|key| key.len() == 65 && key[0] == 4),
        -8 => public_key.strip_prefix(&ED25519_PREFIX).filter(|key| key.len() == 32),
        _ => None,
    }
}
