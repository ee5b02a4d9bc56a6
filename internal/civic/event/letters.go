package event

import (
	"context"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/web"
)

// lettersView is the page where one says whether one wants letters.
type lettersView struct {
	Action, Back string
	Field        web.Field
}

func (s *Service) getLetters(c *httpx.Ctx) error {
	if !s.Mail.Ready() {
		return apperr.NotFound("event.no_letters")
	}
	want, err := s.wantsLetters(c.Context(), s.DB.Read(), c.Viewer.AccountID)
	if err != nil {
		return err
	}
	return c.Page(&web.Page{Name: "event/letters", Title: c.T("event.letters"), NoIndex: true, Data: lettersView{Action: Path + "/courrier", Back: Path,
		Field: web.Field{Name: "letters", Label: c.T("event.letters_want"), Hint: c.T("event.letters_hint"), Type: "checkbox", Checked: want}}})
}

func (s *Service) postLetters(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	if err := s.DB.Write(c.Context(), func(ctx context.Context, tx *db.Tx) error {
		return setLetters(ctx, tx, c.Viewer.AccountID, form.Get("letters") != "")
	}); err != nil {
		return err
	}
	c.Flash("success", "event.letters_saved")
	return c.Redirect(Path)
}
