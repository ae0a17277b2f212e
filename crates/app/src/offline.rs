//! A computer without a network: what it asks for is written into a file, carried to one that has a network, and the
//! answer is carried back.

use std::collections::BTreeMap;
use std::path::PathBuf;

use scrip_api::OfflineSubmission;
use scrip_domain::{
    Email, Holdings, Intent, Item, License, LicenseId, OfferId, Offers, Platform, ProductId, Remaining, Timestamp,
    Tokens, UserId,
};
use scrip_licensing::armor::{self, Label};
use scrip_licensing::{
    Activate, Bundle, BundleExpectation, OfflineRequest, OpenBundle, RequestItem, RequestJournal, price_digest,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::contract::{
    ArmoredFile, Event, Imported, ImportedCode, OfflineAnswerView, OfflineAsk, OfflineOrder, OfflineRequestArgs,
    OfflineRequestView, TextArgs, WaitingRequest,
};
use crate::judge::as_license;
use crate::pictures::{pictures, text_of};
use crate::state::StateLock;
use crate::vendor::Trusted;
use crate::{App, Error, state};

/// The most requests that wait at once; the oldest makes room.
const WAITING_MAX: usize = 64;

/// A request as it is remembered until its answer comes.
#[derive(Clone, Serialize, Deserialize)]
struct Waiting {
    nonce: Uuid,
    made_at: Timestamp,
    sentences: Vec<String>,
}

impl App {
    /// Writes a request to carry to a computer that has a network. Needs none here.
    pub async fn offline_request(&self, args: OfflineRequestArgs) -> Result<OfflineRequestView, Error> {
        let issuer = match self.pinned_issuer()? {
            Some(issuer) => issuer,
            None => self.require_issuer().await.map_err(|error| {
                if error.is_offline() {
                    Error::VendorUnknown
                } else {
                    error
                }
            })?,
        };
        let account = self.account_of(args.account.as_deref())?;
        let (items, lines) = self.asked(args.ask).await?;
        let now = self.believed_now();
        let key = self.device_key().await?;
        let trusted = self.trusted()?;
        let mut sentences = lines;
        let checkout: Vec<Item> = items
            .iter()
            .filter_map(|item| match item {
                RequestItem::Checkout(item) => Some(item.clone()),
                RequestItem::Activate(_) => None,
            })
            .collect();
        let (expected_total, prices) = if checkout.is_empty() {
            (None, None)
        } else {
            let total = self.reckon(&checkout, now).await?;
            (Some(total), self.fitting_prices(trusted.as_ref()).await?)
        };
        if let Some(total) = expected_total {
            sentences.push(format!("It may cost {total} at most."));
        }
        let nonce = self.ids.new_id(self.clock.as_ref());
        let request = OfflineRequest {
            iss: key.thumbprint(),
            aud: issuer,
            jti: nonce,
            iat: now,
            jwk: key.jwk(),
            machine: self.machine.digest()?,
            facts: self.machine.facts(),
            platform: Platform::current(),
            name: self.machine.name.chars().take(200).collect(),
            account,
            items,
            expected_total,
            prices,
            journals: self.request_journals()?,
        };
        let signed = key.sign_request(&request)?;
        self.remember(Waiting {
            nonce,
            made_at: now,
            sentences: sentences.clone(),
        })?;
        Ok(OfflineRequestView {
            file: ArmoredFile {
                file_name: format!("scrip-request-{}.txt", short(nonce)),
                text: armor::write_one(Label::Request, &signed),
            },
            nonce: nonce.to_string(),
            made_at: now,
            sentences,
            expected_total,
            pictures: pictures(&signed)?,
        })
    }

    /// The requests that wait for their answers, the newest first.
    #[expect(clippy::unused_async, reason = "all commands have one shape")]
    pub async fn offline_waiting(&self) -> Result<Vec<WaitingRequest>, Error> {
        let waiting = self.waiting()?.into_iter().rev();
        Ok(waiting
            .map(|one| WaitingRequest {
                nonce: one.nonce.to_string(),
                made_at: one.made_at,
                sentences: one.sentences,
            })
            .collect())
    }

    /// Hands in the request of another computer, and answers the bundle to carry back.
    pub async fn offline_submit(&self, args: TextArgs) -> Result<OfflineAnswerView, Error> {
        let request = text_of(Label::Request, &args.text)?;
        self.require_session().await?;
        let answer = self
            .noted(self.client.submit_offline(&OfflineSubmission { request }).await)
            .await?;
        let bundle = text_of(Label::Bundle, &answer.bundle)?;
        let digest = <sha2::Sha256 as sha2::Digest>::digest(&bundle);
        let name = scrip_domain::Sha256(digest.into()).to_string();
        Ok(OfflineAnswerView {
            file: ArmoredFile {
                file_name: format!("scrip-answer-{}.txt", &name[..8]),
                text: armor::write_one(Label::Bundle, &bundle),
            },
            notes: answer.notes,
            pictures: pictures(&bundle)?,
        })
    }

    /// Takes the vendor's answer: its codes, its keys, its revocations and its time. Needs no network.
    pub async fn offline_import(&self, args: TextArgs) -> Result<Imported, Error> {
        let open = self.open_bundle(&text_of(Label::Bundle, &args.text)?).await?;
        self.take_statements(&open)?;
        self.note_bundle_time(open.bundle.iat)?;
        let mut products = Vec::with_capacity(open.codes.len());
        for (code, claims) in &open.codes {
            self.store_code(code, claims).await?;
            products.push(ImportedCode {
                product: claims.aud.clone(),
                explanation: claims.explain(self.believed_now()),
            });
        }
        self.change_waiting(|waiting| waiting.retain(|one| one.nonce != open.bundle.nonce))?;
        let order = open.bundle.order.map(|order| OfflineOrder {
            id: order.id,
            total: order.total,
            balance_after: order.balance_after,
            lines: order.lines,
        });
        if let Some(order) = &order {
            self.note_balance(order.balance_after)?;
        }
        self.keep_anchors().await?;
        self.forget_judges();
        self.tell(Event::LibraryChanged);
        Ok(Imported {
            products,
            order,
            notes: open.bundle.notes,
        })
    }

    /// Reads the answer to a request of this computer; changes nothing.
    pub(crate) async fn open_bundle(&self, text: &str) -> Result<OpenBundle, Error> {
        let issuer = self.pinned_issuer()?.ok_or(Error::VendorUnknown)?;
        let device = self.device_key().await?.thumbprint();
        let trusted = self.trusted()?;
        let waiting = self.waiting()?;
        let nonces: Vec<Uuid> = waiting.iter().map(|one| one.nonce).collect();
        let expect = BundleExpectation {
            issuer: &issuer,
            device,
            nonces: &nonces,
            keys: trusted.as_ref().map(|trusted| &trusted.keys),
            revocations: trusted.as_ref().and_then(|trusted| trusted.revocations.as_ref()),
        };
        let open = Bundle::open(text, &expect)?;
        let machine = self.machine.digest()?;
        if let Some((_, claims)) = open.codes.iter().find(|(_, claims)| claims.machine != machine) {
            return Err(scrip_licensing::Error::OtherDevice {
                product: claims.aud.clone(),
                what: "computer",
            }
            .into());
        }
        Ok(open)
    }

    /// Keeps the newer of what the bundle holds and what is stored.
    fn take_statements(&self, open: &OpenBundle) -> Result<(), Error> {
        let OpenBundle {
            bundle,
            keys,
            revocations,
            ..
        } = open;
        let trusted = self.take_keys(&bundle.iss, &bundle.keys)?;
        debug_assert_eq!(trusted.keys.seq, keys.seq);
        let is_newer = trusted
            .revocations
            .as_ref()
            .is_none_or(|stored| revocations.seq >= stored.seq);
        if is_newer {
            self.take_revocations(&trusted, &bundle.revocations)?;
        }
        Ok(())
    }

    /// Whose account is meant.
    fn account_of(&self, named: Option<&str>) -> Result<Email, Error> {
        if let Some(named) = named.filter(|named| !named.trim().is_empty()) {
            return Ok(named.trim().parse()?);
        }
        let session = self.stored_session()?.ok_or(Error::AccountUnnamed)?;
        Ok(session.account.email)
    }

    /// What is asked for, and in words.
    async fn asked(&self, ask: OfflineAsk) -> Result<(Vec<RequestItem>, Vec<String>), Error> {
        let items = match ask {
            OfflineAsk::Activate { product } => {
                let sentence = format!("A code of {product} for this computer.");
                return Ok((
                    vec![RequestItem::Activate(Activate { activate: product })],
                    vec![sentence],
                ));
            }
            OfflineAsk::Items { items } => items,
            OfflineAsk::Cart => self.cart_view().await?.items,
        };
        if items.is_empty() {
            return Err(scrip_domain::Error::CartEmpty.into());
        }
        let sentences = items.iter().map(in_words).collect();
        Ok((items.into_iter().map(RequestItem::Checkout).collect(), sentences))
    }

    /// What items cost by the prices and licenses that are stored here.
    pub(crate) async fn reckon(&self, items: &[Item], now: Timestamp) -> Result<Tokens, Error> {
        Ok(self.reckon_quote(items, now).await?.total)
    }

    pub(crate) async fn reckon_quote(&self, items: &[Item], now: Timestamp) -> Result<scrip_domain::Quote, Error> {
        let index = self.catalog.index().await?;
        let user = self.stored_owner()?.unwrap_or(UserId(Uuid::nil()));
        let mut licenses: BTreeMap<ProductId, License> = self
            .stored_licenses()?
            .into_iter()
            .map(|(product, view)| (product, as_license(&view, user)))
            .collect();
        // A code does not tell the frozen offers: today's are taken, and the vendor refuses where the total differs.
        for view in self.with_coded(Vec::new()) {
            let product = view.product.clone();
            licenses.entry(product.clone()).or_insert_with(|| {
                let mut license = as_license(&view, user);
                if let Some(entry) = index.get(&product) {
                    license.terms.offers.clone_from(&entry.offers);
                    license.terms.policy.clone_from(&entry.policy);
                    license.last_offer = only_fitting(&entry.offers, &license.remaining);
                }
                license
            });
        }
        let mut sales = BTreeMap::new();
        for item in items {
            if let Some(entry) = index.get(&item.product) {
                let sale = scrip_domain::Sale {
                    offers: entry.offers.clone(),
                    policy: entry.policy.clone(),
                };
                sales.insert(item.product.clone(), sale);
            }
        }
        // A license that is owned or was never here decides nothing else.
        licenses.retain(|_, license| license.id != LicenseId(Uuid::nil()));
        let holdings = Holdings {
            user,
            balance: self.stored_balance()?.unwrap_or(Tokens::ZERO),
            licenses,
            sales,
        };
        Ok(scrip_domain::quote(items, &holdings, now)?)
    }

    /// The stored price sheet, where it is of the catalog that is stored here.
    async fn fitting_prices(&self, trusted: Option<&Trusted>) -> Result<Option<String>, Error> {
        let Some(trusted) = trusted else { return Ok(None) };
        let Some((sheet, text)) = self.price_sheet(trusted)? else {
            return Ok(None);
        };
        let index = self.catalog.index().await?;
        let mut offers = Vec::with_capacity(index.entries().len());
        for entry in index.entries() {
            let json = serde_json::to_string(&entry.offers).map_err(|error| scrip_licensing::Error::Encode {
                what: "the offers",
                why: error.to_string(),
            })?;
            offers.push((&entry.id, json));
        }
        let digest = price_digest(offers.iter().map(|(product, json)| (*product, json.as_str())));
        Ok((digest == sheet.digest).then_some(text))
    }

    /// Every journal that holds something that is not reported yet.
    fn request_journals(&self) -> Result<Vec<RequestJournal>, Error> {
        let Some(meter) = self.meter()? else {
            return Ok(Vec::new());
        };
        let mut journals = Vec::new();
        for license in self.journaled() {
            let seat = self.seat(license)?;
            let Some((standing, head, _)) = self.counted(license)? else {
                continue;
            };
            let same = standing.uses == seat.reported.uses && standing.processings == seat.reported.processings;
            if head.seq <= seat.reported_seq || (same && seat.reported_seq > 0) {
                continue;
            }
            if let Some(journal) = self.journal(license)? {
                journals.extend(self.parts(&journal)?.into_iter().map(|part| RequestJournal {
                    license,
                    cert: meter.certificate.clone(),
                    seal: Some(part.seal),
                    records: part.records,
                }));
            }
        }
        journals.truncate(OfflineRequest::MAX_JOURNALS);
        Ok(journals)
    }

    fn remember(&self, one: Waiting) -> Result<(), Error> {
        self.change_waiting(|waiting| {
            waiting.push(one);
            let old = waiting.len().saturating_sub(WAITING_MAX);
            waiting.drain(..old);
        })
    }

    fn change_waiting(&self, change: impl FnOnce(&mut Vec<Waiting>)) -> Result<(), Error> {
        let _lock = StateLock::take(&self.folder)?;
        let mut waiting = self.waiting()?;
        change(&mut waiting);
        state::write(&self.waiting_file(), &waiting)
    }

    fn waiting(&self) -> Result<Vec<Waiting>, Error> {
        Ok(state::read(&self.waiting_file())?.unwrap_or_default())
    }

    fn waiting_file(&self) -> PathBuf {
        self.folder.join("requests.json")
    }
}

/// The first characters of an id, for the name of a file.
pub(crate) fn short(id: Uuid) -> String {
    // The end of an id of version 7 is its random part.
    let text = id.simple().to_string();
    text[text.len() - 8..].to_owned()
}

/// The one rental offer that limits what `left` limits; `None` where there are several, of which a person has to name one.
fn only_fitting(offers: &Offers, left: &Remaining) -> Option<OfferId> {
    let mut fitting = offers.rentals().filter(|rental| left.fits(rental.allowance));
    let first = fitting.next()?;
    fitting.next().is_none().then(|| first.id.clone())
}

pub(crate) fn in_words(item: &Item) -> String {
    let product = &item.product;
    match (item.intent, &item.offer) {
        (Intent::Buy, _) => format!("Buy {product}."),
        (Intent::Convert, _) => format!("Turn the rental of {product} into ownership."),
        (Intent::Upgrade, _) => format!("Upgrade to {product}."),
        (Intent::Rent, Some(offer)) => format!("Rent {product} by the offer \"{offer}\"."),
        (Intent::Rent, None) => format!("Rent {product}."),
        (Intent::Extend, Some(offer)) => format!("Extend the rental of {product} by the offer \"{offer}\"."),
        (Intent::Extend, None) => format!("Extend the rental of {product}."),
    }
}
