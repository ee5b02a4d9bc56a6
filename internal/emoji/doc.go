// Package emoji is the small pictures of one's own that stand for words like
// :this: in posts and names: those of this instance, chosen by its admins, and
// those that other servers use.
//
// What holds: a word stands for a picture of the server of whoever wrote it and
// of no other; what has no picture stays a word; pictures of other servers are
// shown from here (package media); a text is never changed, the pictures are
// put in where it is shown.
//
// Spec: Mastodon custom_emojis; Spec: Mastodon toot:Emoji
package emoji
