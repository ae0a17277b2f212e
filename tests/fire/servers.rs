//! The vendor's servers, and who kills them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use scrip_domain::{SystemClock, SystemIds};
use scrip_store::{Act, Store};
use scrip_tests::Vendor;
use tokio::sync::watch;

use crate::shop::sending;

/// How often a server is killed.
const EVERY: Duration = Duration::from_secs(5);

/// Servers on one database.
pub(crate) struct Servers {
    vendors: Vec<Vendor>,
    addresses: watch::Sender<Vec<SocketAddr>>,
    database: String,
}

impl Servers {
    /// Starts `count` of them.
    pub(crate) fn start(first: Vendor, count: usize, database: String) -> Self {
        let twins: Vec<Vendor> = (1..count).map(|_| first.twin()).collect();
        let mut vendors = vec![first];
        vendors.extend(twins);
        for vendor in &mut vendors {
            vendor.restart();
        }
        let addresses = watch::Sender::new(vendors.iter().map(Vendor::address).collect());
        Self {
            vendors,
            addresses,
            database,
        }
    }

    /// Where they are, at any moment.
    pub(crate) fn addresses(&self) -> watch::Receiver<Vec<SocketAddr>> {
        self.addresses.subscribe()
    }

    /// Kills one after the other, and starts it again, until `stop` says so. Answers how often.
    pub(crate) fn burn(&mut self, stop: &Receiver<()>) -> usize {
        let mut kills = 0;
        while matches!(stop.recv_timeout(EVERY), Err(RecvTimeoutError::Timeout)) {
            let turn = kills % self.vendors.len();
            let address = self.vendors[turn].address();
            self.vendors[turn].kill();
            self.addresses
                .send_modify(|there| there.retain(|other| *other != address));
            self.vendors[turn].restart();
            let address = self.vendors[turn].address();
            self.addresses.send_modify(|there| there.push(address));
            kills += 1;
            // What is sent arrives at once, or a minute later.
            self.change_sending(u32::try_from(kills % 2).unwrap_or_default());
        }
        kills
    }

    /// Changes the vendor's policy, as an operator does. Nothing stays open, so that the next kill leaves the database alone.
    fn change_sending(&self, cooling_off_minutes: u32) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let (clock, ids) = (Arc::new(SystemClock), Arc::new(SystemIds::default()));
            let store = Store::open(&self.database, clock, ids).await.unwrap();
            let act = Act {
                actor: "test",
                action: "setting.changed",
                subject: "sending",
                why: "a fire drill",
            };
            store.put_setting(&sending(cooling_off_minutes), &act).await.unwrap();
            store.close().await;
        });
    }

    /// One of them.
    pub(crate) fn vendor(&self) -> &Vendor {
        &self.vendors[0]
    }
}
