//! Computers without a network: a request is read, checked, settled once, and answered with a bundle.

mod words;

use std::path::Path;

use scrip_api::OfflineAnswer;
use scrip_domain::{Coded as _, Email, ErrorCode, Item, LicenseId, ProductId, Quote, UserId};
use scrip_licensing::armor::{self, Label};
use scrip_licensing::{
    Bundle, BundleOrder, Confirmation, OfflineRequest, PriceSheet, RequestItem, RequestJournal, StatementKind,
};
use scrip_store::{Checkout, DeviceRow, NewDevice, ProductNames, StoredAnswer};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::journal::{finding_view, reconcile_journal};
use crate::routes::{codes, library};
use crate::{Error, Server, statements};

pub(crate) use words::{item_words, line_words, quote_words};

/// The longest name of a device, in characters.
const DEVICE_NAME_CHARS_MAX: usize = 100;
/// The longest note of a bundle, in characters, and the most notes.
const NOTE_CHARS_MAX: usize = 500;
const NOTES_MAX: usize = 100;

/// A request whose signature, vendor and date are checked.
pub(crate) struct Handed {
    pub(crate) request: OfflineRequest,
    /// The SHA-256 of its compact form, to tell a repetition from another request under the same id.
    digest: [u8; 32],
}

impl Handed {
    /// Reads a request, armored or compact.
    pub(crate) fn open(server: &Server, text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let compact = match Label::of(text) {
            Some(_) => armor::read_one(Label::Request, text)?,
            None => text.to_owned(),
        };
        // A statement of another kind is named as that.
        if let Some(found) = StatementKind::of(&compact).filter(|found| *found != StatementKind::Request) {
            let kind = StatementKind::Request;
            return Err(scrip_licensing::Error::StatementKind { kind, found }.into());
        }
        Ok(Self {
            request: OfflineRequest::open(&compact, &server.0.issuer, server.0.clock.now())?,
            digest: Sha256::digest(compact.as_bytes()).into(),
        })
    }

    /// The account that pays when `user` hands it in: the computer must be one of the account's, or the request name it.
    pub(crate) async fn user_signed_in(&self, server: &Server, user: UserId) -> Result<UserId, Error> {
        let store = &server.0.store;
        let account = store.user_by_id(user).await?.ok_or(Error::SessionExpired)?;
        let registered = store.device_users(&self.request.iss.to_string()).await?.contains(&user);
        if registered || account.email == self.request.account {
            Ok(user)
        } else {
            Err(Error::OfflineOtherAccount {
                account: self.request.account.to_string(),
            })
        }
    }

    /// The account that pays when an operator hands it in: the one given, else the computer's, else the one that it names.
    async fn user_by_operator(&self, server: &Server, given: Option<&Email>) -> Result<UserId, Error> {
        let store = &server.0.store;
        if given.is_none()
            && let [only] = store.device_users(&self.request.iss.to_string()).await?[..]
        {
            return Ok(only);
        }
        let email = given.unwrap_or(&self.request.account);
        let user = store.user_by_email(email).await?;
        user.map(|user| user.id).ok_or_else(|| {
            Error::Store(scrip_store::Error::AccountNotFound {
                email: email.to_string(),
            })
        })
    }

    fn checkouts(&self) -> Vec<Item> {
        let items = self.request.items.iter().filter_map(|item| match item {
            RequestItem::Checkout(item) => Some(item.clone()),
            RequestItem::Activate(_) => None,
        });
        items.collect()
    }

    /// What the products that it asks for are called.
    pub(crate) async fn names(&self, server: &Server) -> Result<ProductNames, Error> {
        let wanted = products(&self.request.items);
        Ok(server.0.store.product_names(wanted.iter()).await?)
    }

    /// What the paid lines would cost the account today; `None` where nothing is to be paid.
    pub(crate) async fn quote(&self, server: &Server, user: UserId) -> Result<Option<Quote>, Error> {
        match self.checkouts() {
            items if items.is_empty() => Ok(None),
            items => Ok(Some(server.0.store.quote(user, &items).await?)),
        }
    }

    /// Whether it was answered before.
    pub(crate) async fn stored(&self, server: &Server, user: UserId) -> Result<Option<OfflineAnswer>, Error> {
        let known = server.0.store.offline_answer(self.request.jti).await?;
        known.map(|known| self.same(known, user)).transpose()
    }

    /// The stored answer, where it answers this very request.
    fn same(&self, known: StoredAnswer, user: UserId) -> Result<OfflineAnswer, Error> {
        if known.request_digest != self.digest || known.user != user {
            return Err(Error::Store(scrip_store::Error::IdempotencyConflict {
                command: self.request.jti.to_string(),
            }));
        }
        Ok(OfflineAnswer {
            bundle: known.bundle,
            notes: known.notes,
        })
    }
}

