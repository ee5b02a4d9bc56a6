package federation

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/fetch"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/jobs"
)

// The kinds of job of the engine.
const (
	kindAdmit   = "federation.admit"
	kindProcess = "federation.process"
	kindRetry   = "federation.retry"
	kindRefresh = "federation.refresh"
	kindPrune   = "federation.prune"
	kindForward = "federation.forwarded"
	kindSeen    = "federation.seen"
	kindSync    = "federation.sync"
)

// Jobs are the kinds of work of the engine, for the runner.
func (e *Engine) Jobs() []jobs.Kind {
	return []jobs.Kind{
		{Name: kindAdmit, Handle: jobs.JSON(e.admitHeld), Timeout: time.Minute, Concurrency: 8},
		{Name: kindProcess, Handle: jobs.JSON(e.processActor), Timeout: 5 * time.Minute, Concurrency: 8},
		{Name: kindRetry, Handle: jobs.JSON(e.retryItem), Timeout: 5 * time.Minute, Concurrency: 4},
		{Name: kindRefresh, Handle: jobs.JSON(e.refreshActor), Timeout: time.Minute, Concurrency: 4},
		{Name: kindForward, Handle: jobs.JSON(e.checkForwarded), Timeout: time.Minute, Concurrency: 2},
		{Name: kindSeen, Handle: jobs.JSON(e.noteSeen), Timeout: time.Minute, Concurrency: 2},
		{Name: kindSync, Handle: jobs.JSON(e.synchronize), Timeout: time.Minute, Concurrency: 2},
		{Name: kindPrune, Handle: e.pruneNow, Concurrency: 1},
	}
}

// process is the job that works off what an actor sent.
type process struct{ Actor string }

// retry is the job that tries one item again, out of turn.
type retry struct{ Seq int64 }

// turns sees to it that an actor's items are worked off by one worker at a
// time, without another waiting: who comes second leaves word and goes.
type turns struct {
	mu   sync.Mutex
	busy map[string]bool // true: somebody came meanwhile
}

func (t *turns) take(actor string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, taken := t.busy[actor]; taken {
		t.busy[actor] = true
		return false
	}
	if t.busy == nil {
		t.busy = map[string]bool{}
	}
	t.busy[actor] = false
	return true
}

// end gives the turn back, unless somebody came meanwhile: then there is more to do.
func (t *turns) end(actor string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.busy[actor] {
		t.busy[actor] = false
		return false
	}
	delete(t.busy, actor)
	return true
}

func (t *turns) drop(actor string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.busy, actor)
}

// turnItems is how many items one job works off before others get their turn.
const turnItems = 50

// processActor works off the waiting items of one actor in the order of their arrival.
func (e *Engine) processActor(ctx context.Context, j process) error {
	if !e.turns.take(j.Actor) {
		return nil // whoever has the turn looks again before giving it back
	}
	kept := true
	defer func() {
		if kept {
			e.turns.drop(j.Actor)
		}
	}()
	for n := 0; ; {
		items, err := db.All[item](ctx, e.DB.Read(), `select id, seq, actor, kind, body, state, received_at from inbox_item
			where actor = $1 and state = 0 order by seq limit 20`, j.Actor)
		if err != nil {
			return err
		}
		for i := range items {
			if err := e.first(ctx, &items[i]); err != nil {
				return err
			}
			n++
		}
		if n >= turnItems {
			// The job for the rest may begin before this one is over, and must not
			// be sent away by a turn that nobody has any more.
			kept = false
			e.turns.drop(j.Actor)
			return e.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
				return jobs.Enqueue(ctx, tx, kindProcess, j, jobs.Key(j.Actor))
			})
		}
		if len(items) == 0 && e.turns.end(j.Actor) {
			kept = false
			return nil
		}
	}
}

// first tries an item for the first time. One that may succeed later is put
// aside for a job of its own, so that those behind it do not wait.
func (e *Engine) first(ctx context.Context, it *item) error {
	err := e.work(ctx, it)
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return errors.Join(err, ctx.Err())
	}
	if !temporary(err) {
		return e.refuse(ctx, it, err)
	}
	e.Log.Info("activity will be tried again", "kind", it.Kind, "err", err)
	e.observe(it.Kind, "retried")
	return e.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `update inbox_item set state = $1 where seq = $2`, retrying, it.Seq); err != nil {
			return err
		}
		return jobs.Enqueue(ctx, tx, kindRetry, retry{it.Seq}, jobs.At(e.Clock().Add(20*time.Second)))
	})
}

