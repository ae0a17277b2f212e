//! Vouchers are redeemed once, whoever tries and however often.

use scrip_domain::{Coded as _, ErrorCode, VoucherCode, VoucherState, VoucherTerms};
use scrip_store::{Act, Error, NewVouchers, RedeemedVoucher, Redemption, User, VoucherFunding};
use uuid::Uuid;

use crate::support::{Fixture, both, tokens};

const ACT: Act<'static> = Act {
    actor: "cli",
    action: "vouchers.made",
    subject: "a batch",
    why: "a fair",
};

/// A tag that covers the terms, for a test without a secret.
fn code(terms: &VoucherTerms) -> VoucherCode {
    let sum = terms.to_bytes().into_iter().map(u64::from).sum();
    VoucherCode::new(terms.serial, sum)
}

fn batch(fixture: &Fixture, count: u32) -> NewVouchers {
    NewVouchers {
        id: fixture.id(),
        tokens: tokens(50),
        count,
        expires_at: Some(fixture.now().plus_seconds(86_400)),
        funding: VoucherFunding::Sold,
        label: "The spring fair".into(),
    }
}

/// Makes vouchers and answers their codes.
async fn made(fixture: &Fixture, count: u32) -> (Uuid, Vec<VoucherCode>) {
    let new = batch(fixture, count);
    fixture.store.make_vouchers(&new, &ACT).await.unwrap();
    let rows = fixture.store.vouchers(new.id, None, 20_000).await.unwrap();
    (new.id, rows.iter().map(|row| code(&row.terms)).collect())
}

async fn redeem(fixture: &Fixture, user: &User, voucher: VoucherCode, command: Uuid) -> Result<RedeemedVoucher, Error> {
    let redemption = Redemption {
        user: user.id,
        code: voucher,
        command,
        act: None,
    };
    let verify = |typed, terms: &VoucherTerms| typed == code(terms);
    fixture.store.redeem_voucher(&redemption, verify).await
}