/// Answers the request in a file for an operator, and writes the bundle to `out`. Answers the notes.
pub async fn answer_file(
    server: &Server,
    file: &Path,
    out: &Path,
    account: Option<&Email>,
) -> Result<Vec<String>, Error> {
    let io = |operation, path: &Path| {
        let path = path.to_owned();
        move |source| Error::Io {
            operation,
            path,
            source,
        }
    };
    let size = std::fs::metadata(file).map_err(io("read", file))?.len();
    if size > armor::MAX_ANY_FILE_BYTES as u64 {
        return Err(Error::TooLarge {
            limit_bytes: armor::MAX_ANY_FILE_BYTES,
        });
    }
    let text = std::fs::read(file).map_err(io("read", file))?;
    let text = String::from_utf8(text).map_err(|_| Error::Malformed {
        why: "the file is not text".to_owned(),
    })?;
    let handed = Handed::open(server, &text)?;
    let user = handed.user_by_operator(server, account).await?;
    let answered = answer(server, &handed, user).await?;
    std::fs::write(out, &answered.bundle).map_err(io("write", out))?;
    Ok(answered.notes)
}

/// Answers a request for the account that pays. The same request is settled once and gets the same bundle.
pub(crate) async fn answer(server: &Server, handed: &Handed, user: UserId) -> Result<OfflineAnswer, Error> {
    if let Some(answered) = handed.stored(server, user).await? {
        return Ok(answered);
    }
    let request = &handed.request;
    let device = register(server, handed, user).await?;
    let names = handed.names(server).await?;
    let mut notes = Vec::new();
    for journal in &request.journals {
        notes.extend(report(server, user, &device, &names, journal).await);
    }
    let order = settle(server, handed, user).await?;
    if let Some(order) = &order {
        notes.extend(order.lines.iter().map(|line| line_words(line, &names)));
        notes.push(format!(
            "{} were paid; the wallet holds {}.",
            order.total, order.balance_after
        ));
    }
    let mut codes = Vec::new();
    for product in products(&request.items) {
        let name = names.of(&product);
        match code_for(server, user, &device, (&product, name), &mut notes).await {
            Ok(code) => {
                notes.push(format!("A code for {name} is in the answer."));
                codes.push(code);
            }
            Err(refused) if refused.is_internal() => return Err(refused),
            Err(refused) => notes.push(refusal_words(name, &refused)),
        }
    }
    notes.truncate(NOTES_MAX);
    let notes: Vec<String> = notes.into_iter().map(|note| shorten(&note, NOTE_CHARS_MAX)).collect();
    let bundle = server.0.signer.sign_bundle(&Bundle {
        iss: server.0.issuer.clone(),
        iat: server.0.clock.now(),
        jti: server.0.ids.new_id(&*server.0.clock).to_string(),
        cnf: Confirmation { jkt: request.iss },
        nonce: request.jti,
        codes,
        keys: server.0.signed_keys.clone(),
        revocations: statements::revocation_list(server).await?,
        order,
        notes: notes.clone(),
    })?;
    let answered = StoredAnswer {
        user,
        request_digest: handed.digest,
        bundle: armor::write_one(Label::Bundle, &bundle),
        notes,
    };
    let kept = server.0.store.put_offline_answer(request.jti, &answered).await?;
    tracing::info!(nonce = %request.jti, user = %user, device = %device.id, "a computer without a network was answered");
    handed.same(kept, user)
}

/// The answer that a request of the user got before; another user's is as absent as none.
pub(crate) async fn answer_of(server: &Server, user: UserId, nonce: Uuid) -> Result<OfflineAnswer, Error> {
    let known = server.0.store.offline_answer(nonce).await?;
    let own = known
        .filter(|known| known.user == user)
        .ok_or_else(|| Error::NotFound {
            path: format!("/account/offline/answers/{nonce}"),
        })?;
    Ok(OfflineAnswer {
        bundle: own.bundle,
        notes: own.notes,
    })
}

/// The computer, registered to the account where it was not.
async fn register(server: &Server, handed: &Handed, user: UserId) -> Result<DeviceRow, Error> {
    let request = &handed.request;
    let visible = request.name.chars().filter(|c| !c.is_control()).collect::<String>();
    let name = shorten(visible.trim(), DEVICE_NAME_CHARS_MAX);
    let device = NewDevice {
        name: if name.is_empty() {
            "A computer without a network".to_owned()
        } else {
            name
        },
        thumbprint: request.iss.to_string(),
        machine: request.machine.to_string(),
        platform: request.platform.clone(),
        facts: library::text_of(&request.facts)?,
    };
    let same = |other: &DeviceRow| library::recognise(other, &device, &request.facts);
    Ok(server.0.store.put_device(user, &device, same).await?.0)
}

