package group

import (
	"context"
	"encoding/json"
	"html"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/post"
)

// answerRefused tells the author of a post on another server that the group did
// not take it, and why: by a Reject for their server, and by a short direct
// message that they can read. Somebody who tries again and again is told the
// reason once a day.
//
// Spec: FEP-1b12
func (s *Service) answerRefused(ctx context.Context, tx *db.Tx, p *post.Post, create *as.Doc) error {
	in, err := placed(ctx, tx, p.ID)
	if err != nil || in == nil || in.State != Refused {
		return err
	}
	g, err := ByID(ctx, tx, in.GroupID)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	if fresh, err := s.claim(ctx, tx, g, "Create", create.Bytes); err != nil || !fresh {
		return err
	}
	author, err := account.ByID(ctx, tx, p.AccountID)
	if err != nil || author.Local() {
		return err
	}
	reject := as.Activity{Type: "Reject", ID: s.activityID(), Actor: g.Account.URI,
		Object: as.Activity{Type: "Create", ID: create.ID(), Actor: author.URI, Object: p.URI},
		To:     []string{author.URI}, Published: time.Now()}
	if err := s.toInboxes(ctx, tx, g, reject, []string{author.BestInbox()}); err != nil {
		return err
	}
	told, err := db.Get[int](ctx, tx, `select count(*) from group_post g join post p on p.id = g.post_id
		where g.group_id = $1 and g.state = 'refused' and p.account_id = $2 and p.created_at > $3 and p.id <> $4`,
		g.AccountID, author.ID, now()-int64(24*time.Hour/time.Millisecond), p.ID)
	if err != nil || told > 0 {
		return err
	}
	return s.explain(ctx, tx, g, author, p, in.Reason)
}

// answerNarrow tells somebody on another server who names a group for all in a
// post for some that nobody reads it there: once a day, and nothing to a closed
// group, of which they may not know.
func (s *Service) answerNarrow(ctx context.Context, tx *db.Tx, p *post.Post) error {
	if p.Local || p.ReplyToURI != "" || p.Audience != post.Followers && p.Audience != post.Direct {
		return nil
	}
	d, err := s.Posts.Document(ctx, tx, p.ID)
	if err != nil || d == nil {
		return err
	}
	a, err := addressed(ctx, tx, d)
	if err != nil || a == nil || !a.Local() {
		return err
	}
	g, err := ByID(ctx, tx, a.ID)
	if err != nil || g.Closed() {
		return err
	}
	author, err := account.ByID(ctx, tx, p.AccountID)
	if err != nil {
		return err
	}
	today := author.URI + "#narrow-" + time.Now().UTC().Format(time.DateOnly)
	n, err := db.Exec(ctx, tx, `insert into group_passed (group_id, uri, at) values ($1, $2, $3) on conflict do nothing`, g.AccountID, today, now())
	if err != nil || n == 0 {
		return err
	}
	return s.explain(ctx, tx, g, author, p, "group.narrow_there")
}

// explain sends the author of a refused post a direct message with the reason, in the language of the group.
// To somebody banned it comes from this server: the group has blocked them, and
// GoToSocial shows people nothing of who blocks them.
func (s *Service) explain(ctx context.Context, tx *db.Tx, g *Group, to *account.Account, p *post.Post, key string) error {
	if s.Words == nil {
		return nil
	}
	lang, err := langOf(ctx, tx, g)
	if err != nil {
		return err
	}
	from, sender := g.Account.URI, g.AccountID
	if key == "group.banned" {
		app, err := s.App(ctx)
		if err != nil {
			return err
		}
		from, sender = app.URI, app.ID
	}
	loc := s.Words(lang)
	handle := "@" + to.Username + "@" + to.Host
	words := loc.T("group.refused", "Name", g.Account.Name(), "Reason", loc.T(key))
	note := as.Note{ID: s.Accounts.Base + "/objects/" + ids.Key(), AttributedTo: from, InReplyTo: p.URI, Language: loc.Lang(),
		Content: `<p><a href="` + html.EscapeString(to.URL) + `" class="u-url mention">` + html.EscapeString(handle) + `</a> ` + html.EscapeString(words) + `</p>`,
		To:      []string{to.URI}, Tags: []as.Tag{{Type: "Mention", Href: to.URI, Name: handle}}, Published: time.Now()}
	body, err := note.Build()
	if err != nil {
		return err
	}
	create, err := as.Activity{Type: "Create", ID: note.ID + "/activity", Actor: from, Object: json.RawMessage(body), To: note.To, Published: note.Published}.Build()
	if err != nil {
		return err
	}
	return outbox.Enqueue(ctx, tx, create, sender, outbox.Opts{}, []string{to.Inbox})
}

// langOf is the language of a group: that of who owns it.
func langOf(ctx context.Context, q db.Q, g *Group) (string, error) {
	lang, err := db.Get[string](ctx, q, `select l.lang from group_member m join login l on l.account_id = m.account_id
		where m.group_id = $1 and m.role = 'owner' and m.state = 'in'`, g.AccountID)
	return lang, ignoreMissing(err)
}
