// Package admin is the client API of those who moderate and run an instance:
// accounts, rules for other servers, counts. Reports are in package report.
//
// Invariants:
//   - a moderator's or administrator's role is asked for at each request, beside the
//     scope of the token; what concerns other servers, and deleting, is for
//     administrators;
//   - every act is written down in the transaction that does it, in the log of
//     package report when it concerns somebody, in the trail of package host when
//     it concerns a server;
//   - no mail address and no address of a machine is shown. Looking somebody up by
//     their mail address is for administrators;
//   - what is not measured counts 0, what cannot be here is an empty list:
//     nobody waits to be let in, since nobody signs up.
//
// Spec: Mastodon admin/accounts, admin/domain_blocks, admin/domain_allows,
// admin/measures, admin/dimensions, admin/retention, admin/trends; Spec: AC9
package admin
