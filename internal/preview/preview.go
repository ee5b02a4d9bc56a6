package preview

import (
	"context"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/html"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/fetch"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/media"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
	"github.com/maillage/maillage/web"
)

const (
	jobFetch   = "preview.fetch"
	partName   = "preview"
	maxTitle   = 200
	maxText    = 500
	maxAddress = 1500
)

// Service holds the rules on previews.
type Service struct {
	DB     *db.DB
	Posts  *post.Service
	Media  *media.Service
	Client *fetch.Client

	// Fetcher finds the accounts that pages name as their authors; nil finds those known here.
	Fetcher route.Fetcher
	Base    string // "https://host"
}

// Preview is what a page says of itself.
type Preview struct {
	PostID      int64
	URL         string
	Title       string
	Description string
	Site        string
	Author      string
	Image       string // on its own server
	ImageAlt    string
	CreatedAt   int64 // unix ms
	CreatorID   int64 // the account named as the author
	CreatorHost string

	handle  string           // of that account, as the page writes it
	creator *account.Account // when it allows the host to name it
}

// Part is what this slice adds to posts.
func (s *Service) Part() post.Part {
	return post.Part{Name: partName, Take: s.take, Bury: bury, Load: s.load, Entity: s.entity, Card: s.card}
}

// Jobs is the work of this slice outside of requests.
func (s *Service) Jobs() []jobs.Kind {
	return []jobs.Kind{{Name: jobFetch, Handle: jobs.JSON(s.fetch), MaxTries: 2, Timeout: 30 * time.Second, Concurrency: 2}}
}

type fetchJob struct{ PostID int64 }

// Stored asks for the page of a new post of ours.
//
// Spec: FE8
func (s *Service) Stored(ctx context.Context, tx *db.Tx, p *post.Post) error {
	if !p.Local || p.BoostOfID != 0 || p.Audience != post.Public || s.linkIn(p.Content) == "" {
		return nil
	}
	return jobs.Enqueue(ctx, tx, jobFetch, fetchJob{p.ID}, jobs.Key(ids.String(p.ID)))
}

// Edited asks again when an edit links to another page.
func (s *Service) Edited(ctx context.Context, tx *db.Tx, p *post.Post) error {
	if !p.Local {
		return nil
	}
	had, err := db.Get[string](ctx, tx, `select url from preview where post_id = $1`, p.ID)
	if err != nil && !apperr.Is(err, apperr.KindNotFound) {
		return err
	}
	if had == s.linkIn(p.Content) {
		return nil
	}
	if err := bury(ctx, tx, p); err != nil {
		return err
	}
	return s.Stored(ctx, tx, p)
}

// linkIn is the first page elsewhere to which a text links, "" when none.
func (s *Service) linkIn(content string) string {
	z := html.NewTokenizer(strings.NewReader(content))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return ""
		case html.StartTagToken:
			t := z.Token()
			if t.Data != "a" {
				continue
			}
			href, class := "", ""
			for _, a := range t.Attr {
				switch a.Key {
				case "href":
					href = a.Val
				case "class":
					class = a.Val
				}
			}
			if strings.Contains(class, "mention") || strings.Contains(class, "hashtag") || as.HTTPURL(href) == "" || len(href) > maxAddress || as.SameOrigin(href, s.Base) {
				continue
			}
			return href
		}
	}
}

// fetch asks a page what it says of itself. A page that does not answer has no preview.
func (s *Service) fetch(ctx context.Context, j fetchJob) error {
	p, err := post.Raw(ctx, s.DB.Read(), j.PostID)
	if err != nil || p.DeletedAt != 0 || p.Audience != post.Public {
		return nil
	}
	address := s.linkIn(p.Content)
	if address == "" {
		return nil
	}
	res, err := s.Client.Get(ctx, address, "text/html, application/xhtml+xml", nil)
	if err != nil {
		return ctx.Err()
	}
	kind, _, _ := strings.Cut(strings.ToLower(res.ContentType), ";")
	if kind = strings.TrimSpace(kind); kind != "text/html" && kind != "application/xhtml+xml" {
		return nil
	}
	v := Read(res.Body, res.FinalURL)
	if v == nil {
		return nil
	}
	v.PostID, v.URL, v.CreatedAt = p.ID, address, time.Now().UnixMilli()
	if err := s.credit(ctx, v, res.FinalURL); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		now, err := post.Raw(ctx, tx, p.ID)
		if err != nil || now.DeletedAt != 0 || s.linkIn(now.Content) != address {
			return err // it has changed meanwhile
		}
		return store(ctx, tx, v)
	})
}

func store(ctx context.Context, tx *db.Tx, v *Preview) error {
	if _, err := tx.Exec(ctx, `delete from preview where post_id = $1`, v.PostID); err != nil {
		return err
	}
	return db.Insert(ctx, tx, "preview", v)
}

