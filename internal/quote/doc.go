// Package quote lets a post quote another, with the consent of its author, and
// keeps what authors allow to be done with their posts.
//
// What holds:
//
//   - a quotation is shown only where the quoted post may be read, and goes no
//     further than it: quoting never widens an audience;
//   - it is shown as one only with the consent of the quoted author: given
//     beforehand by the rules of the post, or asked for and answered. A consent
//     is a stamp that anybody can fetch; taken back, the quotation is a link again;
//   - one's own posts need no consent;
//   - what another server's author does not allow (to answer, like, relay,
//     quote) is refused here with a sentence, and not sent.
//
// States: pending → accepted → revoked, or → rejected; what is shown may also be
// deleted (the quoted post is gone) or unauthorized (not for this reader).
//
// Spec: FEP-044f; Spec: Mastodon entities/Quote;
// Spec: https://docs.gotosocial.org/en/latest/federation/interaction_policy/
package quote
