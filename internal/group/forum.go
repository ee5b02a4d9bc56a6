package group

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/post"
)

// NodeBB strips what an Announce carries down to its id where that is of another
// host than the announcer, and fetches it: it learns of a post when it is given its
// address, and of the acts of other servers' people nothing. An Update that is
// announced it does not read but fetches the post again, out of a cache of five
// minutes; one that its author sends it does read. Over a Delete of a post of its
// own that is announced it fails, and what it fails to do it never answers.

// passToForums is pass for NodeBB.
func (s *Service) passToForums(ctx context.Context, tx *db.Tx, g *Group, p *post.Post, kind string, body []byte, from *route.Actor) error {
	if from == nil {
		if kind == "Update" {
			return s.hand(ctx, tx, g, p, body, nil, forums)
		}
		return s.announce(ctx, tx, g, body, forums)
	}
	inboxes, err := forumsBut(ctx, tx, g, from.URI)
	if err != nil {
		return err
	}
	switch kind {
	case "Create":
		return s.announceTo(ctx, tx, g, p.URI, inboxes)
	case "Delete":
		return s.deleteInForums(ctx, tx, g, p.URI, "")
	}
	return nil
}

// forumsBut are the inboxes of forums that are not on the host of uri.
func forumsBut(ctx context.Context, q db.Q, g *Group, uri string) ([]string, error) {
	inboxes, err := inboxesOf(ctx, q, g, forums)
	home := as.Host(uri)
	return slices.DeleteFunc(inboxes, func(in string) bool { return as.Host(in) == home }), err
}

// governForums tells forums of an act of moderation, of a Delete only where the post is not theirs.
func (s *Service) governForums(ctx context.Context, tx *db.Tx, g *Group, a as.Activity, body []byte) error {
	if uri, ok := a.Object.(string); ok && a.Type == "Delete" {
		inboxes, err := forumsBut(ctx, tx, g, uri)
		if err != nil {
			return err
		}
		return s.announceTo(ctx, tx, g, json.RawMessage(body), inboxes)
	}
	return s.announce(ctx, tx, g, body, forums)
}

// deleteInForums has the group itself delete a post, where its own word is law
// and that of a person of another server is not heard.
func (s *Service) deleteInForums(ctx context.Context, tx *db.Tx, g *Group, uri, reason string) error {
	inboxes, err := forumsBut(ctx, tx, g, uri)
	if err != nil || len(inboxes) == 0 {
		return err
	}
	body, err := as.Activity{Type: "Delete", ID: s.activityID(), Actor: g.Account.URI, Object: uri, Summary: reason,
		To: []string{as.Public}, Cc: []string{g.Account.Followers}, Published: time.Now()}.Build()
	if err != nil {
		return err
	}
	return s.announceTo(ctx, tx, g, json.RawMessage(body), inboxes)
}

// restoreInForums has forums take back in what the group deleted there. They hear it of its author
// alone, so of one of ours.
func (s *Service) restoreInForums(ctx context.Context, tx *db.Tx, g *Group, p *post.Post) error {
	if !p.Local || g.Closed() {
		return nil
	}
	inboxes, err := forumsBut(ctx, tx, g, p.URI)
	if err != nil || len(inboxes) == 0 {
		return err
	}
	author, err := account.ByID(ctx, tx, p.AccountID)
	if err != nil {
		return err
	}
	d, err := s.Posts.Document(ctx, tx, p.ID)
	if err != nil || d == nil {
		return err
	}
	now := time.Now()
	body, err := as.Activity{Type: "Update", ID: p.URI + "#updates/" + ids.String(now.UnixMilli()), Actor: author.URI,
		Object: json.RawMessage(d.Bytes), To: d.To(), Cc: d.Cc(), Published: now}.Build()
	if err != nil {
		return err
	}
	return outbox.Enqueue(ctx, tx, body, p.AccountID, outbox.Opts{PostID: p.ID, Audience: string(p.Audience)}, inboxes)
}
