package instance

import (
	"net/http"
	"strings"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/i18n"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/web"
)

// Addresses that the frame of every page links to.
const (
	AboutPath    = "/a-propos"
	JoinPath     = AboutPath + "#rejoindre"
	LanguagePath = "/langue"
	MorePath     = "/plus"
	ServersPath  = AboutPath + "/serveurs" // the page of package servers
	AdminPath    = "/administration"
	IconPath     = "/favicon.svg"
	ManifestPath = "/manifest.webmanifest"
)

// How much the public page shows.
const (
	publicPosts  = 8
	publicPeople = 6
)

// Web declares the front page, the page about the server, the choice of a
// language, the settings and what browsers and robots ask for by themselves.
func (s *Service) Web(r *httpx.Router) {
	r.Get("/", httpx.Public, s.getFront, httpx.Keep())
	r.Get(AboutPath, httpx.Public, s.getAbout)
	r.Get(LanguagePath, httpx.Public, s.getLanguage)
	r.Post(LanguagePath, httpx.Public, s.postLanguage)
	r.Get(MorePath, httpx.SignedIn, s.getMore)
	r.Get(AdminPath, httpx.Admin, s.getAdmin)
	r.Post(AdminPath, httpx.Admin, s.postAdmin)
	r.Get("/robots.txt", httpx.Public, getRobots)
	r.Get(IconPath, httpx.Public, s.getFavicon)
	r.Get("/favicon.ico", httpx.Public, func(c *httpx.Ctx) error {
		http.Redirect(c.W, c.R, IconPath, http.StatusMovedPermanently)
		return nil
	})
	r.Get(ManifestPath, httpx.Public, s.getManifest)
}

// publicView is the front page for somebody without an account.
type publicView struct {
	Sentence string
	Lead     []string
	Cards    []web.PostCard
	People   []person
	Host     string
	Contact  string
}

// person is somebody whom one may follow from elsewhere.
type person struct{ Name, Address, URL string }

func (s *Service) getFront(c *httpx.Ctx) error {
	if c.Viewer != nil {
		return s.Timeline.HomePage(c)
	}
	ctx := c.Context()
	set, err := s.Settings(ctx)
	if err != nil {
		return err
	}
	views, err := s.Timeline.Everyone(ctx, nil, page.Range{Limit: 3 * publicPosts}, true, false)
	if err != nil {
		return err
	}
	v := publicView{Sentence: set.Sentence, Lead: paragraphs(set.Description), Host: s.Host, Contact: set.Contact}
	for _, w := range post.Showable(c, views) {
		// An answer out of its thread says little to somebody who comes by.
		if w.ReplyToURI == "" && len(v.Cards) < publicPosts {
			v.Cards = append(v.Cards, post.Card(c, w))
		}
	}
	if v.Sentence == "" {
		v.Sentence = c.T("instance.sentence")
	}
	if len(v.Lead) > 1 {
		v.Lead = v.Lead[:1] // the rest is on the page about us
	}
	if v.People, err = s.followable(ctx); err != nil {
		return err
	}
	return c.Page(&web.Page{Name: "instance/public", Layout: web.LayoutPublic, Title: set.Name, Data: v,
		Description: strings.Join(v.Lead, " "), Canonical: s.Base + "/"})
}

