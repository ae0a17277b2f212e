//! Codes and statements as pictures, and what any of them says in words.

use base64ct::{Base64, Encoding};
use scrip_licensing::armor::{self, Label};
use scrip_licensing::qr::{self, Picture};
use scrip_licensing::{OfflineRequest, OpenBundle, RequestItem, StatementKind};
use serde_json::Value;

use crate::codes::{as_json, codes_of};
use crate::contract::{Failure, Inspection, ProductArgs, QrPicture, ScanArgs, Scanned, TextArgs};
use crate::{App, Error};

/// How many pixels a square of a picture has on each side.
const SCALE: u32 = 6;
/// The most pictures of one scan.
const PICTURES_MAX: usize = 64;

impl App {
    /// The stored code of a product as pictures: one, or several where it is long.
    #[expect(clippy::unused_async, reason = "all commands have one shape")]
    pub async fn code_qr(&self, args: ProductArgs) -> Result<Vec<QrPicture>, Error> {
        let (code, _) = self.stored_code(&args.product)?.ok_or_else(|| Error::CodeNotFound {
            product: args.product.clone(),
        })?;
        pictures(&code)
    }

    /// Reads the text of pictures, whose parts may come in any order.
    #[expect(clippy::unused_async, reason = "all commands have one shape")]
    pub async fn code_scan(&self, args: ScanArgs) -> Result<Scanned, Error> {
        let unreadable = |why: &str| scrip_licensing::Error::QrUnreadable { why: why.to_owned() };
        if args.pictures.is_empty() || args.pictures.len() > PICTURES_MAX {
            return Err(unreadable("1 to 64 pictures are expected").into());
        }
        let mut files = Vec::with_capacity(args.pictures.len());
        for picture in &args.pictures {
            if picture.len() > qr::MAX_FILE_BYTES / 3 * 4 + 4 {
                return Err(unreadable("the file is larger than 16 MiB").into());
            }
            files.push(Base64::decode_vec(picture.trim()).map_err(|_| unreadable("it is not in base64"))?);
        }
        scan_pictures(files.iter().map(Vec::as_slice))
    }

    /// What a code or another statement says, and whether it holds here. Works with no network.
    pub async fn code_inspect(&self, args: TextArgs) -> Result<Vec<Inspection>, Error> {
        let text = args.text.trim();
        let kind = match Label::of(text) {
            Some(label) => label.kind(),
            None => StatementKind::of(text).unwrap_or(StatementKind::Code),
        };
        match kind {
            StatementKind::Code => codes_of(text)?.iter().map(|code| self.inspect_code(code)).collect(),
            StatementKind::Request => Ok(vec![self.inspect_request(&text_of(Label::Request, text)?)?]),
            StatementKind::Bundle => {
                let text = text_of(Label::Bundle, text)?;
                let checked = self.open_bundle(&text).await.map(|open| said_by_bundle(&open));
                Ok(vec![inspect_checked("bundle", &text, checked)?])
            }
            StatementKind::Recovery => {
                let text = text_of(Label::Recovery, text)?;
                let checked = self.open_recovery(&text).await;
                let checked = checked.map(|_| vec!["It is for this computer, and its signature is right.".to_owned()]);
                Ok(vec![inspect_checked("recovery", &text, checked)?])
            }
            StatementKind::KeySet => Ok(vec![inspect_other("keys", text)?]),
            StatementKind::Revocations => Ok(vec![inspect_other("revocations", text)?]),
            StatementKind::Prices => Ok(vec![inspect_other("prices", text)?]),
            StatementKind::Metering => Ok(vec![inspect_other("metering", text)?]),
            StatementKind::Journal => Ok(vec![inspect_other("journal", text)?]),
            StatementKind::Wallet => Ok(vec![inspect_other("statement", text)?]),
        }
    }

