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
//     public, and the pictures of public profiles. Of anything else people here
//     are given an address with a signature that ends within two days, on pages
//     and in the interface of apps, which load pictures without saying who asks.
//     Who has such an address may look until then; deleting ends it at once. Of a post
//     for a closed group, for followers or for people named each reader has addresses
//     of their own, which name them to this server alone and open nothing from when
//     they may not read the post any more, nor to whom they gave them. That costs two queries a
//     file, and keeps what browsers have kept good, and apps that send no
//     credentials; an address that ended after minutes would break both. What is for the section or
//     the movement is told to all its readers at once, with addresses for all.
//   - Another server follows the rule of the post: it gets a file by a GET that an
//     actor of its signs, if that actor would get the post. The documents of posts
//     for a closed group or for the movement name an address that stays the same
//     and opens nothing by itself. So it is asked of all who may get these, which
//     is software that keeps our profile of closed groups and servers of the
//     movement. Whoever else asks is told the same as of what was never there.
//   - Posts for followers and for people named reach software that signs no GET of
//     a file: neither Mastodon does, nor Lemmy (whose proxy of pictures is open to
//     all besides), nor Smithereen. Their documents name an address with a signature
//     that ends within two months, and opens the file to whoever has it.
//   - With a post go its media, in the same transaction: from then on they are
//     410, and their files are deleted by a job. What belongs to no post a day
//     after it came is deleted too.
//   - What is on other servers is asked for by this one, when somebody here
//     first looks, and never by anybody's browser. It is decoded and written
//     anew like an upload, kept for a while within a bound, and then forgotten,
//     and with the post that it is in. Nothing is asked of servers whose media are refused.
//   - A file of a post is asked for in the name of this server, of the author's own
//     server alone, and not where a redirect leads elsewhere; nothing else is. What
//     was had so is kept apart. Otherwise a post that names an address which is
//     closed to its author would show through us what is there.
//
// Spec: ME1–ME6, FE1, P13; Spec: Mastodon media
package media
