package federation

import (
	"context"
	"errors"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
)

// Groups pass on what their members do: an Announce whose object is an activity,
// or a list of them. Each is judged by itself. One by an actor of the group's
// own server is that server's word; any other is a hint like what is forwarded:
// its author's proof or its own server must confirm it.
//
// Spec: FEP-1b12; Spec: OR9

// maxBatch is how many activities are taken out of one Announce.
const maxBatch = 50

// passedOn are the activities that an Announce may carry.
var passedOn = []string{
	"Accept", "Add", "Announce", "Block", "Create", "Delete", "Dislike", "EmojiReact", "Flag", "Join", "Leave", "Like", "Lock", "Move", "Reject",
	"Remove", "Undo", "Update",
}

type unwrappedKey struct{}

// unwrap looks into the activities that an Announce carries. What is wrong
// with one is no reason against the others; the whole is tried again while one
// of them may succeed later, and those that were taken are then known.
func (e *Engine) unwrap(ctx context.Context, in *route.Inbound) error {
	if !in.Doc.Is("Announce") || ctx.Value(unwrappedKey{}) != nil {
		return nil
	}
	var items []*as.Doc
	for _, d := range in.Doc.Object().Docs() {
		if d.Is(passedOn...) && d.ID() != "" && len(items) < maxBatch {
			items = append(items, d)
		}
	}
	ctx = context.WithValue(ctx, unwrappedKey{}, true)
	var later error
	for _, d := range items {
		err := e.takeOut(ctx, in, d)
		if ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		if err != nil && temporary(err) {
			later = err
		}
	}
	return later
}

func (e *Engine) takeOut(ctx context.Context, in *route.Inbound, d *as.Doc) error {
	if as.CheckActivity(d, d.Actor()) != nil || e.own(d.Actor()) {
		return nil
	}
	if as.CheckActivity(d, in.Actor.URI) == nil {
		actor, err := e.Resolve(ctx, d.Actor())
		if err != nil {
			return err
		}
		out := &route.Inbound{Doc: d, Actor: actor, ReceivedAt: in.ReceivedAt, Inside: true}
		if !public(in.Doc) {
			out.Via = in.Actor
		}
		return e.do(ctx, out, nothing)
	}
	if in.Actor.Type == "Group" && !public(in.Doc) {
		return e.takeClosed(ctx, in, d)
	}
	if !forwardable(d) {
		e.observe(cutKind(d.Type()), "ignored")
		return nil
	}
	if _, err := e.Proven(ctx, d, false); err == nil { // costs no question, so is not counted
		return e.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return e.storeItem(ctx, tx, e.seq.New(), d, in.ReceivedAt) })
	}
	if _, ok := e.forwards.Allow(as.Host(in.Actor.URI)); !ok {
		return apperr.Unavailable("federation.too_many")
	}
	return e.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return e.lookInto(ctx, tx, d) })
}