    fn inspect_code(&self, code: &str) -> Result<Inspection, Error> {
        let mut refusal = None;
        for verifier in self.known_verifiers()? {
            match verifier.inspect(code) {
                Ok(claims) => {
                    let failure = self.verify_text(code, None, false).err();
                    return Ok(Inspection {
                        kind: "authorization".to_owned(),
                        product: Some(claims.aud.clone()),
                        sentences: claims.explain(self.believed_now()),
                        holds: failure.is_none(),
                        failure: failure.map(|error| Failure::from(&error)),
                        claims: as_json("the claims", &claims)?,
                    });
                }
                Err(error) => refusal = refusal.or(Some(error)),
            }
        }
        let error = refusal.map_or(Error::KeysUnknown, Error::from);
        let claims = payload(code).ok_or_else(|| {
            Error::Licensing(scrip_licensing::Error::Malformed {
                why: "three parts joined by dots are expected".to_owned(),
            })
        })?;
        let unread = "Nothing in it is certain: its signature cannot be checked here.".to_owned();
        Ok(Inspection {
            kind: "authorization".to_owned(),
            product: claims["aud"].as_str().and_then(|product| product.parse().ok()),
            sentences: vec![unread],
            holds: false,
            failure: Some(Failure::from(&error)),
            claims,
        })
    }

    fn inspect_request(&self, text: &str) -> Result<Inspection, Error> {
        let claims = payload(text).ok_or_else(|| {
            Error::Licensing(scrip_licensing::Error::StatementMalformed {
                kind: StatementKind::Request,
                why: "three parts joined by dots are expected".to_owned(),
            })
        })?;
        let issuer = claims["aud"].as_str().unwrap_or_default().to_owned();
        match OfflineRequest::open(text, &issuer, self.believed_now()) {
            Err(error) => Ok(Inspection {
                kind: "request".to_owned(),
                product: None,
                sentences: Vec::new(),
                holds: false,
                failure: Some(Failure::from(&Error::from(error))),
                claims,
            }),
            Ok(request) => {
                let mut sentences = vec![format!(
                    "A request of the computer \"{}\" for the account {}, made at {}.",
                    request.name, request.account, request.iat
                )];
                let mut product = None;
                for item in &request.items {
                    let (asked, sentence) = match item {
                        RequestItem::Activate(activate) => (
                            &activate.activate,
                            format!("It asks for a code of {}.", activate.activate),
                        ),
                        RequestItem::Checkout(item) => (&item.product, crate::offline::in_words(item)),
                    };
                    product.get_or_insert_with(|| asked.clone());
                    sentences.push(sentence);
                }
                sentences.extend(
                    request
                        .expected_total
                        .map(|total| format!("It may cost {total} at most.")),
                );
                Ok(Inspection {
                    kind: "request".to_owned(),
                    product,
                    sentences,
                    holds: true,
                    failure: None,
                    claims,
                })
            }
        }
    }
}

/// What a bundle that was checked brings to this computer.
fn said_by_bundle(open: &OpenBundle) -> Vec<String> {
    let mut sentences = vec!["It answers a request of this computer, and its signature is right.".to_owned()];
    let codes = open.codes.iter();
    sentences.extend(codes.map(|(_, claims)| format!("It brings a code of {}.", claims.aud)));
    let order = open.bundle.order.as_ref();
    sentences.extend(order.map(|order| format!("{} were paid.", order.total)));
    sentences
}

/// A statement for one computer: what is certain of it, or why it does not hold here.
fn inspect_checked(kind: &str, text: &str, checked: Result<Vec<String>, Error>) -> Result<Inspection, Error> {
    let mut inspection = inspect_other(kind, text)?;
    // That it is checked later is said of the others.
    inspection.sentences.pop();
    match checked {
        Ok(sentences) => {
            inspection.sentences.extend(sentences);
            inspection.holds = true;
        }
        Err(refusal) => inspection.failure = Some(Failure::from(&refusal)),
    }
    Ok(inspection)
}

