// Package officehours is where somebody receives people: an elected person or a
// delegate offers hours of every week, cut into slots, and members book one, to
// come, by video or by telephone. Hours that are open are booked by anybody: who
// has no account here confirms an address, or comes with their account elsewhere.
//
// What holds:
//
//   - A slot is one person's: two who book it at the same moment never both have it.
//   - Who booked what, and why, is known to the two of them and to nobody else:
//     others see that the slot is not free.
//   - Each is told what the other does by a message between the two of them, in the
//     transaction that does it. Either may cancel until it begins. A visitor is told
//     by letter, or by a message where their account is; of a visitor the section tells.
//   - Hours are open only while who receives shows themselves to everybody.
//   - Hours are those of the clock of the place, in summer and in winter.
//   - A booking is forgotten thirty days after.
//
// Spec: RFC 5545
package officehours