both! {
    async fn a_batch_is_made_once_and_paged(fixture: Fixture) {
        let new = batch(&fixture, 1200);
        let first = fixture.store.make_vouchers(&new, &ACT).await.unwrap();
        assert_eq!(fixture.store.make_vouchers(&new, &ACT).await.unwrap(), first, "the same once more");
        let other = NewVouchers { count: 3, ..new.clone() };
        assert_eq!(fixture.store.make_vouchers(&other, &ACT).await.unwrap_err().code(), ErrorCode::IdempotencyConflict);
        let second = fixture.store.make_vouchers(&NewVouchers { id: fixture.id(), ..other }, &ACT).await.unwrap();
        assert_eq!((first.number, second.number), (1, 2));
        let listed = fixture.store.voucher_batches(None, 10).await.unwrap();
        assert_eq!(listed, [second, first]);
        assert_eq!(fixture.store.voucher_batches(Some(2), 10).await.unwrap().len(), 1);
        let page = fixture.store.vouchers(new.id, None, 1000).await.unwrap();
        let rest = fixture.store.vouchers(new.id, Some(page[999].serial), 1000).await.unwrap();
        assert_eq!((page.len(), rest.len()), (1000, 200));
        assert_eq!(fixture.store.acts(None, None, 10).await.unwrap().len(), 2);
    }

    async fn a_voucher_is_redeemed_once_and_its_command_answers_again(fixture: Fixture) {
        let (ada, bob) = (fixture.user("ada@example.com", 5).await, fixture.user("bob@example.com", 0).await);
        let (batch, codes) = made(&fixture, 3).await;
        let command = fixture.id();
        let first = redeem(&fixture, &ada, codes[0], command).await.unwrap();
        assert_eq!((first.tokens, first.balance_after, first.replayed), (tokens(50), tokens(55), false));
        let again = redeem(&fixture, &ada, codes[0], command).await.unwrap();
        assert_eq!(again, RedeemedVoucher { replayed: true, ..first });
        for user in [&ada, &bob] {
            let refused = redeem(&fixture, user, codes[0], fixture.id()).await.unwrap_err();
            assert_eq!(refused.code(), ErrorCode::VoucherRedeemed);
        }
        let guessed = VoucherCode::new(codes[1].serial(), codes[1].tag() + 1);
        for wrong in [guessed, VoucherCode::new(VoucherCode::MAX_SERIAL, 1)] {
            assert_eq!(redeem(&fixture, &ada, wrong, fixture.id()).await.unwrap_err().code(), ErrorCode::VoucherUnknown);
        }
        let entry = &fixture.store.history(ada.id, None, 1).await.unwrap()[0];
        assert_eq!((entry.kind.as_str(), entry.amount), ("voucher", 50));
        assert!(entry.reason.contains("The spring fair"), "{}", entry.reason);
        let act = Act { action: "voucher.redeemed", ..ACT };
        let redemption = Redemption { user: bob.id, code: codes[1], command: fixture.id(), act: Some(act) };
        fixture.store.redeem_voucher(&redemption, |_, _| true).await.unwrap();
        assert_eq!(fixture.store.notices(bob.id, None, 10).await.unwrap()[0].kind, "voucher.redeemed");
        assert_eq!(fixture.store.voucher_batch(batch).await.unwrap().unwrap().redeemed, 2);
        fixture.assert_sound().await;
    }

    async fn a_canceled_or_expired_voucher_stays_paper(fixture: Fixture) {
        let ada = fixture.user("ada@example.com", 0).await;
        let (batch, codes) = made(&fixture, 4).await;
        redeem(&fixture, &ada, codes[0], fixture.id()).await.unwrap();
        let act = Act { action: "voucher.canceled", ..ACT };
        assert!(fixture.store.cancel_voucher(codes[1].serial(), &act).await.unwrap());
        assert!(!fixture.store.cancel_voucher(codes[1].serial(), &act).await.unwrap());
        assert!(!fixture.store.cancel_voucher(codes[0].serial(), &act).await.unwrap(), "it is redeemed");
        let refused = redeem(&fixture, &ada, codes[1], fixture.id()).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::VoucherCanceled);
        assert_eq!(fixture.store.cancel_vouchers(batch, &act).await.unwrap(), 2);
        let states: Vec<_> = fixture.store.vouchers(batch, None, 10).await.unwrap().iter().map(|row| row.state).collect();
        assert_eq!(states, [VoucherState::Redeemed, VoucherState::Canceled, VoucherState::Canceled, VoucherState::Canceled]);
        let (_, late) = made(&fixture, 1).await;
        fixture.advance(1);
        assert_eq!(redeem(&fixture, &ada, late[0], fixture.id()).await.unwrap_err().code(), ErrorCode::VoucherExpired);
        fixture.assert_sound().await;
    }

    async fn of_a_thousand_tries_at_once_each_voucher_pays_one(fixture: Fixture) {
        const TRIES: usize = 1000;
        let mut users = Vec::new();
        for at in 0..10 {
            users.push(fixture.user(&format!("u{at}@example.com"), 0).await);
        }
        let (_, codes) = made(&fixture, 4).await;
        let other = fixture.reopen().await;
        let mut running = Vec::new();
        for at in 0..TRIES {
            let server = if at % 2 == 0 { fixture.clone() } else { other.clone() };
            let (user, voucher) = (users[at % 10].clone(), codes[at / 10 % 4]);
            running.push(tokio::spawn(async move {
                let command = server.id();
                redeem(&server, &user, voucher, command).await
            }));
        }
        let mut redeemed = 0;
        for attempt in running {
            match attempt.await.unwrap() {
                Ok(done) => {
                    assert!(!done.replayed);
                    redeemed += 1;
                }
                Err(refused) => {
                    assert!(matches!(refused.code(), ErrorCode::VoucherRedeemed | ErrorCode::StoreBusy), "{refused}");
                }
            }
        }
        let mut held = 0;
        for user in &users {
            held += fixture.store.balance(user.id).await.unwrap().get();
        }
        assert_eq!((redeemed, held), (4, 200));
        fixture.assert_sound().await;
    }

    async fn an_audit_finds_a_voucher_without_its_tokens(fixture: Fixture) {
        let ada = fixture.user("ada@example.com", 0).await;
        let (_, codes) = made(&fixture, 2).await;
        redeem(&fixture, &ada, codes[0], fixture.id()).await.unwrap();
        fixture.assert_sound().await;
        for (tamper, undo) in [
            ("UPDATE voucher_batches SET tokens = tokens + 1", "UPDATE voucher_batches SET tokens = tokens - 1"),
            ("UPDATE vouchers SET redeemed_at = redeemed_at + 1, transfer_id = NULL", ""),
        ] {
            fixture.tamper(tamper).await;
            assert_ne!(fixture.store.audit().await.unwrap().breaches, [], "{tamper}");
            if !undo.is_empty() {
                fixture.tamper(undo).await;
                fixture.assert_sound().await;
            }
        }
    }
}
