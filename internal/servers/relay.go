package servers

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/host"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/post"
)

// The two styles of relays.
const (
	StyleMastodon = "mastodon" // joined by its inbox, following the public collection
	StyleLitePub  = "litepub"  // joined by its actor, which is followed
)

// How we stand with a relay.
const (
	RelayAsked   = "asked"
	RelayJoined  = "joined"
	RelayRefused = "refused"
)

// Relay is a server that passes public posts on between those that joined it.
type Relay struct {
	ID        int64
	Inbox     string
	Actor     string
	Style     string
	FollowURI string `db:"follow_uri"`
	State     string
	CreatedAt int64
}

// Host is the relay's.
func (r Relay) Host() string { return as.Host(r.Inbox) }

const relayColumns = `id, inbox, actor, style, follow_uri, state, created_at`

// Relays lists those that we joined or asked.
func (s *Service) Relays(ctx context.Context) ([]Relay, error) {
	return db.All[Relay](ctx, s.DB.Read(), `select `+relayColumns+` from relay order by id`)
}

// JoinRelay asks a relay to take us in: by the address of its inbox, which ends
// in /inbox, or by that of its actor. It asks the network for the latter.
// Errors: KindInvalid with the field "relay".
//
// Spec: FEP-ae0c
func (s *Service) JoinRelay(ctx context.Context, by int64, address string) (*Relay, error) {
	bad := apperr.Invalid("servers.bad_relay").Field("relay", "servers.bad_relay")
	address = strings.TrimSpace(address)
	u, err := url.Parse(address)
	if err != nil || as.Origin(address) == "" || as.SameOrigin(address, s.Accounts.Base) || u.Scheme != "https" && u.Scheme != s.Scheme {
		return nil, bad
	}
	if s.Hosts.Blocked(as.Host(address)) {
		return nil, apperr.Invalid("servers.relay_blocked").Field("relay", "servers.relay_blocked")
	}
	app, err := s.App(ctx)
	if err != nil {
		return nil, err
	}
	r := Relay{Inbox: address, Style: StyleMastodon, State: RelayAsked, FollowURI: s.Accounts.Base + "/activities/" + ids.Key(), CreatedAt: s.Clock().UnixMilli()}
	object := as.Public
	if !strings.HasSuffix(strings.TrimRight(u.Path, "/"), "/inbox") {
		a, err := s.Fetcher.Resolve(ctx, address)
		if err != nil || a.Inbox == "" {
			return nil, bad.Wrap(err)
		}
		r.Style, r.Inbox, r.Actor, object = StyleLitePub, a.Inbox, a.URI, a.URI
	}
	follow := as.Activity{Type: "Follow", ID: r.FollowURI, Actor: app.URI, Object: object}
	if r.Style == StyleLitePub {
		follow.To = []string{object}
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err := db.Exec(ctx, tx, `insert into relay (inbox, actor, style, follow_uri, state, created_at) values ($1, $2, $3, $4, $5, $6)
			on conflict (inbox) do update set follow_uri = excluded.follow_uri, state = excluded.state where relay.state <> $7`,
			r.Inbox, r.Actor, r.Style, r.FollowURI, r.State, r.CreatedAt, RelayJoined)
		if err != nil {
			return err
		}
		if n == 0 {
			return apperr.Invalid("servers.relay_known").Field("relay", "servers.relay_known")
		}
		if err := s.tellRelay(ctx, tx, app, r.Inbox, follow); err != nil {
			return err
		}
		return host.Audit(ctx, tx, by, r.Host(), host.ActRelayJoin, address, "")
	})
	return &r, err
}

// LeaveRelay tells a relay that we no longer take part. Errors: KindNotFound.
func (s *Service) LeaveRelay(ctx context.Context, by, id int64) error {
	app, err := s.App(ctx)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		r, err := db.Get[Relay](ctx, tx, `delete from relay where id = $1 returning `+relayColumns, id)
		if err != nil {
			return err
		}
		object := as.Public
		if r.Style == StyleLitePub {
			object = r.Actor
		}
		follow, err := as.Activity{Type: "Follow", ID: r.FollowURI, Actor: app.URI, Object: object}.Build()
		if err != nil {
			return err
		}
		err = s.tellRelay(ctx, tx, app, r.Inbox, as.Activity{Type: "Undo", ID: r.FollowURI + "#undo", Actor: app.URI, Object: json.RawMessage(follow)})
		if err != nil {
			return err
		}
		return host.Audit(ctx, tx, by, r.Host(), host.ActRelayLeave, r.Inbox, "")
	})
}

