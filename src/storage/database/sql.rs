//! A statement put together from pieces, with its values. (sqlx's own builder writes `?`,
//! which PostgreSQL does not know.)

use super::{Db, Kind};
use sqlx::{
    Arguments, AssertSqlSafe, Encode, FromRow, Type,
    any::{AnyArguments, AnyRow},
    query::{Query, QueryAs, QueryScalar},
};

/// Text is ours alone; whatever comes from outside is a value.
pub(crate) struct Sql {
    text: String,
    /// Where in the text the values stand.
    places: Vec<usize>,
    values: AnyArguments,
}

impl Sql {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), places: Vec::new(), values: AnyArguments::default() }
    }

    pub(crate) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    pub(crate) fn push_bind<'t, T: Encode<'t, Db> + Type<Db>>(&mut self, value: T) -> &mut Self {
        // Numbers, texts, bytes and none of them always encode.
        if self.values.add(value).is_ok() {
            self.places.push(self.text.len());
        }
        self
    }

    /// `($1, $2)`: for `IN`, or a row of `VALUES`. Nothing is in a list of none.
    pub(crate) fn push_row(&mut self, values: impl FnOnce(&mut Row<'_>)) -> &mut Self {
        self.push("(");
        let mut row = Row { sql: self, separator: "" };
        values(&mut row);
        let none = row.separator.is_empty();
        self.push(if none { "NULL)" } else { ")" })
    }

    /// `($1, $2)` for `IN`, the last value again until there are as many as a power of two: a
    /// statement of another length would be another one, which the database had to prepare anew.
    pub(crate) fn push_list<'t, T: Encode<'t, Db> + Type<Db> + Clone>(&mut self, values: &[T]) -> &mut Self {
        let again = values.last().into_iter().cycle();
        let length = if values.is_empty() { 0 } else { values.len().next_power_of_two() };
        self.push_row(|row| {
            for value in values.iter().chain(again).take(length) {
                row.bind(value.clone());
            }
        })
    }

    /// As both databases read it.
    fn numbered(&self) -> String {
        self.written(|out, n| {
            out.push('$');
            out.push_str(&n.to_string());
        })
    }

    fn written(&self, mut place: impl FnMut(&mut String, usize)) -> String {
        let mut out = String::with_capacity(self.text.len() + self.places.len() * 4);
        let mut from = 0;
        for (i, at) in self.places.iter().enumerate() {
            out.push_str(&self.text[from..*at]);
            place(&mut out, i + 1);
            from = *at;
        }
        out.push_str(&self.text[from..]);
        out
    }

    /// One statement, or, for SQLite alone, several. Many numbered places take SQLite long to
    /// tell apart, so there they are written as `?`.
    pub(super) fn build_for(self, kind: Kind) -> Query<'static, Db, AnyArguments> {
        let text = match kind {
            Kind::Sqlite => self.written(|out, _| out.push('?')),
            Kind::Postgres => self.numbered(),
        };
        sqlx::query_with(AssertSqlSafe(text), self.values)
    }

    pub(crate) fn append(&mut self, other: Self) {
        let shift = self.text.len();
        self.text.push_str(&other.text);
        self.places.extend(other.places.into_iter().map(|at| at + shift));
        self.values.values.0.extend(other.values.values.0);
    }

    pub(crate) fn build(self) -> Query<'static, Db, AnyArguments> {
        sqlx::query_with(AssertSqlSafe(self.numbered()), self.values)
    }

    pub(crate) fn build_query_as<O: for<'r> FromRow<'r, AnyRow>>(
        self,
    ) -> QueryAs<'static, Db, O, AnyArguments> {
        sqlx::query_as_with(AssertSqlSafe(self.numbered()), self.values)
    }

    pub(crate) fn build_query_scalar<O>(self) -> QueryScalar<'static, Db, O, AnyArguments>
    where
        (O,): for<'r> FromRow<'r, AnyRow>,
    {
        sqlx::query_scalar_with(AssertSqlSafe(self.numbered()), self.values)
    }
}

pub(crate) struct Row<'s> {
    sql: &'s mut Sql,
    separator: &'static str,
}

impl Row<'_> {
    pub(crate) fn bind<'t, T: Encode<'t, Db> + Type<Db>>(&mut self, value: T) -> &mut Self {
        self.sql.push(self.separator).push_bind(value);
        self.separator = ", ";
        self
    }
}
