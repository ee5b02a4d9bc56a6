package federation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/jobs"
)

// States of an item of the inbox.
const (
	waiting = iota
	retrying
	done
	refused
)

// item is one activity of the inbox.
type item struct {
	ID         string
	Seq        int64
	Actor      string
	Kind       string
	Body       []byte
	State      int64
	ReceivedAt int64
}

// accept stores a verified activity with its job. What was seen has no further
// effect.
//
// Spec: OR15, RE1
func (e *Engine) accept(ctx context.Context, in *received) error {
	host, scheme, sync := as.Host(in.signature.KeyID), in.signature.Taken(), e.toSync(in)
	news := e.peers.news(host, scheme)
	e.refusals.hear(in.doc)
	return e.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if news {
			if err := e.learn(ctx, tx, host, scheme); err != nil {
				return err
			}
		}
		if err := e.enqueueSync(ctx, tx, sync); err != nil {
			return err
		}
		return e.storeItem(ctx, tx, e.seq.New(), in.doc, in.at)
	})
}

// storeItem stores a verified activity, once; seq is its place among those of its actor.
func (e *Engine) storeItem(ctx context.Context, tx *db.Tx, seq int64, d *as.Doc, at time.Time) error {
	n, err := db.Exec(ctx, tx, `insert into inbox_item (id, seq, actor, kind, body, state, received_at)
		values ($1, $2, $3, $4, $5, $6, $7) on conflict (id) do nothing`,
		effect(d), seq, d.Actor(), cutKind(d.Type()), d.Bytes, waiting, at.UnixMilli())
	if err != nil || n == 0 {
		return err
	}
	if err := e.prune(ctx, tx); err != nil {
		return err
	}
	return jobs.Enqueue(ctx, tx, kindProcess, process{Actor: d.Actor()}, jobs.Key(d.Actor()))
}

// effect is what an activity is known by when it comes again: its id, and for an
// Update also its bytes, since GoToSocial gives all edits of a post the same id.
func effect(d *as.Doc) string {
	if !d.Is("Update") {
		return d.ID()
	}
	sum := sha256.Sum256(d.Bytes)
	return d.ID() + " " + hex.EncodeToString(sum[:])
}

// cutKind bounds a type that a peer made up.
func cutKind(t string) string {
	if len(t) > 64 {
		return "?"
	}
	return t
}

// prune has the month-old items removed, once a day while there is traffic.
func (e *Engine) prune(ctx context.Context, tx *db.Tx) error {
	now := e.Clock()
	e.mu.Lock()
	due := now.Sub(e.pruned) > 24*time.Hour
	if due {
		e.pruned = now
	}
	e.mu.Unlock()
	if !due {
		return nil
	}
	return jobs.Enqueue(ctx, tx, kindPrune, struct{}{}, jobs.Key("prune"))
}

// pruneNow removes what is old. What waits and has lost its job, as the ends of
// long bursts did in former versions, gets a new one.
func (e *Engine) pruneNow(ctx context.Context, _ []byte) error {
	now := e.Clock()
	left, err := db.All[string](ctx, e.DB.Read(), `select distinct actor from inbox_item where state = 0 limit 1000`)
	if err != nil {
		return err
	}
	return e.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `delete from inbox_item where received_at < $1`, now.Add(-keepItems).UnixMilli()); err != nil {
			return err
		}
		for _, actor := range left {
			if err := jobs.Enqueue(ctx, tx, kindProcess, process{Actor: actor}, jobs.Key(actor)); err != nil {
				return err
			}
		}
		// A signature is good for half a day; what could not be verified by then never will be.
		_, err := tx.Exec(ctx, `delete from inbox_unverified where received_at < $1`, now.Add(-24*time.Hour).UnixMilli())
		return err
	})
}

// unverified is a request whose key is not known yet.
type unverified struct {
	ID         int64
	KeyID      string
	Host       string
	Target     string // of the request line
	Authority  string // the Host header
	Headers    string // JSON
	Body       []byte
	ReceivedAt int64
}

// unsignedHeaders are never needed to check a signature.
var unsignedHeaders = []string{"Cookie", "X-Forwarded-For", "X-Real-Ip", "Forwarded"}

// hold keeps a request until its key is fetched. How many are kept is bounded,
// for each server and in all, so that strangers cannot fill the disk.
func (e *Engine) hold(ctx context.Context, in *received) error {
	// A key id names any server that its sender likes; where it comes from it does not choose.
	if st, ok := e.unknowns.Allow(in.network); !ok {
		return &busyError{apperr.TooMany("federation.too_many"), st.Retry}
	}
	h := in.request.Header.Clone()
	for _, name := range unsignedHeaders {
		h.Del(name)
	}
	headers, err := json.Marshal(h)
	if err != nil {
		return err
	}
	u := unverified{
		ID: e.seq.New(), KeyID: in.signature.KeyID, Host: as.Host(in.signature.KeyID), Target: in.request.URL.RequestURI(),
		Authority: in.request.Host, Headers: string(headers), Body: in.body, ReceivedAt: in.at.UnixMilli(),
	}
	return e.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := e.room(ctx, tx, u.Host, len(u.Body)); err != nil {
			return err
		}
		if err := db.Insert(ctx, tx, "inbox_unverified", u); err != nil {
			return err
		}
		return jobs.Enqueue(ctx, tx, kindAdmit, admit{KeyID: u.KeyID}, jobs.Key(u.KeyID))
	})
}

// request rebuilds what was received, to check its signature.
func (u *unverified) request() (*http.Request, error) {
	target, err := url.ParseRequestURI(u.Target)
	if err != nil {
		return nil, err
	}
	r := &http.Request{Method: http.MethodPost, URL: target, Host: u.Authority, Header: http.Header{}}
	return r, json.Unmarshal([]byte(u.Headers), &r.Header)
}