func (s *Service) tellRelay(ctx context.Context, tx *db.Tx, app *route.Actor, inbox string, a as.Activity) error {
	body, err := a.Build()
	if err != nil {
		return err
	}
	return outbox.Enqueue(ctx, tx, body, app.ID, outbox.Opts{}, []string{inbox})
}

// relayActivities are what relays tell us.
func (s *Service) relayActivities() []route.Activity {
	var out []route.Activity
	for _, object := range []string{"Follow", ""} {
		out = append(out,
			route.Activity{Type: "Accept", Object: object, Handle: s.onRelayAnswer(RelayJoined)},
			route.Activity{Type: "Reject", Object: object, Handle: s.onRelayAnswer(RelayRefused)})
	}
	return append(out, route.Activity{Type: "Announce", Object: "*", Prepare: s.prepareRelayed, Handle: nothing})
}

// onRelayAnswer notes a relay's answer to our Follow, told by an actor of the
// relay's own server.
func (s *Service) onRelayAnswer(state string) func(context.Context, *db.Tx, *route.Inbound) error {
	return func(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
		rows, err := db.All[Relay](ctx, tx, `select `+relayColumns+` from relay where follow_uri = $1`, in.ObjectURI)
		if err != nil || len(rows) == 0 || !as.SameOrigin(rows[0].Inbox, in.Actor.URI) {
			return err
		}
		_, err = tx.Exec(ctx, `update relay set state = $1, actor = $2 where id = $3`, state, in.Actor.URI, rows[0].ID)
		return err
	}
}

// joined reports whether an actor is a relay that took us in.
func joined(ctx context.Context, q db.Q, actor string) (bool, error) {
	return db.Get[bool](ctx, q, `select exists (select 1 from relay where actor = $1 and state = $2)`, actor, RelayJoined)
}

// prepareRelayed fetches what a relay passes on from its own server: the relay
// is believed that it exists, and nothing else.
//
// Spec: FEP-ae0c; Spec: FEP-fe34
func (s *Service) prepareRelayed(ctx context.Context, f route.Fetcher, in *route.Inbound) error {
	yes, err := joined(ctx, s.DB.Read(), in.Actor.URI)
	if err != nil || !yes || in.ObjectURI == "" || as.SameOrigin(in.ObjectURI, s.Accounts.Base) {
		return err
	}
	return s.Relayed(ctx, f, in.ObjectURI)
}

// Relayed takes in a post that a relay named; one that cannot be had is left.
func (s *Service) Relayed(ctx context.Context, f route.Fetcher, uri string) error {
	_, err := s.Posts.Ensure(ctx, f, uri)
	if err != nil && (apperr.Is(err, apperr.KindInternal) || apperr.Is(err, apperr.KindUnavailable)) {
		return err
	}
	return nil
}

// joinedInboxes are the inboxes of the relays that took us in, by their style.
func joinedInboxes(ctx context.Context, q db.Q) (map[string][]string, error) {
	rows, err := db.All[struct{ Inbox, Style string }](ctx, q, `select inbox, style from relay where state = $1 order by id`, RelayJoined)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	out := map[string][]string{}
	for _, r := range rows {
		out[r.Style] = append(out[r.Style], r.Inbox)
	}
	return out, nil
}

