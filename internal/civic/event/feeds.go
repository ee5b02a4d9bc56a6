package event

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ical"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/web"
)

const icsType = ical.Type

// name is what a calendar is called.
func (s *Service) name(c *httpx.Ctx) (string, error) {
	set, err := s.Instance.Settings(c.Context())
	if err != nil {
		return "", err
	}
	return c.T("event.calendar_of", "Name", set.Name), nil
}

func (s *Service) sendCalendar(c *httpx.Ctx, v *auth.Viewer, posts []*post.Post, keep func(*post.View) bool) error {
	views, err := s.Posts.Views(c.Context(), v, posts)
	if err != nil {
		return err
	}
	var all []icsEntry
	for _, w := range views {
		if of(w) != nil && keep(w) {
			all = append(all, s.icsOf(w))
		}
	}
	now := time.Now()
	later, err := s.promised(c.Context(), post.ReaderOf(v), now, now.AddDate(1, 0, 0))
	if err != nil {
		return err
	}
	for i := range later {
		x := &later[i]
		all = append(all, icsEntry{m: &x.Meeting, title: x.title, url: s.Accounts.Base + path(x.last.ID), created: x.ChangedAt, author: x.last.AccountID})
	}
	name, err := s.name(c)
	if err != nil {
		return err
	}
	body, err := s.publish(c.Context(), name, all)
	if err != nil {
		return err
	}
	return sendICS(c, body)
}

// sendICS answers with a calendar, or with that it is as the asker has it. Only
// changes change it: it says nothing of when it was made.
func sendICS(c *httpx.Ctx, body []byte) error {
	sum := sha256.Sum256(body)
	tag := `W/"` + hex.EncodeToString(sum[:8]) + `"`
	c.W.Header().Set("ETag", tag)
	if strings.Contains(c.R.Header.Get("If-None-Match"), tag) {
		c.W.WriteHeader(http.StatusNotModified)
		return nil
	}
	return c.Bytes(http.StatusOK, icsType, body)
}

// getPublicCalendar is what strangers may read, for any calendar program.
func (s *Service) getPublicCalendar(c *httpx.Ctx) error {
	posts, err := s.viewsFor(c.Context(), post.Reader{}, time.Now())
	if err != nil {
		return err
	}
	return s.sendCalendar(c, nil, posts, func(w *post.View) bool { return w.Author.VisibleTo(nil) })
}

// getPrivateCalendar is the calendar of whoever made its address: all that they
// may read here, and of other servers' meetings those to which they go.
func (s *Service) getPrivateCalendar(c *httpx.Ctx) error {
	c.Private()
	c.W.Header().Set("X-Robots-Tag", "noindex") // robots.txt allows the address: Google's calendar asks there first
	token := strings.TrimSuffix(c.Var("token"), ".ics")
	row, err := db.Get[struct {
		AccountID int64
		Member    bool
	}](c.Context(), s.DB.Read(), `select f.account_id, l.member from meeting_feed f join account a on a.id = f.account_id join login l on l.account_id = a.id
		where f.token_hash = $1 and a.deleted_at = 0 and a.suspended_at = 0 and not l.disabled`, hashOf(token))
	if apperr.Is(err, apperr.KindNotFound) {
		return apperr.NotFound("event.no_feed")
	} else if err != nil {
		return err
	}
	v := &auth.Viewer{AccountID: row.AccountID, Member: row.Member}
	posts, err := s.viewsFor(c.Context(), post.ReaderOf(v), time.Now())
	if err != nil {
		return err
	}
	return s.sendCalendar(c, v, posts, func(w *post.View) bool { return w.Local || of(w).Mine.registered() })
}

func (s *Service) getOneCalendar(c *httpx.Ctx) error {
	w, _, err := s.here(c)
	if err != nil {
		return err
	}
	body, err := s.publish(c.Context(), "", []icsEntry{s.icsOf(w)})
	if err != nil {
		return err
	}
	c.W.Header().Set("Content-Disposition", `attachment; filename="date.ics"`)
	return sendICS(c, body)
}

func hashOf(token string) string {
	sum := sha256.Sum256([]byte("calendar " + token))
	return hex.EncodeToString(sum[:])
}

// feedView is the page of the addresses of calendars.
type feedView struct {
	Public, Atom, RSS string
	Private           string // shown once, when it was made
	Has               bool
}

func (s *Service) getFeed(c *httpx.Ctx) error { return s.showFeed(c, "") }

func (s *Service) showFeed(c *httpx.Ctx, token string) error {
	n, err := db.Get[int](c.Context(), s.DB.Read(), `select count(*) from meeting_feed where account_id = $1`, c.Viewer.AccountID)
	if err != nil {
		return err
	}
	v := feedView{Public: s.Accounts.Base + Path + "/agenda.ics", Atom: s.Accounts.Base + Path + "/agenda.atom", RSS: s.Accounts.Base + Path + "/agenda.rss", Has: n > 0}
	if token != "" {
		v.Private = s.Accounts.Base + Path + "/prive/" + token + ".ics"
	}
	return c.Page(&web.Page{Name: "event/feed", Title: c.T("event.subscribe"), NoIndex: true, Data: v})
}

// postFeed makes the private address anew, which ends the one before, or takes it away.
func (s *Service) postFeed(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	token := ""
	if form.Get("act") == "make" {
		token = strings.ToLower(rand.Text())
	}
	err = s.DB.Write(c.Context(), func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `delete from meeting_feed where account_id = $1`, c.Viewer.AccountID); err != nil || token == "" {
			return err
		}
		_, err := tx.Exec(ctx, `insert into meeting_feed (account_id, token_hash, created_at) values ($1, $2, $3)`, c.Viewer.AccountID, hashOf(token), now())
		return err
	})
	if err != nil {
		return err
	}
	if token == "" {
		c.Flash("success", "event.feed_gone")
		return c.Redirect(Path + "/abonnement")
	}
	return s.showFeed(c, token)
}
