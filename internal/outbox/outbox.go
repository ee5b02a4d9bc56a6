package outbox

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/db"
)

// Migrations holds the tables dest, delivery and delivery_body.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// topic is signalled by transactions that add deliveries.
const topic = "outbox"

// Opts is what a delivery carries for the Sender.
type Opts struct {
	PostID   int64  // the post it is about, 0 for none
	Audience string // of that post, to be checked again before each try
}

// Farewell, as an audience, is of the last words to a host that is cut off: the one
// thing that may still go there, and that is tried once.
const Farewell = "farewell"

// Invitation, as an audience, is of an invitation into a group: its body says whom it
// invites into which.
const Invitation = "invitation"

// Item is one delivery to make.
type Item struct {
	ID       int64
	Host     string
	Inbox    string
	ActorID  int64 // who signs
	Body     []byte
	Tries    int // failed tries of this host since its last success
	PostID   int64
	Audience string
}

type delivery struct {
	Host, Inbox             string
	BodyID, ActorID, PostID int64
	Audience                string
	CreatedAt               int64
}

// Enqueue adds the delivery of body to each distinct inbox, in the transaction
// q. Inboxes that are no https or http URL are left out. actorID signs.
func Enqueue(ctx context.Context, q db.Q, body []byte, actorID int64, o Opts, inboxes []string) error {
	rows := make([]delivery, 0, len(inboxes))
	seen := make(map[string]bool, len(inboxes))
	now := time.Now().UnixMilli()
	for _, in := range inboxes {
		host := hostOf(in)
		if host == "" || seen[in] {
			continue
		}
		seen[in] = true
		rows = append(rows, delivery{Host: host, Inbox: in, ActorID: actorID, PostID: o.PostID, Audience: o.Audience, CreatedAt: now})
	}
	if len(rows) == 0 {
		return nil
	}
	slices.SortStableFunc(rows, func(a, b delivery) int { return strings.Compare(a.Host, b.Host) })
	id, err := storeBody(ctx, q, body)
	if err != nil {
		return err
	}
	for i := range rows {
		rows[i].BodyID = id
	}
	if err := db.InsertMany(ctx, q, "delivery", rows); err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	return addToHosts(ctx, q, id)
}

// EnqueueSelect is Enqueue to the inboxes that a query gives, in columns named
// inbox and host (lower case); it may give one several times. args belong to the query.
func EnqueueSelect(ctx context.Context, q db.Q, body []byte, actorID int64, o Opts, selectInboxSQL string, args ...any) error {
	id, err := storeBody(ctx, q, body)
	if err != nil {
		return err
	}
	n := len(args)
	p := func(i int) string { return "$" + strconv.Itoa(n+i) }
	sql := `insert into delivery (host, inbox, body_id, actor_id, post_id, audience, created_at)
		select distinct s.host, s.inbox, cast(` + p(1) + ` as bigint), cast(` + p(2) + ` as bigint), cast(` + p(3) + ` as bigint), cast(` + p(4) + ` as text), cast(` + p(5) + ` as bigint)
		from (` + selectInboxSQL + `) s where s.inbox <> '' and s.host <> ''`
	args = append(slices.Clone(args), id, actorID, o.PostID, o.Audience, time.Now().UnixMilli())
	added, err := db.Exec(ctx, q, sql, args...)
	if err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	if added == 0 {
		_, err := db.Exec(ctx, q, `delete from delivery_body where id = $1`, id)
		return err
	}
	return addToHosts(ctx, q, id)
}

func storeBody(ctx context.Context, q db.Q, body []byte) (int64, error) {
	id, err := db.Get[int64](ctx, q, `insert into delivery_body (body) values ($1) returning id`, body)
	if err != nil {
		return 0, fmt.Errorf("outbox: %w", err)
	}
	return id, nil
}

// addToHosts counts the deliveries of a body with their hosts, in the order of
// the hosts' names so that two transactions never wait for each other in a circle.
func addToHosts(ctx context.Context, q db.Q, bodyID int64) error {
	_, err := db.Exec(ctx, q, `insert into dest (host, pending) select host, count(*) from delivery where body_id = $1 group by host order by host
		on conflict (host) do update set pending = dest.pending + excluded.pending`, bodyID)
	if err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	if s, ok := q.(interface{ Signal(string) }); ok {
		s.Signal(topic)
	}
	return nil
}

func hostOf(inbox string) string {
	u, err := url.Parse(inbox)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return strings.ToLower(u.Host)
}

// Cancel drops what has not been sent of a post.
func Cancel(ctx context.Context, tx *db.Tx, postID int64) error {
	type left struct {
		Host   string
		BodyID int64
	}
	gone, err := db.All[left](ctx, tx, `delete from delivery where post_id = $1 returning host, body_id`, postID)
	if err != nil || len(gone) == 0 {
		return err
	}
	hosts := make(map[string]int64)
	bodies := make(map[int64]bool)
	for _, g := range gone {
		hosts[g.Host]++
		bodies[g.BodyID] = true
	}
	for _, h := range sorted(hosts) {
		if _, err := db.Exec(ctx, tx, `update dest set pending = pending - $1 where host = $2`, hosts[h], h); err != nil {
			return err
		}
	}
	return dropBodies(ctx, tx, sorted(bodies))
}

// HostState is how the deliveries to a host stand.
type HostState struct {
	Host      string
	Pending   int
	Fails     int   // failed tries since the last success
	NextAt    int64 // unix ms of the next try
	LastError string
	LastOKAt  int64 `db:"last_ok_at"` // unix ms, 0 for never
}

// Waiting reports whether an actor has an activity of a type on its way to an
// inbox, among the newest that wait there.
func Waiting(ctx context.Context, q db.Q, actorID int64, inbox, activity string) (bool, error) {
	bodies, err := db.All[[]byte](ctx, q, `select b.body from delivery d join delivery_body b on b.id = d.body_id
		where d.host = $1 and d.inbox = $2 and d.actor_id = $3 order by d.id desc limit 50`, hostOf(inbox), inbox, actorID)
	if err != nil {
		return false, err
	}
	for _, body := range bodies {
		var a struct{ Type string }
		if json.Unmarshal(body, &a) == nil && a.Type == activity {
			return true, nil
		}
	}
	return false, nil
}
