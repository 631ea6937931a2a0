//! A database that Heirloom shares with another application, which keeps its migrations in the same table.

use diesel::connection::SimpleConnection as _;
use heirloom::db::migrations::Migrator;

use crate::support::App;

/// Versions of the other application, older and newer than all of ours.
const OTHERS: [&str; 3] = ["20190102030405", "20261122000001", "20991231235959"];

fn others(app: &App) -> Vec<String> {
    let listed = OTHERS.map(|version| format!("'{version}'")).join(", ");
    app.reads(&format!("SELECT version AS word FROM __diesel_schema_migrations WHERE version IN ({listed}) ORDER BY 1"))
}

#[test]
fn the_migrations_of_another_application_are_left_alone() {
    let app = App::start();
    let values = OTHERS.map(|version| format!("('{version}')")).join(", ");
    let sql = format!("INSERT INTO __diesel_schema_migrations (version) VALUES {values}; CREATE TABLE orders (id int)");
    app.database.connect().batch_execute(&sql).unwrap();
    let mut migrator = Migrator::connect(&app.database.url().into(), true).unwrap();
    let all = migrator.status().unwrap();
    assert!(!all.is_empty() && all.iter().all(|migration| migration.is_applied), "{all:?}");
    for expected in all.iter().rev() {
        assert_eq!(migrator.revert().unwrap().as_ref(), Some(&expected.name));
        let applied = migrator.status().unwrap().iter().filter(|migration| migration.is_applied).count();
        assert_eq!(applied, all.iter().position(|migration| migration == expected).unwrap());
    }
    assert_eq!(migrator.revert().unwrap(), None);
    assert_eq!(others(&app), OTHERS);
    assert_eq!(app.counts("SELECT count(*) AS number FROM orders"), 0, "the table of the other is there");
    assert_eq!(migrator.run().unwrap().len(), all.len());
    assert_eq!(migrator.status().unwrap(), all);
    assert_eq!(others(&app), OTHERS);
    assert_eq!(app.logged_in("alice@example.com").refreshes().status, 200);
}
