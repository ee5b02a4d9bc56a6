package federation

import (
	"context"
	"sync"
	"time"

	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
)

// rememberScheme is how long we keep to the signature scheme that a server took.
const rememberScheme = 30 * 24 * time.Hour

// peers remembers which signatures other servers take: whoever signs by
// RFC 9421, says that it implements it, or took such a signature, gets one at
// the first try. Everybody else gets draft-cavage, since some answer 200 to what
// they cannot read. That somebody signs in the older way does not mean that
// they read no other: only a delivery that was refused takes a step back.
type peers struct {
	mu    sync.Mutex
	known map[string]taken
}

// taken is what a server took, and since when we know.
type taken struct {
	scheme sig.Scheme
	at     time.Time
}

const maxPeers = 10000

func newPeers() *peers { return &peers{known: map[string]taken{}} }

// news reports whether a server takes more than is remembered of it.
func (p *peers) news(host string, s sig.Scheme) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return s > p.known[host].scheme
}

func (p *peers) put(host string, s sig.Scheme, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.known) >= maxPeers {
		clear(p.known) // the table still has them
	}
	p.known[host] = taken{s, at}
}

// learn writes down a server's scheme.
func (e *Engine) learn(ctx context.Context, tx *db.Tx, host string, s sig.Scheme) error {
	now := e.Clock()
	_, err := tx.Exec(ctx, `insert into peer (host, scheme, learnt_at) values ($1, $2, $3)
		on conflict (host) do update set scheme = excluded.scheme, learnt_at = excluded.learnt_at`, host, s.String(), now.UnixMilli())
	if err != nil {
		return err
	}
	tx.AfterCommit(func() { e.peers.put(host, s, now) })
	return nil
}

// scheme is what to try first with a server.
func (e *Engine) scheme(ctx context.Context, host string) (sig.Scheme, error) {
	e.peers.mu.Lock()
	known, ok := e.peers.known[host]
	e.peers.mu.Unlock()
	now := e.Clock()
	if ok && now.Sub(known.at) < rememberScheme {
		return known.scheme, nil
	}
	row, err := db.Get[struct {
		Scheme   string
		LearntAt int64
	}](ctx, e.DB.Read(), `select scheme, learnt_at from peer where host = $1 and learnt_at > $2`, host, now.Add(-rememberScheme).UnixMilli())
	if apperr.Is(err, apperr.KindNotFound) {
		row.LearntAt, err = now.UnixMilli(), nil
	}
	if err != nil {
		return sig.Cavage, err
	}
	s := sig.ParseScheme(row.Scheme)
	e.peers.put(host, s, time.UnixMilli(row.LearntAt))
	return s, nil
}
