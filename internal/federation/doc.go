// Package federation is the engine that speaks ActivityPub with other servers:
// inboxes, the work on what arrives, documents served, discovery, lookups and
// the sending of deliveries. Features plug into it with the types of package
// route; it knows none of them.
//
// The way of an activity that arrives:
//
//	request → limits, shape, origin and all of the signature that needs no key
//	        → key known: verified now, or 401
//	          key not known: kept apart, bounded; a job fetches the key and verifies
//	        → one row per activity id, with a job in the same transaction → 202
//	job     → what is missing is fetched, no transaction open, within a budget
//	        → every handler that matches, in one transaction
//
// Invariants:
//   - no request waits for the network, and nothing is routed before its
//     signature was verified with a key that its owner lists and that names
//     its owner;
//   - an activity has one effect, however often and wherever it arrives. It is
//     known by its id; an Update by its bytes as well, since some peers name all
//     edits of a post alike;
//   - the bytes received are what is judged, stored and handed on; go-fed's pub
//     package, which leads through the sequence of a POST, sees an envelope
//     that is made of id, type and actor alone;
//   - what somebody else brings of an author is believed with the author's own
//     proof, made within a week, and otherwise asked for at its origin;
//   - an actor's activities are worked off in the order of their arrival;
//   - what is refused leaves a code, never its content.
//
// Spec: AP 5.2, AP 7; Spec: FEP-fe34, FEP-8b32, FEP-8fcf, FEP-844e
package federation
