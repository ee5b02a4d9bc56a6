package report

import (
	"context"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/masto"
)

// API declares how client apps complain.
//
// Spec: Mastodon reports
func (s *Service) API(r *masto.Router) {
	r.Post("/api/v1/reports", "write:reports", s.apiFile)
	s.apiAdmin(r)
}

// Spec: Mastodon reports#post
func (s *Service) apiFile(r *masto.Req) error {
	id, ok := r.IDParam("account_id")
	if !ok {
		return errNobody()
	}
	rep, err := s.File(r.Context(), r.Viewer, New{TargetID: id, PostIDs: r.IDs("status_ids", maxPosts), Category: r.String("category"),
		Comment: r.String("comment"), Rules: r.Strings("rule_ids"), Forward: r.Bool("forward", false)})
	if err != nil {
		return err
	}
	all, err := s.Entities(r.Context(), []int64{rep.ID})
	if err != nil {
		return err
	}
	return r.OK(all[rep.ID])
}

// Entities gives reports as client apps know them, by id, in a fixed number of queries.
//
// Spec: Mastodon entities/Report
func (s *Service) Entities(ctx context.Context, ids []int64) (map[int64]*masto.Report, error) {
	out := make(map[int64]*masto.Report, len(ids))
	frag, args := db.In(1, ids)
	rows, err := db.All[Report](ctx, s.DB.Read(), `select `+columns+` from report where id in `+frag, args...)
	if err != nil {
		return nil, err
	}
	var people []int64
	for _, r := range rows {
		people = append(people, r.TargetID, r.AccountID)
	}
	accounts, err := account.ByIDs(ctx, s.DB.Read(), people)
	if err != nil {
		return nil, err
	}
	posts, err := s.PostIDs(ctx, ids)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		r := &rows[i]
		e := &masto.Report{ID: masto.ID(r.ID), ActionTaken: r.ResolvedAt != 0, ActionTakenAt: masto.AtOrNil(r.ResolvedAt), Category: r.Category,
			Comment: r.Comment, Forwarded: r.Forwarded, CreatedAt: masto.At(r.CreatedAt), RuleIDs: r.RuleList()}
		for _, id := range posts[r.ID] {
			e.StatusIDs = append(e.StatusIDs, masto.ID(id))
		}
		if a := accounts[r.TargetID]; a != nil {
			e.TargetAccount = s.Accounts.Entity(a)
			if by := accounts[r.AccountID]; by != nil {
				e.From = masto.Ptr(s.Accounts.Entity(by))
			}
			out[r.ID] = e
		}
	}
	return out, nil
}

// actions are the names that client apps know the acts by.
var actions = map[string]string{ActDelete: "delete_statuses", ActLimit: "silence", ActSuspend: "suspend", ActUnlimit: "none", ActUnsuspend: "none",
	ActWarn: "none", ActCover: "sensitive", ActUncover: "none", ActDisable: "disable", ActEnable: "none"}

// WarningEntities gives those acts of moderators that concern v, by their
// numbers, as client apps know them.
//
// Spec: Mastodon entities/AccountWarning
func (s *Service) WarningEntities(ctx context.Context, v *auth.Viewer, ids []int64) (map[int64]*masto.AccountWarning, error) {
	frag, args := db.In(2, ids)
	rows, err := db.All[Row](ctx, s.DB.Read(), `select `+logColumns+` from staff_log where target_id = $1 and id in `+frag, append([]any{v.AccountID}, args...)...)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	me, err := account.ByID(ctx, s.DB.Read(), v.AccountID)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]*masto.AccountWarning, len(rows))
	for _, r := range rows {
		if !told[r.Act] {
			continue
		}
		e := &masto.AccountWarning{ID: masto.ID(r.ID), Action: actions[r.Act], Text: r.Why, TargetAccount: s.Accounts.Entity(me), CreatedAt: masto.At(r.At)}
		if r.PostID != 0 {
			e.StatusIDs = append(e.StatusIDs, masto.ID(r.PostID))
		}
		out[r.ID] = e
	}
	return out, nil
}
