// Package push wakes the apps of our people through the push services of their
// browsers and phones.
//
// Each token may have one subscription. A notification enqueues a durable job
// for each subscription that asks for its kind, in the transaction that adds
// it. What is sent is encrypted for the app, signed with the instance's VAPID
// key, and says by default only that something is new: the relays of phones may
// be asked by others what passes through, and some keep what apps show. Whoever
// wants names and words in it says so on the page of notifications.
//
// Invariants:
//   - A subscription ends with its token, and when its endpoint says that it is gone.
//   - Tries are bounded in number and time.
//   - Nothing is sent to addresses that are not public.
//   - The token that apps want to find in a push is stored sealed.
//
// Spec: RFC 8030, RFC 8188, RFC 8291, RFC 8292; Spec: Mastodon push
// Spec: P12 (push says only "something new")
package push
