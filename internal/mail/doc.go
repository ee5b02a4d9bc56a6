// Package mail sends letters to people by SMTP, from jobs.
//
// What holds:
//
//   - A letter is a row of the transaction that it is about; the network is
//     touched by the worker alone. A letter that its server refuses for good, or
//     that has become too old, is dropped with its address: none stays parked.
//   - Each letter is written once, as blocks; its text and its HTML say the same.
//     It loads nothing: no picture, no tracker.
//   - No address, subject or word of a letter is in the log or in an error.
//   - Passwords and letters cross the network encrypted only, but on loopback.
//
// Spec: RFC 5322; Spec: RFC 2047; Spec: RFC 3834; Spec: RFC 6047; Spec: RE13
package mail
