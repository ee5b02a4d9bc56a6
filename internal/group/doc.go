// Package group gathers people around a subject: threads that are read alike on
// every server, with rules, roles and moderation of their own.
//
// A group is an account of the kind Group, in one name space with people. To
// join is to follow it, so that any server and any client app can: a follow that
// was accepted makes a member, the end of it ends that. What the group accepts it
// boosts, which puts its threads into the home timelines of those who follow it.
//
// Who may read is the access: of an open group everyone; of the others its
// members, by the grants that post.Visible reads; a secret one is known to its
// members alone. Who may join is the joining, who may write is the posting.
//
// A post belongs to one group at most (group_post). Its thread is ordered by the
// dates that the posts themselves carry and then by their ids, so that every
// server shows the same order whatever came first. What moderation does is a row
// there, and a line in the group's journal; a post that was removed stays its
// author's.
//
// Spec: FEP-1b12
package group
