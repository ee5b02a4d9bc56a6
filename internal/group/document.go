package group

import (
	"cmp"
	"context"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/post"
)

// maxCollected is how many threads the collections of a group name.
const maxCollected = 50

// Document adds to the actor document of a group what other programs read of one.
//
// Spec: FEP-1b12
func (s *Service) Document(ctx context.Context, q db.Q, a *account.Account, d *as.Actor) error {
	if a.Kind != account.Group {
		return nil
	}
	g, err := ByID(ctx, q, a.ID)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	d.AttributedTo = a.URI + "/moderators" // as Lemmy has it
	d.Source = a.NoteSource
	if d.Extra == nil {
		d.Extra = map[string]any{}
	}
	if g.Closed() { // whoever gets this may know of it
		d.ManuallyApproves, d.Summary = true, a.Note
	}
	d.Extra["moderators"] = d.AttributedTo
	d.Extra["postingRestrictedToMods"] = false
	d.Extra["wall"] = a.URI + "/wall"
	d.Extra["topics"], d.Extra["threads"] = topicsURI(a), a.URI+"/threads"
	if d.ExtraContext == nil {
		d.ExtraContext = map[string]any{}
	}
	for _, name := range []string{"maillage", "topics", "threads"} {
		d.ExtraContext[name] = keptTerms()[name]
	}
	d.Extra["accessType"] = g.accessType()
	d.Extra["capabilities"] = map[string]any{"acceptsJoins": g.Joining != Invite}
	d.Extra["openness"] = map[string]string{Free: "open", Request: "moderated", Invite: "invite_only"}[g.Joining]
	return nil
}

// accessType is the access in Smithereen's words.
func (g *Group) accessType() string {
	switch {
	case g.Secret:
		return "private"
	case g.Closed():
		return "closed"
	}
	return "open"
}

// Objects are the collections of groups.
//
// Spec: FEP-1b12
func (s *Service) Objects() []route.Object {
	return []route.Object{
		{Pattern: "/users/{key}/moderators", Serve: s.serveModerators},
		{Pattern: "/users/{key}/wall", Serve: s.serveWall},
		{Pattern: "/users/{key}/topics", Serve: s.serveTopics},
		{Pattern: "/users/{key}/threads", Serve: s.serveThreads},
	}
}

// served finds the group of a request, if strangers may know of it.
func (s *Service) served(ctx context.Context, q db.Q, r route.ObjectRequest) (*Group, error) {
	from := ""
	if r.Signer != nil {
		from = r.Signer.Host
	}
	a, err := s.Accounts.ServedTo(ctx, q, r.Vars["key"], from)
	if err != nil {
		return nil, err
	}
	g, err := ByID(ctx, q, a.ID)
	if err == nil && g.Closed() { // to servers with members
		if yes, err := hasMembersAt(ctx, q, a.ID, from); err != nil || !yes {
			return nil, cmp.Or(err, unknown())
		}
	}
	return g, err
}

// serveModerators names those who moderate a group, as far as they agreed to be
// known outside; of a closed one to each server its own.
func (s *Service) serveModerators(ctx context.Context, r route.ObjectRequest) ([]byte, error) {
	q := s.DB.Read()
	g, err := s.served(ctx, q, r)
	if err != nil {
		return nil, err
	}
	own := ""
	if g.Closed() {
		own = r.Signer.Host
	}
	uris, err := db.All[string](ctx, q, `select a.uri from group_member m join account a on a.id = m.account_id
		where m.group_id = $1 and ($2 = '' or a.host = $2) and m.state = 'in' and m.role in ('moderator', 'owner') and (a.host <> '' or a.reachable and a.public) and a.deleted_at = 0 and a.suspended_at = 0
		order by m.since, a.id limit 200`, g.AccountID, own)
	if err != nil {
		return nil, err
	}
	return collection(g.Account.URI+"/moderators", g, uris)
}

// serveWall lists the latest threads of a group.
func (s *Service) serveWall(ctx context.Context, r route.ObjectRequest) ([]byte, error) {
	q := s.DB.Read()
	g, err := s.served(ctx, q, r)
	if err != nil {
		return nil, err
	}
	uris, err := threadURIs(ctx, q, g.AccountID, false)
	if err != nil {
		return nil, err
	}
	return collection(g.Account.URI+"/wall", g, uris)
}

// Featured are the threads on top of a group, for its collection of that name.
func (s *Service) Featured(ctx context.Context, q db.Q, a *account.Account) ([]string, error) {
	if a.Kind != account.Group {
		return nil, nil
	}
	return threadURIs(ctx, q, a.ID, true)
}

// threadURIs names the threads of a group that are for everybody, the latest first.
func threadURIs(ctx context.Context, q db.Q, groupID int64, pinned bool) ([]string, error) {
	cond, args := post.Visible(post.Reader{}, "p", []any{groupID, pinned, maxCollected})
	return db.All[string](ctx, q, `select p.uri from group_thread t join group_post g on g.post_id = t.post_id and g.state = 'shown'
		join post p on p.id = t.post_id where t.group_id = $1 and (not $2 or t.pinned_at <> 0) and p.deleted_at = 0 and `+cond+`
		order by case when $2 then t.pinned_at else 0 end desc, t.post_id desc limit $3`, args...)
}

func collection(id string, g *Group, uris []string) ([]byte, error) {
	items := make([]any, len(uris))
	for i, u := range uris {
		items[i] = u
	}
	return as.Collection{ID: id, AttributedTo: g.Account.URI, Items: items}.Build()
}
