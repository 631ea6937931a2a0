//! The migrations of this binary, from the files in `migrations/`, and how one is carried out: command by command. A
//! distributed database passes on the text of a change of the schema as it came, and refuses a text of several commands.

use std::fmt;

use diesel::connection::BoxableConnection;
use diesel::migration::{Migration, MigrationMetadata, MigrationName, MigrationSource, MigrationVersion, Result};
use diesel::pg::Pg;

/// In the order of their names, which is the order of their versions.
const MIGRATIONS: &[SqlMigration] = &include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// Every migration of this binary.
#[derive(Clone, Copy)]
pub(super) struct SqlMigrations;

struct SqlMigration {
    name: &'static str,
    up: &'static str,
    down: &'static str,
}

impl MigrationSource<Pg> for SqlMigrations {
    fn migrations(&self) -> Result<Vec<Box<dyn Migration<Pg>>>> {
        Ok(MIGRATIONS.iter().map(|migration| Box::new(migration) as Box<dyn Migration<Pg>>).collect())
    }
}

impl Migration<Pg> for &'static SqlMigration {
    fn run(&self, connection: &mut dyn BoxableConnection<Pg>) -> Result<()> {
        self.execute(self.up, connection)
    }

    fn revert(&self, connection: &mut dyn BoxableConnection<Pg>) -> Result<()> {
        self.execute(self.down, connection)
    }

    fn metadata(&self) -> &dyn MigrationMetadata {
        *self
    }

    fn name(&self) -> &dyn MigrationName {
        *self
    }
}

impl SqlMigration {
    fn execute(&self, sql: &str, connection: &mut dyn BoxableConnection<Pg>) -> Result<()> {
        for command in commands(sql) {
            connection.batch_execute(command).map_err(|error| format!("{}: {error}", self.name))?;
        }
        Ok(())
    }
}

/// Each runs in a transaction.
impl MigrationMetadata for SqlMigration {}

impl MigrationName for SqlMigration {
    /// What precedes the first underscore, as Diesel's command makes it.
    fn version(&self) -> MigrationVersion<'_> {
        self.name.split('_').next().unwrap_or_default().replace('-', "").into()
    }
}

impl fmt::Display for SqlMigration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The commands of a text, without what stands between them. A semicolon in a comment, a quotation or the body of a function
/// ends none.
fn commands(sql: &str) -> Vec<&str> {
    let (mut commands, mut start, mut at) = (Vec::new(), 0, 0);
    while let Some(next) = sql[at..].chars().next() {
        let rest = &sql[at..];
        if next == ';' {
            commands.push(&sql[start..at]);
            start = at + 1;
        }
        at += quoted(rest).unwrap_or(next.len_utf8());
        if rest.starts_with("--") && sql[start..at - length_of_line(rest)].trim().is_empty() {
            start = at;
        }
    }
    commands.push(&sql[start..]);
    commands.into_iter().map(str::trim).filter(|command| !command.is_empty()).collect()
}

/// The length of the comment or quotation that `text` begins with.
fn quoted(text: &str) -> Option<usize> {
    let until = |opening: usize, end: &str| text[opening..].find(end).map_or(text.len(), |at| opening + at + end.len());
    match text.as_bytes() {
        [b'-', b'-', ..] => Some(length_of_line(text)),
        [b'/', b'*', ..] => Some(until(2, "*/")),
        [b'\'', ..] => Some(until(1, "'")),
        [b'"', ..] => Some(until(1, "\"")),
        [b'$', ..] => {
            let tag = text[1..].find('$').map(|at| &text[..at + 2])?;
            let is_tag = tag[1..tag.len() - 1].chars().all(|c| c.is_alphanumeric() || c == '_');
            is_tag.then(|| until(tag.len(), tag))
        }
        _ => None,
    }
}

fn length_of_line(text: &str) -> usize {
    text.find('\n').map_or(text.len(), |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::{MIGRATIONS, commands};

    #[test]
    fn a_text_is_divided_where_a_command_ends() {
        assert_eq!(
            commands("-- one; \nA ';' \"b;\" /* ; */ -- ;\n c; $$ ; $$ $tag$ ; $$ $tag$;\n\n-- two\nD $1;\n -- end"),
            ["A ';' \"b;\" /* ; */ -- ;\n c", "$$ ; $$ $tag$ ; $$ $tag$", "D $1"]
        );
        assert!(commands(" \n-- nothing").is_empty());
    }

    /// Postgres takes several changes of a table in one command, and a distributed database does not.
    #[test]
    fn no_command_of_a_migration_changes_a_table_twice() {
        for migration in MIGRATIONS {
            for command in commands(migration.up).into_iter().chain(commands(migration.down)) {
                let changes = |word: &str| command.matches(&format!("{word} COLUMN")).count();
                let changes = changes("ADD") + changes("DROP") + changes("ALTER");
                assert!(changes <= 1 || !command.starts_with("ALTER TABLE"), "{}: {command}", migration.name);
            }
        }
    }

    #[test]
    fn the_migrations_come_in_the_order_of_their_versions() {
        assert!(MIGRATIONS.is_sorted_by_key(|migration| migration.name));
        assert!(MIGRATIONS.iter().all(|migration| !migration.up.is_empty() && !migration.down.is_empty()));
    }
}
