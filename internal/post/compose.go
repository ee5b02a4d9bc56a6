package post

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/follow"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/web"
)

// writing is what somebody is writing, as the form holds it.
type writing struct {
	text, warning, audience, lang string
	key                           string // the same for all tries of one post
	back                          string
	errors                        []web.FieldError
	form                          url.Values // all of it, for the parts; nil at first
}

// Composer is the form for a new post, empty, that returns to back.
func (s *Service) Composer(c *httpx.Ctx, back string) (web.Composer, error) {
	return s.composer(c, nil, writing{back: back})
}

// Answer is the form for an answer to a post, empty, that returns to back.
func (s *Service) Answer(c *httpx.Ctx, parent *View, back string) (web.Composer, error) {
	return s.composer(c, parent, writing{back: back})
}

// composer is the form for a post, or for an answer to parent, with what is already written.
func (s *Service) composer(c *httpx.Ctx, parent *View, w writing) (web.Composer, error) {
	choices, err := s.choices(c, parent)
	if err != nil {
		return web.Composer{}, err
	}
	out := web.Composer{
		Action: "/publier", CSRF: c.CSRF(), Text: w.text, CW: w.warning, Audience: w.audience, Choices: choices,
		Language: w.lang, Errors: w.errors, MaxChars: MaxText, Idempotency: w.key, Back: w.back,
	}
	if out.Idempotency == "" {
		out.Idempotency = ids.Key()
	}
	usual, err := s.Accounts.Defaults(c.Context(), s.DB.Read(), c.Viewer.AccountID)
	if err != nil {
		return web.Composer{}, err
	}
	if out.Language == "" {
		out.Language = cmp.Or(usual.Lang, c.Lang)
	}
	if parent != nil {
		out.ReplyTo, out.ReplyToName = ids.String(parent.ID), parent.Author.Name()
	}
	if out.Audience == "" {
		if out.Audience, err = s.usual(c, parent, usual.Audience); err != nil {
			return web.Composer{}, err
		}
	}
	// A choice that is not offered here would be posted unseen.
	if got := out.Chosen().Key; got != out.Audience {
		out.Audience = got
	}
	return out, s.composeParts(c, w.form, nil, &out)
}

// usual is the audience chosen beforehand: the person's own default, or, for an
// answer, that of the parent if they are public, else the section.
func (s *Service) usual(c *httpx.Ctx, parent *View, own string) (string, error) {
	if parent == nil {
		return own, nil
	}
	me, err := account.ByID(c.Context(), s.DB.Read(), c.Viewer.AccountID)
	if err != nil {
		return "", err
	}
	if me.Public || !parent.Local || parent.Audience != Public {
		return string(parent.Audience), nil
	}
	return string(Section), nil
}

// choices are the audiences offered, each with its consequence in numbers.
func (s *Service) choices(c *httpx.Ctx, parent *View) ([]web.AudienceChoice, error) {
	me, err := account.ByID(c.Context(), s.DB.Read(), c.Viewer.AccountID)
	if err != nil {
		return nil, err
	}
	var out []web.AudienceChoice
	for _, a := range choosable(parent) {
		if parent != nil && !a.within(parent.Audience) || (a == Section || a == Movement) && !c.Viewer.Member {
			continue
		}
		if a == Movement && parent == nil && s.movable(c.Context(), &Draft{Audience: a}) != nil {
			continue
		}
		if parent != nil && a == Followers && parent.Audience == Followers && !parent.Mine {
			continue // the parent's followers are not the viewer's
		}
		ch := web.AudienceChoice{Key: string(a)}
		switch a {
		case Section:
			n, err := auth.Members(c.Context(), s.DB.Read())
			if err != nil {
				return nil, err
			}
			ch.Consequence = c.Loc.N("post.section_reach", n)
		case Followers:
			people, servers, err := follow.Reach(c.Context(), s.DB.Read(), me)
			if err != nil {
				return nil, err
			}
			ch.Consequence = followersReach(c, people, servers)
		case Public:
			if !me.Public {
				ch.Consequence = c.T("post.public_asks")
			}
		}
		out = append(out, ch)
	}
	return out, nil
}

// choosable are the audiences that a form may offer: those of a new post, and the
// group of what is answered.
func choosable(parent *View) []Audience {
	if parent != nil && parent.Audience == Group {
		return []Audience{Group, Direct}
	}
	return offered
}

func followersReach(c *httpx.Ctx, people, servers int) string {
	switch {
	case people == 0:
		return c.T("post.followers_none")
	case servers == 0:
		return c.Loc.N("post.followers_here", people)
	case servers < 0:
		return c.Loc.N("post.followers_many", people)
	}
	return c.Loc.N("post.followers_reach", people, "Servers", c.Loc.N("post.servers", servers))
}

// composeView is the page to write.
type composeView struct {
	Title    string
	Summary  web.ErrorSummary
	Parent   *web.PostCard
	Limit    string // how far an answer may go
	Composer web.Composer
}

func (s *Service) getCompose(c *httpx.Ctx) error {
	w := writing{}
	var parent *View
	if id, ok := ids.Parse(c.Query("reponse")); ok {
		var err error
		if parent, err = s.shown(c, id); err != nil {
			return err
		}
		w.text = namesOf(c, parent)
	}
	return s.showCompose(c, http.StatusOK, parent, w)
}

func (s *Service) showCompose(c *httpx.Ctx, status int, parent *View, w writing) error {
	v := composeView{Title: c.T("post.write"), Summary: summary(w.errors, parent != nil)}
	if parent != nil {
		card := Card(c, parent)
		v.Parent, v.Title, v.Limit = &card, c.T("post.answer", "Name", parent.Author.Name()), limitOf(c, parent)
	}
	var err error
	if v.Composer, err = s.composer(c, parent, w); err != nil {
		return err
	}
	return c.PageStatus(status, &web.Page{Name: "post/compose", Title: v.Title, NoIndex: true, Data: v})
}

