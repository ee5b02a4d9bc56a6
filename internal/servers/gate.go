package servers

import (
	"context"
	"time"

	"golang.org/x/net/html"

	"strings"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/host"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/notify"
)

// Why an account is limited, beside byHost.
const (
	byFlood = "flood" // came in a flood of newcomers from its server
	byFirst = "first" // its first words here wait to be looked at
)

// Kinds of notices to those who run the server.
const (
	noticeFlood    = "flood"
	noticeMentions = "mentions"
)

// young is the age under which an account of a server that nobody follows is
// looked at before it reaches people.
const young = 24 * time.Hour

// met lays the rule of its server on an account that is stored, has the server
// asked what it runs, and holds back newcomers that come in a flood.
//
// Spec: FE9; Spec: OR16
func (s *Service) met(ctx context.Context, tx *db.Tx, a *account.Account, fresh bool) error {
	origin := as.Host(a.URI)
	level := s.Hosts.Level(origin)
	if l := s.Hosts.Level(a.Host); l == host.Suspend || level == host.None {
		level = l
	}
	if level != host.None {
		if err := set(ctx, tx, level, s.Clock().UnixMilli(), "id = $2", []any{a.ID}); err != nil {
			return err
		}
	}
	if level == host.Suspend {
		return nil
	}
	if err := s.askSoftware(ctx, tx, origin); err != nil || !fresh {
		return err
	}
	if _, ok := s.Newcomers.Allow(origin); ok {
		return nil
	}
	if _, err := tx.Exec(ctx, `update account set limited_at = $1, limited_by = $2 where id = $3 and limited_at = 0`, s.Clock().UnixMilli(), byFlood, a.ID); err != nil {
		return err
	}
	return s.tell(ctx, tx, noticeFlood, origin)
}

// tell notes something about a server for those who run ours, once a day.
func (s *Service) tell(ctx context.Context, tx *db.Tx, kind, origin string) error {
	first, err := host.Notice(ctx, tx, kind, origin, s.Clock())
	if first {
		s.Log.Warn("a server sends more than people would", "kind", kind, "host", origin)
	}
	return err
}

// askSoftware has a job ask a server what it runs, if that is not known or old.
func (s *Service) askSoftware(ctx context.Context, tx *db.Tx, origin string) error {
	w, err := host.SoftwareOf(ctx, tx, origin)
	if err != nil || !w.Stale(s.Clock()) {
		return err
	}
	return jobs.Enqueue(ctx, tx, kindSoftware, software{origin}, jobs.Key(origin))
}

// gate keeps notifications from those of whom our people should not hear unasked:
// limited accounts, unless they are followed, and mentions that come faster from
// one server than people write. An answer to one's own post is no such mention.
//
// Spec: FE9
func (s *Service) gate(ctx context.Context, tx *db.Tx, accountID int64, kind string, fromID, postID int64) (bool, error) {
	type facts struct {
		Host      string
		URI       string `db:"uri"`
		Suspended bool
		Limited   bool
		Followed  bool
		Answer    bool
	}
	f, err := db.Get[facts](ctx, tx, `select a.host, a.uri, a.suspended_at <> 0 as suspended, a.limited_at <> 0 as limited,
		exists (select 1 from follow f where f.account_id = $1 and f.target_id = a.id and f.accepted) as followed,
		exists (select 1 from post p where p.id = $2 and p.reply_to_account = $1) as answer
		from account a where a.id = $3`, accountID, postID, fromID)
	if apperr.Is(err, apperr.KindNotFound) {
		return true, nil
	} else if err != nil {
		return false, err
	}
	switch {
	case f.Suspended:
		return false, nil
	case f.Followed || f.Host == "" && !f.Limited:
		return true, nil
	case f.Limited:
		return kind == notify.FollowRequest, nil
	case kind != notify.Mention || f.Answer:
		return true, nil
	}
	origin := as.Host(f.URI)
	if _, ok := s.Mentions.Allow(origin); ok {
		return true, nil
	}
	return false, s.tell(ctx, tx, noticeMentions, origin)
}

// Activities are what we look at beside the slices whose business it is.
func (s *Service) Activities() []route.Activity {
	return append([]route.Activity{
		{Type: "Create", Object: "*", Prepare: s.prepareFirst, Handle: nothing},
	}, s.relayActivities()...)
}

func nothing(context.Context, *db.Tx, *route.Inbound) error { return nil }

// prepareFirst holds back the first words of an account less than a day old, from
// a server that nobody here follows, when they mention one of us and carry a link
// or a picture: the account is limited before its post is stored.
//
// Spec: FE11
func (s *Service) prepareFirst(ctx context.Context, _ route.Fetcher, in *route.Inbound) error {
	d := in.Object
	if d == nil || !s.mentionsUs(d) || !carries(d) {
		return nil
	}
	now := s.Clock()
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		hold, err := db.Get[bool](ctx, tx, `select exists (select 1 from account a where a.id = $1 and a.limited_at = 0 and a.created_at > $2
			and not exists (select 1 from account o join follow f on f.target_id = o.id and f.accepted join account l on l.id = f.account_id and l.host = ''
				where o.host = a.host)
			and not exists (select 1 from post p where p.account_id = a.id)
			and not exists (select 1 from post p join account l on l.id = p.account_id and l.host = '' where p.uri = $3))`,
			in.Actor.ID, now.Add(-young).UnixMilli(), d.InReplyTo())
		if err != nil || !hold {
			return err
		}
		if _, err := tx.Exec(ctx, `insert into held_first (account_id, post_uri, at) values ($1, $2, $3) on conflict do nothing`,
			in.Actor.ID, d.ID(), now.UnixMilli()); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `update account set limited_at = $1, limited_by = $2 where id = $3 and limited_at = 0`, now.UnixMilli(), byFirst, in.Actor.ID)
		return err
	})
}

// mentionsUs reports whether a document names somebody of ours.
func (s *Service) mentionsUs(d *as.Doc) bool {
	for _, t := range d.Mentions() {
		if as.SameOrigin(t.Href, s.Accounts.Base) {
			return true
		}
	}
	return false
}

// carries reports whether a document has a link of its own or something attached.
func carries(d *as.Doc) bool {
	if len(d.Attachments()) > 0 {
		return true
	}
	known := map[string]bool{}
	for _, t := range append(d.Mentions(), d.Hashtags()...) {
		known[t.Href] = true
	}
	z := html.NewTokenizer(strings.NewReader(d.Content()))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return false
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			if t.Data == "img" {
				return true
			}
			if t.Data == "a" && link(t.Attr, known) {
				return true
			}
		}
	}
}

// link reports whether an anchor leads to something else than a person or a tag.
func link(attrs []html.Attribute, known map[string]bool) bool {
	href, class := "", ""
	for _, a := range attrs {
		switch a.Key {
		case "href":
			href = a.Val
		case "class":
			class = " " + a.Val + " "
		}
	}
	return href != "" && !known[href] && !strings.Contains(class, " mention ") && !strings.Contains(class, " hashtag ")
}
