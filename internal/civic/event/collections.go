package event

import (
	"context"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/post"
)

// Two collections that other servers find calendars by. How many come to a meeting is
// said to whoever may read it, as on its page. Who comes is said to nobody: to belong
// to a section is nobody else's business, and those who organise are here, where they
// have a page for it.
//
// Spec: FEP-8a8e

// maxUpcoming is how many meetings the collection of an actor names, the next first.
const maxUpcoming = 100

const (
	attendeesPath = "/attendees" // after the id of a meeting
	upcomingPath  = "/upcoming"  // after the id of an actor
)

// collections are where they are served.
func (s *Service) collections() []route.Object {
	return []route.Object{{Pattern: "/objects/{key}" + attendeesPath, Serve: s.serveAttendees}, {Pattern: "/users/{key}" + upcomingPath, Serve: s.serveUpcoming}}
}

// serveAttendees tells how many come.
func (s *Service) serveAttendees(ctx context.Context, r route.ObjectRequest) ([]byte, error) {
	uri := s.Accounts.Base + "/objects/" + r.Vars["key"]
	if yes, err := s.Posts.Served(ctx, r.Signer, uri); err != nil || !yes {
		return nil, notFound(err)
	}
	q := s.DB.Read()
	p, err := post.RawByURI(ctx, q, uri)
	if err != nil {
		return nil, notFound(err)
	}
	if _, err := one(ctx, q, p.ID); err != nil {
		return nil, notFound(err)
	}
	n, err := counts(ctx, q, []int64{p.ID})
	if err != nil {
		return nil, err
	}
	total := n[p.ID].come()
	return as.Collection{ID: uri + attendeesPath, TotalItems: &total, Unordered: true}.Build()
}

// come is how many take part.
func (c Count) come() int64 { return c.Room + c.Remote }

func notFound(err error) error {
	if err == nil || apperr.Is(err, apperr.KindNotFound) {
		return unknown()
	}
	return err
}

// calls reports whether an actor can call meetings that everybody may know of.
func calls(a *account.Account) bool {
	return a.Public && (a.Kind == account.Person || a.Kind == account.Group || ofOrgane(a))
}

// document names the collection in the document of an actor.
func (s *Service) document(_ context.Context, _ db.Q, a *account.Account, d *as.Actor) error {
	if !calls(a) {
		return nil
	}
	if d.Extra == nil {
		d.Extra = map[string]any{}
	}
	if d.ExtraContext == nil {
		d.ExtraContext = map[string]any{}
	}
	d.Extra["upcomingEvents"] = a.URI + upcomingPath
	d.ExtraContext["upcomingEvents"] = map[string]any{"@id": fep + "upcomingEvents", "@type": "@id"}
	return nil
}

// serveUpcoming lists the open meetings of an actor that have not ended, the next
// first: those that a person or body calls, and those that a group sends as its own.
func (s *Service) serveUpcoming(ctx context.Context, r route.ObjectRequest) ([]byte, error) {
	q := s.DB.Read()
	a, err := s.Accounts.Served(ctx, q, r.Vars["key"])
	if err != nil || !calls(a) {
		return nil, notFound(err)
	}
	reader := post.Reader{}
	if r.Signer != nil { // whoever called a meeting may block who asks
		reader = post.Reader{AccountID: r.Signer.ID, Host: r.Signer.Host}
	}
	all, section, err := upcoming(ctx, q, reader, a)
	if err != nil {
		return nil, err
	}
	items := make([]any, len(all))
	for i, m := range all {
		items[i] = m.URI
		if a.Kind == account.Group && m.Kind != account.Organization {
			items[i] = s.aliasOf(m.ID, a, section)
		}
	}
	return as.Collection{ID: a.URI + upcomingPath, AttributedTo: a.URI, Items: items}.Build()
}

// called is an open meeting to come, and the kind of its author.
type called struct {
	ID        int64
	URI, Kind string
}

// upcoming finds the open meetings to come of an actor; section says that it is the
// group of the section, whose are those in no group.
func upcoming(ctx context.Context, q db.Q, r post.Reader, a *account.Account) (all []called, section bool, err error) {
	args := []any{a.ID, now(), maxUpcoming, Cancelled}
	mine := `p.account_id = $1`
	if a.Kind == account.Group {
		first, err := sectionGroup(ctx, q)
		if err != nil {
			return nil, false, err
		}
		mine = `exists (select 1 from group_post g where g.post_id = p.id and g.group_id = $1 and g.state = 'shown')`
		if section = first == a.ID; section {
			mine = `(` + mine + ` or by.kind <> '` + account.Organization + `' and not exists (select 1 from group_post g where g.post_id = p.id))`
		}
	}
	cond, args := post.Visible(r, "p", args)
	all, err = db.All[called](ctx, q, `select p.id, p.uri, by.kind from meeting m join post p on p.id = m.post_id join account by on by.id = p.account_id
		where p.local and p.audience = 'public' and m.ends_at >= $2 and m.status <> $4 and by.reachable and `+mine+`
			and exists (select 1 from post_document d where d.post_id = p.id) and `+cond+` order by m.starts_at, m.post_id limit $3`, args...)
	return all, section, err
}
