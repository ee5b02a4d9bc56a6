package group

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/post"
)

// A closed group of the movement is hub and spoke: an author's server sends to
// the group's server alone, which looks who is a member and sends on, to servers
// that have members, are affiliated now and keep our profile. Nothing of it goes
// anywhere else, and whoever may not know of it is answered as if it were not.

var _ post.Circles = (*Service)(nil)

// affiliated reports whether a server is of the movement now.
func affiliated(ctx context.Context, q db.Q, host string) (bool, error) {
	return post.Affiliated(ctx, q, host, time.Now())
}

// mayHold reports whether people of a server may belong to closed groups: it is
// affiliated, and its software keeps our profile. That asks for the files of posts
// in its own name, as it must to get them. Lemmy and Smithereen have closed groups
// too but ask for files in nobody's name, and what Lemmy has it shows to everyone.
//
// Spec: FEP-844e
func mayHold(ctx context.Context, q db.Q, host string) (bool, error) {
	if yes, err := affiliated(ctx, q, host); err != nil || !yes {
		return false, err
	}
	n, err := db.Get[int](ctx, q, `select count(*) from audience_keeper where host = $1`, host)
	return n > 0, err
}

// Described reads what actors of other servers say of closed groups: that their
// software keeps our profile, or no longer does, and of a group, that it is one.
//
// Spec: FEP-844e
func (s *Service) Described(ctx context.Context, tx *db.Tx, host string, d *as.Doc) error {
	known, err := db.Get[int](ctx, tx, `select count(*) from audience_keeper where host = $1`, host)
	if err != nil {
		return err
	}
	if says := implements(d, route.ImplementsClosedGroups); says != (known > 0) { // most say what they said
		sql := `delete from audience_keeper where host = $1`
		if says {
			sql = `insert into audience_keeper (host) values ($1) on conflict do nothing`
		}
		if _, err := tx.Exec(ctx, sql, host); err != nil {
			return err
		}
	}
	if !d.Is(account.Group) {
		return nil
	}
	kind := d.String("accessType")
	_, err = tx.Exec(ctx, `update account set public = $1, hidden = $2 where uri = $3 and host <> ''`, kind != "closed" && kind != "private", kind == "private", d.ID())
	return err
}

func implements(d *as.Doc, what string) bool {
	g := d.Refs("generator").Doc()
	if g == nil {
		return false
	}
	for _, r := range g.Refs("implements") {
		if r.ID() == what || r.Doc != nil && r.Doc.Refs("href").ID() == what {
			return true
		}
	}
	return false
}

// Circle says which servers may know of a closed group: of one of the movement all
// that are affiliated, of a secret one those with members or people invited whose
// software keeps our profile. They may know of its guests too, whose words they get.
func (s *Service) Circle(ctx context.Context, q db.Q, a *account.Account, host string) (bool, error) {
	if yes, err := affiliated(ctx, q, host); err != nil || !yes {
		return false, err
	}
	sql := `select count(*) from group_info g where g.account_id = $1 and g.access = 'movement' and (not g.secret
		or exists (select 1 from audience_keeper k where k.host = $2) and exists (select 1 from group_member m join account a on a.id = m.account_id where m.group_id = g.account_id and m.state in ('in', 'invited') and a.host = $2))`
	if a.Kind == account.Person {
		sql = `select count(*) from group_member me join group_info g on g.account_id = me.group_id and g.access = 'movement'
			where me.account_id = $1 and me.state = 'in' and exists (select 1 from audience_keeper k where k.host = $2) and exists (select 1 from group_member m join account a on a.id = m.account_id
				where m.group_id = g.account_id and m.state = 'in' and a.host = $2)`
	} else if a.Kind != account.Group {
		return false, nil
	}
	n, err := db.Get[int](ctx, q, sql, a.ID, host)
	return n > 0, err
}

// spokes selects the inboxes of the servers with members of a closed group, one of
// each, that may have it now.
const spokes = `select distinct case when a.shared_inbox <> '' then a.shared_inbox else a.inbox end
	from group_member m join group_info g on g.account_id = m.group_id and g.access = 'movement' join account a on a.id = m.account_id
	join audience_host h on h.host = a.host and (h.valid_until = 0 or h.valid_until > $2) join audience_keeper k on k.host = a.host
	where m.group_id = $1 and m.state = 'in' and a.host <> '' and a.inbox <> '' and a.deleted_at = 0 and a.suspended_at = 0`

