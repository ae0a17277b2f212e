//! Authorization codes: fetched, verified, stored as armored files, and shown with no network.

use std::path::{Path, PathBuf};

use base64ct::{Base64UrlUnpadded, Encoding};
use scrip_api::{CodeRequest, LicenseView};
use scrip_domain::ProductId;
use scrip_licensing::{Claims, Expectation, Verifier, armor};

use crate::contract::{ArmoredFile, CodeView, Imported, ImportedCode, ProductArgs, TextArgs};
use crate::vendor::{Trusted, given_text, verifiers_of_file};
use crate::{App, Error, state};

/// How far this computer's clock may be off, in seconds, when a file is verified.
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
                let (code, claims) = self.fetch_code(&license, None).await?;
                self.view(code, &claims)
            }
            // Why the stored code does not hold says more than that the server does not answer.
            Err(Error::Client(unreachable)) if unreachable.is_offline() => Err(error),
            Err(Error::NotSignedIn) => Err(error),
            Err(other) => Err(other),
        }
    }

    /// The stored code of a product as a file to keep.
    #[expect(clippy::unused_async, reason = "all commands have one shape")]
    pub async fn code_export(&self, args: ProductArgs) -> Result<ArmoredFile, Error> {
        let product = args.product;
        let text = self.code_text(&product)?.ok_or_else(|| Error::CodeNotFound {
            product: product.clone(),
        })?;
        Ok(ArmoredFile {
            file_name: format!("{product}.scrip"),
            text,
        })
    }

    /// Stores the codes of a file that are for this computer. Works with no network where the vendor's keys are known.
    pub async fn code_import(&self, args: TextArgs) -> Result<Imported, Error> {
        let codes = codes_of(&args.text)?;
        let trusted = self.trusted()?.ok_or(Error::KeysUnknown)?;
        let mut products = Vec::with_capacity(codes.len());
        // All are looked at before one is stored.
        let mut looked_at = Vec::with_capacity(codes.len());
        for code in codes {
            let claims = self.verify_own(&trusted, None, &code)?;
            looked_at.push((code, claims));
        }
        for (code, claims) in looked_at {
            self.store_code(&code, &claims).await?;
            products.push(ImportedCode {
                product: claims.aud.clone(),
                explanation: claims.explain(self.believed_now()),
            });
        }
        self.tell(crate::contract::Event::LibraryChanged);
        Ok(Imported {
            products,
            order: None,
            notes: Vec::new(),
        })
    }

    /// Verifies the codes of a file: armored, or one compact code. Works with no network where the vendor's keys are known.
    ///
    /// `keys` names a file with a JWK set to verify with instead. With `any_computer` a code for another computer is accepted.
    pub fn verify_file(&self, path: &Path, keys: Option<&Path>, any_computer: bool) -> Result<Vec<CodeView>, Error> {
        self.verify_text(&given_text(path, armor::MAX_FILE_BYTES)?, keys, any_computer)
    }

    /// [`App::verify_file`] for what was read already.
    pub fn verify_text(&self, text: &str, keys: Option<&Path>, any_computer: bool) -> Result<Vec<CodeView>, Error> {
        let codes = codes_of(text)?;
        let verifiers = match keys {
            Some(path) => verifiers_of_file(
                path,
                &codes.iter().filter_map(|code| named_issuer(code)).collect::<Vec<_>>(),
            )?,
            None => self.known_verifiers()?,
        };
        let mut expect = Expectation::at(self.believed_now());
        expect.tolerance_seconds = CLOCK_TOLERANCE_SECONDS;
        if !any_computer {
            expect.machine = Some(self.machine.digest()?);
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

    /// Fetches the code of a license for this computer, verifies it and stores it. A seat is borrowed where `floating` says
    /// so, or, where that is absent, where the last one was.
    pub(crate) async fn fetch_code(
        &self,
        license: &LicenseView,
        floating: Option<bool>,
    ) -> Result<(String, Claims), Error> {
        let floating = match floating {
            Some(floating) => floating,
            None => self.seat(license.id)?.floating,
        };
        let mut device = self.require_device().await?;
        let ask = |device| CodeRequest { device, floating };
        let mut answer = self.client.code(license.id, &ask(device.id)).await;
        let unknown = |error: &scrip_client::Error| {
            error
                .problem()
                .is_some_and(|problem| problem.code == "device.not_found")
        };
        if answer.as_ref().is_err_and(unknown) {
            self.forget_device()?;
            device = self.require_device().await?;
            answer = self.client.code(license.id, &ask(device.id)).await;
        }
        let answer = self.noted(answer).await?;
        self.change_seat(license.id, |seat| {
            seat.activation = Some(answer.activation);
            seat.floating = floating;
        })?;
        let claims = self.take_code(&license.product, &answer.code).await?;
        Ok((answer.code, claims))
    }

    /// Verifies a code that the server gave for this computer, and stores it.
    pub(crate) async fn take_code(&self, product: &ProductId, code: &str) -> Result<Claims, Error> {
        let claims = match self.verify_own(&self.require_trusted().await?, Some(product), code) {
            // The vendor may have a newer key than those that are stored here.
            Err(Error::Licensing(scrip_licensing::Error::KeyUnknown { .. })) => {
                self.verify_own(&self.refresh_keys().await?, Some(product), code)?
            }
            outcome => outcome?,
        };
        self.store_code(code, &claims).await?;
        Ok(claims)
    }

    /// Stores a verified code, and what counting under it needs. An older code of the same license stays away.
    pub(crate) async fn store_code(&self, code: &str, claims: &Claims) -> Result<(), Error> {
        if let Ok(Some(stored)) = self.stored_claims(&claims.aud)
            && stored.sub == claims.sub
            && stored.seq > claims.seq
        {
            return Ok(());
        }
        if claims.grant.is_counted() {
            let meter = self.require_meter().await?;
            self.begin_journal_again(&meter, claims).await?;
        }
        state::write_bytes(&self.code_file(&claims.aud), armor::write([code]).as_bytes())?;
        self.change_seat(claims.sub, |_| {})?;
        if claims.grant.counts().0.is_none() {
            self.remove_run_entry(&claims.aud)?;
        }
        Ok(())
    }

    /// Removes the code of a license that is given back; its journal stays, so that no copy of the code serves again.
    pub(crate) fn remove_code(&self, product: &ProductId) -> Result<(), Error> {
        state::remove(&self.code_file(product))?;
        self.remove_run_entry(product)
    }

    /// Whether a code is stored here, whether or not it holds.
    pub(crate) fn has_code(&self, product: &ProductId) -> bool {
        self.code_file(product).exists()
    }

    /// The products that a code is stored of.
    pub(crate) fn coded(&self) -> Vec<ProductId> {
        let Ok(listing) = std::fs::read_dir(self.folder.join("codes")) else {
            return Vec::new();
        };
        let mut products: Vec<ProductId> = listing
            .filter_map(|entry| {
                let name = entry.ok()?.file_name();
                name.to_str()?.strip_suffix(".scrip")?.parse().ok()
            })
            .collect();
        products.sort();
        products
    }

    /// The stored code of a product that holds now.
    pub(crate) fn read_code(&self, product: &ProductId) -> Result<Option<(String, Claims)>, Error> {
        let Some(found) = self.stored_code(product)? else {
            return Ok(None);
        };
        self.authorize(product)?;
        Ok(Some(found))
    }

    /// What the stored code of a product says, whether or not it holds now.
    pub(crate) fn stored_claims(&self, product: &ProductId) -> Result<Option<Claims>, Error> {
        Ok(self.stored_code(product)?.map(|(_, claims)| claims))
    }

    /// The stored code of a product with the highest number, signed by the vendor.
    pub(crate) fn stored_code(&self, product: &ProductId) -> Result<Option<(String, Claims)>, Error> {
        let Some(text) = self.code_text(product)? else {
            return Ok(None);
        };
        let verifier = self.trusted()?.ok_or(Error::KeysUnknown)?.verifier();
        let mut best: Option<(String, Claims)> = None;
        let mut refusal = None;
        for code in armor::read(&text)? {
            match verifier.inspect(&code) {
                Ok(claims) if best.as_ref().is_none_or(|(_, best)| best.seq < claims.seq) => {
                    best = Some((code, claims));
                }
                Ok(_) => {}
                Err(error) => refusal = Some(error),
            }
        }
        match (best, refusal) {
            (None, Some(refusal)) => Err(refusal.into()),
            (best, _) => Ok(best),
        }
    }

    fn code_text(&self, product: &ProductId) -> Result<Option<String>, Error> {
        let path = self.code_file(product);
        let Some(bytes) = state::read_bytes(&path, armor::MAX_FILE_BYTES as u64)? else {
            return Ok(None);
        };
        let text = String::from_utf8(bytes);
        text.map(Some).map_err(|_| Error::CodeFileInvalid {
            path,
            why: "it is not text",
        })
    }

    /// Verifies a code that is to be stored here: the vendor's, for this computer, and not over.
    fn verify_own(&self, trusted: &Trusted, product: Option<&ProductId>, code: &str) -> Result<Claims, Error> {
        let verifier = trusted.verifier();
        // The time of issue has certainly come, whatever this computer's clock shows.
        let issued_at = verifier.inspect(code)?.iat;
        let expect = Expectation {
            product,
            device: self.stored_device()?.map(|device| device.thumbprint),
            machine: Some(self.machine.digest()?),
            now: self.believed_now().max(issued_at),
            tolerance_seconds: CLOCK_TOLERANCE_SECONDS,
        };
        Ok(verifier.verify(code, &expect)?)
    }

    pub(crate) fn view(&self, code: String, claims: &Claims) -> Result<CodeView, Error> {
        Ok(CodeView {
            code,
            explanation: claims.explain(self.believed_now()),
            claims: as_json("the claims", claims)?,
        })
    }

    /// Where the code of a product is stored.
    pub fn code_file(&self, product: &ProductId) -> PathBuf {
        // A product id holds no slash and begins with a letter or digit.
        self.folder.join("codes").join(format!("{product}.scrip"))
    }
}

/// What a statement says, as JSON.
pub(crate) fn as_json(what: &'static str, value: &impl serde::Serialize) -> Result<serde_json::Value, Error> {
    serde_json::to_value(value).map_err(|error| {
        let why = error.to_string();
        scrip_licensing::Error::Encode { what, why }.into()
    })
}

/// The codes of a text: armored, or one compact code.
pub(crate) fn codes_of(text: &str) -> Result<Vec<String>, Error> {
    Ok(if text.trim_start().starts_with("-----") {
        armor::read(text)?
    } else {
        vec![text.trim().to_owned()]
    })
}

/// Tries the verifiers in turn; of several refusals the one that looked furthest into the code is told.
pub(crate) fn verify_with_any(verifiers: &[Verifier], code: &str, expect: &Expectation<'_>) -> Result<Claims, Error> {
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
