//! What people hold, as far as some checkouts are decided on it.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};

use scrip_domain::{Holdings, Item, License, LicenseId, ProductId, Sale, Timestamp, Tokens, UserId};
use uuid::Uuid;

use crate::db::{Tx, Value, args};
use crate::ledger::read_tokens;
use crate::{Error, activations, catalog, licenses, seats};

/// A product that somebody wants.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'w> {
    pub(crate) user: UserId,
    pub(crate) product: &'w ProductId,
    /// The command that asks for it; none where only its price is asked.
    pub(crate) command: Option<Uuid>,
}

impl<'w> Wanted<'w> {
    /// The products of some items.
    pub(crate) fn all(user: UserId, items: &'w [Item], command: Option<Uuid>) -> Vec<Self> {
        let wanted = |item: &'w Item| Self {
            user,
            product: &item.product,
            command,
        };
        items.iter().map(wanted).collect()
    }
}

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
    /// The commands that were paid already.
    pub(crate) paid: HashSet<(UserId, Uuid)>,
    /// Whether all of it was read at one moment, so that what is not among the paid commands changed nothing of the rest.
    pub(crate) of_one_moment: bool,
}

/// User, product, command; balance, offers, policy; whether there are a license and an order.
type Overview = (
    Uuid,
    String,
    Option<Uuid>,
    Option<i64>,
    Option<String>,
    Option<String>,
    bool,
    bool,
);

impl State {
    /// Reads it with one statement, and the licenses with a second one where there are any.
    pub(crate) async fn read(tx: &mut Tx, wanted: &[Wanted<'_>], now: Timestamp) -> Result<Self, Error> {
        let mut state = Self {
            wallets: HashMap::new(),
            sales: HashMap::new(),
            licenses: HashMap::new(),
            in_use: HashMap::new(),
            reshaped: Vec::new(),
            paid: HashSet::new(),
            of_one_moment: true,
        };
        if wanted.is_empty() {
            return Ok(state);
        }
        let sql = "SELECT v.column1, v.column2, v.column3, w.balance, p.offers, p.policy, l.user_id IS NOT NULL, \
                 o.user_id IS NOT NULL FROM ({rows}) AS v \
                 LEFT JOIN wallets w ON w.user_id = v.column1 \
                 LEFT JOIN products p ON p.id = v.column2 AND NOT p.removed \
                 LEFT JOIN licenses l ON l.user_id = v.column1 AND l.product = v.column2 \
                 LEFT JOIN orders o ON o.command_id = v.column3 AND o.user_id = v.column1";
        let values: Vec<Value> = wanted
            .iter()
            .flat_map(|wanted| args![wanted.user.0, wanted.product.as_str(), wanted.command])
            .collect();
        let mut held = HashSet::new();
        for row in tx
            .rows_of_each::<Overview>("look over a checkout", sql, 3, &values)
            .await?
        {
            state.take(row, &mut held)?;
        }
        if !held.is_empty() {
            let held: Vec<_> = held.iter().map(|(user, product)| (*user, product)).collect();
            state.of_one_moment = false;
            for license in licenses::find(tx, &held).await? {
                state
                    .licenses
                    .insert((license.user, license.product.clone()), (license.revision, license));
            }
        }
        state.read_upgradable(tx, wanted, now).await?;
        Ok(state)
    }

    /// Takes one row over, and notes a license that is still to be read.
    fn take(&mut self, row: Overview, held: &mut HashSet<(UserId, ProductId)>) -> Result<(), Error> {
        let (user, product, command, balance, offers, policy, licensed, paid) = row;
        let (user, product) = (UserId(user), catalog::read_id(&product)?);
        if let Some(balance) = balance {
            let balance = read_tokens("wallets", user.0, balance)?;
            self.wallets.insert(user, (balance, balance));
        }
        if let Some(command) = command.filter(|_| paid) {
            self.paid.insert((user, command));
        }
        if licensed {
            held.insert((user, product.clone()));
        }
        // Many who buy the same at one moment are told its offers once.
        if let (Entry::Vacant(free), Some(offers), Some(policy)) = (self.sales.entry(product), offers, policy) {
            let sale = catalog::read_sale(free.key(), &offers, &policy)?;
            free.insert(sale);
        }
        Ok(())
    }

    /// The licenses that the wanted products upgrade from.
    async fn read_upgradable(&mut self, tx: &mut Tx, wanted: &[Wanted<'_>], now: Timestamp) -> Result<(), Error> {
        let earlier: Vec<(UserId, ProductId)> = wanted
            .iter()
            .filter_map(|wanted| {
                let earlier = self.sales.get(wanted.product)?.policy.upgrade_from.clone()?;
                let held = self.licenses.contains_key(&(wanted.user, wanted.product.clone()));
                (!held).then_some((wanted.user, earlier))
            })
            .collect();
        if earlier.is_empty() {
            return Ok(());
        }
        self.of_one_moment = false;
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
