package post

import (
	"context"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/web"
)

// maxForm is the largest form with a post and its files, in bytes.
const maxForm = 66 << 20

// Web declares the pages and forms on posts.
func (s *Service) Web(r *httpx.Router) {
	// Files come with the form.
	large := []httpx.Option{httpx.MaxBody(maxForm), httpx.Timeout(3 * time.Minute)}
	r.Get("/ecrire", httpx.SignedIn, s.getCompose)
	r.Post("/publier", httpx.SignedIn, s.postPublish, large...)
	r.Get("/@{name}/{id}", httpx.Public, s.getPost, httpx.Keep())
	r.Get("/@{name}/{id}/history", httpx.Public, s.getHistory)
	r.Get("/@{name}/{id}/edit", httpx.SignedIn, s.getEdit)
	r.Post("/@{name}/{id}/edit", httpx.SignedIn, s.postEdit, large...)
	r.Get("/@{name}/{id}/delete", httpx.SignedIn, s.getDelete)
	r.Post("/@{name}/{id}/delete", httpx.SignedIn, s.postDelete)
	for _, a := range s.reactions() {
		r.Post("/@{name}/{id}/"+a.name, httpx.SignedIn, s.onReact(a))
	}
	r.Get("/@{name}/{id}/accord", httpx.SignedIn, s.getAgree)
}

// shown finds a post that the viewer may read and whose author they may know
// of, with what showing it needs; a boost gives what it shows.
func (s *Service) shown(c *httpx.Ctx, id int64) (*View, error) {
	p, err := s.Get(c.Context(), c.Viewer, id)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, apperr.NotFound("post.not_found").Wrap(err)
	} else if err != nil {
		return nil, err
	}
	w, err := s.View(c.Context(), c.Viewer, p)
	if err != nil || len(Showable(c, []*View{w})) == 0 {
		return nil, apperr.NotFound("post.not_found").Wrap(err)
	}
	if w.Boost != nil {
		return w.Boost, nil
	}
	return w, nil
}

// named is shown for the post of the path; canonical is false when the path
// names another author than the post's, or a boost.
func (s *Service) named(c *httpx.Ctx) (w *View, canonical bool, err error) {
	id, err := c.ID("id")
	if err != nil {
		return nil, false, apperr.NotFound("post.not_found")
	}
	if w, err = s.shown(c, id); err != nil {
		return nil, false, err
	}
	return w, w.ID == id && c.Var("name") == w.Author.Acct(), nil
}

// mineNamed is named for a post of the viewer's own.
func (s *Service) mineNamed(c *httpx.Ctx) (*View, error) {
	w, _, err := s.named(c)
	if err != nil {
		return nil, err
	}
	if !w.Mine {
		return nil, apperr.NotFound("post.not_yours")
	}
	return w, nil
}

// postView is the page of a post: what it answers, itself, the answers.
type postView struct {
	Before    []web.PostCard
	Card      web.PostCard
	After     []web.PostCard
	Name      string
	Edited    bool
	Composer  *web.Composer
	Limit     string
	Went      string // the page on which servers hold a copy, for its author and administrators
	FollowOut string // the address by which a visitor finds the author from elsewhere
	ActOut    string // where a visitor says from which server to answer
}

