//! How often a rule was right: of the items that it found, those that reviewers kept, escalated or made an
//! incident, against those that they let go. So that dismissing teaches.

use super::{
    database::{Sql, hex, micros},
    error::StoreError,
    names::ItemId,
    secrets::Secrets,
    store::Store,
    writer::Tx,
};
use crate::{authority::Face, mail::SchoolId};
use chrono::{DateTime, Utc};
use std::collections::HashMap;

/// Rules of one item that are noted; a class list is found by few.
const MOST_RULES: usize = 50;

/// What became of the items that a rule found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Precision {
    pub borne_out: u32,
    pub decided: u32,
}

/// Each once, as keyed hashes, and no more than so many: which rule found what is nobody's business who
/// only has the disk.
pub(super) fn rules_of<'f>(rules: impl Iterator<Item = &'f str>, secrets: &Secrets) -> Vec<String> {
    let mut all: Vec<&str> = rules.collect();
    all.sort_unstable();
    all.dedup();
    all.truncate(MOST_RULES);
    all.into_iter().map(|rule| hashed(secrets, rule)).collect()
}

fn hashed(secrets: &Secrets, rule: &str) -> String {
    hex(&secrets.hash("rule", &[rule.as_bytes()]))
}

impl Tx {
    pub(super) async fn insert_item_rules(
        &mut self,
        item: &ItemId,
        rules: &[String],
    ) -> Result<(), StoreError> {
        for rule in rules {
            sqlx::query(
                "INSERT INTO item_rule (rule, item) VALUES ($1, $2) ON CONFLICT (rule, item) DO NOTHING",
            )
            .bind(rule)
            .bind(item.as_str())
            .execute(&mut self.conn)
            .await?;
        }
        Ok(())
    }

    /// Of what is sealed nobody learns what was found (practice.md, A3).
    pub(super) async fn forget_item_rules(&mut self, item: &ItemId) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM item_rule WHERE item = $1")
            .bind(item.as_str())
            .execute(&mut self.conn)
            .await?;
        Ok(())
    }
}

impl Store {
    /// By the decisions since then at these schools, but for items in which one of these faces has a
    /// part: those are not even counted for whoever asks (practice.md, A4).
    pub async fn precision(
        &self,
        rules: &[String],
        schools: &[SchoolId],
        faces: &[Face],
        since: DateTime<Utc>,
    ) -> Result<HashMap<String, Precision>, StoreError> {
        let secrets = self.secrets()?;
        let names: HashMap<String, &String> =
            rules.iter().map(|rule| (hashed(secrets, rule), rule)).collect();
        let mut sql = Sql::new(
            "SELECT r.rule, CAST(SUM(CASE WHEN i.state IN ('kept-as-evidence', 'escalated') OR EXISTS (
                 SELECT 1 FROM incident_link l JOIN incident c ON c.id = l.incident AND c.state IN ('open', 'closed')
                 WHERE l.kind = 'item' AND l.target = i.id) THEN 1 ELSE 0 END) AS BIGINT), COUNT(*)
             FROM item_rule r JOIN item i ON i.id = r.item
             WHERE i.kind = 'quarantine' AND i.state IN
                 ('kept-as-evidence', 'escalated', 'releasing', 'released', 'undeliverable', 'returned')
             AND COALESCE(i.decided_at, i.received_at) >= ",
        );
        sql.push_bind(micros(since)).push(" AND r.rule IN ").push_row(|list| {
            names.keys().for_each(|rule| {
                list.bind(rule.clone());
            });
        });
        sql.push(" AND i.school IN ").push_row(|list| {
            schools.iter().for_each(|school| {
                list.bind(school.to_string());
            });
        });
        if !faces.is_empty() {
            sql.push(" AND NOT EXISTS (SELECT 1 FROM concerned f WHERE f.subject IN (i.id, i.transaction_id) AND f.face IN ");
            sql.push_row(|list| {
                faces.iter().for_each(|face| {
                    list.bind(face.0.to_vec());
                });
            });
            sql.push(")");
        }
        sql.push(" GROUP BY r.rule");
        let rows: Vec<(String, i64, i64)> = sql.build_query_as().fetch_all(&self.readers).await?;
        let count = |n: i64| u32::try_from(n).unwrap_or(u32::MAX);
        let each = |(rule, borne_out, decided): (String, i64, i64)| {
            let precision = Precision { borne_out: count(borne_out), decided: count(decided) };
            Some(((*names.get(&rule)?).clone(), precision))
        };
        Ok(rows.into_iter().filter_map(each).collect())
    }
}