/// Counts a journal that came with the request; answers what is to be told about it.
async fn report(
    server: &Server,
    user: UserId,
    device: &DeviceRow,
    names: &ProductNames,
    journal: &RequestJournal,
) -> Vec<String> {
    let license = journal.license;
    let reported = async {
        let found = server.0.store.activation_on(user, license, &device.thumbprint).await?;
        match found {
            Some(activation) => {
                let handed = crate::journal::Handed {
                    certificate: &journal.cert,
                    seal: journal.seal.as_deref(),
                    records: &journal.records,
                };
                reconcile_journal(server, user, activation, &handed).await.map(Some)
            }
            None => Ok(None),
        }
    };
    match reported.await {
        Ok(Some(reported)) => {
            let name = names.of(&reported.license.product);
            let findings = reported.findings.iter().map(finding_view);
            findings
                .map(|found| format!("The journal of {name}: {} [{}]", found.explanation, found.kind))
                .collect()
        }
        Ok(None) => vec![format!("The license {license} was never activated on this computer.")],
        Err(refused) => {
            tracing::warn!(code = %refused.code(), error = %refused, "a journal of a request was not counted");
            vec![format!(
                "The journal of the license {license} was not counted: {refused} [{}]",
                refused.code()
            )]
        }
    }
}

/// Pays for the lines that cost something, at exactly the total that the person agreed to. The request's id is the command.
async fn settle(server: &Server, handed: &Handed, user: UserId) -> Result<Option<BundleOrder>, Error> {
    let request = &handed.request;
    let items = handed.checkouts();
    let Some(expected_total) = request.expected_total.filter(|_| !items.is_empty()) else {
        return Ok(None);
    };
    if let Some(sheet) = &request.prices {
        let sheet = PriceSheet::open(sheet, &server.0.issuer, &server.0.key_set)?;
        let (revision, digest) = statements::prices_now(server).await?;
        if sheet.digest != digest {
            tracing::info!(
                theirs = sheet.revision,
                ours = revision,
                "a request was priced from an earlier catalog"
            );
        }
    }
    let paid = server
        .0
        .store
        .check_out(Checkout {
            user,
            command: request.jti,
            digest: handed.digest,
            items,
            expected_total,
            clear_cart: false,
            renewal_lead_seconds: None,
            held: None,
        })
        .await?;
    if !paid.replayed {
        server.0.metrics.orders.inc();
    }
    Ok(Some(BundleOrder {
        id: paid.id,
        total: paid.total,
        balance_after: paid.balance_after,
        lines: paid.lines,
    }))
}

/// The products that a request asks a code for, each once.
fn products(items: &[RequestItem]) -> Vec<ProductId> {
    let mut products: Vec<ProductId> = Vec::with_capacity(items.len());
    for item in items {
        let product = match item {
            RequestItem::Activate(activate) => &activate.activate,
            RequestItem::Checkout(item) => &item.product,
        };
        if !products.contains(product) {
            products.push(product.clone());
        }
    }
    products
}

async fn code_for(
    server: &Server,
    user: UserId,
    device: &DeviceRow,
    (product, name): (&ProductId, &str),
    notes: &mut Vec<String>,
) -> Result<String, Error> {
    let found = server.0.store.licenses_for(user, std::slice::from_ref(product)).await?;
    let license = match found.first() {
        Some(license) => license.id,
        None => begin_trial(server, user, device, (product, name), notes).await?,
    };
    let code = codes::issue_for(server, user, license, device.id, false).await?;
    Ok(code.code)
}

/// The license of a product that the account has none for: its free trial, where there is one.
async fn begin_trial(
    server: &Server,
    user: UserId,
    device: &DeviceRow,
    (product, name): (&ProductId, &str),
    notes: &mut Vec<String>,
) -> Result<LicenseId, Error> {
    match server.0.store.start_trial(user, product, device.id).await {
        Ok(license) => {
            notes.push(format!("The free trial of {name} has begun."));
            Ok(license.id)
        }
        Err(refused) if matches!(refused.code(), ErrorCode::OfferNotFound | ErrorCode::ProductNotFound) => {
            let product = product.clone();
            Err(scrip_domain::Error::LicenseNotFound { product }.into())
        }
        Err(refused) => Err(refused.into()),
    }
}

fn refusal_words(name: &str, refused: &Error) -> String {
    let hints = refused.hints().join(" ");
    let text = format!("No code for {name}: {refused}. {hints} [{}]", refused.code());
    text.replace("  ", " ")
}

fn shorten(text: &str, chars_max: usize) -> String {
    text.chars().take(chars_max).collect()
}
