package group

import (
	"context"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/fetch"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/post"
)

// A group of another server is looked at when somebody here joins it or opens its
// page: who moderates it, what it has pinned, its latest threads.

const kindLook = "group.look"

// Bounds of one look.
const (
	lookBudget  = 60 // requests
	lookPause   = time.Hour
	lookThreads = 20
	lookPeople  = 20
)

type lookJob struct{ Group int64 }

// Jobs are the kinds of work of this slice.
func (s *Service) Jobs() []jobs.Kind {
	return []jobs.Kind{
		{Name: kindLook, Handle: jobs.JSON(s.look), Timeout: 3 * time.Minute, Concurrency: 2, MaxTries: 2},
		{Name: kindUnlink, Handle: jobs.JSON(s.letGo), Concurrency: 1},
		{Name: kindMove, Handle: jobs.JSON(s.arrive), Concurrency: 1, Timeout: 10 * time.Minute},
		{Name: kindOffer, Handle: jobs.JSON(s.lapse)},
		{Name: kindAsked, Handle: jobs.JSON(s.unanswered)},
		{Name: kindPurge, Handle: jobs.JSON(s.purge), Concurrency: 1, Timeout: 10 * time.Minute},
	}
}

// wantLook has a group of another server looked at, once in a while.
func (s *Service) wantLook(ctx context.Context, tx *db.Tx, groupID int64) error {
	r, err := remoteOf(ctx, tx, groupID)
	if err != nil || s.Fetch == nil || r.LookedAt > time.Now().Add(-lookPause).UnixMilli() {
		return err
	}
	r.LookedAt = now()
	if err := saveRemote(ctx, tx, r); err != nil {
		return err
	}
	return jobs.Enqueue(ctx, tx, kindLook, lookJob{groupID}, jobs.Key(ids.String(groupID)))
}

// visited has a group of another server looked at whose page somebody opens.
func (s *Service) visited(ctx context.Context, g *Group) error {
	r, err := remoteOf(ctx, s.DB.Read(), g.AccountID)
	if err != nil || r.LookedAt > time.Now().Add(-lookPause).UnixMilli() {
		return err
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return s.wantLook(ctx, tx, g.AccountID) })
}

func (s *Service) look(ctx context.Context, j lookJob) error {
	ctx = fetch.WithBudget(ctx, lookBudget)
	g, err := Any(ctx, s.DB.Read(), j.Group)
	if err != nil || g.Ours() {
		return ignoreMissing(err)
	}
	d, err := s.Fetch.Fetch(ctx, g.Account.URI)
	if err != nil {
		return unlessOver(ctx, err)
	}
	moderators := as.HTTPURL(d.Refs("attributedTo").ID())
	if moderators == "" {
		moderators = as.HTTPURL(d.Refs("moderators").ID())
	}
	people := s.members(ctx, moderators)
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		r, err := remoteOf(ctx, tx, j.Group)
		if err != nil {
			return err
		}
		r.Moderators, r.Wall, r.Restricted = moderators, as.HTTPURL(d.Refs("wall").ID()), d.Bool("postingRestrictedToMods")
		r.Tells = r.Tells || d.Has("postingRestrictedToMods") // a term of those who announce every activity
		if err := saveRemote(ctx, tx, r); err != nil {
			return err
		}
		return settleStaff(ctx, tx, j.Group, people)
	})
	if err != nil {
		return err
	}
	if err := s.lookAtKept(ctx, g.Account, d); err != nil {
		return err
	}
	if err := s.lookAtThreads(ctx, g.Account, g.Account.Outbox, false); err != nil {
		return err
	}
	return s.lookAtThreads(ctx, g.Account, g.Account.Featured, true)
}

// members gives the accounts in a collection of people.
func (s *Service) members(ctx context.Context, uri string) []int64 {
	if uri == "" {
		return nil
	}
	var out []int64
	for _, u := range s.items(ctx, uri).IDs() {
		if len(out) == lookPeople {
			break
		}
		if a, err := s.Fetch.Resolve(ctx, u); err == nil && a.Type != account.Group {
			out = append(out, a.ID)
		}
	}
	return out
}

