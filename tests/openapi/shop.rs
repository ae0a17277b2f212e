//! A shop with something to install, to rent, to try, to redeem and to pay for in every way.

use std::path::Path;

use scrip_domain::{BillingPolicy, Tokens};
use scrip_server::{Config, Server};
use scrip_store::{Act, NewPriceList, NewVouchers, VoucherFunding};
use scrip_tests::{Listing, Vendor, tar_with_program};

/// Rented, and on a computer.
pub(crate) const PAINT: &str = "org.example.Paint";
/// Given, and tried.
pub(crate) const DRAW: &str = "org.example.Draw";
/// Ordered by the one who asks.
pub(crate) const SKETCH: &str = "org.example.Sketch";
/// Nobody has it.
pub(crate) const CLAY: &str = "org.example.Clay";
/// Rented and on no computer: one to pause, one that is paused, one to end, one to give away, one to take back.
pub(crate) const RENTED: [&str; 5] = [
    "org.example.Pause",
    "org.example.Resume",
    "org.example.End",
    "org.example.Transfer",
    "org.example.Refund",
];

const PRICES: &str = r#"
[default]
purchase = 100
trial = { duration = "7d" }
transferable = true
[[default.rental]]
id = "week"
price = 30
duration = "7d"
credit_permille = 500
refund_permille = 900
pauses = 2
pause_max = "30d"
"#;

const ACT: Act<'static> = Act {
    actor: "cli",
    action: "test.prepared",
    subject: "the shop",
    why: "test",
};

fn tokens(count: i64) -> Tokens {
    Tokens::new(count).unwrap()
}

/// Fills the shop, whose server does not run yet; answers the code of a voucher.
pub(crate) async fn prepare(vendor: &Vendor, folder: &Path) -> String {
    let all = [PAINT, DRAW, SKETCH, CLAY].into_iter().chain(RENTED);
    let listings: Vec<_> = all
        .map(|id| {
            let (_, name) = id.rsplit_once('.').unwrap();
            let binary = &*name.to_lowercase();
            Listing {
                id,
                name,
                package: None,
                binary,
            }
            .write(folder)
        })
        .collect();
    vendor.import(&listings, PRICES);
    let archive = tar_with_program(folder, "paint", "1.0", 1000);
    let archive = archive.to_str().unwrap();
    vendor.run_ok(&["publish", archive, "--product", PAINT, "--version", "1.0"]);
    let server = Server::open(Config::load(vendor.data(), None).unwrap()).await.unwrap();
    let store = server.store();
    store.put_price_list(&prices(), &ACT).await.unwrap();
    let bills = BillingPolicy {
        seller: "Vendor Ltd".into(),
        address: "Road 2\n5678 City".into(),
        iban: "DE89370400440532013000".into(),
        credit_limit_minor: 100_000_000,
        ..BillingPolicy::default()
    };
    store.put_setting(&bills, &ACT).await.unwrap();
    let batch = NewVouchers {
        id: uuid::Uuid::new_v4(),
        tokens: tokens(5),
        count: 1,
        expires_at: None,
        funding: VoucherFunding::Sold,
        label: "A present".to_owned(),
    };
    store.make_vouchers(&batch, &ACT).await.unwrap();
    let codes = scrip_server::open_codes(&server, batch.id).await.unwrap();
    store.close().await;
    codes[0].1.to_string()
}

fn prices() -> NewPriceList {
    NewPriceList {
        currency: "EUR".parse().unwrap(),
        effective_from: None,
        effective_until: None,
        terms: scrip_testkit::token_prices(),
    }
}