/// A statement that is checked when it is used.
fn inspect_other(kind: &str, text: &str) -> Result<Inspection, Error> {
    let claims = payload(text).ok_or_else(|| {
        Error::Licensing(scrip_licensing::Error::Malformed {
            why: "three parts joined by dots are expected".to_owned(),
        })
    })?;
    let sentence = match kind {
        "bundle" => "The vendor's answer to a request of a computer without a network: import it there.",
        "recovery" => "A code that sets a computer's idea of the time right: use it on the computer that it is for.",
        "keys" => "The vendor's keys, signed by its root key.",
        "revocations" => "The codes that the vendor revoked.",
        "prices" => "The digest of the vendor's prices at one moment.",
        _ => "A computer's word on which key counts for it.",
    };
    let issued_at = claims["iat"].as_i64().map(scrip_domain::Timestamp::from_seconds);
    let mut sentences = vec![sentence.to_owned()];
    sentences.extend(issued_at.map(|at| format!("It says that it was made at {at}.")));
    sentences.push("Its signature is checked when it is used.".to_owned());
    Ok(Inspection {
        kind: kind.to_owned(),
        product: None,
        sentences,
        holds: false,
        failure: None,
        claims,
    })
}

/// The text as pictures.
pub(crate) fn pictures(text: &str) -> Result<Vec<QrPicture>, Error> {
    let parts = match qr::split(text) {
        Ok(parts) => parts,
        // What is too long for pictures travels as a file alone.
        Err(scrip_licensing::Error::QrTooLarge { .. }) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let count = u32::try_from(parts.len()).unwrap_or(u32::MAX);
    (1..=count)
        .zip(parts)
        .map(|(part, text)| {
            let picture = Picture::new(&text)?;
            Ok(QrPicture {
                part,
                parts: count,
                svg: picture.svg()?,
                png: Base64::encode_string(&picture.png(SCALE)?),
                text,
            })
        })
        .collect()
}

/// The text that picture files hold together.
fn scan_pictures<'f>(files: impl IntoIterator<Item = &'f [u8]>) -> Result<Scanned, Error> {
    let mut texts = Vec::new();
    for file in files {
        texts.extend(qr::scan(file)?);
    }
    Ok(Scanned {
        text: qr::join(texts.iter().map(String::as_str))?,
    })
}

/// The compact text of what a person gave: armored, compact, or the parts of several pictures in lines.
pub(crate) fn text_of(label: Label, text: &str) -> Result<String, Error> {
    let text = text.trim();
    if text.starts_with("-----") {
        return Ok(armor::read_one(label, text)?);
    }
    if text.starts_with("SCRIP/") {
        return Ok(qr::join(text.lines().map(str::trim).filter(|line| !line.is_empty()))?);
    }
    Ok(text.to_owned())
}

/// What stands in a statement, unverified.
fn payload(text: &str) -> Option<Value> {
    let part = text.split('.').nth(1)?;
    let bytes = base64ct::Base64UrlUnpadded::decode_vec(part).ok()?;
    serde_json::from_slice(&bytes).ok().filter(Value::is_object)
}

impl QrPicture {
    /// The picture as text: for a terminal black on white, otherwise without colours.
    pub fn as_text(&self, for_terminal: bool) -> Result<String, Error> {
        Ok(Picture::new(&self.text)?.text(for_terminal))
    }

    /// The picture as a PNG file.
    pub fn png_bytes(&self) -> Result<Vec<u8>, Error> {
        Base64::decode_vec(&self.png).map_err(|_| Error::BrokenOff {
            what: "drawing the picture",
        })
    }
}

impl App {
    /// [`App::code_scan`] for files that were read already.
    pub fn scan_files(&self, files: &[Vec<u8>]) -> Result<Scanned, Error> {
        scan_pictures(files.iter().map(Vec::as_slice))
    }
}