func (e *Engine) retryItem(ctx context.Context, j retry) error {
	it, err := db.Get[item](ctx, e.DB.Read(), `select id, seq, actor, kind, body, state, received_at from inbox_item
		where seq = $1 and state = 1`, j.Seq)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	err = e.work(ctx, &it)
	if err == nil || temporary(err) {
		return err
	}
	return e.refuse(ctx, &it, err)
}

// refuse ends an item that no retry can help. Only the code of the error stays.
func (e *Engine) refuse(ctx context.Context, it *item, cause error) error {
	e.Log.Debug("activity refused", "kind", it.Kind, "err", cause)
	e.observe(it.Kind, "refused")
	code := "internal"
	if a, ok := apperr.As(cause); ok {
		code = a.Key
	}
	return e.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update inbox_item set state = $1, error = $2, body = null where seq = $3`, refused, code, it.Seq)
		return err
	})
}

// work does what an activity asks for: fetch first, then all handlers that
// match in one transaction with the end of the item. A handler that panics has
// failed like one that returns an error: what is behind it does not wait.
func (e *Engine) work(ctx context.Context, it *item) (err error) {
	defer func() {
		if p := recover(); p != nil {
			e.Log.Error("activity handler panicked", "kind", it.Kind, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("federation: panic: %v", p)
		}
	}()
	d, err := as.Parse(it.Body)
	if err != nil {
		return apperr.BadRequest("federation.malformed").Wrap(err)
	}
	ctx = fetch.WithBudget(ctx, processBudget)
	in := &route.Inbound{Doc: d, ReceivedAt: time.UnixMilli(it.ReceivedAt)}
	if in.Actor, err = e.Resolve(ctx, d.Actor()); err != nil {
		return err
	}
	return e.do(ctx, in, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update inbox_item set state = $1, body = null where seq = $2`, done, it.Seq)
		return err
	})
}

// do leads an activity, whose actor is sure, to its handlers; end belongs to
// their transaction.
func (e *Engine) do(ctx context.Context, in *route.Inbound, end func(context.Context, *db.Tx) error) error {
	if in.Actor.Suspended || in.Actor.Deleted || e.blocked(as.Host(in.Actor.URI)) {
		return apperr.Forbidden("federation.blocked")
	}
	if err := e.unwrap(ctx, in); err != nil {
		return err
	}
	types, err := e.object(ctx, in)
	if err != nil {
		return err
	}
	matching := e.match(in.Doc, types)
	if len(matching) > 0 {
		ctx = e.withEmbedded(ctx, in)
	}
	for _, r := range matching {
		if r.Prepare == nil {
			continue
		}
		if err := r.Prepare(ctx, e, in); err != nil {
			return err
		}
	}
	err = e.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		for _, r := range matching {
			if err := r.Handle(ctx, tx, in); err != nil {
				return err
			}
		}
		return end(ctx, tx)
	})
	if err == nil {
		outcome := "done"
		if len(matching) == 0 {
			outcome = "ignored"
		}
		e.observe(cutKind(in.Doc.Type()), outcome)
	}
	return err
}

// object finds what an activity is about, and its types, nil when only an id is
// told. An embedded object is believed if it is of the actor's own origin; a
// Create or Update needs one, so theirs is fetched where it is not.
//
// Spec: OR9; Spec: FEP-fe34
func (e *Engine) object(ctx context.Context, in *route.Inbound) ([]string, error) {
	ref := in.Doc.Object().First()
	in.ObjectURI = ref.ID()
	if ref.Doc != nil && as.Trusted(ref.Doc, in.Actor.URI) {
		in.Object = ref.Doc
		return ref.Doc.Types(), nil
	}
	if in.Doc.Is("Create", "Update") && in.ObjectURI != "" && !e.own(in.ObjectURI) {
		d, err := e.Fetch(ctx, in.ObjectURI)
		if err != nil {
			return nil, err
		}
		in.Object, in.ObjectURI = d, d.ID()
		return d.Types(), nil
	}
	if ref.Doc != nil {
		return ref.Doc.Types(), nil
	}
	return nil, nil
}

// match lists the declarations for an activity, in their order.
func (e *Engine) match(d *as.Doc, objectTypes []string) []route.Activity {
	var out []route.Activity
	for _, r := range e.Activities {
		if !d.Is(r.Type) {
			continue
		}
		ok := r.Object == "*" || r.Object == "" && len(objectTypes) == 0
		for _, t := range objectTypes {
			ok = ok || r.Object == t
		}
		if ok {
			out = append(out, r)
		}
	}
	return out
}
