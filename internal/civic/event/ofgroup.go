package event

import (
	"context"
	"encoding/json"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/post"
)

// Mobilizon's people follow groups and servers, never persons, and Gancio follows
// what it trusts: neither would see a meeting that one of our people announces. So
// the group of the section sends its open meetings to those of its followers as its
// own: the same facts, under an id of their own, attributed to the group. Others
// have them from the person, and are not told twice.
//
// Spec: Mobilizon; Spec: Gancio

// calendars are the programs that are told so, by the name in their NodeInfo.
var calendars = []string{"mobilizon", "gancio"}

// aliasOf is where the meeting of the group is served.
func (s *Service) aliasOf(postID int64) string { return s.Accounts.Base + path(postID) + "/evenement" }

// sectionGroup is the group of the section itself, the first that was made here.
func sectionGroup(ctx context.Context, q db.Q) (*account.Account, error) {
	id, err := db.Get[int64](ctx, q, `select id from account where host = '' and kind = $1 and deleted_at = 0 order by id limit 1`, account.Group)
	if err != nil {
		return nil, err
	}
	return account.ByID(ctx, q, id)
}

// asGroup makes the group's own of the document of a meeting.
func (s *Service) asGroup(doc []byte, postID int64, g *account.Account) ([]byte, error) {
	var m map[string]any
	if err := json.Unmarshal(doc, &m); err != nil {
		return nil, err
	}
	delete(m, "proof") // its author's, of the other document
	m["id"], m["attributedTo"], m["actor"] = s.aliasOf(postID), g.URI, g.URI
	m["to"], m["cc"] = []string{as.Public}, []string{g.Followers}
	return json.Marshal(m)
}

// sent has the group of the section send what one of our people sends about an open meeting.
func (s *Service) sent(ctx context.Context, tx *db.Tx, p *post.Post, kind string, _ []byte) error {
	if p.Kind != Kind || !open(p) || kind != "Create" && kind != "Update" && kind != "Delete" {
		return nil
	}
	m, err := one(ctx, tx, p.ID)
	if apperr.Is(err, apperr.KindNotFound) || err == nil && m.GroupID != 0 {
		return nil
	} else if err != nil {
		return err
	}
	g, err := sectionGroup(ctx, tx)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	frag, args := db.In(2, calendars)
	inboxes, err := db.All[string](ctx, tx, `select distinct case when a.shared_inbox <> '' then a.shared_inbox else a.inbox end
		from follow f join account a on a.id = f.account_id join host_software h on h.host = a.host
		where f.target_id = $1 and f.accepted and a.host <> '' and a.inbox <> '' and a.deleted_at = 0 and a.suspended_at = 0 and h.name in `+frag, append([]any{g.ID}, args...)...)
	if err != nil {
		return err
	}
	joined, err := db.All[string](ctx, tx, `select distinct case when a.shared_inbox <> '' then a.shared_inbox else a.inbox end from meeting_seat s join account a on a.id = s.account_id
		where s.post_id = $1 and s.of_group and a.host <> '' and a.inbox <> '' and a.deleted_at = 0 and a.suspended_at = 0`, p.ID)
	if inboxes = append(inboxes, joined...); err != nil || len(inboxes) == 0 {
		return err
	}
	a := as.Activity{Type: kind, ID: s.aliasOf(p.ID) + "#" + kind + "/" + ids.Key(), Actor: g.URI, To: []string{as.Public}, Cc: []string{g.Followers}, Published: time.Now()}
	if kind == "Delete" {
		tomb, err := as.Tombstone{ID: s.aliasOf(p.ID)}.Build()
		if err != nil {
			return err
		}
		a.Object = json.RawMessage(tomb)
	} else {
		doc, err := s.ofGroup(ctx, tx, p, g)
		if err != nil {
			return err
		}
		a.Object = json.RawMessage(doc)
	}
	out, err := a.Build()
	if err != nil {
		return err
	}
	return outbox.Enqueue(ctx, tx, out, g.ID, outbox.Opts{}, inboxes)
}

// ofGroup is the document of the group's own meeting.
func (s *Service) ofGroup(ctx context.Context, q db.Q, p *post.Post, g *account.Account) ([]byte, error) {
	doc, err := db.Get[[]byte](ctx, q, `select body from post_document where post_id = $1`, p.ID)
	if err != nil {
		return nil, err
	}
	return s.asGroup(doc, p.ID, g)
}

// Objects are the documents of meetings that the group sends as its own.
func (s *Service) Objects() []route.Object {
	return []route.Object{{Pattern: Path + "/{id:[0-9]+}/evenement", Serve: s.serveOfGroup}}
}

func (s *Service) serveOfGroup(ctx context.Context, r route.ObjectRequest) ([]byte, error) {
	id, ok := ids.Parse(r.Vars["id"])
	if !ok {
		return nil, unknown()
	}
	q := s.DB.Read()
	p, err := post.Raw(ctx, q, id)
	if err != nil || p.DeletedAt != 0 || p.Kind != Kind || !open(p) {
		return nil, unknown()
	}
	m, err := one(ctx, q, id)
	if err != nil || m.GroupID != 0 {
		return nil, unknown()
	}
	g, err := sectionGroup(ctx, q)
	if err != nil {
		return nil, unknown()
	}
	return s.ofGroup(ctx, q, p, g)
}

// byAlias gives the id of the post behind the group's own meeting; other ids are as they are.
func (s *Service) byAlias(ctx context.Context, q db.Q, uri string) (string, error) {
	rest, ok := cutAround(uri, s.Accounts.Base+Path+"/", "/evenement")
	if !ok {
		return uri, nil
	}
	id, ok := ids.Parse(rest)
	if !ok {
		return uri, nil
	}
	p, err := post.Raw(ctx, q, id)
	if apperr.Is(err, apperr.KindNotFound) {
		return uri, nil
	} else if err != nil {
		return "", err
	}
	return p.URI, nil
}

// cutAround gives what stands between a beginning and an end.
func cutAround(s, before, after string) (string, bool) {
	if len(s) < len(before)+len(after) || s[:len(before)] != before || s[len(s)-len(after):] != after {
		return "", false
	}
	return s[len(before) : len(s)-len(after)], true
}
