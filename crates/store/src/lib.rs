//! Persistence on SQLite and PostgreSQL: migrations, the ledger, and every query.
