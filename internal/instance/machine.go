package instance

import (
	"encoding/json"
	"fmt"
	"html"
	"strings"

	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/web"
)

// This file answers what browsers and robots ask for by themselves.

// paper is the light background of every page.
const paper = "#fcfaf5"

// fills are the accents as colours, for what takes no style sheet.
var fills = map[string]string{
	"petrole": "#0f5c6e", "outremer": "#2f4b9e", "framboise": "#a11d52", "sapin": "#21593f",
	"brique": "#8a3f1c", "prune": "#6f2c63", "ardoise": "#42505c",
}

// robots asks search engines to leave what is for members; each page says for
// itself whether it may be indexed.
const robots = `User-agent: *
Disallow: /recherche
Disallow: /reglages
Disallow: /notifications
Disallow: /connexion
Disallow: /ecrire
Disallow: /langue
Disallow: /api/
Disallow: /oauth/
`

func getRobots(c *httpx.Ctx) error {
	keep(c)
	return c.Text(200, "text/plain; charset=utf-8", robots)
}

// keep lets caches hold an answer that is the same for everybody for an hour.
func keep(c *httpx.Ctx) {
	if c.Viewer == nil {
		c.W.Header().Set("Cache-Control", "public, max-age=3600")
	}
}

// getFavicon is the first letter of the name on the accent.
func (s *Service) getFavicon(c *httpx.Ctx) error {
	set, err := s.Settings(c.Context())
	if err != nil {
		return err
	}
	keep(c)
	return c.Text(200, "image/svg+xml", fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><rect width="40" height="40" rx="4" fill="%s"/>`+
		`<text x="20" y="28.5" text-anchor="middle" font-family="Georgia,serif" font-size="24" font-weight="600" fill="#fff">%s</text></svg>`,
		fills[set.Accent], html.EscapeString(firstRune(web.Initials(set.Name)))))
}

func firstRune(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}

// manifest lets a telephone keep the site among its applications.
//
// Spec: W3C appmanifest
type manifest struct {
	ID         string         `json:"id"`
	Name       string         `json:"name"`
	ShortName  string         `json:"short_name"`
	Lang       string         `json:"lang"`
	StartURL   string         `json:"start_url"`
	Scope      string         `json:"scope"`
	Display    string         `json:"display"`
	Background string         `json:"background_color"`
	Theme      string         `json:"theme_color"`
	Icons      []manifestIcon `json:"icons"`
}

type manifestIcon struct {
	Src   string `json:"src"`
	Sizes string `json:"sizes"`
	Type  string `json:"type"`
}

func (s *Service) getManifest(c *httpx.Ctx) error {
	set, err := s.Settings(c.Context())
	if err != nil {
		return err
	}
	short := set.Name
	if words := strings.Fields(short); len([]rune(short)) > 16 && len(words) > 1 {
		short = words[len(words)-1]
	}
	keep(c)
	body := manifest{ID: "/", Name: set.Name, ShortName: short, Lang: c.Lang, StartURL: "/", Scope: "/", Display: "minimal-ui",
		Background: paper, Theme: fills[set.Accent], Icons: []manifestIcon{{IconPath, "any", "image/svg+xml"}}}
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return c.Bytes(200, "application/manifest+json", raw)
}
