//! Authorization codes: fetched, verified, stored as armored files, and shown with no network.

use std::path::{Path, PathBuf};

use base64ct::{Base64UrlUnpadded, Encoding};
use scrip_api::{CodeRequest, LicenseView};
use scrip_domain::ProductId;
use scrip_licensing::{Claims, Expectation, Verifier, armor};

use crate::contract::{CodeView, ProductArgs};
use crate::device::machine_digest;
use crate::vendor::verifiers_of_file;
use crate::{App, Error, state};

/// How far this computer's clock may be off, in seconds.
const CLOCK_TOLERANCE_SECONDS: u32 = 300;

impl App {
    /// The code of a product for this computer: the stored one, or a new one where that no longer holds.
    pub async fn code_show(&self, args: ProductArgs) -> Result<CodeView, Error> {
        let stored = self.read_code(&args.product);
        let error = match stored {
            Ok(Some((code, claims))) => return self.view(code, &claims),
            Ok(None) => Error::CodeNotFound {
                product: args.product.clone(),
            },
            Err(error) => error,
        };
        match self.license_for(&args.product).await {
            Ok(license) => {
                let (code, claims) = self.fetch_code(&license).await?;
                self.view(code, &claims)
            }
            // Why the stored code does not hold says more than that the server does not answer.
            Err(Error::Client(unreachable)) if unreachable.is_offline() => Err(error),
            Err(Error::NotSignedIn) => Err(error),
            Err(other) => Err(other),
        }
    }

    /// Verifies the codes of a file: armored, or one compact code. Works with no network where the vendor's keys are known.
    ///
    /// `keys` names a file with a JWK set to verify with instead. With `any_computer` a code for another computer is accepted.
    pub fn verify_file(&self, path: &Path, keys: Option<&Path>, any_computer: bool) -> Result<Vec<CodeView>, Error> {
        let invalid = |why| Error::CodeFileInvalid {
            path: path.to_owned(),
            why,
        };
        let bytes =
            state::read_bytes(path, armor::MAX_FILE_BYTES as u64)?.ok_or_else(|| invalid("it does not exist"))?;
        let text = String::from_utf8(bytes).map_err(|_| invalid("it is not text"))?;
        self.verify_text(&text, keys, any_computer)
    }

    /// [`App::verify_file`] for what was read already.
    pub fn verify_text(&self, text: &str, keys: Option<&Path>, any_computer: bool) -> Result<Vec<CodeView>, Error> {
        let codes = if text.trim_start().starts_with("-----") {
            armor::read(text)?
        } else {
            vec![text.trim().to_owned()]
        };
        let verifiers = match keys {
            Some(path) => verifiers_of_file(
                path,
                &codes.iter().filter_map(|code| named_issuer(code)).collect::<Vec<_>>(),
            )?,
            None => self.known_verifiers()?,
        };
        let mut expect = Expectation::at(self.clock.now());
        expect.tolerance_seconds = CLOCK_TOLERANCE_SECONDS;
        if !any_computer {
            expect.machine = Some(machine_digest()?);
            expect.device = self.stored_device()?.map(|device| device.thumbprint);
        }
        codes
            .into_iter()
            .map(|code| {
                let claims = verify_with_any(&verifiers, &code, &expect)?;
                self.view(code, &claims)
            })
            .collect()
    }

    /// Fetches the code of a license for this computer, verifies it and stores it.
    pub(crate) async fn fetch_code(&self, license: &LicenseView) -> Result<(String, Claims), Error> {
        let mut device = self.require_device().await?;
        let mut answer = self
            .client
            .code(
                license.id,
                &CodeRequest {
                    device: device.id,
                    floating: false,
                },
            )
            .await;
        let unknown = |error: &scrip_client::Error| {
            error
                .problem()
                .is_some_and(|problem| problem.code == "device.not_found")
        };
        if answer.as_ref().is_err_and(unknown) {
            self.forget_device()?;
            device = self.require_device().await?;
            answer = self
                .client
                .code(
                    license.id,
                    &CodeRequest {
                        device: device.id,
                        floating: false,
                    },
                )
                .await;
        }
        let code = self.noted(answer).await?.code;
        let claims = match self.verify_own(&self.verifier().await?, &license.product, &code) {
            // The vendor may have a newer key than those that are stored here.
            Err(Error::Licensing(scrip_licensing::Error::KeyUnknown { .. })) => {
                self.verify_own(&self.refresh_keys().await?, &license.product, &code)?
            }
            outcome => outcome?,
        };
        state::write_bytes(
            &self.code_file(&license.product),
            armor::write([code.as_str()]).as_bytes(),
        )?;
        Ok((code, claims))
    }

