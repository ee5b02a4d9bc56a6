package emoji

import (
	"net/http"
	"strings"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/web"
)

// Where the pictures are, and the page on which admins choose them.
const (
	Path      = "/media/emoji/"
	AdminPath = "/administration/emojis"
)

// Web declares the pictures and the admins' page.
func (s *Service) Web(r *httpx.Router) {
	r.Get(Path+"{file:[a-z2-7]{26}}{ext:\\.(?:png|gif|jpg)}", httpx.Public, s.serve, httpx.AsClass(httpx.ClassStatic))
	r.Get(AdminPath, httpx.Admin, func(c *httpx.Ctx) error { return s.page(c, http.StatusOK, nil) })
	r.Post(AdminPath, httpx.Admin, s.add, httpx.MaxBody(2*MaxFile))
	r.Post(AdminPath+"/{shortcode}", httpx.Admin, s.change)
}

// API declares the list for apps.
func (s *Service) API(r *masto.Router) {
	r.Get("/api/v1/custom_emojis", masto.ScopePublic, s.list)
}

// Spec: Mastodon custom_emojis#get
func (s *Service) list(r *masto.Req) error {
	all, err := s.Ours(r.Context())
	if err != nil {
		return err
	}
	var out []masto.Emoji
	for i := range all {
		if !all[i].Disabled {
			out = append(out, s.Entity(&all[i]))
		}
	}
	return masto.List(r, out)
}

func (s *Service) serve(c *httpx.Ctx) error {
	e, err := db.Get[Emoji](c.Context(), s.DB.Read(), `select `+columns+` from emoji where host = '' and file = $1`, c.Var("file"))
	if err != nil {
		return err
	}
	c.W.Header().Set("Cache-Control", "public, max-age=604800, immutable")
	return s.Media.Send(c, e.File, e.Type)
}

type adminView struct {
	Summary web.ErrorSummary
	Fields  []web.Field
	Rows    []row
}

type row struct {
	Word, URL, Category string
	Disabled            bool
}

func (s *Service) page(c *httpx.Ctx, status int, errs []web.FieldError) error {
	all, err := s.Ours(c.Context())
	if err != nil {
		return err
	}
	problem := func(name string) string {
		for _, e := range errs {
			if e.Name == name {
				return e.Text
			}
		}
		return ""
	}
	v := adminView{Summary: web.ErrorSummary{Errors: errs}, Fields: []web.Field{
		{Name: "shortcode", Label: c.T("emoji.word"), Hint: c.T("emoji.word.hint"), Short: true, MaxLength: 52, Error: problem("shortcode")},
		{Name: "category", Label: c.T("emoji.category"), Short: true, Optional: true, MaxLength: 60},
		{Name: "file", Label: c.T("emoji.file"), Hint: c.T("emoji.file.hint"), Type: "file", Error: problem("file")},
	}}
	for i := range all {
		v.Rows = append(v.Rows, row{all[i].Shortcode, s.local(&all[i]), all[i].Category, all[i].Disabled})
	}
	return c.PageStatus(status, &web.Page{Name: "emoji/admin", Title: c.T("emoji.title"), NoIndex: true, Data: v})
}

func (s *Service) add(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	if c.R.MultipartForm == nil || len(c.R.MultipartForm.File["file"]) == 0 {
		err = apperr.Invalid("emoji.no_picture").Field("file", "emoji.no_picture")
	} else {
		f, oerr := c.R.MultipartForm.File["file"][0].Open()
		if oerr != nil {
			return oerr
		}
		_, err = s.Add(c.Context(), form.Get("shortcode"), form.Get("category"), f)
		f.Close()
	}
	if errs := c.FieldErrors(err); errs != nil {
		return s.page(c, http.StatusUnprocessableEntity, errs)
	}
	if err != nil {
		return err
	}
	c.Flash("success", "emoji.added")
	return c.Redirect(AdminPath)
}

func (s *Service) change(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	if err := s.Disable(c.Context(), strings.TrimSpace(c.Var("shortcode")), form.Get("disabled") != ""); err != nil {
		return err
	}
	c.Flash("success", "emoji.changed")
	return c.Redirect(AdminPath)
}
