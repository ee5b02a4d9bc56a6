// Package db is the one door to the database: SQLite by default, PostgreSQL
// for instances of several nodes, the same SQL text for both.
//
// What holds:
//
//   - Write returns only when its transaction is durable, or with the reason
//     why nothing of it remains. On SQLite this is synchronous=FULL, made cheap
//     by letting the writes that wait share one commit; each of them runs in
//     its own savepoint, so that one that fails takes nothing else with it.
//   - There is one writer connection on SQLite and never two writers: no write
//     of this process fails because another one is at work.
//   - Readers never wait for the writer. They are opened on first use and
//     closed when idle, the writer too: an open, idle DB holds no connection,
//     no timer and no goroutine of ours.
//   - AfterCommit callbacks run in commit order, and never for a transaction
//     that was rolled back.
//
// SQL conventions: $1 placeholders in any order; moments are unix milliseconds
// in bigint columns; boolean columns take Go bools; bytes are of type blob,
// which Migrate writes bytea on PostgreSQL; "bigserial primary key" gives
// ascending ids that are never given twice on both.
//
// Spec: RE1, RE5, RE7 (durable accepts, full disk, migrations)
package db