// Read takes from a page what it says of itself, nil without a title. base is its address.
func Read(page []byte, base string) *Preview {
	if len(page) > 512<<10 {
		page = page[:512<<10]
	}
	meta := map[string]string{}
	title := ""
	z := html.NewTokenizer(strings.NewReader(strings.ToValidUTF8(string(page), "")))
	for done := false; !done; {
		switch z.Next() {
		case html.ErrorToken:
			done = true
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			switch t.Data {
			case "title":
				if title == "" && z.Next() == html.TextToken {
					title = z.Token().Data
				}
			case "meta":
				name, content := "", ""
				for _, a := range t.Attr {
					switch a.Key {
					case "property", "name":
						name = strings.ToLower(a.Val)
					case "content":
						content = a.Val
					}
				}
				if meta[name] == "" {
					meta[name] = content
				}
			case "body":
				done = true
			}
		}
	}
	first := func(names ...string) string {
		for _, n := range names {
			if s := strings.TrimSpace(meta[n]); s != "" {
				return s
			}
		}
		return ""
	}
	line := func(s string, most int) string { return text.PlainName(strings.Join(strings.Fields(s), " "), most) }
	v := &Preview{
		Title: line(first("og:title", "twitter:title"), maxTitle), Description: line(first("og:description", "description", "twitter:description"), maxText),
		Site: line(first("og:site_name"), 100), Author: line(first("article:author", "author"), 100), ImageAlt: line(first("og:image:alt"), 300),
	}
	if v.Title == "" {
		v.Title = line(title, maxTitle)
	}
	v.handle = strings.TrimSpace(meta["fediverse:creator"])
	if strings.Contains(v.Author, "://") {
		v.Author = ""
	}
	if v.Title == "" {
		return nil
	}
	if at, err := url.Parse(base); err == nil {
		if img, err := at.Parse(first("og:image:secure_url", "og:image", "twitter:image")); err == nil && first("og:image", "og:image:secure_url", "twitter:image") != "" {
			if v.Image = as.HTTPURL(img.String()); len(v.Image) > maxAddress {
				v.Image = ""
			}
		}
	}
	return v
}

// take reads the preview that a received document brings along: the link of a
// page of the threadiverse, with its picture. Nothing is asked for.
func (s *Service) take(ctx context.Context, tx *db.Tx, p *post.Post, d *as.Doc) error {
	if err := bury(ctx, tx, p); err != nil || p.Audience != post.Public || !d.Is("Page", "Article", "Note") {
		return err
	}
	for _, a := range d.Attachments() {
		if a.Type != "Link" && a.Type != "Page" || len(a.URL) > maxAddress || as.HTTPURL(a.URL) == "" {
			continue
		}
		v := &Preview{PostID: p.ID, URL: a.URL, Title: text.PlainName(text.Plain(a.Name), maxTitle), CreatedAt: time.Now().UnixMilli()}
		if v.Title == "" {
			v.Title = p.Title
		}
		if v.Title == "" {
			v.Title = as.Host(a.URL)
		}
		if img, ok := d.Image(); ok && d.Is("Page") && len(img.URL) <= maxAddress {
			v.Image = as.HTTPURL(img.URL)
		}
		return store(ctx, tx, v)
	}
	return nil
}

func bury(ctx context.Context, tx *db.Tx, p *post.Post) error {
	_, err := tx.Exec(ctx, `delete from preview where post_id = $1`, p.ID)
	return err
}

func (s *Service) load(ctx context.Context, q db.Q, viewer *auth.Viewer, views []*post.View) error {
	posts := make([]int64, len(views))
	for i, w := range views {
		posts[i] = w.ID
	}
	frag, args := db.In(1, posts)
	rows, err := db.All[Preview](ctx, q, `select post_id, url, title, description, site, author, image, image_alt, created_at, creator_id, creator_host from preview where post_id in `+frag, args...)
	if err != nil || len(rows) == 0 {
		return err
	}
	if err := credits(ctx, q, viewer, rows); err != nil {
		return err
	}
	by := make(map[int64]*Preview, len(rows))
	for i := range rows {
		by[rows[i].PostID] = &rows[i]
	}
	for _, w := range views {
		if v := by[w.ID]; v != nil {
			w.SetPart(partName, v)
		}
	}
	return nil
}

// Entity is a preview as apps know it.
//
// Spec: Mastodon entities/PreviewCard
func (s *Service) Entity(v *Preview) masto.PreviewCard {
	e := masto.PreviewCard{URL: v.URL, Title: v.Title, Description: v.Description, Type: "link", AuthorName: v.Author, ProviderName: v.Site, ImageAlt: v.ImageAlt}
	e.Authors = s.authors(v)
	if v.Image != "" {
		e.Image = masto.Ptr(s.Media.Proxy(v.Image, media.UseCard))
	}
	return e
}

func (s *Service) entity(_ *auth.Viewer, w *post.View, e *masto.Status) {
	if v := post.PartOf[*Preview](w, partName); v != nil {
		e.Card = masto.Ptr(s.Entity(v))
	}
}

func (s *Service) card(_ *httpx.Ctx, w *post.View, card *web.PostCard) {
	v := post.PartOf[*Preview](w, partName)
	if v == nil || len(card.Media) > 0 {
		return
	}
	card.Preview = &web.LinkPreview{URL: v.URL, Title: v.Title, Text: v.Description, Site: v.Site}
	if card.Preview.Site == "" {
		card.Preview.Site = as.Host(v.URL)
	}
	if v.Image != "" {
		card.Preview.Image = strings.TrimPrefix(s.Media.Proxy(v.Image, media.UseCard), s.Base)
	}
}

// API declares the preview of a post.
func (s *Service) API(r *masto.Router) {
	r.Get("/api/v1/statuses/{id}/card", "read:statuses?", s.apiCard)
}

// Spec: Mastodon statuses#card
func (s *Service) apiCard(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	p, err := s.Posts.Get(r.Context(), r.Viewer, id)
	if err != nil {
		return err
	}
	w, err := s.Posts.View(r.Context(), r.Viewer, p)
	if err != nil {
		return err
	}
	if v := post.PartOf[*Preview](w, partName); v != nil {
		return r.OK(s.Entity(v))
	}
	return r.OK(struct{}{})
}
