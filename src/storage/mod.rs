//! What is kept: the store, the vault of encrypted objects, the ledger, the outbox.
