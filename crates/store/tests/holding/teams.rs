use scrip_domain::{Coded, ErrorCode, SendingPolicy, TeamId, TeamRole, Tokens};
use scrip_store::{Error, TeamTransfer, User};

use super::balance;
use crate::support::{Fixture, both, tokens};

fn moved(fixture: &Fixture, user: &User, team: TeamId, amount: i64, draw: bool) -> TeamTransfer {
    TeamTransfer {
        user: user.id,
        team,
        tokens: tokens(amount),
        draw,
        command: fixture.id(),
        digest: [1; 32],
    }
}

both! {
    async fn a_team_pays_its_members_within_their_limits(fixture: Fixture) {
        let (ada, bob) = (fixture.user("ada@example.com", 500).await, fixture.user("bob@example.com", 0).await);
        let eve = fixture.user("eve@example.com", 0).await;
        let team = TeamId(fixture.id());
        let begun = fixture.store.begin_team(ada.id, team, "Home").await.unwrap();
        assert_eq!(fixture.store.begin_team(ada.id, team, "Home").await.unwrap(), begun);
        assert_eq!(fixture.store.begin_team(bob.id, team, "Home").await.unwrap_err().code(), ErrorCode::IdempotencyConflict);
        let put = async |who: &User, email: &'static str, role, limit| {
            fixture.store.put_member(who.id, team, email, role, tokens(limit)).await.map(drop)
        };
        let code = |refused: Result<(), Error>| refused.unwrap_err().code();
        put(&ada, "bob@example.com", TeamRole::Manager, 100).await.unwrap();
        // Whoever is only invited is no member yet.
        assert_eq!(code(put(&bob, "eve@example.com", TeamRole::Member, 10).await), ErrorCode::TeamNotFound);
        assert_eq!(fixture.store.teams(bob.id).await.unwrap()[0].me.joined_at, None);
        fixture.store.join_team(bob.id, team).await.unwrap();
        assert_eq!(fixture.store.join_team(eve.id, team).await.unwrap_err().code(), ErrorCode::TeamNotFound);
        assert_eq!(code(put(&bob, "eve@example.com", TeamRole::Owner, 10).await), ErrorCode::TeamRefused);
        put(&bob, "eve@example.com", TeamRole::Member, 30).await.unwrap();
        fixture.store.join_team(eve.id, team).await.unwrap();
        let policy = SendingPolicy::default();
        let run = async |transfer: TeamTransfer| fixture.store.move_team_tokens(&transfer, &policy).await;
        let deposit = moved(&fixture, &ada, team, 300, false);
        assert_eq!((run(deposit).await.unwrap(), run(deposit).await.unwrap()), (tokens(300), tokens(300)));
        let misused = TeamTransfer { digest: [2; 32], ..deposit };
        assert_eq!(run(misused).await.unwrap_err().code(), ErrorCode::IdempotencyConflict);
        let draw = async |who: &User, amount| run(moved(&fixture, who, team, amount, true)).await;
        assert_eq!(draw(&eve, 5).await.unwrap_err().code(), ErrorCode::SendingTooEarly);
        fixture.advance(1);
        let tries = (0..6).map(|_| {
            let (store, transfer) = (fixture.store.clone(), moved(&fixture, &eve, team, 10, true));
            tokio::spawn(async move { store.move_team_tokens(&transfer, &SendingPolicy::default()).await })
        });
        let mut drawn = 0;
        for attempt in tries.collect::<Vec<_>>() {
            match attempt.await.unwrap() {
                Ok(_) => drawn += 1,
                Err(refused) => assert_eq!(refused.code(), ErrorCode::TeamLimit),
            }
        }
        assert_eq!((drawn, balance(&fixture, &eve).await), (3, 30));
        let (seen, members) = fixture.store.team(eve.id, team).await.unwrap();
        assert_eq!((seen.balance, seen.me.drawn, members.len()), (tokens(270), tokens(30), 2));
        assert_eq!(fixture.store.team(bob.id, team).await.unwrap().1.len(), 3);
        assert_eq!(fixture.store.team_moves(eve.id, team, None, 10).await.unwrap().len(), 3);
        assert_eq!(fixture.store.team_moves(bob.id, team, None, 10).await.unwrap().len(), 4);
        fixture.advance(31);
        draw(&eve, 30).await.unwrap();
        assert_eq!(draw(&ada, 241).await.unwrap_err().code(), ErrorCode::WalletInsufficient);
        assert_eq!(fixture.store.tokens_of_teams().await.unwrap(), tokens(240));
        fixture.assert_sound().await;
        let leave = async |who: &User, of: &User| fixture.store.remove_member(who.id, team, of.id).await;
        assert_eq!(code(leave(&bob, &ada).await), ErrorCode::TeamRefused);
        assert_eq!(code(leave(&ada, &ada).await), ErrorCode::TeamRefused);
        leave(&bob, &eve).await.unwrap();
        assert_eq!(draw(&eve, 1).await.unwrap_err().code(), ErrorCode::TeamNotFound);
        assert_eq!(fixture.store.close_team(bob.id, team).await.unwrap_err().code(), ErrorCode::TeamRefused);
        assert_eq!(fixture.store.close_team(ada.id, team).await.unwrap(), tokens(240));
        assert_eq!(balance(&fixture, &ada).await, 440);
        assert_eq!(fixture.store.teams(ada.id).await.unwrap(), []);
        assert_eq!(fixture.store.tokens_of_teams().await.unwrap(), Tokens::ZERO);
        fixture.assert_sound().await;
        fixture.tamper("UPDATE team_moves SET drawn = drawn + 1").await;
        assert_ne!(fixture.store.audit().await.unwrap().breaches, []);
    }
}