// settleStaff makes those moderators of a group who are told to be. Who animates
// it stays: a group tells that to their own server alone.
func settleStaff(ctx context.Context, tx *db.Tx, groupID int64, people []int64) error {
	if _, err := tx.Exec(ctx, `update group_member set role = 'member' where group_id = $1 and role in ('moderator', 'owner')`, groupID); err != nil {
		return err
	}
	for _, id := range people {
		a, err := account.ByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if _, err := setRole(ctx, tx, groupID, a, Moderator); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, `delete from group_member where group_id = $1 and role = 'member' and state = 'in'
		and account_id in (select id from account where host <> '')`, groupID)
	return err
}

// items are those of a collection, or of its first page.
func (s *Service) items(ctx context.Context, uri string) as.Refs {
	d, err := s.Fetch.Fetch(ctx, uri)
	if err != nil {
		return nil
	}
	if items := d.Items(); len(items) > 0 {
		return items
	}
	first := d.Refs("first").First()
	if first.Doc != nil && len(first.Doc.Items()) > 0 {
		return first.Doc.Items()
	}
	if first.ID() == "" {
		return nil
	}
	if d, err = s.Fetch.Fetch(ctx, first.ID()); err != nil {
		return nil
	}
	return d.Items()
}

// lookAtThreads takes in the threads that a collection of a group names, or the
// activities that brought them.
func (s *Service) lookAtThreads(ctx context.Context, a *account.Account, uri string, pinned bool) error {
	if uri == "" || !as.SameOrigin(uri, a.URI) {
		return nil
	}
	n := 0
	for _, r := range s.items(ctx, uri) {
		for d := r.Doc; d != nil && d.Is("Announce", "Create", "Add"); d = r.Doc {
			r = d.Object().First()
		}
		if n++; n > lookThreads || r.ID() == "" {
			break
		}
		p, err := s.Posts.Ensure(ctx, s.Fetch, r.ID())
		if err != nil {
			if err := unlessOver(ctx, err); err != nil {
				return err
			}
			continue
		}
		if err := s.found(ctx, a, p, pinned); err != nil {
			return err
		}
	}
	return nil
}

// found is a thread that a group's own collection names: it is in the group.
func (s *Service) found(ctx context.Context, a *account.Account, p *post.Post, pinned bool) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := s.accepted(ctx, tx, a.ID, a.URI, p); err != nil || !pinned {
			return err
		}
		row, err := placed(ctx, tx, p.ID)
		if err != nil || row == nil || row.GroupID != a.ID || row.ThreadID != p.ID {
			return err
		}
		if newest, err := hear(ctx, tx, word{GroupID: a.ID, URI: p.URI, Kind: wordPin, Yes: true, At: time.Now().UnixMicro()}); err != nil || !newest {
			return err
		}
		return setMark(ctx, tx, p.ID, marks[wordPin], true, now())
	})
}

// accepted takes a thread as told by its group when it was written; any word of the group itself counts more.
func (s *Service) accepted(ctx context.Context, tx *db.Tx, groupID int64, groupURI string, p *post.Post) error {
	newest, err := hear(ctx, tx, word{GroupID: groupID, URI: p.URI, Kind: wordIn, Yes: true, At: p.CreatedAt * 1000})
	if err != nil || !newest {
		return err
	}
	row, err := placed(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	if row == nil {
		return s.claimed(ctx, tx, groupID, groupURI, p)
	}
	if row.GroupID != groupID || row.State != Waiting {
		return nil
	}
	return s.saidIn(ctx, tx, row, p, word{Yes: true, At: p.CreatedAt * 1000}, 0)
}

// unlessOver turns a failure of another server into nothing found.
func unlessOver(ctx context.Context, err error) error {
	if ctx.Err() != nil || apperr.Is(err, apperr.KindInternal) {
		return err
	}
	return nil
}

func ignoreMissing(err error) error {
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	}
	return err
}