// limitOf says how far an answer may go, "" when anywhere.
func limitOf(c *httpx.Ctx, parent *View) string {
	if parent.Audience == Public {
		return ""
	}
	return c.T("post.limit." + string(parent.Audience))
}

// namesOf begins an answer with the people who should be told of it: the author
// of the parent, and whom it names.
func namesOf(c *httpx.Ctx, parent *View) string {
	var b strings.Builder
	for i, a := range append([]*account.Account{parent.Author}, parent.Mentions...) {
		if a.ID == c.Viewer.AccountID || a.Gone() || i > 0 && a.ID == parent.Author.ID {
			continue
		}
		b.WriteString("@" + a.Acct() + " ")
	}
	return b.String()
}

// read takes the form apart. "instead" is the narrower audience that somebody
// chose on the page that asks for consent.
func read(form url.Values) (writing, Draft) {
	w := writing{
		form: form, text: form.Get("text"), warning: form.Get("cw"), audience: form.Get("audience"), lang: form.Get("lang"),
		key: form.Get("idempotency"), back: httpx.LocalPath(form.Get("back"), ""),
	}
	if other := form.Get("instead"); other != "" {
		w.audience = other
	}
	d := Draft{Title: form.Get("title"), Text: w.text, Warning: w.warning, Lang: w.lang, Audience: Audience(w.audience), IdempotencyKey: once(w.key, form.Get("title")+"\n"+form.Get("reply_to")+"\n"+w.text)}
	if w.audience == unlisted {
		d.Audience, d.Unlisted = Public, true
	}
	d.ReplyTo, _ = ids.Parse(form.Get("reply_to"))
	return w, d
}

// formNames are the fields of the form where they are not called as the service calls them.
var formNames = map[string]string{"warning": "cw", "in_reply_to_id": "", "language": ""}

func fieldErrors(c *httpx.Ctx, err error) []web.FieldError {
	errs := c.FieldErrors(err)
	for i := range errs {
		if name, ok := formNames[errs[i].Name]; ok {
			errs[i].Name = name
		}
	}
	if errs != nil && len(errs) == 0 {
		errs = append(errs, web.FieldError{Text: c.ErrorText(err)})
	}
	return errs
}

// summary leads to the fields where they stand on the page: an answer has its own id,
// and the files and the answers of a poll are many.
func summary(errs []web.FieldError, answer bool) web.ErrorSummary {
	errs = slices.Clone(errs)
	for i := range errs {
		switch name := errs[i].Name; {
		case name == "text" && answer:
			errs[i].Name = "reply-text"
		case name == "file", name == "description":
			errs[i].Name = "media_ids"
		case strings.HasPrefix(name, "poll["):
			errs[i].Name = "poll"
		}
	}
	return web.ErrorSummary{Errors: errs}
}

func (s *Service) postPublish(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	if form.Get("instead") == "" {
		if err := s.Accounts.Agreed(c); err != nil {
			return err
		}
	}
	w, d := read(form)
	usual, err := s.Accounts.Defaults(c.Context(), s.DB.Read(), c.Viewer.AccountID)
	if err != nil {
		return err
	}
	d.Sensitive = usual.Sensitive
	if err = s.askedByForm(c, form, &d); err != nil {
		return s.notPublished(c, err, w, d)
	}
	p, err := s.Create(c.Context(), c.Viewer, d)
	if err != nil {
		return s.notPublished(c, err, w, d)
	}
	c.Flash("success", "post.published."+string(p.Audience))
	if w.back != "" {
		return c.Redirect(w.back)
	}
	view, err := s.View(c.Context(), c.Viewer, p)
	if err != nil {
		return err
	}
	return c.Redirect(view.Path())
}

// notPublished keeps what was written, whatever the reason.
func (s *Service) notPublished(c *httpx.Ctx, cause error, w writing, d Draft) error {
	var parent *View
	if d.ReplyTo != 0 {
		var err error
		if parent, err = s.shown(c, d.ReplyTo); err != nil && !apperr.Is(err, apperr.KindNotFound) {
			return err
		}
	}
	if kind, ok := account.ConsentAsked(cause); ok {
		return s.askToPublish(c, kind, parent, w, d)
	}
	if w.errors = fieldErrors(c, cause); w.errors == nil {
		if !apperr.Is(cause, apperr.KindNotFound) || d.ReplyTo == 0 {
			return cause
		}
		// The post that was being answered is gone; the answer is not.
		w.errors, w.audience = []web.FieldError{{Text: c.T("post.parent_gone")}}, string(Section)
	}
	return s.showCompose(c, http.StatusUnprocessableEntity, parent, w)
}

func (s *Service) askToPublish(c *httpx.Ctx, kind string, parent *View, w writing, d Draft) error {
	ask := account.Ask{
		Kind: kind, Action: "/publier", Text: w.text, Yes: c.T("post.agree_and_publish"), Back: w.back,
	}
	// Everything that was typed comes along, what is the parts' too.
	for _, name := range slices.Sorted(maps.Keys(w.form)) {
		if name == "csrf" || name == "instead" {
			continue
		}
		for _, v := range w.form[name] {
			ask.Fields = append(ask.Fields, web.HiddenField{Name: name, Value: v})
		}
	}
	if parent == nil || Section.within(parent.Audience) {
		ask.No, ask.NoName, ask.NoWith = c.T("post.section_only"), "instead", string(Section)
	}
	return s.Accounts.Ask(c, ask)
}
