package media

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/blob"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
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
	Audience string
	Local    bool
	Host     string // of the account
	Public   bool   // the account is
	// AuthorURI is the account's.
	AuthorURI string
}

func find(ctx context.Context, q db.Q, key string) (*served, error) {
	v, err := db.Get[served](ctx, q, `select `+columns+`, coalesce(p.audience, '') as audience, coalesce(p.local, a.host = '') as local, a.host, a.public, a.uri as author_uri
		from media m join account a on a.id = m.account_id left join post p on p.id = m.post_id where m.key = $1`, key)
	if !apperr.Is(err, apperr.KindNotFound) {
		return &v, err
	}
	n, gerr := db.Get[int](ctx, q, `select count(*) from media_gone where key = $1`, key)
	if gerr == nil && n > 0 {
		err = apperr.Gone("httpx.gone")
	}
	return nil, err
}

// open reports whether anybody may see it.
func (v *served) open() bool {
	if !v.own() || !v.Local || !v.Public {
		return false
	}
	return v.Use == ForAvatar || v.Use == ForHeader || v.Audience == "public"
}

func (s *Service) serve(c *httpx.Ctx) error {
	v, err := find(c.Context(), s.DB.Read(), c.Var("key"))
	if err != nil {
		return err
	}
	h := c.W.Header()
	if v.open() {
		h.Set("Cache-Control", "public, max-age=86400, immutable")
	} else {
		ends, err := s.check(v.Key, c.R.URL.Query())
		if err != nil {
			return err
		}
		s.private(h, ends)
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
