// Package poll lets a post ask something: two to ten options, one or several
// choices, and a moment when it closes.
//
// What holds:
//
//   - who may read a post may vote in its poll, once, until it closes; its
//     author does not vote. A vote cannot be changed;
//   - the numbers are exact however many vote at a time: a voter is one row,
//     and counts change with it in one transaction that holds the poll;
//   - nobody is shown who voted what, the author included. A vote leaves this
//     instance only to the server of the author, who counts it;
//   - a vote that arrives is never shown as a post;
//   - the poll of a post for the section never leaves, as its post does not;
//   - an edit of the options begins the vote anew; the earlier versions of the
//     post keep what was asked, without numbers;
//   - of a poll of another server we show the numbers that it tells.
//
// The poll of a post has the id of the post.
//
// Spec: FEP-9967; Spec: Mastodon polls
package poll
