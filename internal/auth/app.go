package auth

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
)

// OOB is the redirect address of apps that ask people to copy the code.
const OOB = "urn:ietf:wg:oauth:2.0:oob"

// Bounds of an app's registration.
const (
	maxAppName   = 200
	maxWebsite   = 2000
	maxRedirects = 20
	maxRedirect  = 2000
)

// App is a registered client.
type App struct {
	ID           int64
	ClientID     string
	SecretHash   string
	Name         string
	Website      string
	RedirectUris string // one a line
	Scopes       string
	CreatedAt    int64
}

// Redirects lists the registered redirect addresses.
func (a *App) Redirects() []string { return strings.Split(a.RedirectUris, "\n") }

// ScopeSet is what the app may ask for.
func (a *App) ScopeSet() Scopes {
	sc, _ := ParseScopes(a.Scopes)
	return sc
}

// NewApp is what CreateApp needs, as the client sent it.
type NewApp struct {
	Name      string
	Website   string
	Redirects []string // each may hold several, separated by white space
	Scopes    string
	Addr      string // network, for the limit only
}

// CreateApp registers a client and gives its secret, shown this once.
// Errors: KindInvalid, KindTooMany.
//
// Spec: Mastodon apps#create
func (s *Service) CreateApp(ctx context.Context, n NewApp) (*App, string, error) {
	if _, ok := s.appTries.Allow(n.Addr); !ok {
		return nil, "", apperr.TooMany("auth.too_many")
	}
	a := &App{Name: cleanName(n.Name), Website: n.Website, CreatedAt: s.now().UnixMilli()}
	if a.Name == "" || utf8.RuneCountInString(n.Name) > maxAppName {
		return nil, "", apperr.Invalid("auth.app_name").Field("client_name", "auth.app_name")
	}
	if !webAddress(a.Website) {
		return nil, "", apperr.Invalid("auth.app_website").Field("website", "auth.app_website")
	}
	scopes, ok := ParseScopes(n.Scopes)
	if !ok {
		return nil, "", apperr.Invalid("auth.bad_scope").Field("scopes", "auth.bad_scope")
	}
	a.Scopes = scopes.String()
	var uris []string
	for _, line := range n.Redirects {
		for _, uri := range strings.Fields(line) {
			if !slices.Contains(uris, uri) {
				uris = append(uris, uri)
			}
		}
	}
	if len(uris) == 0 || len(uris) > maxRedirects || slices.ContainsFunc(uris, func(u string) bool { return !validRedirect(u) }) {
		return nil, "", apperr.Invalid("auth.bad_redirect").Field("redirect_uris", "auth.bad_redirect")
	}
	a.RedirectUris = strings.Join(uris, "\n")
	a.ClientID, _ = newSecret()
	secret, hash := newSecret()
	a.SecretHash = hash
	err := s.db.Write(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		a.ID, err = db.Get[int64](ctx, tx, `insert into oauth_app (client_id, secret_hash, name, website, redirect_uris, scopes, created_at)
			values ($1, $2, $3, $4, $5, $6, $7) returning id`,
			a.ClientID, a.SecretHash, a.Name, a.Website, a.RedirectUris, a.Scopes, a.CreatedAt)
		return err
	})
	return a, secret, err
}

// App gives a client by its number: KindNotFound.
func (s *Service) App(ctx context.Context, id int64) (*App, error) {
	return db.Get[*App](ctx, s.db.Read(), `select * from oauth_app where id = $1`, id)
}

// AppByClient gives a client by its public id: KindNotFound.
func (s *Service) AppByClient(ctx context.Context, clientID string) (*App, error) {
	if len(clientID) > 200 {
		return nil, apperr.NotFound("auth.no_app")
	}
	return db.Get[*App](ctx, s.db.Read(), `select * from oauth_app where client_id = $1`, clientID)
}

var uriRE = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9+.-]*:[\x21-\x7e]*$`)

// Schemes that run something or read a file in a browser instead of leading to an app.
var badSchemes = []string{"javascript", "data", "vbscript", "file", "blob", "about", "filesystem", "view-source", "jar", "livescript", "mocha"}

// validRedirect reports whether an address may be registered: OOB, http(s)
// with a host, or an app's own scheme, which may have no host.
//
// Spec: RFC 9700 2.1
func validRedirect(s string) bool {
	if s == OOB {
		return true
	}
	if len(s) > maxRedirect || !uriRE.MatchString(s) {
		return false
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" || u.Fragment != "" || strings.Contains(s, "#") || u.User != nil {
		return false
	}
	scheme := strings.ToLower(u.Scheme)
	switch {
	case slices.Contains(badSchemes, scheme):
		return false
	case scheme == "http" || scheme == "https":
		return u.Host != ""
	}
	return true
}

// webAddress reports whether s may be shown as a link: empty, or http(s).
func webAddress(s string) bool {
	if s == "" {
		return true
	}
	u, err := url.Parse(s)
	return err == nil && len(s) <= maxWebsite && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// cleanName makes a name of one line without invisible characters.
func cleanName(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r < ' ' || r >= 0x7f && r < 0xa0, r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e,
			r >= 0x2060 && r <= 0x206f, r == 0xfeff, r == utf8.RuneError:
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > maxAppName {
		s = string(r[:maxAppName])
	}
	return s
}