// relay sends what is about a public post to the relays, which are looked up once: a new one is
// announced to those that take announcements, and everything goes to those that pass it on whole, with a
// linked-data signature: of those that are sent it there, most believe nothing else.
// It is signed once for all. What cannot be signed goes to none of them, as they would
// drop it unseen: the author and those who run the server read that it did not leave.
//
// Spec: FEP-ae0c; Spec: Mastodon
func (s *Service) relay(ctx context.Context, tx *db.Tx, p *post.Post, a as.Activity, o outbox.Opts, inboxes []string) ([]string, error) {
	if !relayed(p) {
		return inboxes, nil
	}
	joined, err := joinedInboxes(ctx, tx)
	if err != nil || len(joined) == 0 {
		return inboxes, err
	}
	if a.Type == "Create" {
		if err := s.announced(ctx, tx, p, joined[StyleLitePub], false); err != nil {
			return nil, err
		}
	}
	all := joined[StyleMastodon]
	if a.Type != "Delete" { // like all others that have it they hear of edits and deletion
		for _, in := range all {
			if !slices.Contains(inboxes, in) {
				inboxes = append(inboxes, in)
			}
		}
		if err := post.Copied(ctx, tx, p.ID, all); err != nil {
			return nil, err
		}
	}
	var to, others []string
	for _, in := range inboxes {
		if slices.Contains(all, in) {
			to = append(to, in)
		} else {
			others = append(others, in)
		}
	}
	if len(to) == 0 {
		return inboxes, nil
	}
	body, err := s.linked(ctx, tx, p.AccountID, a)
	if err != nil {
		s.Log.Error("an activity cannot be signed for relays, and is not sent to them", "kind", a.Type, "err", err)
		return others, s.withheld(ctx, tx, p.ID, to)
	}
	return others, outbox.Enqueue(ctx, tx, body, p.AccountID, o, to)
}

// unsigned is what is written down of what no relay was sent, for [Reason].
const unsigned = "cannot be signed"

// withheld writes down that a post did not leave for relays.
func (s *Service) withheld(ctx context.Context, tx *db.Tx, postID int64, relays []string) error {
	for _, in := range relays {
		if err := s.undelivered(ctx, tx, postID, in, unsigned); err != nil {
			return err
		}
	}
	return outbox.Withheld(ctx, tx, relays, unsigned)
}

// linked writes an activity with a linked-data signature of its actor, and the proof
// that everybody gets.
func (s *Service) linked(ctx context.Context, q db.Q, actorID int64, a as.Activity) ([]byte, error) {
	body, err := a.Build()
	if err != nil {
		return nil, err
	}
	if body, err = sig.NameSecurity(body); err != nil {
		return nil, err
	}
	if body, err = s.Accounts.Prove(ctx, q, actorID, body); err != nil {
		return nil, err
	}
	key, err := s.Accounts.Key(ctx, q, actorID)
	if err != nil {
		return nil, err
	}
	return sig.SignLinked(body, key, s.Clock())
}

// relayed reports whether a post of ours goes to relays: it is for everybody,
// and wants to be found.
func relayed(p *post.Post) bool {
	return p.Local && p.Audience == post.Public && p.Listed && p.BoostOfID == 0
}

// withdraw takes the announcement of a public post back when it is deleted.
func (s *Service) withdraw(ctx context.Context, tx *db.Tx, p *post.Post) error {
	if !relayed(p) {
		return nil
	}
	joined, err := joinedInboxes(ctx, tx)
	if err != nil {
		return err
	}
	return s.announced(ctx, tx, p, joined[StyleLitePub], true)
}

// announced tells the relays that take announcements of a new public post, in the
// name of the instance, or takes that back.
func (s *Service) announced(ctx context.Context, tx *db.Tx, p *post.Post, inboxes []string, undo bool) error {
	if len(inboxes) == 0 {
		return nil
	}
	app, err := s.App(ctx)
	if err != nil {
		return err
	}
	a := as.Activity{Type: "Announce", ID: p.URI + "#relay", Actor: app.URI, Object: p.URI, To: []string{as.Public}, Published: p.Created()}
	o := outbox.Opts{PostID: p.ID, Audience: string(p.Audience)}
	if undo {
		inner, err := a.Build()
		if err != nil {
			return err
		}
		a = as.Activity{Type: "Undo", ID: a.ID + "-undo", Actor: app.URI, Object: json.RawMessage(inner), To: []string{as.Public}}
		o = outbox.Opts{}
	}
	body, err := a.Build()
	if err != nil {
		return err
	}
	return outbox.Enqueue(ctx, tx, body, app.ID, o, inboxes)
}
