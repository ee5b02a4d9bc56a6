package event

import (
	"net/http"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/web"
)

// inviteView is where the organiser invites somebody, and sees who has not answered.
type inviteView struct {
	Summary             web.ErrorSummary
	Title, When, Action string
	Back                string
	Field               web.Field
	Closed              string // why nobody can be invited any more
	Rows                []inviteRow
}

type inviteRow struct {
	ID, Name, Handle, Since string
}

func (s *Service) getInvite(c *httpx.Ctx) error { return s.showInvite(c, http.StatusOK, "", nil) }

func (s *Service) showInvite(c *httpx.Ctx, status int, typed string, errs []web.FieldError) error {
	id, err := c.ID("id")
	if err != nil {
		return unknown()
	}
	p, m, _, err := s.mine(c.Context(), c.Viewer, id)
	if err != nil {
		return err
	}
	v := inviteView{Summary: web.ErrorSummary{Errors: errs}, Title: p.Title, When: whenWords(c.Loc, m, time.Now()), Action: path(id) + "/inviter", Back: path(id)}
	v.Field = web.Field{Name: "who", Label: c.T("event.field.who"), Hint: c.T("event.field.who_hint", "Host", s.Accounts.Host), Value: typed, Required: true, MaxLength: 300, Autocomplete: "off"}
	if p.Audience != post.Public {
		v.Field.Hint = c.T("event.field.who_inside")
	}
	for _, e := range errs {
		v.Field.Error = e.Text
	}
	if err := m.takes(&Seat{Answer: Maybe}); err != nil {
		v.Closed = c.ErrorText(err)
	}
	all, err := invited(c.Context(), s.DB.Read(), id)
	if err != nil {
		return err
	}
	people := make([]int64, len(all))
	for i := range all {
		people[i] = all[i].AccountID
	}
	accounts, err := account.ByIDs(c.Context(), s.DB.Read(), people)
	if err != nil {
		return err
	}
	for _, i := range all {
		if a := accounts[i.AccountID]; a != nil {
			v.Rows = append(v.Rows, inviteRow{ids.String(a.ID), a.Name(), "@" + a.Acct(), c.Loc.Day(time.UnixMilli(i.CreatedAt), time.Now())})
		}
	}
	return c.PageStatus(status, &web.Page{Name: "event/invite", Title: c.T("event.invite"), NoIndex: true, Data: v})
}

// postInvite invites somebody, or takes an invitation back.
func (s *Service) postInvite(c *httpx.Ctx) error {
	id, form, err := sent(c)
	if err != nil {
		return err
	}
	if who, ok := ids.Parse(form.Get("drop")); ok {
		if err := s.Uninvite(c.Context(), c.Viewer, id, who); err != nil {
			return err
		}
		c.Flash("success", "event.uninvited")
		return c.Redirect(path(id) + "/inviter")
	}
	typed := strings.TrimSpace(form.Get("who"))
	if _, ok := s.invitations.Allow(ids.String(c.Viewer.AccountID)); !ok {
		return apperr.TooMany("event.invites_slowly")
	}
	a, err := s.Invite(c.Context(), c.Viewer, id, typed)
	if errs := c.FieldErrors(err); len(errs) > 0 {
		return s.showInvite(c, http.StatusUnprocessableEntity, typed, errs)
	} else if apperr.Is(err, apperr.KindInvalid) {
		return s.showInvite(c, http.StatusUnprocessableEntity, typed, nil) // over, or cancelled: the page says so
	} else if err != nil {
		return err
	}
	c.Flash("success", "event.invitation_sent", "Name", a.Name())
	return c.Redirect(path(id) + "/inviter")
}

// invitedBy says on the page of a meeting who invites the viewer to it.
func (s *Service) invitedBy(c *httpx.Ctx, postID int64) (*web.Note, error) {
	if c.Viewer == nil {
		return nil, nil
	}
	i, err := invitation(c.Context(), s.DB.Read(), postID, c.Viewer.AccountID)
	if err != nil || i == nil {
		return nil, err
	}
	by, err := account.ByID(c.Context(), s.DB.Read(), i.ByID)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	return &web.Note{Kind: "info", Title: c.T("event.invited_by", "Name", by.Name()), Text: c.T("event.invited_text")}, nil
}
