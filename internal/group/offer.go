package group

import (
	"context"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/host"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
)

// Whoever animates a group of another server writes the summaries of its threads
// from here: an Offer of the Thread, without an id, as only the group's server
// says what is on top. That takes it, and tells everybody in the group's name.

// ofOurKind reports whether another server keeps summaries and topics as we do.
func ofOurKind(ctx context.Context, q db.Q, name string) (bool, error) {
	w, err := host.SoftwareOf(ctx, q, name)
	return w.Name == "maillage", err
}

// askSummary offers a summary to a group of another server; asked is false when the group is ours.
func (s *Service) askSummary(ctx context.Context, v *auth.Viewer, threadID int64, m Summary) (asked bool, err error) {
	q := s.DB.Read()
	t, err := threadOf(ctx, q, threadID)
	if err != nil || t == nil {
		return false, err
	}
	g, err := Any(ctx, q, t.GroupID)
	if err != nil || g.Ours() {
		return false, err
	}
	if yes, err := ofOurKind(ctx, q, g.Account.Host); err != nil || !yes {
		return true, apperr.Forbidden("group.no_summaries_there").Wrap(err)
	}
	p, err := post.Raw(ctx, q, t.PostID)
	if err != nil {
		return true, err
	}
	o := map[string]any{"type": "Thread", "attributedTo": g.Account.URI, "thread": p.URI, "agreed": m.Agreed, "debated": m.Debated, "nextStep": m.NextStep}
	a := ordered(as.Activity{Type: "Offer", Object: o, Target: g.Account.URI}, time.Now())
	for name, term := range keptTerms() {
		a.ExtraContext[name] = term
	}
	return s.ask(ctx, v, g.AccountID, Animator, a, false, asking{Act: actSum, PostID: t.PostID})
}

// onSummary lets those who animate a group of ours from another server write
// where a thread stands. From anybody else it means nothing.
func (s *Service) onSummary(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	d := in.Doc.Object().Doc()
	if d == nil || in.Actor.Local {
		return nil
	}
	p, err := post.RawByURI(ctx, tx, as.HTTPURL(d.Refs("thread").ID()))
	if err != nil {
		return ignoreMissing(err)
	}
	t, err := threadOf(ctx, tx, p.ID)
	if err != nil || t == nil || t.PostID != p.ID || p.DeletedAt != 0 {
		return err
	}
	g, me, err := moderated(ctx, tx, t.GroupID, in.Actor.ID)
	if err != nil {
		return err
	}
	if g == nil {
		return s.refuseAct(ctx, tx, in, t.GroupID, needs(Animator))
	}
	if as.HTTPURL(in.Doc.Target().ID()) != g.Account.URI {
		return nil
	}
	m := Summary{d.String("agreed"), d.String("debated"), d.String("nextStep")}
	for _, name := range summaryFields {
		*m.part(name) = text.Clean(*m.part(name), MaxSummary)
	}
	at := min(saidAt(in)/1000, now())
	if t.SummaryBy == in.Actor.ID && at < t.SummaryAt {
		return nil // what they wrote first came last
	}
	return s.summarise(ctx, tx, g, me.AccountID, t, m, at)
}

// tellAnimator tells the server of somebody, if it is of our kind, that they
// animate a group, or no longer. No other needs to know.
func (s *Service) tellAnimator(ctx context.Context, tx *db.Tx, g *Group, accountID int64, yes bool) error {
	a, err := account.ByID(ctx, tx, accountID)
	if err != nil || a.Local() {
		return err
	}
	if kin, err := ofOurKind(ctx, tx, a.Host); err != nil || !kin {
		return err
	}
	kind := "Remove"
	if yes {
		kind = "Add"
	}
	return s.tellRole(ctx, tx, g, a, kind, animatorsURI(g.Account))
}

func animatorsURI(a *account.Account) string { return a.URI + "/animators" }

// animates has one of ours animate a group of another server, as that says; more
// than that stays what it is.
func (s *Service) animates(ctx context.Context, tx *db.Tx, groupID int64, uri string, yes bool, by int64) error {
	who, err := account.ByURI(ctx, tx, uri)
	if err != nil {
		return ignoreMissing(err)
	}
	m, err := membership(ctx, tx, groupID, who.ID)
	if err != nil || !who.Local() || !m.In() || m.May(Moderator) || m.May(Animator) == yes {
		return err
	}
	role := Member
	if yes {
		role = Animator
	}
	if _, err := setRole(ctx, tx, groupID, who, role); err != nil {
		return err
	}
	return s.journal(ctx, tx, Line{GroupID: groupID, ByID: by, Act: "role", AccountID: who.ID, Reason: role})
}
