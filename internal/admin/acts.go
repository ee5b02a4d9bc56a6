package admin

import (
	"context"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/report"
)

// lifting is an act that takes a measure back, and whether there is one.
type lifting struct {
	act   string
	holds func(*masto.ReportAccount) bool
}

// liftings are those by the last part of their address.
var liftings = map[string]lifting{
	"enable":      {report.ActEnable, func(a *masto.ReportAccount) bool { return a.Disabled }},
	"unsilence":   {report.ActUnlimit, func(a *masto.ReportAccount) bool { return a.Silenced }},
	"unsuspend":   {report.ActUnsuspend, func(a *masto.ReportAccount) bool { return a.Suspended }},
	"unsensitive": {report.ActUncover, func(a *masto.ReportAccount) bool { return a.Sensitive }},
}

// acts are the measures by the names that apps give them.
var acts = map[string]string{
	"none": "", "sensitive": report.ActCover, "disable": report.ActDisable, "silence": report.ActLimit, "suspend": report.ActSuspend,
}

// one finds an account by the id in the address. It knows the accounts that the list has.
func (s *Service) one(r *masto.Req) (*account.Account, *masto.ReportAccount, error) {
	id, err := r.ID("id")
	if err != nil {
		return nil, nil, err
	}
	a, err := account.ByID(r.Context(), s.DB.Read(), id)
	if apperr.Is(err, apperr.KindNotFound) || err == nil && (a.DeletedAt != 0 || a.Hidden || a.Kind == account.Application) {
		return nil, nil, apperr.NotFound("account.not_found")
	} else if err != nil {
		return nil, nil, err
	}
	people, err := s.Reports.People(r.Context(), []int64{id})
	return a, people[id], err
}

// Spec: Mastodon admin/accounts#get-one
func (s *Service) apiGet(r *masto.Req) error {
	_, e, err := s.one(r)
	if err != nil {
		return err
	}
	return r.OK(e)
}

// apiAct does something about an account. A measure needs a text, which the
// person reads; "none" with a text is a word to the person. Mail is never sent.
//
// Spec: Mastodon admin/accounts#action
func (s *Service) apiAct(r *masto.Req) error {
	a, _, err := s.one(r)
	if err != nil {
		return err
	}
	act, ok := acts[r.String("type")]
	if !ok {
		return apperr.Invalid("report.bad_type").Field("type", "report.bad_type")
	}
	d := report.Decision{Act: act, Why: r.String("text")}
	var about int64
	if r.String("report_id") != "" {
		if about, ok = ids.Parse(r.String("report_id")); !ok {
			return apperr.NotFound("report.not_found")
		}
	}
	if act == "" && (d.Why != "" || about == 0) {
		d.Act = report.ActWarn
	}
	if err := s.Reports.ActUpon(r.Context(), r.Viewer, a.ID, about, d); err != nil {
		return err
	}
	return r.Empty()
}

// apiLift takes a measure back; where there is none nothing happens.
//
// Spec: Mastodon admin/accounts#unsilence
func (s *Service) apiLift(l lifting) masto.Handler {
	return func(r *masto.Req) error {
		a, e, err := s.one(r)
		if err != nil {
			return err
		}
		if l.holds(e) {
			if err := s.Reports.ActUpon(r.Context(), r.Viewer, a.ID, 0, report.Decision{Act: l.act}); err != nil {
				return err
			}
		}
		return s.apiGet(r)
	}
}

// apiAdmit answers for those who would wait to be let in: nobody does.
//
// Spec: Mastodon admin/accounts#approve
func (s *Service) apiAdmit(r *masto.Req) error {
	if _, _, err := s.one(r); err != nil {
		return err
	}
	return apperr.Forbidden("admin.not_waiting")
}

// apiErase deletes an account that is suspended, with all it holds.
//
// Spec: Mastodon admin/accounts#delete
func (s *Service) apiErase(r *masto.Req) error {
	a, e, err := s.one(r)
	if err != nil {
		return err
	}
	if a.SuspendedAt == 0 {
		return apperr.Forbidden("admin.not_suspended")
	}
	ctx := r.Context()
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := s.Reports.Erased(ctx, tx, r.Viewer, a.ID); err != nil {
			return err
		}
		return s.Accounts.DeleteIn(ctx, tx, a.ID)
	})
	if err != nil {
		return err
	}
	if err := s.DB.Forget(ctx); err != nil {
		return err
	}
	return r.OK(e)
}