func (s *Service) getPost(c *httpx.Ctx) error {
	w, canonical, err := s.named(c)
	if err != nil {
		return err
	}
	if !canonical {
		return c.Redirect(w.Path())
	}
	before, after, err := s.Thread(c.Context(), c.Viewer, w.Post)
	if err != nil {
		return err
	}
	views, err := s.Views(c.Context(), c.Viewer, slices.Concat(before, after))
	if err != nil {
		return err
	}
	v := postView{Card: Card(c, w), Name: w.Author.Name(), Edited: w.EditedAt != 0}
	v.Card.Focus = true
	if w.Local && w.Audience.Leaves() && c.Viewer != nil && (w.Mine || c.Viewer.IsAdmin()) {
		v.Went = w.Path() + "/envois"
	}
	earlier := make(map[int64]bool, len(before))
	for _, p := range before {
		earlier[p.ID] = true
	}
	for _, x := range Showable(c, views) {
		if earlier[x.ID] {
			v.Before = append(v.Before, Card(c, x))
		} else {
			v.After = append(v.After, Card(c, x))
		}
	}
	if c.Viewer != nil {
		composer, err := s.composer(c, w, writing{text: namesOf(c, w), back: w.Path()})
		if err != nil {
			return err
		}
		v.Composer, v.Limit = &composer, limitOf(c, w)
	} else if w.Author.Local() {
		v.FollowOut = "@" + w.Author.Username + "@" + s.Accounts.Host
		if w.Audience == Public {
			v.ActOut = "/visite/agir?objet=" + url.QueryEscape(w.URI)
		}
	}
	p := &web.Page{Name: "post/post", Title: c.T("post.title", "Name", w.Author.Name(), "Text", w.Excerpt(60)), Data: v,
		NoIndex: w.Audience != Public || !w.Local || !w.Author.Indexable}
	if w.Audience == Public && w.Local {
		p.Description, p.Canonical = w.Excerpt(200), w.URL
		p.Alternates = []web.Alternate{{Type: "application/activity+json", URL: w.URI},
			{Type: "application/json+oembed", URL: s.Accounts.Base + "/api/oembed?url=" + url.QueryEscape(w.URL)}}
	}
	return c.Page(p)
}

// historyView is what an edited post said, each time.
type historyView struct {
	Name, URL string
	States    []state
}

type state struct {
	HTML    template.HTML
	CW      string
	Lang    string
	At      time.Time
	Present bool
	Options []string // what its poll asked
}

func (s *Service) getHistory(c *httpx.Ctx) error {
	w, _, err := s.named(c)
	if err != nil {
		return err
	}
	versions, err := s.past(c.Context(), c.Viewer, w)
	if err != nil {
		return err
	}
	v := historyView{Name: w.Author.Name(), URL: w.Path()}
	for i, r := range slices.Backward(versions) {
		x := state{HTML: template.HTML(r.Content), CW: r.SpoilerText, Lang: w.Lang, At: time.Time(r.CreatedAt), Present: i == len(versions)-1}
		if r.Poll != nil {
			for _, o := range r.Poll.Options {
				x.Options = append(x.Options, o.Title)
			}
		}
		v.States = append(v.States, x)
	}
	return c.Page(&web.Page{Name: "post/history", Title: c.T("post.history", "Name", v.Name), NoIndex: true, Data: v})
}

// editView is the page to change a post.
type editView struct {
	Summary  web.ErrorSummary
	Composer web.Composer
	URL      string
}

func (s *Service) getEdit(c *httpx.Ctx) error {
	w, err := s.mineNamed(c)
	if err != nil {
		return err
	}
	return s.showEdit(c, http.StatusOK, w, writing{text: w.Source, warning: w.Warning, lang: w.Lang})
}

func (s *Service) showEdit(c *httpx.Ctx, status int, w *View, was writing) error {
	card := Card(c, w)
	v := editView{URL: w.Path(), Summary: summary(was.errors, false), Composer: web.Composer{
		Action: w.Path() + "/edit", CSRF: c.CSRF(), Text: was.text, CW: was.warning, Language: was.lang, Errors: was.errors,
		Choices: []web.AudienceChoice{{Key: card.Audience}}, MaxChars: MaxText, ButtonLabel: c.T("post.save"),
	}}
	if err := s.composeParts(c, was.form, w, &v.Composer); err != nil {
		return err
	}
	return c.PageStatus(status, &web.Page{Name: "post/edit", Title: c.T("post.edit"), NoIndex: true, Data: v})
}

