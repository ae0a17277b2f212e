//! Jobs: one server at a time, and another where that one died.

mod webhooks;

use scrip_store::{Act, JobClaim, JobEnd, JobTurn};
use uuid::Uuid;

use crate::support::{Fixture, both};

const ADA: Uuid = Uuid::from_u128(0xada);
const EVE: Uuid = Uuid::from_u128(0xe5e);

fn claim(fixture: &Fixture, server: Uuid) -> JobClaim<'static> {
    JobClaim {
        name: "renewals",
        server,
        run: fixture.id(),
        lease_seconds: 60,
        at_once: false,
    }
}

both! {
    async fn a_job_that_many_want_at_once_is_begun_by_one_and_again_when_it_is_due(fixture: Fixture) {
        for round in 0..3 {
            let tries = (0..8).map(|n| {
                let fixture = fixture.clone();
                let claim = claim(&fixture, Uuid::from_u128(n));
                tokio::spawn(async move { (fixture.store.claim_job(&claim).await.unwrap(), claim) })
            });
            let mut ours = Vec::new();
            for attempt in tries.collect::<Vec<_>>() {
                match attempt.await.unwrap() {
                    (JobTurn::Ours, claim) => ours.push(claim),
                    (turn, _) => assert!(matches!(turn, JobTurn::Running(_)), "{turn:?}"),
                }
            }
            assert_eq!(ours.len(), 1, "round {round}");
            let due_at = fixture.now().plus_seconds(3600);
            let end = JobEnd { name: "renewals", run: ours[0].run, due_at, outcome: Ok("") };
            assert!(fixture.store.end_job(&end).await.unwrap());
            assert!(!fixture.store.end_job(&end).await.unwrap(), "a run ends once");
            assert_eq!(fixture.store.claim_job(&claim(&fixture, ADA)).await.unwrap(), JobTurn::NotDue(due_at));
            fixture.advance(1);
        }
        assert_eq!(fixture.store.job_runs(None, None, 10).await.unwrap(), [], "nothing happened, nothing is kept");
    }

    async fn whoever_sleeps_through_its_lease_has_lost_the_job(fixture: Fixture) {
        let store = &fixture.store;
        let first = claim(&fixture, ADA);
        assert_eq!(store.claim_job(&first).await.unwrap(), JobTurn::Ours);
        assert!(store.keep_job("renewals", first.run, 7200).await.unwrap());
        let held = store.claim_job(&claim(&fixture, EVE)).await.unwrap();
        assert_eq!(held, JobTurn::Running(fixture.now().plus_seconds(7200)));
        fixture.advance(1);
        let second = claim(&fixture, EVE);
        assert_eq!(store.claim_job(&second).await.unwrap(), JobTurn::Ours);
        assert!(!store.keep_job("renewals", first.run, 60).await.unwrap());
        let end = |run, outcome| JobEnd { name: "renewals", run, due_at: fixture.now(), outcome };
        assert!(!store.end_job(&end(first.run, Ok("too late"))).await.unwrap());
        assert!(store.end_job(&end(second.run, Err("the network is down"))).await.unwrap());
        let runs = store.job_runs(Some("renewals"), None, 10).await.unwrap();
        let seen: Vec<_> = runs.iter().map(|run| (run.id, run.server, run.failed)).collect();
        assert_eq!(seen, [(second.run, EVE, true), (first.run, ADA, true)]);
        assert!(runs[1].outcome.contains("did not end"), "{}", runs[1].outcome);
        let job = &store.jobs().await.unwrap()[0];
        assert_eq!((job.failures, job.running, job.succeeded_at), (1, None, None));
        let third = claim(&fixture, ADA);
        assert_eq!(store.claim_job(&third).await.unwrap(), JobTurn::Ours);
        assert!(store.end_job(&end(third.run, Ok("3 paid"))).await.unwrap());
        let job = &store.jobs().await.unwrap()[0];
        assert_eq!((job.failures, job.succeeded_at), (0, Some(fixture.now())));
    }

    async fn a_server_that_stops_gives_its_jobs_back(fixture: Fixture) {
        let store = &fixture.store;
        assert_eq!(store.claim_job(&claim(&fixture, ADA)).await.unwrap(), JobTurn::Ours);
        store.release_jobs(EVE).await.unwrap();
        assert!(matches!(store.claim_job(&claim(&fixture, EVE)).await.unwrap(), JobTurn::Running(_)));
        store.release_jobs(ADA).await.unwrap();
        assert_eq!(store.claim_job(&claim(&fixture, EVE)).await.unwrap(), JobTurn::Ours);
    }

    async fn an_operator_pauses_and_hurries_a_job_and_the_log_says_so(fixture: Fixture) {
        let store = &fixture.store;
        let act = Act { actor: "ada@example.com", action: "job.paused", subject: "renewals", why: "the books are closed" };
        assert!(!store.pause_job("renewals", true, &act).await.unwrap(), "it never ran");
        let first = claim(&fixture, ADA);
        assert_eq!(store.claim_job(&first).await.unwrap(), JobTurn::Ours);
        let due_at = fixture.now().plus_seconds(3600);
        let end = JobEnd { name: "renewals", run: first.run, due_at, outcome: Ok("") };
        assert!(store.end_job(&end).await.unwrap());
        assert!(store.pause_job("renewals", true, &act).await.unwrap());
        fixture.advance(1);
        let looked = store.claim_job(&claim(&fixture, ADA)).await.unwrap();
        assert_eq!(looked, JobTurn::Paused);
        let at_once = JobClaim { at_once: true, ..claim(&fixture, ADA) };
        assert_eq!(store.claim_job(&at_once).await.unwrap(), JobTurn::Ours);
        assert!(store.end_job(&JobEnd { run: at_once.run, due_at: fixture.now().plus_seconds(60), ..end }).await.unwrap());
        assert!(store.pause_job("renewals", false, &act).await.unwrap());
        assert!(matches!(store.claim_job(&claim(&fixture, ADA)).await.unwrap(), JobTurn::NotDue(_)));
        assert!(store.hurry_job("renewals", &Act { action: "job.hurried", ..act }).await.unwrap());
        assert_eq!(store.claim_job(&claim(&fixture, EVE)).await.unwrap(), JobTurn::Ours);
        let logged = store.acts(Some("renewals"), None, 10).await.unwrap();
        let actions: Vec<_> = logged.iter().map(|act| act.action.as_str()).collect();
        assert_eq!(actions, ["job.hurried", "job.paused", "job.paused"]);
        fixture.assert_sound().await;
    }
}
