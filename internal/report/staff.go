package report

import (
	"context"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/masto"
)

// lifts are the acts that take a measure back. They need no reason.
var lifts = map[string]bool{ActUnlimit: true, ActUnsuspend: true, ActUncover: true, ActEnable: true}

// ActUpon does what a moderator decides about an account; that of reportID is
// resolved with it, unless that is 0. Without an act it resolves the report alone.
// Errors: as Decide; KindForbidden "report.self_act" for the moderator's own account,
// KindNotFound for an account or for a report that is not about it.
//
// Spec: Mastodon admin/accounts#action
func (s *Service) ActUpon(ctx context.Context, v *auth.Viewer, targetID, reportID int64, d Decision) error {
	if err := d.clean(); err != nil {
		return err
	}
	app, err := s.App(ctx)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := manageable(ctx, tx, v, targetID); err != nil {
			return err
		}
		r := &Report{TargetID: targetID}
		if reportID != 0 {
			if r, err = get(ctx, tx, reportID); err != nil {
				return err
			}
			if r.TargetID != targetID {
				return apperr.NotFound("report.not_found")
			}
		}
		if d.Act != "" {
			if err := reasoned(ctx, tx, targetID, d, told[d.Act] && !lifts[d.Act]); err != nil {
				return err
			}
			if err := s.decide(ctx, tx, v, app, r, d); err != nil {
				return err
			}
		}
		if reportID == 0 || r.ResolvedAt != 0 {
			return nil
		}
		return s.decide(ctx, tx, v, app, r, Decision{Act: ActResolve})
	})
}

// manageable finds an account that v may act upon: no moderator judges themselves.
func manageable(ctx context.Context, q db.Q, v *auth.Viewer, id int64) (*account.Account, error) {
	a, err := account.ByID(ctx, q, id)
	switch {
	case apperr.Is(err, apperr.KindNotFound), err == nil && !listed(a):
		return nil, errNobody()
	case err != nil:
		return nil, err
	case a.ID == v.AccountID:
		return nil, apperr.Forbidden("report.self_act")
	}
	return a, nil
}

// listed reports whether moderators find an account: not that of the instance
// itself, nor those that are deleted or known to nobody.
func listed(a *account.Account) bool {
	return a.DeletedAt == 0 && !a.Hidden && a.Kind != account.Application
}

// Erased writes into the log that v deletes an account, in the transaction that
// does. Errors: as ActUpon.
func (s *Service) Erased(ctx context.Context, tx *db.Tx, v *auth.Viewer, targetID int64) error {
	if _, err := manageable(ctx, tx, v, targetID); err != nil {
		return err
	}
	return write(ctx, tx, Row{ByID: v.AccountID, TargetID: targetID, Act: ActErase})
}

// shut keeps somebody from signing in, or lets them in again.
func (s *Service) shut(ctx context.Context, tx *db.Tx, id int64, on bool) error {
	a, err := account.ByID(ctx, tx, id)
	if err != nil {
		return err
	}
	if !on && a.SuspendedAt != 0 {
		return apperr.Forbidden("report.suspended")
	}
	err = s.Auth.SetDisabled(ctx, tx, id, on)
	if apperr.Is(err, apperr.KindNotFound) {
		err = apperr.Invalid("report.no_login").Field("type", "report.no_login").Wrap(err)
	}
	return err
}

// People gives accounts as moderators see them, in a fixed number of queries. No
// mail address and no address of a machine is in it: a moderator needs neither to
// judge a post.
//
// Spec: Mastodon entities/Admin_Account
func (s *Service) People(ctx context.Context, ids []int64) (map[int64]*masto.ReportAccount, error) {
	q := s.DB.Read()
	list, err := account.ByIDs(ctx, q, ids)
	if err != nil || len(list) == 0 {
		return map[int64]*masto.ReportAccount{}, err
	}
	in, args := db.In(1, ids)
	rows, err := db.All[struct {
		ID       int64
		Limited  bool
		Role     string
		Disabled bool
		Lang     string
	}](ctx, q, `select a.id, a.limited_at <> 0 as limited, coalesce(l.role, '') as role, coalesce(l.disabled, false) as disabled, coalesce(l.lang, '') as lang
		from account a left join login l on l.account_id = a.id where a.id in `+in, args...)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]*masto.ReportAccount, len(rows))
	for _, x := range rows {
		a := list[x.ID]
		if a == nil {
			continue
		}
		e := &masto.ReportAccount{ID: masto.ID(a.ID), Username: a.Username, Domain: masto.OrNil(a.Host), CreatedAt: masto.At(a.CreatedAt), Locale: x.Lang,
			Confirmed: true, Approved: true, Suspended: a.SuspendedAt != 0, Silenced: x.Limited, Sensitive: a.SensitiveAt != 0, Disabled: x.Disabled,
			Account: s.Accounts.Entity(a), Role: masto.FullRole{ID: auth.RoleID(x.Role), Name: x.Role, Permissions: auth.Rights(x.Role)}}
		if e.Locale == "" {
			e.Locale = "fr"
		}
		out[a.ID] = e
	}
	return out, nil
}
