package federation

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/maillage/maillage/activitypub/as"
)

// NodeBB answers what it fails to do with a Reject to our inbox, and the request
// itself never: without the one taken for the other, all that goes there would
// wait for minutes behind each such delivery, and with it what it would have taken.

var errRefused = errors.New("refused by an activity of its own")

// saidMost is how many refusals of one server are remembered, for deliveries that
// gave up waiting before they came.
const saidMost = 20

// saidHosts bounds of how many servers.
const saidHosts = 1000

// refusals knows which deliveries are under way, and what servers refused.
type refusals struct {
	mu    sync.Mutex
	waits map[string][]*wait   // by host
	said  map[string][]refusal // by host, the newest last
}

type wait struct {
	body []byte
	end  context.CancelCauseFunc
}

// refusal is what a Reject is about: the id of an activity, or what NodeBB says
// instead, which leaves that out.
type refusal struct{ ID, Kind, Actor, Object string }

func refusalIn(reject *as.Doc) refusal {
	o := reject.Object()
	r := refusal{ID: o.ID()}
	if d := o.Doc(); d != nil {
		r.Kind, r.Actor, r.Object = d.Type(), d.Target().ID(), d.Object().ID()
	}
	return r
}

func (r refusal) about(body []byte) bool {
	d, err := as.Parse(body)
	if err != nil {
		return false
	}
	if r.ID != "" {
		return r.ID == d.ID()
	}
	return r.Object != "" && r == refusal{Kind: d.Type(), Actor: d.Actor(), Object: d.Object().ID()}
}

// begin notes a delivery; ctx ends with errRefused when the host refuses it.
func (r *refusals) begin(ctx context.Context, host string, body []byte) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &wait{body, cancel}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waits == nil {
		r.waits, r.said = map[string][]*wait{}, map[string][]refusal{}
	}
	r.waits[host] = append(r.waits[host], w)
	return ctx, func() {
		cancel(nil)
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.waits[host] = slices.DeleteFunc(r.waits[host], func(o *wait) bool { return o == w }); len(r.waits[host]) == 0 {
			delete(r.waits, host)
		}
	}
}

// before reports, once, whether the host refused it when nobody waited any more.
func (r *refusals) before(host string, body []byte) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.IndexFunc(r.said[host], func(o refusal) bool { return o.about(body) })
	if i < 0 {
		return false
	}
	r.said[host] = slices.Delete(r.said[host], i, i+1)
	return true
}

// hear takes what a server said, its signature verified. That may be the same
// Reject again: NodeBB gives all its refusals of one thing the same id.
func (r *refusals) hear(d *as.Doc) {
	if !d.Is("Reject") {
		return
	}
	host, what := as.Host(d.Actor()), refusalIn(d)
	r.mu.Lock()
	waits := slices.Clone(r.waits[host])
	if _, known := r.said[host]; !known && len(r.said) >= saidHosts {
		clear(r.said)
	}
	if r.said != nil && !slices.Contains(r.said[host], what) {
		said := append(r.said[host], what)
		r.said[host] = said[max(0, len(said)-saidMost):]
	}
	r.mu.Unlock()
	for _, w := range waits {
		if what.about(w.body) {
			w.end(errRefused)
		}
	}
}