// Member reports whether a closed group of ours still has a member behind an inbox, or one of
// ours still is a member of a closed group behind it.
func (s *Service) Member(ctx context.Context, q db.Q, actorID int64, inbox string) (bool, error) {
	n, err := db.Get[int](ctx, q, `select count(*) from (`+spokes+` and (a.inbox = $3 or a.shared_inbox = $3)) as s`, actorID, now(), inbox)
	if err != nil || n > 0 {
		return n > 0, err
	}
	n, err = db.Get[int](ctx, q, `select count(*) from audience_account m join account g on g.id = m.scope_id and g.host <> '' and g.deleted_at = 0 and g.suspended_at = 0
		join audience_host h on h.host = g.host and (h.valid_until = 0 or h.valid_until > $2) where m.account_id = $1 and (g.inbox = $3 or g.shared_inbox = $3)`, actorID, now(), inbox)
	return n > 0, err
}

// announceClosed sends an activity, whole, to the servers of the members.
func (s *Service) announceClosed(ctx context.Context, tx *db.Tx, g *Group, activity []byte) error {
	inboxes, err := db.All[string](ctx, tx, spokes, g.AccountID, now())
	if err != nil || len(inboxes) == 0 {
		return err
	}
	body, err := ordered(as.Activity{Type: "Announce", ID: s.activityID(), Actor: g.Account.URI, Object: json.RawMessage(activity),
		To: []string{g.Account.Followers}}, time.Now()).Build()
	if err != nil {
		return err
	}
	return outbox.Enqueue(ctx, tx, body, g.AccountID, outbox.Opts{Audience: string(post.Group)}, inboxes)
}

// Leaves implements post.Circles: groups of the section stay here.
func (s *Service) Leaves(ctx context.Context, q db.Q, scope int64) (bool, error) {
	n, err := db.Get[int](ctx, q, `select count(*) from account a left join group_info g on g.account_id = a.id
		where a.id = $1 and (a.host <> '' or g.access = 'movement')`, scope)
	return n > 0, err
}

// closedIn finds the closed groups that a document is for, ours and other servers'.
func closedIn(ctx context.Context, q db.Q, d *as.Doc) ([]int64, error) {
	var uris []string
	for _, u := range append(append(d.Audience(), d.To()...), d.Cc()...) {
		if u != "" && len(uris) < maxAddressed {
			uris = append(uris, u)
		}
	}
	if len(uris) == 0 {
		return nil, nil
	}
	frag, args := db.In(1, uris)
	return db.All[int64](ctx, q, `select id from account where kind = 'Group' and deleted_at = 0 and not public and (uri in `+frag+` or followers in `+frag+`)`, args...)
}

// Scope implements post.Circles. What members write comes to the group's server from
// their own, and to all others by the group: whatever comes by another way is not in it. What
// is for two groups of ours that its author belongs to is in neither, or the members of one
// would read what is for the other; others are as if not named.
func (s *Service) Scope(ctx context.Context, q db.Q, d *as.Doc, author, via *route.Actor) (scope int64, named bool, err error) {
	list, err := closedIn(ctx, q, d)
	if err != nil || len(list) == 0 {
		return 0, false, err
	}
	if via != nil {
		if !slices.Contains(list, via.ID) {
			return 0, true, nil
		}
		g, err := account.ByID(ctx, q, via.ID)
		if err != nil || g.Local() || g.Gone() {
			return 0, true, ignoreMissing(err)
		}
		n, err := db.Get[int](ctx, q, `select count(*) from audience_account where scope_id = $1`, g.ID)
		if err != nil || n == 0 {
			return 0, true, err
		}
		return g.ID, true, nil
	}
	frag, args := db.In(2, list)
	in, err := db.All[int64](ctx, q, `select m.group_id from group_member m join group_info g on g.account_id = m.group_id and g.access = 'movement'
		join account a on a.id = m.group_id and a.suspended_at = 0 where m.account_id = $1 and m.state = 'in' and m.group_id in `+frag, append([]any{author.ID}, args...)...)
	if err != nil || len(in) != 1 {
		return 0, true, err
	}
	if yes, err := mayHold(ctx, q, author.Host); err != nil || !yes {
		return 0, true, err
	}
	return in[0], true, nil
}

