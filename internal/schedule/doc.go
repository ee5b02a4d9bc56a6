// Package schedule keeps posts until the moment that their author chose.
//
// What holds:
//
//   - what waits is judged when it is written and again when it is published:
//     rights, consents and audiences are those of that moment;
//   - it is published once, also when the server is killed in between: the key
//     of its publication is its id;
//   - what cannot be published is kept with the reason, for its author to see;
//   - nobody but its author ever learns of it.
//
// Spec: Mastodon scheduled_statuses; Spec: RE4
package schedule
