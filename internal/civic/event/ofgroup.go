package event

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/post"
)

// Mobilizon's people follow groups and servers, never persons, and Gancio follows
// what it trusts: neither would see a meeting that one of our people announces. So
// a group sends its open meetings to those of its followers as its own: the same
// facts, under an id of their own, attributed to the group. What stands in no group
// and is called by no body is the section's, whose group sends it. Others have meetings from the person and
// by the group's boosts, and are not told twice.
//
// Spec: Mobilizon; Spec: Gancio; Spec: WordPress

// calendars are the programs that are told so, by the name in their NodeInfo.
// WordPress takes events of groups too, with the Event Bridge, and reads no Announce.
var calendars = []string{"mobilizon", "gancio", "wordpress"}

// groupOf is the group of ours that sends a meeting as its own, nil for none, and for that of a body: the
// one that shows it, else that of the section itself, the first that was made here.
func groupOf(ctx context.Context, q db.Q, postID int64) (g *account.Account, section bool, err error) {
	id, shown, err := group.Shows(ctx, q, postID)
	if err != nil || id != 0 && !shown {
		return nil, false, err
	}
	if p, err := post.Raw(ctx, q, postID); err != nil {
		return nil, false, err
	} else if by, err := account.ByID(ctx, q, p.AccountID); err != nil || ofOrgane(by) {
		return nil, false, err
	}
	first, err := sectionGroup(ctx, q)
	if err != nil || first == 0 {
		return nil, false, err
	}
	if id == 0 {
		id = first
	}
	g, err = account.ByID(ctx, q, id)
	if err != nil || !g.Local() {
		return nil, false, err
	}
	return g, id == first, nil
}

// sectionGroup is the group of the section itself, 0 for none.
func sectionGroup(ctx context.Context, q db.Q) (int64, error) {
	id, err := db.Get[int64](ctx, q, `select id from account where host = '' and kind = $1 and deleted_at = 0 order by id limit 1`, account.Group)
	if apperr.Is(err, apperr.KindNotFound) {
		return 0, nil
	}
	return id, err
}

// aliasOf is where the meeting of a group is served.
func (s *Service) aliasOf(postID int64, g *account.Account, section bool) string {
	if section {
		return s.Accounts.Base + path(postID) + "/evenement"
	}
	return s.Accounts.Base + path(postID) + "/evenement/" + ids.String(g.ID)
}

// asGroup makes the group's own of the document of a meeting.
func asGroup(doc []byte, alias string, g *account.Account) ([]byte, error) {
	var m map[string]any
	if err := json.Unmarshal(doc, &m); err != nil {
		return nil, err
	}
	delete(m, "proof") // its author's, of the other document
	m["requiredJoinVisibility"] = []string{g.URI}
	m["id"], m["attributedTo"], m["actor"] = alias, g.URI, g.URI
	m["to"], m["cc"] = []string{as.Public}, []string{g.Followers}
	if tags, ok := m["tag"].([]any); ok { // of whom it names, calendars make subjects
		m["tag"] = slices.DeleteFunc(tags, func(t any) bool { x, _ := t.(map[string]any); return x["type"] == "Mention" })
	}
	return json.Marshal(m)
}

// sent has a group send what one of our people sends about an open meeting. What
// a group shows and shows no more is told by [Service.relayed].
func (s *Service) sent(ctx context.Context, tx *db.Tx, p *post.Post, kind string, _ []byte) error {
	if p.Kind != Kind || !open(p) || kind != "Create" && kind != "Update" && kind != "Delete" {
		return nil
	}
	if err := s.tellSmithereen(ctx, tx, p, kind); err != nil {
		return err
	}
	g, section, err := groupOf(ctx, tx, p.ID)
	if err != nil || g == nil {
		return err
	}
	if id, _, err := group.Shows(ctx, tx, p.ID); err != nil || id != 0 && kind == "Delete" {
		return err
	}
	return s.sendAs(ctx, tx, g, section, p, kind)
}

// relayed has a group send a meeting that it shows later than it was written, as
// one that its moderators read first, and take back what it shows no more.
func (s *Service) relayed(ctx context.Context, tx *db.Tx, g *account.Account, p *post.Post, undo bool) error {
	if p.Kind != Kind || !open(p) {
		return nil
	}
	first, err := sectionGroup(ctx, tx)
	if err != nil {
		return err
	}
	kind := "Create"
	if undo {
		kind = "Delete"
	}
	if err := s.tellSmithereen(ctx, tx, p, kind); err != nil {
		return err
	}
	return s.sendAs(ctx, tx, g, g.ID == first, p, kind)
}

// sendAs sends a meeting as a group's own. One without a document is being written, and is sent with that.
func (s *Service) sendAs(ctx context.Context, tx *db.Tx, g *account.Account, section bool, p *post.Post, kind string) error {
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
	alias := s.aliasOf(p.ID, g, section)
	a := as.Activity{Type: kind, ID: alias + "#" + kind + "/" + ids.Key(), Actor: g.URI, To: []string{as.Public}, Cc: []string{g.Followers}, Published: time.Now()}
	if kind == "Delete" {
		tomb, err := as.Tombstone{ID: alias}.Build()
		if err != nil {
			return err
		}
		a.Object = json.RawMessage(tomb)
	} else {
		doc, err := documentOf(ctx, tx, p.ID)
		if apperr.Is(err, apperr.KindNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		if doc, err = asGroup(doc, alias, g); err != nil {
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

func documentOf(ctx context.Context, q db.Q, postID int64) ([]byte, error) {
	return db.Get[[]byte](ctx, q, `select body from post_document where post_id = $1`, postID)
}

// Objects are the documents of meetings that groups send as their own, and the collections.
func (s *Service) Objects() []route.Object {
	return append(s.collections(), []route.Object{{Pattern: Path + "/{id:[0-9]+}/evenement", Serve: s.serveOfGroup}, {Pattern: Path + "/{id:[0-9]+}/evenement/{group:[0-9]+}", Serve: s.serveOfGroup}}...)
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
	g, section, err := groupOf(ctx, q, id)
	if err != nil || g == nil || section != (r.Vars["group"] == "") || !section && r.Vars["group"] != ids.String(g.ID) {
		return nil, unknown()
	}
	doc, err := documentOf(ctx, q, id)
	if err != nil {
		return nil, unknown()
	}
	return asGroup(doc, s.aliasOf(id, g, section), g)
}

// byAlias gives the id of the post behind a group's own meeting; other ids are as they are.
func (s *Service) byAlias(ctx context.Context, q db.Q, uri string) (string, error) {
	rest, ok := strings.CutPrefix(uri, s.Accounts.Base+Path+"/")
	if !ok {
		return uri, nil
	}
	number, rest, _ := strings.Cut(rest, "/")
	id, ok := ids.Parse(number)
	if rest, _, _ = strings.Cut(rest, "/"); !ok || rest != "evenement" {
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

// isAlias reports whether an id is that of a group's own meeting.
func (s *Service) isAlias(ctx context.Context, q db.Q, uri string) (bool, error) {
	real, err := s.byAlias(ctx, q, uri)
	return real != uri, err
}
