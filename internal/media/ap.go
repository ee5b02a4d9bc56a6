package media

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/blob"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
)

// maxTaken is how many media of a received post are kept.
const maxTaken = 16

// write adds the media of a post of ours to its document. Pictures are Image and
// the rest Document: the strictest readers know no other types there.
//
// Spec: AP attachment, icon; Spec: Mastodon toot:focalPoint, toot:blurhash
func (s *Service) write(ctx context.Context, q db.Q, p *post.Post, n *as.Note) error {
	list, err := byPosts(ctx, q, []int64{p.ID})
	if err != nil || len(list[p.ID]) == 0 {
		return err
	}
	author, err := account.ByID(ctx, q, p.AccountID)
	if err != nil {
		return err
	}
	open := p.Audience == post.Public && author.Public
	for _, m := range list[p.ID] {
		a := as.Attachment{Type: "Document", MediaType: m.Type, URL: s.lasting(m, false, p.Audience, open), Name: m.Description,
			Blurhash: m.Blurhash, Width: int(m.Width), Height: int(m.Height)}
		if m.Kind == Image {
			a.Type = "Image"
			if m.FocusX != 0 || m.FocusY != 0 {
				a.FocalPoint = [2]float64{float64(m.FocusX) / 1000, float64(m.FocusY) / 1000}
			}
		} else if m.SmallFile != "" {
			a.Icon = s.lasting(m, true, p.Audience, open)
		}
		n.Attachments = append(n.Attachments, a)
	}
	return nil
}

// take reads the media of a received post. What has the same address as before
// keeps its id.
func (s *Service) take(ctx context.Context, tx *db.Tx, p *post.Post, d *as.Doc) error {
	have, err := byPosts(ctx, tx, []int64{p.ID})
	if err != nil {
		return err
	}
	old := make(map[string]*Media)
	for _, m := range have[p.ID] {
		old[m.RemoteURL] = m
	}
	author, err := account.ByID(ctx, tx, p.AccountID)
	if err != nil {
		return err
	}
	place := int64(0)
	for _, a := range d.Attachments() {
		m, ok := fromDoc(a)
		if !ok || place == maxTaken || s.rejects(author.Host) {
			continue
		}
		m.Place = place
		place++
		if was := old[m.RemoteURL]; was != nil {
			delete(old, m.RemoteURL)
			m.ID = was.ID
			if was.SmallURL != m.SmallURL {
				cached, err := forgetURL(ctx, tx, was.SmallURL)
				if err = errors.Join(err, dropFiles(ctx, tx, cached)); err != nil {
					return err
				}
			}
			if err := exec(ctx, tx, `update media set place = $1, description = $2, blurhash = $3, focus_x = $4, focus_y = $5, small_url = $6 where id = $7`,
				m.Place, m.Description, m.Blurhash, m.FocusX, m.FocusY, m.SmallURL, m.ID); err != nil {
				return err
			}
			continue
		}
		m.ID, m.Key, m.AccountID, m.PostID, m.Use, m.State, m.CreatedAt = s.IDs.New(), blob.NewName(), p.AccountID, p.ID, ForPost, Remote, s.Now().UnixMilli()
		if err := db.Insert(ctx, tx, "media", m); err != nil {
			return err
		}
	}
	var gone []*Media
	for _, m := range old {
		gone = append(gone, m)
	}
	return drop(ctx, tx, gone)
}

// fromDoc reads one attachment; ok is false for what is no medium.
func fromDoc(a as.Attachment) (*Media, bool) {
	kind := Unknown
	major, _, _ := strings.Cut(a.MediaType, "/")
	switch {
	case major == "image" || a.Type == "Image":
		kind = Image
	case major == "video" || a.Type == "Video":
		kind = Video
	case major == "audio" || a.Type == "Audio":
		kind = Audio
	case a.Type == "Document" && a.MediaType == "":
		kind = byExtension(a.URL)
	}
	if kind == Unknown || len(a.URL) > 1500 || as.HTTPURL(a.URL) == "" {
		return nil, false // a link, a file: it stands in the text, or behind the address of the post
	}
	m := &Media{Kind: kind, RemoteURL: a.URL, Description: text.Clean(cut(a.Name, 6*MaxDescription), MaxDescription)}
	if kind != Image && len(a.Icon) <= 1500 {
		m.SmallURL = a.Icon
	}
	if len(a.Blurhash) <= 100 && plausible(a.Blurhash) {
		m.Blurhash = a.Blurhash
	}
	if a.Width > 0 && a.Height > 0 && a.Width < 100_000 && a.Height < 100_000 {
		m.Width, m.Height = int64(a.Width), int64(a.Height)
	}
	in := func(f float64) int64 { return int64(max(-1, min(1, f)) * 1000) }
	m.FocusX, m.FocusY = in(a.FocalPoint[0]), in(a.FocalPoint[1])
	return m, true
}

func byExtension(address string) string {
	address, _, _ = strings.Cut(strings.ToLower(address), "?")
	for kind, list := range map[string][]string{Image: {".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif"}, Video: {".mp4", ".webm"}, Audio: {".mp3", ".ogg", ".oga", ".opus"}} {
		for _, e := range list {
			if strings.HasSuffix(address, e) {
				return kind
			}
		}
	}
	return Unknown
}

// plausible reports whether s is made of the letters of a BlurHash.
func plausible(s string) bool {
	const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"
	return len(s) >= 6 && strings.Trim(s, letters) == "" && !strings.ContainsFunc(s, func(r rune) bool { return !strings.ContainsRune(letters, r) })
}

// cut shortens a text to at most n bytes, at the start of a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
