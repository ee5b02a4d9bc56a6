package federation

import (
	"context"
	"encoding/json"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
)

// What a group passes on to its members alone cannot be asked of everybody: it is
// believed by the proof of its author, and needs no question. The group decides
// what is in it, so the handlers learn through whom it came.
//
// Spec: FEP-8b32; Spec: FEP-1b12

func nothing(context.Context, *db.Tx) error { return nil }

func public(d *as.Doc) bool { return as.HasPublic(d.To()) || as.HasPublic(d.Cc()) }

// takeClosed does an activity that a group announced to its members alone.
func (e *Engine) takeClosed(ctx context.Context, in *route.Inbound, d *as.Doc) error {
	if as.CheckActivity(d, d.Actor()) != nil {
		return nil
	}
	actor, err := e.Proven(ctx, d, true)
	if err == nil {
		return e.do(ctx, &route.Inbound{Doc: d, Actor: actor, ReceivedAt: in.ReceivedAt, Via: in.Actor}, nothing)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	// An old proof, or none: the author's own server is asked, which asks the group's.
	subject := d.Object().ID()
	if !d.Is("Create", "Update") || !as.SameOrigin(subject, d.Actor()) || e.own(subject) {
		e.observe(cutKind(d.Type()), "ignored")
		return nil
	}
	said, err := e.fetched(ctx, d)
	if err != nil {
		return err
	}
	said.ReceivedAt, said.Via = in.ReceivedAt, in.Actor
	return e.do(ctx, said, nothing)
}

// fetched is an activity with the object as its own server has it now.
func (e *Engine) fetched(ctx context.Context, d *as.Doc) (*route.Inbound, error) {
	o, err := e.Fetch(ctx, d.Object().ID())
	if err != nil {
		return nil, err
	}
	if o.AttributedTo() != d.Actor() || o.ID() != d.Object().ID() {
		return nil, apperr.Forbidden("federation.origin")
	}
	actor, err := e.Resolve(ctx, d.Actor())
	if err != nil {
		return nil, err
	}
	return said(d.Type(), o.ID(), actor, json.RawMessage(o.Bytes))
}
