//! The tables as an operator may lay them out: in a schema of their own, with the sessions in hash partitions.

use diesel::PgConnection;
use diesel::connection::SimpleConnection as _;

/// Where the tables are if they are not in `public`.
const SCHEMA: &str = "heirloom_tables";

/// Whether the whole run is on that layout. `make test-partitioned` sets the variable.
#[expect(clippy::disallowed_methods, reason = "no setting of the program, but an order to these tests")]
pub fn is_partitioned() -> bool {
    std::env::var("HEIRLOOM_TEST_PARTITIONED").is_ok_and(|value| value == "1")
}

/// Before the migrations. The role finds this schema only.
pub fn create_schema(connection: &mut PgConnection) {
    let sql = format!("CREATE SCHEMA {SCHEMA}; ALTER ROLE CURRENT_USER SET search_path TO {SCHEMA}");
    connection.batch_execute(&sql).unwrap();
}

/// After the migrations: `token_families` with the same columns, constraints and indexes, in eight partitions.
pub fn partition(connection: &mut PgConnection) {
    connection.batch_execute(PARTITION).unwrap();
}

const PARTITION: &str = r"
DO $$
DECLARE
    definitions text[];
    definition text;
BEGIN
    SELECT array_agg(definition_of) INTO definitions FROM (
        SELECT format('ALTER TABLE token_families ADD CONSTRAINT %I %s', conname, pg_get_constraintdef(oid))
          FROM pg_constraint WHERE conrelid = 'token_families'::regclass AND contype IN ('p', 'f')
         UNION ALL
        SELECT pg_get_indexdef(indexrelid)
          FROM pg_index WHERE indrelid = 'token_families'::regclass AND NOT indisprimary) AS found (definition_of);
    CREATE TABLE partitioned (LIKE token_families INCLUDING DEFAULTS INCLUDING CONSTRAINTS) PARTITION BY HASH (id);
    DROP TABLE token_families;
    ALTER TABLE partitioned RENAME TO token_families;
    FOREACH definition IN ARRAY definitions LOOP
        EXECUTE definition;
    END LOOP;
    FOR remainder IN 0..7 LOOP
        EXECUTE format('CREATE TABLE token_families_%s PARTITION OF token_families '
                       'FOR VALUES WITH (MODULUS 8, REMAINDER %s) WITH (fillfactor = 80)', remainder, remainder);
    END LOOP;
END $$";