func (s *Service) postEdit(c *httpx.Ctx) error {
	w, err := s.mineNamed(c)
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	was, d := read(form)
	d.Sensitive = w.Sensitive && w.Warning == "" // the form does not ask; a warning alone covers as long as it stands
	if err = s.askedByForm(c, form, &d); err == nil {
		_, err = s.Edit(c.Context(), c.Viewer, w.ID, d)
	}
	if was.errors = fieldErrors(c, err); was.errors != nil {
		return s.showEdit(c, http.StatusUnprocessableEntity, w, was)
	}
	if err != nil {
		return err
	}
	c.Flash("success", "post.saved")
	return c.Redirect(w.Path())
}

// deleteView asks before a post is erased.
type deleteView struct {
	Card   web.PostCard
	Leaves bool // other servers were sent it
}

func (s *Service) getDelete(c *httpx.Ctx) error {
	w, err := s.mineNamed(c)
	if err != nil {
		return err
	}
	v := deleteView{Card: Card(c, w), Leaves: w.Audience.Leaves()}
	return c.Page(&web.Page{Name: "post/delete", Title: c.T("post.delete"), NoIndex: true, Data: v})
}

func (s *Service) postDelete(c *httpx.Ctx) error {
	w, err := s.mineNamed(c)
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	if _, err := s.Delete(c.Context(), c.Viewer, w.ID); err != nil {
		return err
	}
	c.Flash("success", "post.deleted")
	back := httpx.LocalPath(form.Get("back"), "/")
	if u, err := url.Parse(back); err != nil || u.Path == w.Path() || u.Path == w.Path()+"/delete" {
		back = "/" // that page is gone with the post
	}
	return c.Redirect(back)
}

// reaction is one press of a button under a post.
type reaction struct {
	name string
	do   func(ctx context.Context, v *auth.Viewer, id int64) (*Post, error)
}

func (s *Service) reactions() []reaction {
	return []reaction{{"favourite", s.Like}, {"unfavourite", s.Unlike}, {"boost", s.Boost}, {"unboost", s.Unboost}}
}

func (s *Service) onReact(a reaction) httpx.Handler {
	return func(c *httpx.Ctx) error {
		form, err := c.Form()
		if err != nil {
			return err
		}
		w, _, err := s.named(c)
		if err != nil {
			return err
		}
		if err := s.Accounts.Agreed(c); err != nil {
			return err
		}
		back := httpx.LocalPath(form.Get("back"), w.Path())
		_, err = a.do(c.Context(), c.Viewer, w.ID)
		if kind, ok := account.ConsentAsked(err); ok {
			if c.R.Header.Get("HX-Request") != "" {
				// A script puts answers in the place of the post; a question needs the whole page.
				c.W.Header().Set("HX-Redirect", w.Path()+"/accord?"+url.Values{"acte": {a.name}, "back": {back}}.Encode())
				return c.NoContent(http.StatusNoContent)
			}
			return s.askToReact(c, w, a.name, kind, back)
		}
		if err != nil {
			return err
		}
		return c.Redirect(back)
	}
}

func (s *Service) askToReact(c *httpx.Ctx, w *View, act, kind, back string) error {
	return s.Accounts.Ask(c, account.Ask{Kind: kind, Action: w.Path() + "/" + act, Yes: c.T("post.agree_and_go_on"),
		Fields: []web.HiddenField{{Name: "back", Value: back}}, Back: back})
}

// getAgree asks for the consent that a reaction needs, as a page of its own.
func (s *Service) getAgree(c *httpx.Ctx) error {
	w, _, err := s.named(c)
	if err != nil {
		return err
	}
	act := c.Query("acte")
	if !slices.ContainsFunc(s.reactions(), func(r reaction) bool { return r.name == act }) {
		return apperr.NotFound("httpx.not_found")
	}
	return s.askToReact(c, w, act, account.ConsentAddress, httpx.LocalPath(c.Query("back"), w.Path()))
}
