//! What people hold, as far as some checkouts are decided on it.

use std::collections::{BTreeMap, HashMap};

use scrip_domain::{Holdings, Item, License, LicenseId, ProductId, Sale, Timestamp, Tokens, UserId};
use uuid::Uuid;

use crate::db::{Tx, Value, rows_text};
use crate::ledger::read_tokens;
use crate::{Error, activations, catalog, licenses, seats};

/// What the checkouts of a batch are decided on, and what they made of it.
pub(crate) struct State {
    /// What each wallet held, and holds now.
    pub(crate) wallets: HashMap<UserId, (Tokens, Tokens)>,
    sales: HashMap<ProductId, Sale>,
    /// Each license with the revision of its row; 0 for one that has none yet.
    pub(crate) licenses: HashMap<(UserId, ProductId), (i64, License)>,
    /// The computers that have a license which could be upgraded.
    in_use: HashMap<LicenseId, Vec<String>>,
    /// Licenses whose allowance began anew, by other limits than before.
    pub(crate) reshaped: Vec<LicenseId>,
}

impl State {
    pub(crate) async fn read(tx: &mut Tx, wanted: &[(UserId, &ProductId)], now: Timestamp) -> Result<Self, Error> {
        let mut state = Self {
            wallets: HashMap::new(),
            sales: HashMap::new(),
            licenses: HashMap::new(),
            in_use: HashMap::new(),
            reshaped: Vec::new(),
        };
        if wanted.is_empty() {
            return Ok(state);
        }
        let sql = |rows| {
            format!(
                "SELECT w.user_id, w.balance FROM (VALUES {}) AS v JOIN wallets w ON w.user_id = v.column1",
                rows_text(rows, 1, 1)
            )
        };
        let values: Vec<Value> = wanted.iter().map(|(user, _)| Value::from(user.0)).collect();
        let found = tx.rows_of_each::<(Uuid, i64)>("read balances", sql, 1, &values);
        for (user, balance) in found.await? {
            let balance = read_tokens("wallets", user, balance)?;
            state.wallets.insert(UserId(user), (balance, balance));
        }
        state.sales = catalog::find_sales(tx, wanted.iter().map(|(_, product)| *product)).await?;
        for license in licenses::find(tx, wanted).await? {
            state
                .licenses
                .insert((license.user, license.product.clone()), (license.revision, license));
        }
        state.read_upgradable(tx, wanted, now).await?;
        Ok(state)
    }

    /// The licenses that the wanted products upgrade from.
    async fn read_upgradable(
        &mut self,
        tx: &mut Tx,
        wanted: &[(UserId, &ProductId)],
        now: Timestamp,
    ) -> Result<(), Error> {
        let earlier: Vec<(UserId, ProductId)> = wanted
            .iter()
            .filter(|(user, product)| !self.licenses.contains_key(&(*user, (*product).clone())))
            .filter_map(|(user, product)| Some((*user, self.sales.get(product)?.policy.upgrade_from.clone()?)))
            .collect();
        if earlier.is_empty() {
            return Ok(());
        }
        let earlier: Vec<_> = earlier.iter().map(|(user, product)| (*user, product)).collect();
        for license in licenses::find(tx, &earlier).await? {
            let computers = seats::names_of_live(&activations::of_license(tx, license.id).await?, now);
            self.in_use.insert(license.id, computers);
            self.licenses
                .insert((license.user, license.product.clone()), (license.revision, license));
        }
        Ok(())
    }

    /// Refuses to make a license one of another product while computers have codes of it.
    pub(crate) fn refuse_in_use(&self, settled: &[License]) -> Result<(), scrip_domain::Error> {
        for license in settled {
            let Some(computers) = self.in_use.get(&license.id).filter(|computers| !computers.is_empty()) else {
                continue;
            };
            let known = self.licenses.values().find(|(_, known)| known.id == license.id);
            if let Some((_, known)) = known.filter(|(_, known)| known.product != license.product) {
                return Err(scrip_domain::Error::LicenseInUse {
                    product: known.product.clone(),
                    computers: computers.clone(),
                });
            }
        }
        Ok(())
    }

    /// What one person holds, as far as the items need it.
    pub(crate) fn holdings(&self, user: UserId, items: &[Item]) -> Holdings {
        let nothing = (Tokens::ZERO, Tokens::ZERO);
        let (_, balance) = *self.wallets.get(&user).unwrap_or(&nothing);
        let (mut licenses, mut sales) = (BTreeMap::new(), BTreeMap::new());
        for Item { product, .. } in items {
            let sale = self.sales.get(product);
            let earlier = sale.and_then(|sale| sale.policy.upgrade_from.as_ref());
            for product in [Some(product), earlier].into_iter().flatten() {
                if let Some((_, license)) = self.licenses.get(&(user, product.clone())) {
                    licenses.insert(product.clone(), license.clone());
                }
            }
            if let Some(sale) = sale {
                sales.insert(product.clone(), sale.clone());
            }
        }
        Holdings {
            user,
            balance,
            licenses,
            sales,
        }
    }

    /// The license with this id, whatever product it stands under.
    fn take_license(&mut self, id: LicenseId) -> Option<(i64, License)> {
        let (key, _) = self.licenses.iter().find(|(_, (_, license))| license.id == id)?;
        let key = key.clone();
        self.licenses.remove(&key)
    }

    pub(crate) fn apply(&mut self, user: UserId, balance: Tokens, licenses: Vec<License>) {
        if let Some((_, now)) = self.wallets.get_mut(&user) {
            *now = balance;
        }
        for license in licenses {
            let key = (user, license.product.clone());
            // An upgraded license stood under another product.
            let known = match self.licenses.remove(&key) {
                None if license.revision > 1 => self.take_license(license.id),
                known => known,
            };
            let counts = |license: &License| {
                let left = &license.remaining;
                (left.uses.is_some(), left.processings.is_some(), license.tenure.trial)
            };
            if known
                .as_ref()
                .is_some_and(|(_, known)| counts(known) != counts(&license))
            {
                self.reshaped.push(license.id);
            }
            let stored = known.map_or(0, |(revision, _)| revision);
            self.licenses.insert(key, (stored, license));
        }
    }
}
