// Package preview shows beside a post what the page says of itself to which it links.
//
// What holds:
//
//   - A page is asked once for each post, by the server on which the post was
//     written, a moment after it was. What other servers send brings its preview
//     along or has none: a thousand servers do not ask a small site for the same
//     page.
//   - Only for posts for everybody: asking tells the site that somebody writes
//     about it, and when.
//   - The request goes through the guarded client, and what comes back is plain
//     text and the address of a picture, which is shown from here.
//
// Spec: FE8; Spec: Mastodon entities/PreviewCard
package preview

import (
	"embed"
	"io/fs"

	"github.com/maillage/maillage/internal/feature"
)

//go:embed migrations
var files embed.FS

// Migrations holds the tables of this slice.
func Migrations() fs.FS { return feature.Sub(files, "migrations") }

// Feature is what this slice brings to an instance.
func Feature(s *Service) feature.Feature {
	return feature.Feature{Name: "preview", Migrations: Migrations(), API: s.API, Jobs: s.Jobs()}
}
