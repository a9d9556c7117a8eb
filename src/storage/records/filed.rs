//! Under whom records are filed, by name: the store has keyed hashes alone, so whoever asks brings the
//! people whose names the answer may tell.

use super::{Certainty, Filed, FiledAs, not_found, person_hash, records_named};
use crate::{
    parties::PersonId,
    storage::{
        database::{Sql, named},
        error::StoreError,
        names::RecordId,
        records::RecordSummary,
        store::Store,
    },
};
use std::collections::HashMap;

/// Records that are looked up with one statement.
const TOGETHER: usize = 500;

/// People by the hashes under which records are filed. Made once for a directory: a page of records
/// asks for a few of many thousand.
pub struct FiledNames(HashMap<Vec<u8>, PersonId>);

impl Store {
    pub fn filed_names<'p>(
        &self,
        people: impl IntoIterator<Item = &'p PersonId>,
    ) -> Result<FiledNames, StoreError> {
        let secrets = self.secrets()?;
        Ok(FiledNames(people.into_iter().map(|p| (person_hash(secrets, p), p.clone())).collect()))
    }

    /// Of each of these records the people whom it is filed under, as far as they are among the named.
    pub async fn records_filed(
        &self,
        ids: &[RecordId],
        names: &FiledNames,
    ) -> Result<HashMap<RecordId, Vec<Filed>>, StoreError> {
        let mut all: HashMap<RecordId, Vec<Filed>> = HashMap::new();
        for some in ids.chunks(TOGETHER) {
            let some: Vec<String> = some.iter().map(RecordId::to_string).collect();
            let mut sql = Sql::new(
                "SELECT record, person_hash, filed_as, certainty FROM record_person WHERE record IN ",
            );
            sql.push_list(&some);
            let rows: Vec<(String, Vec<u8>, String, String)> =
                sql.build_query_as().fetch_all(&self.readers).await?;
            for (record, hash, filed_as, certainty) in rows {
                let Some(person) = names.0.get(&hash) else { continue };
                all.entry(RecordId::stored(record)).or_default().push(Filed {
                    person: person.clone(),
                    filed_as: named(&FiledAs::ALL, FiledAs::name, &filed_as)?,
                    certainty: named(&Certainty::ALL, Certainty::name, &certainty)?,
                });
            }
        }
        all.values_mut()
            .for_each(|filed| filed.sort_by(|a, b| (a.filed_as, &a.person).cmp(&(b.filed_as, &b.person))));
        Ok(all)
    }

    /// What can be seen of one record without a key.
    pub async fn record_summary(&self, id: &RecordId) -> Result<RecordSummary, StoreError> {
        let mut conn = self.readers.acquire().await?;
        let found = records_named(&mut conn, &[id.to_string()]).await?;
        found.into_iter().next().ok_or_else(|| not_found(id))
    }
}
