package report

import (
	"context"
	"slices"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/masto"
)

func errNobody() error { return apperr.NotFound("account.not_found") }

// apiAdmin declares the reports of moderators' apps.
//
// Spec: Mastodon admin/reports
func (s *Service) apiAdmin(r *masto.Router) {
	const read, write = "admin:read:reports", "admin:write:reports"
	r.Get("/api/v1/admin/reports", read, moderators(s.apiList))
	r.Get("/api/v1/admin/reports/{id}", read, moderators(s.apiGet))
	r.Post("/api/v1/admin/reports/{id}/resolve", write, moderators(s.apiDecide(ActResolve)))
	r.Post("/api/v1/admin/reports/{id}/reopen", write, moderators(s.apiDecide(ActReopen)))
	r.Post("/api/v1/admin/reports/{id}/assign_to_self", write, moderators(s.apiDecide(ActTake)))
	r.Post("/api/v1/admin/reports/{id}/unassign", write, moderators(s.apiDecide(ActLeave)))
	r.Put("/api/v1/admin/reports/{id}", write, moderators(s.apiSort))
}

// moderators lets moderators and administrators pass, whatever the token says.
func moderators(h masto.Handler) masto.Handler {
	return func(r *masto.Req) error {
		if !r.Viewer.IsModerator() {
			return apperr.Forbidden("report.staff_only")
		}
		return h(r)
	}
}

// Spec: Mastodon admin/reports#get
func (s *Service) apiList(r *masto.Req) error {
	p := r.PageOf(masto.PageDefault, masto.AccountsMax)
	f := filter{resolved: r.Bool("resolved", false)}
	for name, id := range map[string]*int64{"account_id": &f.accountID, "target_account_id": &f.targetID} {
		if n, ok := r.IDParam(name); ok {
			*id = n
		} else if r.Has(name) {
			return masto.List[masto.AdminReport](r, nil) // nobody's id
		}
	}
	rows, err := s.listed(r.Context(), f, p)
	if err != nil {
		return err
	}
	masto.LinkFor(r, p, rows, func(x Report) int64 { return x.ID })
	out := make([]masto.AdminReport, 0, len(rows))
	for i := range rows {
		e, err := s.adminEntity(r, &rows[i])
		if err != nil {
			return err
		}
		out = append(out, *e)
	}
	return masto.List(r, out)
}

// Spec: Mastodon admin/reports#get-one
func (s *Service) apiGet(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	rep, err := s.Get(r.Context(), id)
	if err != nil {
		return err
	}
	e, err := s.adminEntity(r, rep)
	if err != nil {
		return err
	}
	return r.OK(e)
}

// apiSort changes what a report is about: its kind and the rules; what is not named stays.
//
// Spec: Mastodon admin/reports#update
func (s *Service) apiSort(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	d := Decision{Act: ActSort, Category: r.String("category")}
	if r.Has("rule_ids") {
		d.Rules = slices.DeleteFunc(append([]string{}, r.Strings("rule_ids")...), func(id string) bool { return id == "" })
	}
	if len(d.Rules) > 0 {
		there, err := s.Rules(r.Context(), d.Rules)
		if err != nil {
			return err
		}
		if len(there) != len(d.Rules) {
			return apperr.Invalid("report.bad_rules").Field("rule_ids", "report.bad_rules")
		}
	}
	if d.Category == "" && d.Rules == nil {
		return s.apiGet(r)
	}
	if err := s.Decide(r.Context(), r.Viewer, id, d); err != nil {
		return err
	}
	return s.apiGet(r)
}

func (s *Service) apiDecide(act string) masto.Handler {
	return func(r *masto.Req) error {
		id, err := r.ID("id")
		if err != nil {
			return err
		}
		if err := s.Decide(r.Context(), r.Viewer, id, Decision{Act: act}); err != nil {
			return err
		}
		return s.apiGet(r)
	}
}

// adminEntity is a report as moderators see it, with who complained.
//
// Spec: Mastodon entities/Admin_Report
func (s *Service) adminEntity(r *masto.Req, rep *Report) (*masto.AdminReport, error) {
	ctx := r.Context()
	e := &masto.AdminReport{ID: masto.ID(rep.ID), ActionTaken: rep.ResolvedAt != 0, ActionTakenAt: masto.AtOrNil(rep.ResolvedAt),
		Category: rep.Category, Comment: rep.Comment, Forwarded: rep.Forwarded, CreatedAt: masto.At(rep.CreatedAt), UpdatedAt: masto.At(max(rep.CreatedAt, rep.ResolvedAt))}
	from := rep.AccountID
	if from == 0 { // deleted since: the instance stands in
		app, err := s.App(ctx)
		if err != nil {
			return nil, err
		}
		from = app.ID
	}
	people, err := s.People(ctx, []int64{rep.TargetID, from, rep.ResolvedBy, rep.AssignedTo})
	if err != nil {
		return nil, err
	}
	target, who := people[rep.TargetID], people[from]
	if target == nil || who == nil {
		return nil, errNobody()
	}
	e.TargetAccount, e.Account, e.ActionTakenBy, e.Assigned = *target, *who, people[rep.ResolvedBy], people[rep.AssignedTo]
	if s.Rules != nil {
		if e.Rules, err = s.Rules(ctx, rep.RuleList()); err != nil {
			return nil, err
		}
	}
	views, err := s.Reported(ctx, r.Viewer, rep)
	if err != nil {
		return nil, err
	}
	e.Statuses = s.Posts.Entities(r.Viewer, views)
	return e, nil
}

// limited reports whether an account is shown to its followers only.
func limited(ctx context.Context, q db.Q, id int64) (bool, error) {
	return db.Get[bool](ctx, q, `select limited_at <> 0 from account where id = $1`, id)
}
