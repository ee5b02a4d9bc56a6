package group

import (
	"context"
	"net/http"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/web"
)

// HandOver gives a group to another member, who is registered here: its settings are
// made on this server, where somebody of another one cannot sign in.
// Errors: KindForbidden, KindInvalid with the field "who".
func (s *Service) HandOver(ctx context.Context, v *auth.Viewer, groupID, accountID int64) error {
	return s.by(ctx, v, groupID, Owner, func(ctx context.Context, tx *db.Tx, g *Group, me *Membership) error {
		bad := apperr.Invalid("group.handover_bad").Field("who", "group.handover_bad")
		a, err := account.ByID(ctx, tx, accountID)
		if err != nil || !a.Local() || a.Gone() || accountID == me.AccountID {
			return bad
		}
		m, err := membership(ctx, tx, g.AccountID, accountID)
		if err != nil {
			return err
		}
		if members, err := auth.MembersAmong(ctx, tx, []int64{a.ID}); err != nil {
			return err
		} else if !m.In() || !members[a.ID] {
			return bad
		}
		m.Role, m.ByID, me.Role = Owner, me.AccountID, Moderator
		for _, x := range []*Membership{m, me} {
			if err := saveMember(ctx, tx, x); err != nil {
				return err
			}
		}
		if err := s.Notify.Add(ctx, tx, a.ID, notify.GroupInvite, g.AccountID, 0); err != nil {
			return err
		}
		return s.journal(ctx, tx, Line{GroupID: g.AccountID, ByID: me.AccountID, Act: "handover", AccountID: accountID})
	})
}

func (s *Service) getHandOver(c *httpx.Ctx) error { return s.showHandOver(c, http.StatusOK, "", nil) }

func (s *Service) showHandOver(c *httpx.Ctx, status int, chosen string, errs []web.FieldError) error {
	g, me, err := s.here(c)
	if err != nil {
		return err
	}
	if !me.May(Owner) {
		return needs(Owner)
	}
	h, err := s.head(c, g, me, "members")
	if err != nil {
		return err
	}
	list, err := db.All[int64](c.Context(), s.DB.Read(), `select m.account_id from group_member m join account a on a.id = m.account_id join login l on l.account_id = a.id
		where m.group_id = $1 and m.state = 'in' and m.account_id <> $2 and a.host = '' and a.deleted_at = 0 and a.suspended_at = 0 and l.member
		order by case m.role when 'moderator' then 0 when 'animator' then 1 else 2 end, a.handle limit $3`, g.AccountID, me.AccountID, maxListed)
	if err != nil {
		return err
	}
	accounts, err := account.ByIDs(c.Context(), s.DB.Read(), list)
	if err != nil {
		return err
	}
	who := web.Field{Name: "who", Label: c.T("group.handover_who"), Hint: c.T("group.handover_here"), Type: "radio"}
	for _, id := range list {
		if a := accounts[id]; a != nil {
			who.Choices = append(who.Choices, web.Choice{Value: ids.String(id), Label: a.Name(), Hint: "@" + a.Username, Checked: ids.String(id) == chosen})
		}
	}
	v := formView{Head: h, Title: c.T("group.handover"), Text: c.T("group.handover_text"), Action: Path(g.Account) + "/confier", Button: c.T("group.handover"),
		Back: Path(g.Account) + "/membres", Danger: true, Summary: web.ErrorSummary{Errors: errs}}
	if len(who.Choices) == 0 {
		v.Text, v.Button = c.T("group.handover_nobody"), ""
	} else {
		sure := web.Field{Name: "sure", Label: c.T("group.handover_sure"), Type: "checkbox"}
		fill(&who, errs)
		fill(&sure, errs)
		v.Fields = []web.Field{who, sure}
	}
	return s.showForm(c, status, v)
}

func (s *Service) postHandOver(c *httpx.Ctx) error {
	g, me, err := s.here(c)
	if err != nil {
		return err
	}
	if !me.May(Owner) {
		return needs(Owner)
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	if form.Get("sure") == "" {
		return s.showHandOver(c, http.StatusUnprocessableEntity, form.Get("who"), []web.FieldError{{Name: "sure", Text: c.T("group.handover_unsure")}})
	}
	id, _ := ids.Parse(form.Get("who"))
	err = s.HandOver(c.Context(), c.Viewer, g.AccountID, id)
	if errs := c.FieldErrors(err); len(errs) > 0 {
		return s.showHandOver(c, http.StatusUnprocessableEntity, form.Get("who"), errs)
	} else if err != nil {
		return err
	}
	a, err := account.ByID(c.Context(), s.DB.Read(), id)
	if err != nil {
		return err
	}
	c.Flash("success", "group.handover_done", "Name", a.Name())
	return c.Redirect(Path(g.Account))
}
