package media

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/blob"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/post"
)

// routes declares where files are. They are files whatever is asked for: an
// Accept for ActivityPub gets the picture too.
//
// Spec: ME2
func (s *Service) routes(r *httpx.Router) {
	file := httpx.AsClass(httpx.ClassStatic)
	r.Get(Path+"{key:[a-z2-7]{26}}/{file:(?:original|small)(?:\\.[a-z0-9]{3,4})?}", httpx.Public, s.serve, file)
	r.Get(ProxyPath+"{use:[a-z]{3,10}}/{address:[A-Za-z0-9_-]+}", httpx.Public, s.serveProxied, file, httpx.Timeout(45*time.Second))
}

// served is what the answer to a request for a file depends on.
type served struct {
	Media
	Audience  string
	Local     bool
	PostURI   string // "" for what is in no post
	Host      string // of the account
	Public    bool   // the account is
	OfKind    string // the account is
	AuthorURI string // the account's
	Gone      bool   // it was here
	WasOpen   bool   // and anybody might see it
}

// find finds what has a key, nil if nothing has or had it.
func find(ctx context.Context, q db.Q, key string) (*served, error) {
	v, err := db.Get[served](ctx, q, `select `+columns+`, coalesce(p.audience, '') as audience, coalesce(p.local, a.host = '') as local, coalesce(p.uri, '') as post_uri,
		a.host, a.public, a.kind as of_kind, a.uri as author_uri from media m join account a on a.id = m.account_id left join post p on p.id = m.post_id where m.key = $1`, key)
	if !apperr.Is(err, apperr.KindNotFound) {
		return &v, err
	}
	open, err := db.Get[bool](ctx, q, `select was_open from media_gone where key = $1`, key)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, nil
	}
	return &served{Gone: true, WasOpen: open}, err
}

// open reports whether anybody may see it.
func (v *served) open() bool {
	if v.Gone {
		return v.WasOpen
	}
	if !v.own() || !v.Local || !v.Public {
		return false
	}
	return v.Use == ForAvatar || v.Use == ForHeader || v.Audience == "public"
}

// ofClosed reports whether it is a picture of a closed group itself.
func (v *served) ofClosed() bool {
	return !v.Gone && (v.Use == ForAvatar || v.Use == ForHeader) && v.OfKind == account.Group && !v.Public
}

func (s *Service) serve(c *httpx.Ctx) error {
	v, err := find(c.Context(), s.DB.Read(), c.Var("key"))
	if err != nil {
		return err
	}
	if err := s.admit(c, v); err != nil {
		return err
	}
	if v == nil {
		return apperr.NotFound("httpx.not_found")
	}
	if v.Gone {
		return apperr.Gone("httpx.gone")
	}
	small := strings.HasPrefix(c.Var("file"), "small")
	if v.State == Remote {
		return s.serveRemote(c, v, small)
	}
	if v.State != Ready {
		return apperr.NotFound("httpx.not_found")
	}
	if small && v.SmallFile != "" {
		return s.send(c, v.SmallFile, v.SmallType)
	}
	return s.send(c, v.File, v.Type)
}

// admit lets pass who may have a file: anybody what is open; else who was shown an
// address with our signature, or asks as an actor that gets the post which the
// file is in. All others are told the same as of what was never there. v is nil for that.
//
// Spec: ME6; Spec: AP 3.2
func (s *Service) admit(c *httpx.Ctx, v *served) error {
	h := c.W.Header()
	if v != nil && v.open() {
		h.Set("Cache-Control", "public, max-age=86400, immutable")
		return nil
	}
	ends, ours := s.judge(c.Var("key"), c.R.URL.Query())
	if ours && s.Now().Before(ends) {
		if yes, err := s.remains(c, v); err != nil {
			return err
		} else if yes {
			s.private(h, ends)
			return nil
		}
		return apperr.NotFound("httpx.not_found")
	}
	if yes, err := s.follows(c, v); err != nil || yes {
		return err
	}
	switch {
	case !ours || v == nil:
		return apperr.NotFound("httpx.not_found")
	case v.Gone:
		return nil // whoever had its address may know
	}
	return apperr.Forbidden("media.no_access")
}

// remains reports whether whom an address was given to may still have the file: who sent it, or who reads
// the post that it is in now. What is for the members of a group has no address that is for nobody in particular.
//
// Spec: PV1
func (s *Service) remains(c *httpx.Ctx, v *served) (bool, error) {
	whose := c.R.URL.Query().Get("r")
	if whose == "" {
		return v == nil || v.Gone || v.Audience != string(post.Group) && !v.ofClosed(), nil
	}
	reader := s.unveil(c.Var("key"), whose)
	if v == nil || v.Gone || reader == v.AccountID {
		return true, nil
	}
	q := s.DB.Read()
	if v.ofClosed() {
		g, err := account.ByID(c.Context(), q, v.AccountID)
		if err != nil {
			return false, err
		}
		return s.sees(c.Context(), q, reader, g)
	}
	if v.PostID == 0 {
		return false, nil
	}
	here, err := db.Get[int](c.Context(), q, `select count(*) from account where id = $1 and host = '' and suspended_at = 0 and deleted_at = 0`, reader)
	if err != nil || here == 0 {
		return false, err
	}
	readers, err := post.Readers(c.Context(), q, v.PostID, []int64{reader})
	return readers[reader], err
}

// follows reports whether who signed the request gets the post that a file is in, or, of a picture of a
// closed group, the group. Who
// signed is found out whether or not the file is there, so that the time does not tell.
func (s *Service) follows(c *httpx.Ctx, v *served) (bool, error) {
	if s.Asker == nil {
		return false, nil
	}
	signer, err := s.Asker(c.Context(), c.R)
	if err != nil || signer == nil || v == nil || v.Gone || !v.own() || !v.Local || v.PostURI == "" && !v.ofClosed() {
		return false, err
	}
	c.Private()
	if v.ofClosed() {
		g, err := account.ByID(c.Context(), s.DB.Read(), v.AccountID)
		if err != nil {
			return false, err
		}
		return s.Accounts.KnownTo(c.Context(), s.DB.Read(), g, signer.Host)
	}
	return s.Posts.Served(c.Context(), signer, v.PostURI)
}

// private keeps an answer out of shared caches, and in the browser's until its address ends.
func (s *Service) private(h http.Header, ends time.Time) {
	h.Set("Cache-Control", "private, max-age="+strconv.Itoa(max(0, int(ends.Sub(s.Now())/time.Second))))
}

// send answers with a file, or a part of it, as what it is.
//
// Spec: ME2
func (s *Service) send(c *httpx.Ctx, name, kind string) error {
	f, err := s.Files.Open(c.Context(), name)
	if err != nil {
		return err
	}
	defer f.Close()
	h := c.W.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Access-Control-Allow-Origin", "*") // no cookie opens anything here
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	if blob.Valid(name) {
		h.Set("ETag", `"`+name[:16]+`"`)
	}
	http.ServeContent(c.W, c.R, "", time.Time{}, f)
	return nil
}

// Send answers with a file of the store as what it is, and nothing else.
func (s *Service) Send(c *httpx.Ctx, name, kind string) error { return s.send(c, name, kind) }
