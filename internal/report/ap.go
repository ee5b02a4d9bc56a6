package report

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
)

// Activities are what other servers may tell us about our people.
//
// Spec: AS Flag
func (s *Service) Activities() []route.Activity {
	return []route.Activity{{Type: "Flag", Object: "*", Handle: s.onFlag}}
}

// maxFlags is how many reports of one server wait at a time.
const maxFlags = 200

// onFlag takes a complaint of another server about one of ours: an account, or
// posts, or both. What names nobody here is passed over.
func (s *Service) onFlag(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	if s.Refused != nil && s.Refused(as.Host(in.Actor.URI)) {
		return nil
	}
	if known, err := db.Get[int](ctx, tx, `select count(*) from report where uri = $1`, in.Doc.ID()); err != nil || known > 0 {
		return err
	}
	waiting, err := db.Get[int](ctx, tx, `select count(*) from report r join account a on a.id = r.account_id
		where r.resolved_at = 0 and a.host = (select host from account where id = $1)`, in.Actor.ID)
	if err != nil {
		return err
	}
	if waiting >= maxFlags {
		return nil
	}
	target, posts, err := about(ctx, tx, in.Doc.Object().IDs())
	if err != nil || target == nil {
		return err
	}
	comment := text.Clean(text.Plain(in.Doc.Content()), MaxComment*4)
	if utf8.RuneCountInString(comment) > MaxComment {
		comment = string([]rune(comment)[:MaxComment])
	}
	return s.add(ctx, tx, &Report{ID: s.IDs.New(), AccountID: in.Actor.ID, TargetID: target.ID, URI: in.Doc.ID(), Category: Other,
		Comment: comment, CreatedAt: time.Now().UnixMilli()}, posts)
}

// about finds the account and its posts that the objects of a Flag name. Only
// what left us can be named: a post for the section is unknown outside.
func about(ctx context.Context, q db.Q, uris []string) (*account.Account, []*post.Post, error) {
	var target *account.Account
	var found []*post.Post
	for _, uri := range uris[:min(len(uris), maxPosts+1)] {
		a, err := account.ByURI(ctx, q, uri)
		if err == nil {
			if target == nil && a.Local() && a.Reachable && a.DeletedAt == 0 && a.Kind != account.Application {
				target = a
			}
			continue
		} else if !apperr.Is(err, apperr.KindNotFound) {
			return nil, nil, err
		}
		p, err := post.RawByURI(ctx, q, uri)
		if apperr.Is(err, apperr.KindNotFound) {
			continue
		} else if err != nil {
			return nil, nil, err
		}
		if p.Local && p.DeletedAt == 0 && p.Audience.Leaves() {
			found = append(found, p)
		}
	}
	if target == nil && len(found) > 0 {
		a, err := account.ByID(ctx, q, found[0].AccountID)
		if err != nil || !a.Reachable {
			return nil, nil, err
		}
		target = a
	}
	var posts []*post.Post
	for _, p := range found {
		if target != nil && p.AccountID == target.ID {
			posts = append(posts, p)
		}
	}
	return target, posts, nil
}

// forward tells the server of whom a report is about, in the name of the
// instance: who complained is not in it.
func (s *Service) forward(ctx context.Context, tx *db.Tx, app *route.Actor, target *account.Account, r *Report, posts []*post.Post) error {
	objects := []string{target.URI}
	for _, p := range posts {
		objects = append(objects, p.URI)
	}
	body, err := as.Activity{Type: "Flag", ID: r.URI, Actor: app.URI, Object: objects, Content: r.Comment, To: []string{target.URI}}.Build()
	if err != nil {
		return err
	}
	return outbox.Enqueue(ctx, tx, body, app.ID, outbox.Opts{}, []string{target.BestInbox()})
}
