package servers

import (
	"context"
	"errors"
	"sort"
	"strings"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/fetch"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/post"
)

// Record is a Sender that also writes down what was refused for good of a post,
// so that its author can see it.
func (s *Service) Record(send outbox.Sender) outbox.Sender {
	return func(ctx context.Context, it outbox.Item) outbox.Result {
		res := send(ctx, it)
		if it.PostID == 0 || !res.Permanent && !res.Gone {
			return res
		}
		err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			return s.undelivered(ctx, tx, it.PostID, it.Inbox, why(res.Err))
		})
		if err != nil {
			s.Log.Error("a refusal is not written down", "host", it.Host, "err", err)
		}
		return res
	}
}

// undelivered writes down that a post does not reach an inbox, and why.
func (s *Service) undelivered(ctx context.Context, tx *db.Tx, postID int64, inbox, why string) error {
	_, err := tx.Exec(ctx, `insert into post_undelivered (post_id, inbox, error, at) select p.id, $2, $3, $4 from post p where p.id = $1
		on conflict (post_id, inbox) do update set error = excluded.error, at = excluded.at`, postID, inbox, why, s.Clock().UnixMilli())
	return err
}

func why(err error) string {
	var f *fetch.Error
	switch {
	case errors.As(err, &f):
		return f.Error()
	case err != nil:
		return err.Error()
	}
	return ""
}

// State is how a post stands with a server.
type State string

// The states.
const (
	Delivered State = "delivered" // the server has a copy
	Waiting   State = "waiting"   // it will be tried again
	Failed    State = "failed"    // refused for good
)

// Copy is how a post stands with one server.
type Copy struct {
	Host     string
	State    State
	Error    string // as the queue has it, for Reason
	NextAt   int64  // unix ms, of what waits
	Software string // for people, "" when it is not known
}

// Copies tells which servers hold a post, or are about to: those that were sent
// it and those that fetched it.
func (s *Service) Copies(ctx context.Context, postID int64) ([]Copy, error) {
	q := s.DB.Read()
	inboxes, err := db.All[string](ctx, q, `select inbox from post_copy where post_id = $1`, postID)
	if err != nil || len(inboxes) == 0 {
		return nil, err
	}
	waits, err := outbox.WaitingFor(ctx, q, postID)
	if err != nil {
		return nil, err
	}
	refused := map[string]string{}
	rows, err := db.All[struct{ Inbox, Error string }](ctx, q, `select inbox, error from post_undelivered where post_id = $1`, postID)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		refused[r.Inbox] = r.Error
	}
	by := map[string]*Copy{}
	for _, in := range inboxes {
		h := as.Host(in)
		c := by[h]
		if c == nil {
			c = &Copy{Host: h}
			by[h] = c
		}
		text, failed := refused[in]
		switch {
		case waits[in]:
			c.State = Waiting
		case failed && c.State == "":
			c.State, c.Error = Failed, text
		case !failed && c.State != Waiting:
			c.State, c.Error = Delivered, ""
		}
	}
	out := make([]Copy, 0, len(by))
	for h, c := range by {
		if c.State == Waiting {
			st, err := outbox.StateOf(ctx, q, h)
			if err != nil {
				return nil, err
			}
			c.Error, c.NextAt = st.LastError, st.NextAt
		}
		out = append(out, *c)
	}
	rank := map[State]int{Failed: 0, Waiting: 1, Delivered: 2}
	sort.Slice(out, func(i, j int) bool {
		if a, b := rank[out[i].State], rank[out[j].State]; a != b {
			return a < b
		}
		return out[i].Host < out[j].Host
	})
	return out, nil
}

// Leaving counts, for one audience, what left and where it went.
type Leaving struct {
	Audience post.Audience
	Servers  int // that hold a copy of such a post
	Week     int // posts of ours in seven days, leaving or not
}

// Leaves sums up what leaves, by audience.
func (s *Service) Leaves(ctx context.Context) ([]Leaving, error) {
	copies, err := s.sent(ctx, "")
	if err != nil {
		return nil, err
	}
	week := map[post.Audience]int{}
	rows, err := db.All[struct {
		Audience post.Audience
		N        int
	}](ctx, s.DB.Read(), `select audience, count(*) as n from post where local and deleted_at = 0 and created_at > $1 group by audience`,
		s.Clock().Add(-7*24*time.Hour).UnixMilli())
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		week[r.Audience] = r.N
	}
	servers := map[post.Audience]int{}
	for _, counts := range copies {
		for a := range counts {
			servers[a]++
		}
	}
	var out []Leaving
	for _, a := range []post.Audience{post.Section, post.Movement, post.Group, post.Followers, post.Public, post.Direct} {
		out = append(out, Leaving{a, servers[a], week[a]})
	}
	return out, nil
}

// sent counts the posts of which each server has a copy, by audience; host ""
// means all.
func (s *Service) sent(ctx context.Context, name string) (map[string]map[post.Audience]int, error) {
	like := "%"
	if name != "" {
		like = s.Scheme + "://" + strings.NewReplacer("%", "", "_", `\_`, `\`, "").Replace(name) + "/%"
	}
	rows, err := db.All[struct {
		Inbox    string
		Audience post.Audience
		N        int
	}](ctx, s.DB.Read(), `select c.inbox, p.audience, count(*) as n from post_copy c join post p on p.id = c.post_id
		where p.deleted_at = 0 and c.inbox like $1 escape '\' group by c.inbox, p.audience`, like)
	if err != nil {
		return nil, err
	}
	out := map[string]map[post.Audience]int{}
	for _, r := range rows {
		h := as.Host(r.Inbox)
		if out[h] == nil {
			out[h] = map[post.Audience]int{}
		}
		out[h][r.Audience] += r.N
	}
	return out, nil
}
