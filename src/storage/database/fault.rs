//! The databases' errors as ours: who must act, and whether waiting helps.

use super::super::{error::StoreError, vault::disk_error};
use sqlx::{error::DatabaseError, postgres::PgDatabaseError};

impl From<sqlx::Error> for StoreError {
    fn from(e: sqlx::Error) -> Self {
        match &e {
            sqlx::Error::Database(fault) => match fault.try_downcast_ref::<PgDatabaseError>() {
                Some(fault) => of_postgres(fault),
                None => of_sqlite(fault.as_ref()),
            },
            sqlx::Error::Io(e) => disk_error(e),
            sqlx::Error::PoolTimedOut => Self::Silent,
            // The connection broke in the middle of a sentence, or could not be made safe.
            sqlx::Error::Protocol(_) | sqlx::Error::Tls(_) | sqlx::Error::WorkerCrashed => {
                Self::Io(e.to_string())
            }
            e => Self::Us(e.to_string()),
        }
    }
}

/// Primary result codes (https://www.sqlite.org/rescode.html).
fn of_sqlite(fault: &dyn DatabaseError) -> StoreError {
    let code = fault.code().and_then(|c| c.parse::<u32>().ok()).unwrap_or(0);
    match code & 0xff {
        5 | 6 => StoreError::Busy,
        13 => StoreError::Full,
        8 | 10 | 14 => StoreError::Io(fault.to_string()),
        11 | 26 => StoreError::Damaged(fault.to_string()),
        _ => StoreError::Us(fault.to_string()),
    }
}

/// SQLSTATEs (https://www.postgresql.org/docs/current/errcodes-appendix.html). Their messages
/// name tables and roles; values stand only in the detail, which is not taken over.
fn of_postgres(fault: &PgDatabaseError) -> StoreError {
    let code = fault.code();
    let said = || format!("PostgreSQL: {} ({code})", fault.message());
    match code {
        "53100" => StoreError::Full,
        // Locks waited for in vain, serialization, deadlock, cancelled; no memory, no connection left.
        "55P03" | "40001" | "40P01" | "57014" | "53200" | "53300" => StoreError::Busy,
        // Read-only: this server became a standby. 25P03: we were silent for too long.
        "25006" | "25P03" => StoreError::Io(said()),
        // The password, the name of the database, the rights.
        "28000" | "28P01" | "3D000" | "42501" => StoreError::Refused(said()),
        "XX001" | "XX002" => StoreError::Damaged(said()),
        _ => match &code[..2] {
            // Connections lost, other resources, shut down or starting, I/O.
            "08" | "53" | "57" | "58" => StoreError::Io(said()),
            _ => StoreError::Us(said()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::{
        database::{Place, PostgresUrl, connect},
        postgres::fresh_database,
    };

    #[tokio::test]
    async fn what_passes_by_itself_is_told_from_what_somebody_must_mend() {
        let url = fresh_database();
        let place = Place::server(&PostgresUrl::new(url.as_str())).unwrap();
        let mut conn = connect(&place).await.unwrap();
        let cases = [
            ("53100", "the disk is full", true),
            ("55P03", "stayed locked", true),
            ("40P01", "stayed locked", true),
            ("25006", "the disk or the store failed", true),
            ("58030", "the disk or the store failed", true),
            ("57P01", "the disk or the store failed", true),
            ("42501", "turns the gate away", false),
            ("XX001", "damaged", false),
            ("23505", "storage:", false),
        ];
        for (code, words, passes) in cases {
            let raise = format!("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{code}'; END $$");
            let raised = sqlx::raw_sql(sqlx::AssertSqlSafe(raise)).execute(&mut conn).await;
            let fault = StoreError::from(raised.unwrap_err());
            assert_eq!(fault.is_passing(), passes, "{code}: {fault}");
            assert!(fault.to_string().contains(words), "{code}: {fault}");
        }
        let nobody = PostgresUrl::new(url.replace("gatehouse@", "nobody@"));
        let refused = connect(&Place::server(&nobody).unwrap()).await.unwrap_err();
        assert!(matches!(refused, StoreError::Refused(_)), "{refused}");
        // No server there at all.
        let gone = PostgresUrl::new("postgres://gatehouse@localhost/x?host=/nonexistent");
        let away = connect(&Place::server(&gone).unwrap()).await.unwrap_err();
        assert!(away.is_passing() && away.to_string().contains("is the server running"), "{away}");
    }
}
