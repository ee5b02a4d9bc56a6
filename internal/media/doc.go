// Package media is pictures, sounds and videos: those that people add to their
// posts and profiles, and those of other servers that are shown here.
//
// What holds:
//
//   - What is kept of an upload was made from it here (packages picture and
//     film); the file that was sent is not.
//   - One address leads to a file, under /media/ with a random key, and a file
//     answers there as what it is and nothing else.
//   - Only what anybody may see is open: media of a public post of somebody
//     public, and the pictures of public profiles. An address of anything else
//     carries a signature with an end: within two days on pages and in the
//     interface of apps, a month in what other servers are sent. Who has such an
//     address may look until then; deleting ends it at once.
//   - With a post go its media, in the same transaction: from then on they are
//     410, and their files are deleted by a job. What belongs to no post a day
//     after it came is deleted too.
//   - What is on other servers is asked for by this one, when somebody here
//     first looks, and never by anybody's browser. It is decoded and written
//     anew like an upload, kept for a while within a bound, and then forgotten.
//     Nothing is asked of servers whose media are refused.
//
// Spec: ME1–ME6, FE1, P13; Spec: Mastodon media
package media
