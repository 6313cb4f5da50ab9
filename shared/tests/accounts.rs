//! Accounts in the store, on a real MongoDB.

#![expect(clippy::unwrap_used, reason = "a test that fails here has failed")]

use std::collections::BTreeSet;

use bson::DateTime;
use futures_util::future::join_all;
use rstest::rstest;
use shared::accounts::audit::{Action, Actor, Entry};
use shared::accounts::key::{NewKey, Presented};
use shared::accounts::{Account, Allowance, Key, Organisation, Policy, Scope, User};
use shared::outcome::{Outcome, StepOutcome, Verdict};
use shared::placement::{Placement, Tenant, UserName};
use shared::store::{Change, Changed, Claim, Page, Store, UsageQuery, Whose};
use shared::submission::{NewSubmission, State, SubmissionId};

use crate::support;

const ALL: Page<'static> = Page { after: None, limit: 1000 };

fn acme() -> Tenant {
    "acme".parse().unwrap()
}

fn ann() -> UserName {
    "ann".parse().unwrap()
}

fn organisation(name: &str) -> Organisation {
    Organisation {
        name: name.parse().unwrap(),
        policy: Policy { cpu_millis: Some(500), ..Policy::default() },
        disabled: false,
        created_at: DateTime::now(),
        version: 0,
    }
}

fn user(name: &str) -> User {
    User {
        organisation: acme(),
        name: name.parse().unwrap(),
        policy: Policy { max_parallel: Some(3), ..Policy::default() },
        disabled: false,
        created_at: DateTime::now(),
        version: 0,
    }
}

fn key(new: &NewKey) -> Key {
    Key {
        id: new.id.clone(),
        organisation: acme(),
        user: ann(),
        label: Some("for the tests".to_owned()),
        hash: new.hash.clone(),
        scopes: BTreeSet::from([Scope::Submit, Scope::Read]),
        requests_per_minute: Some(7),
        created_at: DateTime::now(),
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
    }
}

fn entry(action: Action, change: &str) -> Entry {
    Entry {
        at: DateTime::now(),
        actor: Actor::Superadmin,
        action,
        organisation: acme(),
        user: None,
        key: None,
        change: change.to_owned(),
    }
}

async fn make(store: &Store, change: Result<Change, shared::store::StoreError>) -> Changed {
    store.change(&change.unwrap(), &entry(Action::Create, "{}")).await.unwrap()
}

/// A store with an organisation, a user, and a key that was made for them.
async fn with_key() -> (Store, NewKey) {
    let (store, new) = (support::store().await, NewKey::generate().unwrap());
    assert_eq!(make(&store, Change::new_organisation(&organisation("acme"))).await, Changed::Now);
    assert_eq!(make(&store, Change::new_user(&user("ann"))).await, Changed::Now);
    assert_eq!(make(&store, Change::new_key(&key(&new))).await, Changed::Now);
    (store, new)
}

fn presented(new: &NewKey) -> Presented {
    Presented::of(Some(new.key.expose().as_bytes()))
}

#[tokio::test]
async fn a_key_leads_to_its_user_and_organisation_and_nothing_else_does() {
    let (store, new) = with_key().await;
    let holder = store.holder(&presented(&new)).await.unwrap();
    let holder = presented(&new).check(holder, DateTime::now()).unwrap();
    assert_eq!((&holder.key.id, &holder.key.scopes), (&new.id, &key(&new).scopes));
    assert_eq!(holder.organisation.policy.cpu_millis, Some(500));
    assert_eq!(holder.user.policy.max_parallel, Some(3));
    let other = NewKey::generate().unwrap();
    for nothing in [presented(&other), Presented::of(None), Presented::of(Some(b"alk_"))] {
        assert_eq!(store.holder(&nothing).await.unwrap(), None);
    }
    store.drop_database().await.unwrap();
}

