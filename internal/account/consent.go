package account

import (
	"net/http"
	"strings"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/web"
)

// ConsentField is the form field that carries somebody's yes, by its kind.
const ConsentField = "consent"

// Ask is a page that says what a consent means before an act goes on. What the
// person wrote travels with it, so that nothing is lost by reading.
type Ask struct {
	Kind   string // ConsentAddress or ConsentPublic
	Action string // where the answer is posted
	Fields []web.HiddenField
	Text   string // what the person wrote, shown again
	Yes    string // words of the button
	No     string // words of the other button, "" for none
	NoName string // what that button sends
	NoWith string
	Back   string // where going back leads, "" = home
}

// consentWords are the sentences of each kind, in the order of the page.
var consentWords = map[string]struct{ become, stay []string }{
	ConsentPublic: {
		[]string{"account.public.name", "account.public.posts", "account.public.member", "account.public.copies"},
		[]string{"account.public.section", "account.public.people", "account.public.mail"}},
	ConsentAddress: {
		[]string{"account.address.found", "account.address.servers"},
		[]string{"account.address.page", "account.public.section", "account.public.mail"}},
}

// askView is what the page shows.
type askView struct {
	Ask
	Title        string
	Become, Stay []string
}

// Ask answers with the page; when an act waits for the answer, which was not done, with 422.
func (s *Service) Ask(c *httpx.Ctx, a Ask) error {
	me, err := ByID(c.Context(), s.DB.Read(), c.Viewer.AccountID)
	if err != nil {
		return err
	}
	if a.Back == "" {
		a.Back = "/"
	}
	v := askView{Ask: a, Title: c.T("account.consent." + a.Kind + ".title")}
	for _, k := range consentWords[a.Kind].become {
		v.Become = append(v.Become, c.T(k, "Handle", "@"+me.Username+"@"+s.Host))
	}
	for _, k := range consentWords[a.Kind].stay {
		v.Stay = append(v.Stay, c.T(k))
	}
	status := http.StatusOK
	if c.R.Method == http.MethodPost {
		status = http.StatusUnprocessableEntity
	}
	return c.PageStatus(status, &web.Page{Name: "account/consent", Title: v.Title, NoIndex: true, Data: v})
}

// Agreed records the consent that a form carries, if it does, with the words
// that the person read. Repeating a consent that holds records nothing.
func (s *Service) Agreed(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	kind := form.Get(ConsentField)
	if kind == "" {
		return nil
	}
	words, known := consentWords[kind]
	if !known {
		return apperr.BadRequest("httpx.bad_request")
	}
	me, err := ByID(c.Context(), s.DB.Read(), c.Viewer.AccountID)
	if err != nil {
		return err
	}
	if me.Public || me.Reachable && kind == ConsentAddress {
		return nil
	}
	said := []string{c.T("account.consent." + kind + ".title"), c.T("account.consent.lead")}
	for _, k := range words.become {
		said = append(said, c.T(k, "Handle", "@"+me.Username+"@"+s.Host))
	}
	said = append(said, c.T("account.consent.withdraw"))
	return s.Consent(c.Context(), me.ID, kind, strings.Join(said, "\n"))
}

// ConsentAsked tells which consent an error asks for; ok is false for other errors.
func ConsentAsked(err error) (kind string, ok bool) {
	e, is := apperr.As(err)
	switch {
	case !is:
		return "", false
	case e.Key == "post.needs_consent":
		return ConsentPublic, true
	case e.Key == "follow.needs_address":
		return ConsentAddress, true
	}
	return "", false
}
