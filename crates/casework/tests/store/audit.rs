//! The audit chain, broken by somebody who may do everything in the database.

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend};
use yizheng_casework::audit::{Fault, Head};
use yizheng_casework::store::Desk;

use crate::world::{HOSPITAL, now, region, region_of_three};

async fn run(direct: &DatabaseConnection, statements: &[&str]) {
    for statement in statements {
        direct.execute_unprepared(statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
}

/// A connection of somebody who has taken away what keeps rows from being changed, and a copy of all
/// of them.
async fn unguarded(url: &str) -> DatabaseConnection {
    let direct = Database::connect(url).await.unwrap();
    let triggers: &[&str] = match direct.get_database_backend() {
        DbBackend::Postgres => &["DROP TRIGGER event_keeps ON event", "DROP TRIGGER event_link_keeps ON event_link"],
        _ => &[
            "DROP TRIGGER event_keeps_rows",
            "DROP TRIGGER event_keeps_values",
            "DROP TRIGGER event_link_keeps_rows",
            "DROP TRIGGER event_link_keeps_values",
        ],
    };
    run(&direct, triggers).await;
    run(&direct, &["CREATE TABLE kept AS SELECT * FROM event", "CREATE TABLE kept_link AS SELECT * FROM event_link"]).await;
    direct
}

const RESTORE: [&str; 4] = [
    "DELETE FROM event",
    "DELETE FROM event_link",
    "INSERT INTO event SELECT * FROM kept",
    "INSERT INTO event_link SELECT * FROM kept_link",
];

pub async fn whatever_is_done_behind_the_programs_back_is_found(url: &str) {
    let desk = region_of_three(url).await;
    let audit = desk.audit(&[]).await.unwrap();
    assert_eq!((audit.events, audit.faults.as_slice()), (7, [].as_slice()));
    let head = audit.head.unwrap();
    assert_eq!((head.event, head.sm3.len()), (7, 64));
    assert_eq!(desk.audit_head().await.unwrap().as_ref(), Some(&head));

    let direct = unguarded(url).await;
    let whole: [(&[&str], &[Fault]); 8] = [
        (&["UPDATE event SET actor = 'x' WHERE id = 3"], &[Fault::Changed { event: 3 }]),
        (&["UPDATE event_link SET sm3 = 'x' WHERE event = 3"], &[Fault::Changed { event: 3 }, Fault::Changed { event: 4 }]),
        (&["DELETE FROM event WHERE id = 4"], &[Fault::Missing { from: 4, to: 4 }]),
        (
            &["DELETE FROM event WHERE id = 4", "DELETE FROM event_link WHERE event = 4"],
            &[Fault::Missing { from: 4, to: 4 }, Fault::Changed { event: 5 }],
        ),
        (
            &[
                "UPDATE event SET id = -1 WHERE id = 2",
                "UPDATE event SET id = 2 WHERE id = 3",
                "UPDATE event SET id = 3 WHERE id = -1",
            ],
            &[Fault::Changed { event: 2 }, Fault::Changed { event: 3 }],
        ),
        (&["DELETE FROM event WHERE id > 5"], &[Fault::Missing { from: 6, to: 7 }, Fault::Cut { event: 7 }]),
        // Cut off cleanly: only the head that was kept knows.
        (
            &["DELETE FROM event WHERE id > 5", "DELETE FROM event_link WHERE event > 5"],
            &[Fault::Cut { event: 7 }],
        ),
        (
            &["INSERT INTO event (id, at, actor, action, subject) SELECT 8, at, 'x', action, subject FROM kept WHERE id = 7"],
            &[Fault::Unlinked { event: 8 }],
        ),
    ];
    for (statements, faults) in whole {
        run(&direct, statements).await;
        assert_eq!(desk.audit(std::slice::from_ref(&head)).await.unwrap().faults, faults, "{statements:?}");
        run(&direct, &RESTORE).await;
        assert_eq!(desk.audit(std::slice::from_ref(&head)).await.unwrap().faults, [], "{statements:?}");
    }

    // Written anew from the fifth event on, as well as the program itself can: the chain is whole, but
    // it does not pass through the head.
    run(&direct, &["DELETE FROM event WHERE id > 4", "DELETE FROM event_link WHERE event > 4"]).await;
    for subject in ["a", "b", "c"] {
        desk.note_personal_read(Some(HOSPITAL), subject, now(), &region()).await.unwrap();
    }
    assert_eq!(desk.audit(&[]).await.unwrap().faults, []);
    assert_eq!(desk.audit(&[head.clone()]).await.unwrap().faults, [Fault::Rewritten { event: 7 }]);
    let later = Head { event: 9, ..head };
    assert_eq!(desk.audit(&[later]).await.unwrap().faults, [Fault::Cut { event: 9 }]);
    direct.close().await.unwrap();
}

/// A store of a program that had no chain yet comes to the same links.
pub async fn what_happened_before_the_chain_is_linked(url: &str) {
    let desk = region_of_three(url).await;
    let head = desk.audit_head().await.unwrap();
    desk.close().await.unwrap();
    let direct = Database::connect(url).await.unwrap();
    run(&direct, &["DROP TABLE event_link", "DELETE FROM seaql_migrations WHERE version = 'm0007_audit'"]).await;
    direct.close().await.unwrap();
    assert!(Desk::open(url).await.is_err());
    Desk::migrate(url).await.unwrap();
    let desk = Desk::open(url).await.unwrap();
    let audit = desk.audit(&[]).await.unwrap();
    assert_eq!((audit.events, audit.head, audit.faults.as_slice()), (7, head, [].as_slice()));
    // And goes on from there.
    desk.note_personal_read(Some(HOSPITAL), "s", now(), &region()).await.unwrap();
    let audit = desk.audit(&[]).await.unwrap();
    assert_eq!((audit.events, audit.faults.as_slice()), (8, [].as_slice()));
}