// paragraphs cuts a plain text at its empty lines.
func paragraphs(s string) []string {
	var out []string
	for p := range strings.SplitSeq(s, "\n\n") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// aboutView is the page about the server.
type aboutView struct {
	Name    string
	Level   string
	Text    []string
	Rules   []string
	Privacy []string // what the server says of it; empty = the usual words
	Terms   []string
	Contact string
	Host    string
	Counts  *Counts // for members
}

func (s *Service) getAbout(c *httpx.Ctx) error {
	set, err := s.Settings(c.Context())
	if err != nil {
		return err
	}
	v := aboutView{Name: set.Name, Level: set.LevelLabel(c, true), Text: paragraphs(set.Description), Contact: set.Contact, Host: s.Host,
		Rules: set.rules(), Privacy: paragraphs(set.Privacy), Terms: paragraphs(set.Terms)}
	if c.Viewer != nil && c.Viewer.Member {
		n, err := s.Counts(c.Context())
		if err != nil {
			return err
		}
		v.Counts = &n
	}
	return c.Page(&web.Page{Name: "instance/about", Title: c.T("instance.about"), Data: v, Canonical: s.Base + AboutPath})
}

// LevelLabel says what the server stands for, and of which level above.
func (s Settings) LevelLabel(c *httpx.Ctx, public bool) string {
	level := LevelWords(c, s.Level)
	switch {
	case s.Parent == "":
		return level
	case public && s.Level == LevelSection:
		return c.T("instance.level.section_of", "Parent", s.Parent)
	}
	return level + " · " + s.Parent
}

// LevelWords is a level in the reader's language, or in the words of who named it.
func LevelWords(c *httpx.Ctx, level string) string {
	switch level {
	case LevelSection, LevelFederation, LevelNational:
		return c.T("instance.level." + level)
	}
	return level
}

// languageView offers the languages, each in its own words.
type languageView struct {
	Back  string
	Langs []langChoice
}

type langChoice struct {
	Lang, Name string
	Current    bool
}

func (s *Service) getLanguage(c *httpx.Ctx) error {
	v := languageView{Back: httpx.LocalPath(c.Query("back"), "/")}
	for _, l := range i18n.Languages() {
		v.Langs = append(v.Langs, langChoice{l, c.T("account.lang." + l), l == c.Lang})
	}
	return c.Page(&web.Page{Name: "instance/language", Layout: web.LayoutPlain, Title: c.T("instance.language"), NoIndex: true, CSRF: c.CSRF(), Data: v})
}

// postLanguage keeps the language with the browser, and with the account of who has one.
func (s *Service) postLanguage(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	lang := form.Get("lang")
	if !i18n.Known(lang) {
		return apperr.BadRequest("httpx.bad_request")
	}
	c.SetLangCookie(lang)
	if c.Viewer != nil {
		if err := s.Timeline.Posts.Accounts.SetLang(c.Context(), c.Viewer.AccountID, lang); err != nil {
			return err
		}
	}
	return c.Redirect(httpx.LocalPath(form.Get("back"), "/"))
}

// adminView is the page of settings.
type adminView struct {
	Summary web.ErrorSummary
	Fields  []web.Field
}

func (s *Service) getAdmin(c *httpx.Ctx) error {
	set, err := s.Settings(c.Context())
	if err != nil {
		return err
	}
	return s.showAdmin(c, http.StatusOK, set, nil)
}

func (s *Service) showAdmin(c *httpx.Ctx, status int, set Settings, errs []web.FieldError) error {
	v := adminView{Summary: web.ErrorSummary{Errors: errs}}
	add := func(f web.Field) {
		f.Label = c.T("instance.admin." + f.Name)
		if key := "instance.admin." + f.Name + ".hint"; c.Loc.Has(key) {
			f.Hint = c.T(key)
		}
		for _, e := range errs {
			if e.Name == f.Name {
				f.Error = e.Text
			}
		}
		v.Fields = append(v.Fields, f)
	}
	add(web.Field{Name: "name", Value: set.Name, MaxLength: MaxLine, Required: true})
	levels := []web.Choice{}
	known := false
	for _, l := range []string{LevelSection, LevelFederation, LevelNational} {
		known = known || l == set.Level
		levels = append(levels, web.Choice{Value: l, Label: c.T("instance.level." + l), Checked: l == set.Level})
	}
	if !known {
		levels = append(levels, web.Choice{Value: set.Level, Label: set.Level, Checked: true})
	}
	add(web.Field{Name: "level", Type: "select", Choices: levels, Short: true})
	add(web.Field{Name: "parent", Value: set.Parent, MaxLength: MaxLine, Optional: true})
	add(web.Field{Name: "sentence", Value: set.Sentence, MaxLength: MaxSentence, Optional: true, Spellcheck: true})
	add(web.Field{Name: "description", Value: set.Description, Type: "textarea", Rows: 6, Optional: true, Spellcheck: true})
	add(web.Field{Name: "contact", Value: set.Contact, Type: "email", MaxLength: MaxLine, Optional: true})
	add(web.Field{Name: "rules", Value: set.Rules, Type: "textarea", Rows: 6, Optional: true, Spellcheck: true})
	add(web.Field{Name: "privacy", Value: set.Privacy, Type: "textarea", Rows: 6, Optional: true, Spellcheck: true})
	add(web.Field{Name: "terms", Value: set.Terms, Type: "textarea", Rows: 6, Optional: true, Spellcheck: true})
	shown := []web.Choice{}
	for _, who := range []struct{ value, words string }{{ServersNobody, "nobody"}, {ServersMembers, "members"}, {ServersAll, "all"}} {
		shown = append(shown, web.Choice{Value: who.value, Label: c.T("instance.servers_shown." + who.words), Checked: who.value == set.Servers})
	}
	add(web.Field{Name: "servers_shown", Type: "radio", Choices: shown})
	accents := []web.Choice{}
	for _, a := range web.Accents() {
		accents = append(accents, web.Choice{Value: a, Label: c.T("instance.accent." + a), Checked: a == set.Accent})
	}
	add(web.Field{Name: "accent", Type: "radio", Choices: accents})
	marks := []web.Choice{{Label: c.T("instance.mark.initials"), Checked: set.Mark == ""}}
	for _, m := range web.Marks() {
		marks = append(marks, web.Choice{Value: m, Label: c.T("instance.mark." + m), Checked: m == set.Mark})
	}
	add(web.Field{Name: "mark", Type: "radio", Choices: marks})
	return c.PageStatus(status, &web.Page{Name: "instance/admin", Title: c.T("instance.admin"), NoIndex: true, Data: v})
}

func (s *Service) postAdmin(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	set, err := s.Settings(c.Context())
	if err != nil {
		return err
	}
	for key, field := range set.fields() {
		if form.Has(key) && key != policyAt {
			*field = form.Get(key)
		}
	}
	err = s.Save(c.Context(), set)
	if errs := c.FieldErrors(err); errs != nil {
		return s.showAdmin(c, http.StatusUnprocessableEntity, set, errs)
	}
	if err != nil {
		return err
	}
	c.Flash("success", "instance.saved")
	return c.Redirect(AdminPath)
}
