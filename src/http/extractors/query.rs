//! The query of a request, for operations that know all of its parameters. A misspelt one would be ignored otherwise, and a
//! search for one user would find them all.

use std::ops::RangeInclusive;
use std::str::FromStr;

use actix_web::{HttpRequest, web};
use uuid::Uuid;

use crate::domain::feed::CursorError;
use crate::http::wire::problem::Problem;

/// The longest name of an unknown parameter that an error repeats, in characters.
const NAME_SHOWN: usize = 64;

/// The parameters that have not been taken yet.
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads the query of a request.
    ///
    /// # Errors
    /// 422 if it cannot be read, or has a parameter twice.
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string());
        let mut pairs = pairs.map_err(|_| Problem::field("", "the query is malformed"))?.into_inner();
        pairs.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        match pairs.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            Some(pair) => Err(Problem::field(shown(&pair[0].0), "occurs twice")),
            None => Ok(Self(pairs)),
        }
    }

    /// Takes the text of a parameter.
    pub fn text(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.swap_remove(at).1)
    }

    /// Takes a parameter that is an id.
    ///
    /// # Errors
    /// 422 for a text that is none.
    pub fn id(&mut self, name: &str) -> Result<Option<Uuid>, Problem> {
        let id = self.text(name).map(|text| Uuid::try_parse(&text));
        id.transpose().map_err(|_| Problem::field(name, "must be an id"))
    }

    /// Takes a parameter that is a whole number within `range`.
    ///
    /// # Errors
    /// 422 for any other text.
    pub fn number(&mut self, name: &str, range: RangeInclusive<u32>, default: u32) -> Result<u32, Problem> {
        let Some(text) = self.text(name) else { return Ok(default) };
        let number = text.parse().ok().filter(|number| range.contains(number));
        let (from, to) = (range.start(), range.end());
        number.ok_or_else(|| Problem::field(name, format!("must be a number from {from} to {to}")))
    }

    /// Takes a parameter that is a cursor.
    ///
    /// # Errors
    /// 422 for a text that is none of this feed.
    pub fn cursor<T: FromStr<Err = CursorError>>(&mut self, name: &str) -> Result<Option<T>, Problem> {
        let cursor = self.text(name).map(|text| text.parse());
        cursor.transpose().map_err(|error: CursorError| Problem::field(name, error.to_string()))
    }

    /// Call it when every known parameter was taken.
    ///
    /// # Errors
    /// 422 for the parameters that are left.
    pub fn end(self) -> Result<(), Problem> {
        match self.0.first() {
            Some((name, _)) => Err(Problem::field(shown(name), "is not a parameter of this request")),
            None => Ok(()),
        }
    }
}

/// The name of an unknown parameter is text of the client.
fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(NAME_SHOWN).collect()
}