// Send implements post.Circles: to the group's server with the author's proof, or from
// here to the servers of the members.
//
// Spec: FEP-8b32
func (s *Service) Send(ctx context.Context, tx *db.Tx, p *post.Post, a as.Activity) error {
	g, err := account.ByID(ctx, tx, p.ScopeID)
	if err != nil {
		return err
	}
	a.To, a.Cc, a.Audience = []string{g.URI, g.Followers}, nil, g.URI
	body, err := a.Build()
	if err != nil {
		return err
	}
	if body, err = s.Accounts.Prove(ctx, tx, p.AccountID, body); err != nil {
		return err
	}
	if g.Local() {
		return s.pass(ctx, tx, p, a.Type, body, nil)
	}
	o := outbox.Opts{PostID: p.ID, Audience: string(post.Group)}
	if a.Type == "Delete" {
		o = outbox.Opts{} // of what is gone the group's server hears in any case
	}
	return outbox.Enqueue(ctx, tx, body, p.AccountID, o, []string{g.BestInbox()})
}

// Current implements post.Circles: what our people write for a group of another server
// goes to that server while it is affiliated and they are members.
func (s *Service) Current(ctx context.Context, q db.Q, p *post.Post, inbox string) (bool, error) {
	n, err := db.Get[int](ctx, q, `select count(*) from account g join audience_host h on h.host = g.host and (h.valid_until = 0 or h.valid_until > $2)
		join audience_account m on m.scope_id = g.id and m.account_id = $3
		where g.id = $1 and g.host <> '' and g.deleted_at = 0 and g.suspended_at = 0 and (g.inbox = $4 or g.shared_inbox = $4)`, p.ScopeID, now(), p.AccountID, inbox)
	return n > 0, err
}

// How long what a group's server says of who reads it is believed: long enough for a page with
// many pictures, short for who was put out.
const vouched = time.Minute

// Vouched implements post.Circles. Only servers that may have people in closed groups are asked about: to
// all others the answer is no without a question, and takes no longer than for what does not exist.
func (s *Service) Vouched(ctx context.Context, scope int64, asker *route.Actor) (bool, error) {
	q := s.DB.Read()
	if yes, err := mayHold(ctx, q, asker.Host); err != nil || !yes {
		return false, err
	}
	g, err := account.ByID(ctx, q, scope)
	if err != nil || g.Local() || g.Gone() || s.Ask == nil {
		return false, err
	}
	if g.Host == asker.Host {
		return true, nil
	}
	known, err := db.Get[struct{ Yes bool }](ctx, q, `select yes from group_vouch where group_id = $1 and host = $2 and until_ms > $3`, g.ID, asker.Host, now())
	if err == nil {
		return known.Yes, nil
	} else if !apperr.Is(err, apperr.KindNotFound) {
		return false, err
	}
	_, aerr := s.Ask(ctx, g.Followers+"?is_follower="+url.QueryEscape(asker.URI))
	yes := aerr == nil
	return yes, s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `delete from group_vouch where until_ms < $1`, now()); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `insert into group_vouch (group_id, host, yes, until_ms) values ($1, $2, $3, $4)
			on conflict (group_id, host) do update set yes = excluded.yes, until_ms = excluded.until_ms`, g.ID, asker.Host, yes, now()+vouched.Milliseconds())
		return err
	})
}

// Vouches answers the question whether a server has a member of a closed group of ours,
// asked by the server of another one.
func (s *Service) Vouches(ctx context.Context, q db.Q, a *account.Account, of string, asker *route.Actor) (bool, error) {
	if a.Kind != account.Group || asker == nil {
		return false, nil
	}
	for _, host := range []string{asker.Host, as.Host(of)} {
		if yes, err := hasMembersAt(ctx, q, a.ID, host); err != nil || !yes {
			return false, err
		}
	}
	return true, nil
}

// hasMembersAt reports whether a closed group of ours has members on a server that may have it now.
func hasMembersAt(ctx context.Context, q db.Q, groupID int64, host string) (bool, error) {
	n, err := db.Get[int](ctx, q, `select count(*) from (`+spokes+` and a.host = $3) as s`, groupID, now(), host)
	return n > 0, err
}
