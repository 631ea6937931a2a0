//! SQL that is written out, with its parameters in their places.

use diesel::pg::Pg;
use diesel::query_builder::AstPass;
use diesel::result::QueryResult;
use diesel::serialize::ToSql;
use diesel::sql_types::HasSqlType;

/// Walks a text whose parameters are `$1`, `$2` and so on, each once and in this order, as Diesel numbers them.
/// `diesel::sql_query` takes such a text too, but never keeps a statement prepared.
pub(super) struct Parameters<'a, 'b> {
    rest: &'static str,
    out: AstPass<'a, 'b, Pg>,
}

impl<'a, 'b> Parameters<'a, 'b> {
    pub fn of(sql: &'static str, out: AstPass<'a, 'b, Pg>) -> Self {
        Self { rest: sql, out }
    }

    /// Gives the next parameter its value.
    pub fn bind<ST, V>(&mut self, value: &'b V) -> QueryResult<()>
    where
        Pg: HasSqlType<ST>,
        V: ToSql<ST, Pg>,
    {
        let (before, after) = self.rest.split_once('$').unwrap_or((self.rest, ""));
        self.rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
        self.out.push_sql(before);
        self.out.push_bind_param::<ST, V>(value)
    }

    /// Adds what follows the last parameter.
    pub fn end(mut self) {
        self.out.push_sql(self.rest);
    }
}