    /// Whether a code is stored here, whether or not it holds.
    pub(crate) fn has_code(&self, product: &ProductId) -> bool {
        self.code_file(product).exists()
    }

    /// The stored code of a product, verified.
    pub(crate) fn read_code(&self, product: &ProductId) -> Result<Option<(String, Claims)>, Error> {
        let path = self.code_file(product);
        let Some(bytes) = state::read_bytes(&path, armor::MAX_FILE_BYTES as u64)? else {
            return Ok(None);
        };
        let text = String::from_utf8(bytes).map_err(|_| Error::CodeFileInvalid {
            path,
            why: "it is not text",
        })?;
        let code = armor::read(&text)?.swap_remove(0);
        let verifier = self.stored_verifier()?.ok_or(Error::KeysUnknown)?;
        let claims = self.verify_own(&verifier, product, &code)?;
        Ok(Some((code, claims)))
    }

    fn verify_own(&self, verifier: &Verifier, product: &ProductId, code: &str) -> Result<Claims, Error> {
        let expect = Expectation {
            product: Some(product),
            device: self.stored_device()?.map(|device| device.thumbprint),
            machine: Some(machine_digest()?),
            now: self.clock.now(),
            tolerance_seconds: CLOCK_TOLERANCE_SECONDS,
        };
        Ok(verifier.verify(code, &expect)?)
    }

    fn view(&self, code: String, claims: &Claims) -> Result<CodeView, Error> {
        let unwritable = |error: serde_json::Error| scrip_licensing::Error::Encode {
            what: "the claims",
            why: error.to_string(),
        };
        Ok(CodeView {
            code,
            explanation: claims.explain(self.clock.now()),
            claims: serde_json::to_value(claims).map_err(unwritable)?,
        })
    }

    /// Whether a code for this computer is stored here that holds now.
    pub fn authorized(&self, product: &ProductId) -> bool {
        matches!(self.read_code(product), Ok(Some(_)))
    }

    /// Where the code of a product is stored.
    pub fn code_file(&self, product: &ProductId) -> PathBuf {
        // A product id holds no slash and begins with a letter or digit.
        self.folder.join("codes").join(format!("{product}.scrip"))
    }
}

/// Tries the verifiers in turn; of several refusals the one that looked furthest into the code is told.
fn verify_with_any(verifiers: &[Verifier], code: &str, expect: &Expectation<'_>) -> Result<Claims, Error> {
    let mut told: Option<scrip_licensing::Error> = None;
    for verifier in verifiers {
        match verifier.verify(code, expect) {
            Ok(claims) => return Ok(claims),
            Err(error @ (scrip_licensing::Error::KeyUnknown { .. } | scrip_licensing::Error::Issuer { .. })) => {
                told.get_or_insert(error);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(told.map_or(Error::KeysUnknown, Error::from))
}

/// The issuer that a code names, unverified: the person has chosen the keys, so that any issuer they sign for will do.
fn named_issuer(code: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Named {
        iss: String,
    }
    let payload = code
        .split('.')
        .nth(1)
        .filter(|payload| payload.len() <= scrip_licensing::MAX_CODE_BYTES)?;
    let bytes = Base64UrlUnpadded::decode_vec(payload).ok()?;
    serde_json::from_slice::<Named>(&bytes).ok().map(|named| named.iss)
}
