// Package jobs runs work outside of requests: rows of the table job, written
// in the same transaction as what they are about.
//
// What holds:
//
//   - A job that was committed runs at least once, also after kill -9: whoever
//     runs it holds a lease, and a lease that is no longer renewed ends. With
//     Done its end commits together with its effects, so it has effects once.
//   - A job that fails or panics runs again after a growing, random delay;
//     after MaxTries it is parked: it stays in the table for the administrator
//     and stops nobody else. A job that takes the whole process down counts
//     its tries too.
//   - Kinds do not wait for each other: each has its own bound of jobs running
//     at a time, and all share one bound of the process.
//   - An idle runner sleeps until the next job is due or a transaction of this
//     process adds one. On PostgreSQL it also looks every few seconds for what
//     other nodes left over.
//
// States: ready → running → (gone | retry → running … | parked).
//
// Spec: RE4, RE8
package jobs