#[tokio::test]
async fn a_secret_is_stored_nowhere() {
    let (store, new) = with_key().await;
    let mongodb = support::mongodb().await;
    let secret = new.key.expose().rsplit('_').next().unwrap().to_owned();
    let mut seen = 0;
    for database in mongodb.list_database_names().await.unwrap() {
        let keys = mongodb.database(&database).collection::<bson::Document>("keys");
        if keys.count_documents(bson::doc! { "_id": new.id.as_str() }).await.unwrap() == 0 {
            continue;
        }
        for collection in mongodb.database(&database).list_collection_names().await.unwrap() {
            use futures_util::TryStreamExt;
            let all = mongodb.database(&database).collection::<bson::Document>(&collection);
            let mut found = all.find(bson::doc! {}).await.unwrap();
            while let Some(document) = found.try_next().await.unwrap() {
                seen += 1;
                assert!(!document.to_string().contains(&secret), "{collection}");
            }
        }
    }
    assert!(seen >= 6, "accounts and their log: {seen}");
    store.drop_database().await.unwrap();
}

#[tokio::test]
async fn a_change_counts_at_once_and_is_written_down() {
    let (store, new) = with_key().await;
    let is_good = async || {
        let holder = store.holder(&presented(&new)).await.unwrap();
        presented(&new).check(holder, DateTime::now()).is_some()
    };
    assert!(is_good().await);

    let mut ann = store.user(&acme(), &ann()).await.unwrap().unwrap();
    ann.disabled = true;
    let update = entry(Action::Update, r#"{"disabled": true}"#);
    let change = Change::of_user(&ann).unwrap();
    assert_eq!(store.change(&change, &update).await.unwrap(), Changed::Now);
    assert!(!is_good().await);
    assert_eq!(store.change(&change, &update).await.unwrap(), Changed::Missing, "it is old");
    ann = store.user(&acme(), &ann.name).await.unwrap().unwrap();
    ann.disabled = false;
    let change = Change::of_user(&ann).unwrap();
    assert_eq!(store.change(&change, &update).await.unwrap(), Changed::Now);
    assert!(is_good().await);

    let revoke = Change::revoke(&acme(), &ann.name, &new.id);
    let revoked = entry(Action::Revoke, "");
    assert_eq!(store.change(&revoke, &revoked).await.unwrap(), Changed::Now);
    assert!(!is_good().await);
    assert_eq!(store.change(&revoke, &revoked).await.unwrap(), Changed::Missing);

    let logged = store.audit(Some(&acme()), ALL).await.unwrap();
    let actions: Vec<Action> = logged.iter().map(|(_, entry)| entry.action).collect();
    use Action::{Create, Revoke, Update};
    assert_eq!(actions, [Revoke, Update, Update, Create, Create, Create], "and nothing else");
    assert_eq!(logged[1].1.change, update.change);
    let (first, _) = logged.first().unwrap();
    let rest = store.audit(None, Page { after: Some(first), limit: 2 }).await.unwrap();
    assert_eq!(rest, logged[1..3]);
    assert_eq!(store.audit(Some(&"other".parse().unwrap()), ALL).await.unwrap(), []);
    store.drop_database().await.unwrap();
}

#[tokio::test]
async fn of_many_changes_at_once_none_is_lost() {
    let (store, _) = with_key().await;
    let raise = async || {
        loop {
            let mut found = store.organisation(&acme()).await.unwrap().unwrap();
            let raised = found.policy.cpu_millis.unwrap_or_default() + 1;
            found.policy.cpu_millis = Some(raised);
            let change = Change::of_organisation(&found).unwrap();
            let update = entry(Action::Update, "");
            if store.change(&change, &update).await.is_ok_and(|changed| changed == Changed::Now) {
                return;
            }
        }
    };
    join_all((0..10).map(|_| raise())).await;
    let found = store.organisation(&acme()).await.unwrap().unwrap();
    assert_eq!((found.policy.cpu_millis, found.version), (Some(510), 10));
    let updates = store.audit(None, ALL).await.unwrap();
    let updates = updates.iter().filter(|(_, entry)| entry.action == Action::Update).count();
    assert_eq!(updates, 10, "each is written down once");
    store.drop_database().await.unwrap();
}

#[tokio::test]
async fn a_name_is_given_once_and_lists_are_in_its_order() {
    let (store, new) = with_key().await;
    assert_eq!(make(&store, Change::new_organisation(&organisation("acme"))).await, Changed::Taken);
    assert_eq!(make(&store, Change::new_user(&user("ann"))).await, Changed::Taken);
    for name in ["bob", "cyd"] {
        assert_eq!(make(&store, Change::new_user(&user(name))).await, Changed::Now);
        assert_eq!(make(&store, Change::new_organisation(&organisation(name))).await, Changed::Now);
    }
    let names = |users: Vec<User>| users.into_iter().map(|user| user.name.into()).collect();
    let listed: Vec<String> = names(store.users(&acme(), ALL).await.unwrap());
    assert_eq!(listed, ["ann", "bob", "cyd"]);
    let after = Page { after: Some("ann"), limit: 1 };
    let listed: Vec<String> = names(store.users(&acme(), after).await.unwrap());
    assert_eq!(listed, ["bob"]);
    let listed = store.organisations(after).await.unwrap();
    assert_eq!(listed[0].name.as_str(), "bob");
    assert_eq!(store.users(&"bob".parse().unwrap(), ALL).await.unwrap(), []);
    let keys = store.keys(&acme(), &ann(), ALL).await.unwrap();
    assert_eq!((keys.len(), &keys[0].id), (1, &new.id));
    let bob: UserName = "bob".parse().unwrap();
    assert_eq!(store.key(&acme(), &bob, &new.id).await.unwrap(), None, "it is Ann's");
    assert!(store.key(&acme(), &ann(), &new.id).await.unwrap().is_some());
    store.drop_database().await.unwrap();
}

#[tokio::test]
async fn a_key_s_use_is_noted_once_a_minute() {
    let (store, new) = with_key().await;
    let read = async || store.key(&acme(), &ann(), &new.id).await.unwrap().unwrap();
    let at = |seconds: i64| DateTime::from_millis(1_700_000_000_000 + seconds * 1000);
    for (used, noted) in [(0, 0), (30, 0), (59, 0), (60, 60), (61, 60)] {
        store.note_use(&read().await, at(used)).await.unwrap();
        assert_eq!(read().await.last_used_at, Some(at(noted)), "used at {used}");
    }
    // Whoever has read it long ago does not note an older time.
    store.note_use(&key(&new), at(62)).await.unwrap();
    assert_eq!(read().await.last_used_at, Some(at(60)));
    store.drop_database().await.unwrap();
}

fn owned(user: &str, allowance: Allowance) -> NewSubmission {
    NewSubmission {
        placement: Placement { tenant: acme(), ..Placement::default() },
        account: Some(Account { user: user.parse().unwrap(), allowance }),
        ..support::submission()
    }
}

async fn run(store: &Store, new: &NewSubmission, verdict: Verdict) {
    store.insert(new).await.unwrap();
    let Claim::Granted(claimed) = store.claim(new.id, "w").await.unwrap() else { panic!() };
    assert_eq!(claimed.account, new.account, "it travels with the submission");
    let run = StepOutcome { wall_ms: 100, cpu_ms: 50, memory_bytes: 8 << 20, ..Default::default() };
    let outcome = Outcome { run: Some(run), ..Outcome::new(verdict) };
    store.finish(&claimed.claim_id(), State::Completed, &outcome).await.unwrap().unwrap();
}

async fn used(store: &Store) -> Vec<(String, String, i64, i64)> {
    let organisation = acme();
    let query = UsageQuery {
        organisation: Some(&organisation),
        from: "2000-01-01",
        to: "2999-12-31",
        page: ALL,
    };
    let lines = store.usage(query).await.unwrap();
    let line = |(_, line): (String, shared::accounts::usage::Line)| {
        let (user, verdict) = (line.counted.user.to_string(), line.counted.verdict);
        assert_eq!(line.used.wall_ms, 100 * line.used.executions, "of those that were run");
        (user, verdict, line.used.executions, line.used.cpu_ms)
    };
    lines.into_iter().map(line).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_used_is_counted_once_however_many_count_it() {
    let store = support::store().await;
    let submissions: Vec<_> = (0..60)
        .map(|nth| owned(if nth % 3 == 0 { "bob" } else { "ann" }, Allowance::default()))
        .collect();
    join_all(submissions.iter().map(|new| run(&store, new, Verdict::Success))).await;
    let pending = owned("ann", Allowance::default());
    store.insert(&pending).await.unwrap();
    // Whoever is of no account is not counted.
    run(&store, &support::submission(), Verdict::Success).await;

    for _ in 0..5 {
        for counted in join_all((0..4).map(|_| store.settle_accounts())).await {
            counted.unwrap();
        }
    }
    let success = "success".to_owned();
    let expected =
        [("ann".to_owned(), success.clone(), 40, 2000), ("bob".to_owned(), success, 20, 1000)];
    assert_eq!(used(&store).await, expected);
    // Its removal takes nothing off the account.
    store
        .remove_submissions(Whose { organisation: &acme(), user: Some(&"bob".parse().unwrap()) })
        .await
        .unwrap();
    assert_eq!(used(&store).await, expected);
    assert_eq!(store.settle_accounts().await.unwrap(), 0);
    store.drop_database().await.unwrap();
}

#[rstest]
#[case::when_it_came_in(true)]
#[case::when_it_was_claimed(false)]
#[tokio::test]
async fn a_result_that_was_known_has_used_nothing(#[case] when_it_came_in: bool) {
    let settings = [("RETENTION_SECONDS", "600".to_owned())];
    let store = support::store_with(&settings).await;
    let first = owned("ann", Allowance::default());
    run(&store, &first, Verdict::Success).await;
    let known = store.get(first.id).await.unwrap().unwrap().outcome.unwrap().given_again();
    let new = owned("ann", Allowance { retention_seconds: Some(60), ..Allowance::default() });
    if when_it_came_in {
        store.insert_completed(&new, &known).await.unwrap();
    } else {
        store.insert(&new).await.unwrap();
        let Claim::Granted(claimed) = store.claim(new.id, "w").await.unwrap() else { panic!() };
        store.finish(&claimed.claim_id(), State::Completed, &known).await.unwrap().unwrap();
    }

    assert_eq!(store.settle_accounts().await.unwrap(), 2);
    let expected = [("ann".to_owned(), "success".to_owned(), 1, 50)];
    assert_eq!(used(&store).await, expected);
    let (finished, expires) = expire_at(&store, new.id).await;
    let kept_ms = expires.unwrap().timestamp_millis() - finished.unwrap().timestamp_millis();
    assert_eq!(kept_ms, 60_000, "as its own account has it");
    store.drop_database().await.unwrap();
}

async fn expire_at(store: &Store, id: SubmissionId) -> (Option<DateTime>, Option<DateTime>) {
    let mongodb = support::mongodb().await;
    for database in mongodb.list_database_names().await.unwrap() {
        let all = mongodb.database(&database).collection::<bson::Document>("submissions");
        let by_id = bson::doc! { "_id": bson::Uuid::from(id.as_uuid()) };
        if let Some(found) = all.find_one(by_id).await.unwrap() {
            let time = |name| found.get_datetime(name).ok().copied();
            assert_eq!(found.get("uncounted"), None);
            return (time("finishedAt"), time("expireAt"));
        }
    }
    panic!("not in any database of {store:?}");
}

#[rstest]
#[case::as_the_settings_have_it(None, "600", Some(600))]
#[case::less(Some(60), "600", Some(60))]
#[case::never_more(Some(6000), "600", Some(600))]
#[case::less_than_for_ever(Some(60), "0", Some(60))]
#[case::for_ever(None, "0", None)]
#[tokio::test]
async fn a_submission_is_kept_as_long_as_its_account_has_it(
    #[case] account: Option<u64>,
    #[case] settings: &str,
    #[case] expected: Option<i64>,
) {
    let store = support::store_with(&[("RETENTION_SECONDS", settings.to_owned())]).await;
    let new = owned("ann", Allowance { retention_seconds: account, ..Allowance::default() });
    run(&store, &new, Verdict::Success).await;
    assert_eq!(store.settle_accounts().await.unwrap(), 1);
    let (finished, expires) = expire_at(&store, new.id).await;
    let seconds =
        expires.map(|at| (at.timestamp_millis() - finished.unwrap().timestamp_millis()) / 1000);
    assert_eq!(seconds, expected);
    store.drop_database().await.unwrap();
}

#[tokio::test]
async fn a_removed_user_s_submissions_are_gone_and_nobody_else_s() {
    let store = support::store().await;
    let (done, waits) = (owned("ann", Allowance::default()), owned("ann", Allowance::default()));
    let other = owned("bob", Allowance::default());
    run(&store, &done, Verdict::Success).await;
    run(&store, &other, Verdict::Success).await;
    store.insert(&waits).await.unwrap();
    let (acme, ann) = (acme(), ann());
    let of_ann = Whose { organisation: &acme, user: Some(&ann) };
    assert_eq!(store.unfinished_of(of_ann, None).await.unwrap(), [waits.id]);
    assert_eq!(store.unfinished_of(of_ann, Some(waits.id)).await.unwrap(), []);
    while store.settle_accounts().await.unwrap() > 0 {}
    store.remove_submissions(of_ann).await.unwrap();
    assert_eq!(store.get(done.id).await.unwrap(), None);
    assert!(store.get(other.id).await.unwrap().is_some());
    // What had not ended goes when it has.
    store.cancel(waits.id).await.unwrap();
    assert_eq!(store.settle_accounts().await.unwrap(), 1);
    let (finished, expires) = expire_at(&store, waits.id).await;
    assert_eq!(finished, expires);
    store.drop_database().await.unwrap();
}

#[tokio::test]
async fn of_a_removed_organisation_nothing_is_left_and_of_others_all() {
    let store = support::store().await;
    let elsewhere = |mut new: NewSubmission| {
        new.placement.tenant = ann_s();
        new
    };
    let theirs = [owned("ann", Allowance::default()), owned("bob", Allowance::default())];
    let other = elsewhere(owned("ann", Allowance::default()));
    // Nobody's, of a time without accounts.
    let without_account = NewSubmission { account: None, ..owned("ann", Allowance::default()) };
    for new in theirs.iter().chain([&other, &without_account]) {
        run(&store, new, Verdict::Success).await;
    }
    while store.settle_accounts().await.unwrap() > 0 {}
    let (acme, another) = (acme(), ann_s());
    let all = Whose { organisation: &acme, user: None };
    store.remove_keys(all).await.unwrap();
    store.remove_submissions(all).await.unwrap();
    store.remove_users(&acme).await.unwrap();
    for new in &theirs {
        assert_eq!(store.get(new.id).await.unwrap(), None);
    }
    assert!(store.get(other.id).await.unwrap().is_some());
    let used = async |organisation| {
        let page = Page { after: None, limit: 10 };
        let query = UsageQuery {
            organisation: Some(organisation),
            from: "2000-01-01",
            to: "2999-12-31",
            page,
        };
        store.usage(query).await.unwrap().len()
    };
    assert_eq!((used(&acme).await, used(&another).await), (0, 1));
    store.drop_database().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_more_of_a_day_than_there_is() {
    let store = support::store().await;
    let (acme, ann) = (acme(), ann());
    let of_ann = Whose { organisation: &acme, user: Some(&ann) };
    let of_all = Whose { organisation: &acme, user: None };
    let taken = join_all((0..20).map(|_| store.take_of_the_day(of_ann, 3, 30))).await;
    assert_eq!(taken.into_iter().filter(|taken| *taken.as_ref().unwrap()).count(), 10);
    assert!(!store.take_of_the_day(of_ann, 1, 30).await.unwrap());
    assert!(store.take_of_the_day(of_all, 30, 30).await.unwrap(), "counted apart");
    store.give_back_of_the_day(of_ann, 2).await.unwrap();
    assert!(!store.take_of_the_day(of_ann, 3, 30).await.unwrap());
    assert!(store.take_of_the_day(of_ann, 2, 30).await.unwrap());
    assert!(
        !store.take_of_the_day(Whose { organisation: &ann_s(), user: None }, 2, 1).await.unwrap()
    );
    store.drop_database().await.unwrap();
}

fn ann_s() -> Tenant {
    "another".parse().unwrap()
}

#[tokio::test]
async fn those_that_wait_are_counted_for_a_user_and_for_all() {
    let store = support::store().await;
    for user in ["ann", "ann", "bob"] {
        store.insert(&owned(user, Allowance::default())).await.unwrap();
    }
    run(&store, &owned("ann", Allowance::default()), Verdict::Success).await;
    let (acme, ann) = (acme(), ann());
    let of_ann = Whose { organisation: &acme, user: Some(&ann) };
    assert_eq!(store.count_waiting(of_ann, 10).await.unwrap(), 2);
    assert_eq!(store.count_waiting(of_ann, 1).await.unwrap(), 1, "no more is asked for");
    let of_all = Whose { organisation: &acme, user: None };
    assert_eq!(store.count_waiting(of_all, 10).await.unwrap(), 3);
    store.drop_database().await.unwrap();
}
