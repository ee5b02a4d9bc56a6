package follow

import (
	"net/http"

	"github.com/maillage/maillage/activitypub/discovery"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/web"
)

// MovePath is the page on one's other addresses and on moving.
const MovePath = "/reglages/demenagement"

// moveView is the page on moving.
type moveView struct {
	Summary web.ErrorSummary
	Handle  string // of the person who reads
	Moved   string // where they moved to, "" when they did not
	Aliases []aliasLine
	Other   web.Field
	To      web.Field
	Sure    web.Field
}

// aliasLine is another address of somebody: its URI, and how people write it.
type aliasLine struct{ URI, Name string }

// webMove declares the page on moving and its forms.
//
// Spec: FEP-7628
func (s *Service) webMove(r *httpx.Router) {
	r.Get(MovePath, httpx.SignedIn, func(c *httpx.Ctx) error { return s.showMove(c, http.StatusOK, nil) })
	r.Post(MovePath+"/adresses", httpx.SignedIn, s.postAlias)
	r.Post(MovePath+"/adresses/retirer", httpx.SignedIn, s.postNoAlias)
	r.Post(MovePath+"/partir", httpx.SignedIn, s.postMove)
}

func (s *Service) showMove(c *httpx.Ctx, status int, errs []web.FieldError) error {
	me, err := account.ByID(c.Context(), s.DB.Read(), c.Viewer.AccountID)
	if err != nil {
		return err
	}
	known, err := account.Aliases(c.Context(), s.DB.Read(), me.ID)
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	v := moveView{
		Summary: web.ErrorSummary{Errors: errs}, Handle: "@" + me.Username + "@" + s.Accounts.Host, Moved: s.nameOf(c, me.MovedTo),
		Other: web.Field{Name: "other", Label: c.T("follow.move.other"), Hint: c.T("follow.move.other.hint"), Value: form.Get("other"), MaxLength: 512},
		To:    web.Field{Name: "to", Label: c.T("follow.move.to"), Hint: c.T("follow.move.other.hint"), Value: form.Get("to"), MaxLength: 512},
		Sure:  web.Field{Name: "sure", Label: c.T("follow.move.sure"), Type: "checkbox"},
	}
	for _, f := range []*web.Field{&v.Other, &v.To, &v.Sure} {
		for _, e := range errs {
			if e.Name == f.Name {
				f.Error = e.Text
			}
		}
	}
	for _, uri := range known {
		v.Aliases = append(v.Aliases, aliasLine{uri, s.nameOf(c, uri)})
	}
	return c.PageStatus(status, &web.Page{Name: "follow/move", Title: c.T("follow.move"), NoIndex: true, Data: v})
}

// nameOf is how people write the address of an account that is known here, else its URI.
func (s *Service) nameOf(c *httpx.Ctx, uri string) string {
	if uri == "" {
		return ""
	}
	a, err := account.ByURI(c.Context(), s.DB.Read(), uri)
	if err != nil || !a.VisibleTo(c.Viewer) {
		return uri
	}
	return "@" + a.Acct()
}

// elsewhere finds who is meant by an address on another server.
func (s *Service) elsewhere(c *httpx.Ctx, field, written string) (*route.Actor, error) {
	h, err := discovery.ParseHandle(written)
	if err != nil || s.Fetcher == nil {
		return nil, apperr.Invalid("follow.nobody_there").Field(field, "follow.nobody_there")
	}
	found, err := s.Fetcher.ResolveHandle(c.Context(), h.Name, h.Host)
	if err != nil || found.Local {
		return nil, apperr.Invalid("follow.nobody_there").Field(field, "follow.nobody_there").Wrap(err)
	}
	return found, nil
}

// answerMove shows what is to be mended, or passes any other error on.
func (s *Service) answerMove(c *httpx.Ctx, err error, done string, args ...any) error {
	if errs := c.FieldErrors(err); len(errs) > 0 {
		return s.showMove(c, http.StatusUnprocessableEntity, errs)
	}
	if err != nil {
		return err
	}
	c.Flash("success", done, args...)
	return c.Redirect(MovePath)
}

func (s *Service) postAlias(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	found, err := s.elsewhere(c, "other", form.Get("other"))
	if err == nil {
		err = s.Accounts.AddAlias(c.Context(), c.Viewer.AccountID, found.URI)
	}
	return s.answerMove(c, err, "follow.move.added")
}

func (s *Service) postNoAlias(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	return s.answerMove(c, s.Accounts.RemoveAlias(c.Context(), c.Viewer.AccountID, form.Get("uri")), "follow.move.removed")
}

func (s *Service) postMove(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	if form.Get("sure") == "" {
		return s.answerMove(c, apperr.Invalid("follow.move.not_sure").Field("sure", "follow.move.not_sure"), "")
	}
	found, err := s.elsewhere(c, "to", form.Get("to"))
	if err == nil {
		err = s.Move(c.Context(), s.Fetcher, c.Viewer.AccountID, found.Username, found.Host)
	}
	return s.answerMove(c, err, "follow.move.done")
}
