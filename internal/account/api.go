package account

import (
	"context"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/masto"
)

// maxPictures is the largest request with an avatar and a header, in bytes.
const maxPictures = 34 << 20

// maxMany is how many accounts one request may name.
const maxMany = 40

// API declares what client apps may ask about accounts.
//
// Spec: Mastodon accounts
func (s *Service) API(r *masto.Router) {
	r.Get("/api/v1/accounts/verify_credentials", masto.ScopeUser, s.apiMe, httpx.Keep())
	r.Put("/api/v1/accounts/update_credentials", "write:accounts", Guarded(s.apiUpdate), httpx.MaxBody(maxPictures), httpx.Timeout(time.Minute))
	r.Get("/api/v1/accounts", "read:accounts?", s.apiMany)
	r.Get("/api/v1/accounts/lookup", "read:accounts?", s.apiLookup, httpx.Keep())
	r.Get("/api/v1/accounts/{id}", "read:accounts?", s.apiGet, httpx.Keep())
	r.Get("/api/v1/profile", masto.ScopeUser, s.apiProfile)
	large := []httpx.Option{httpx.MaxBody(maxPictures), httpx.Timeout(time.Minute)}
	r.Put("/api/v1/profile", "write:accounts", Guarded(s.apiSetProfile), large...) // PATCH is the same
	r.Get("/api/v1/preferences", "read:accounts", s.apiPreferences)
	s.drawings.serve(r)
}

// Spec: Mastodon accounts#verify_credentials
func (s *Service) apiMe(r *masto.Req) error {
	if err := mayReadProfile(r); err != nil {
		return err
	}
	return s.AnswerMe(r)
}

func mayReadProfile(r *masto.Req) error {
	if !r.Viewer.Scopes.Has("read:accounts") && !r.Viewer.Scopes.Has("profile") {
		return apperr.Forbidden("masto.scope")
	}
	return nil
}

func (s *Service) apiAnswerMe(r *masto.Req, a *Account) error {
	e, err := s.credentials(r.Context(), r.Viewer, a)
	if err != nil {
		return err
	}
	return r.OK(e)
}

// credentials is the entity of one's own account, with what its owner edits.
//
// Spec: Mastodon entities/Account#CredentialAccount
func (s *Service) credentials(ctx context.Context, v *auth.Viewer, a *Account) (masto.CredentialAccount, error) {
	usual, err := s.Defaults(ctx, s.DB.Read(), a.ID)
	if err != nil {
		return masto.CredentialAccount{}, err
	}
	waiting := 0
	if s.Waiting != nil {
		if waiting, err = s.Waiting(ctx, a.ID); err != nil {
			return masto.CredentialAccount{}, err
		}
	}
	e, err := s.own(ctx, a)
	if err != nil {
		return masto.CredentialAccount{}, err
	}
	e.Source = &masto.Source{
		Privacy: usual.privacy(), Language: usual.Lang, Sensitive: usual.Sensitive, Note: a.NoteSource, Fields: plainFields(a),
		FollowRequestsCount: int64(waiting), HideCollections: true, Discoverable: a.Discoverable, Indexable: a.Indexable,
		QuotePolicy: usual.Quotes, AttributionDomains: a.Attributions(),
	}
	e.Role = &masto.FullRole{ID: auth.RoleID(v.Role), Name: v.Role, Permissions: auth.Rights(v.Role)}
	return e, nil
}

// Spec: Mastodon accounts#update_credentials
func (s *Service) apiUpdate(r *masto.Req) error {
	if err := s.amend(r); err != nil {
		return err
	}
	return s.AnswerMe(r)
}

// amend changes the profile of the holder of the token as an app says.
func (s *Service) amend(r *masto.Req) error {
	if s.Portraits.Set == nil && (r.File("avatar") != nil || r.File("header") != nil) {
		return apperr.Invalid("account.no_pictures").Field("avatar", "account.no_pictures")
	}
	ctx := r.Context()
	a, err := ByID(ctx, s.DB.Read(), r.Viewer.AccountID)
	if err != nil {
		return err
	}
	p := Profile{
		Name: r.Opt("display_name"), Note: r.Opt("note"), Locked: r.OptBool("locked"), Bot: r.OptBool("bot"),
		Discoverable: r.OptBool("discoverable"), Indexable: r.OptBool("indexable"),
	}
	if r.Has("fields_attributes") {
		fields := []Field{}
		for _, f := range r.Hashes("fields_attributes") {
			fields = append(fields, Field{f.String("name"), f.String("value")})
		}
		p.Fields = &fields
	}
	p.AvatarAlt, p.HeaderAlt = r.Opt("avatar_description"), r.Opt("header_description")
	if r.Has("attribution_domains") {
		sites := r.Strings("attribution_domains")
		p.Attribution = &sites
	}
	// What cannot be is said before anything is changed.
	usual, change, err := s.wanted(ctx, a, r.Params)
	if err != nil {
		return err
	}
	try := *a
	if err := s.apply(&try, p); err != nil {
		return err
	}
	if err := s.portray(r); err != nil {
		return err
	}
	if a, err = s.Update(ctx, a.ID, p); err != nil {
		return err
	}
	if change {
		return s.SetDefaults(ctx, a.ID, usual)
	}
	return nil
}

// Visible finds an account that v may know of; KindNotFound for any other.
func (s *Service) Visible(ctx context.Context, v *auth.Viewer, id int64) (*Account, error) {
	a, err := ByID(ctx, s.DB.Read(), id)
	if err != nil {
		return nil, err
	}
	if !a.VisibleTo(v) {
		return nil, apperr.NotFound("account.not_found")
	}
	return a, nil
}

// Spec: Mastodon accounts#get
func (s *Service) apiGet(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	a, err := s.Visible(r.Context(), r.Viewer, id)
	if err != nil {
		return err
	}
	return s.apiAnswer(r, a)
}

func (s *Service) apiAnswer(r *masto.Req, a *Account) error {
	e, err := s.entityFor(r.Context(), r.Viewer, a)
	if err != nil {
		return err
	}
	return r.OK(e)
}

// Spec: Mastodon accounts#index
func (s *Service) apiMany(r *masto.Req) error {
	ids := r.IDs("id", maxMany)
	found, err := ByIDs(r.Context(), s.DB.Read(), ids)
	if err != nil {
		return err
	}
	var out []masto.Account
	for _, id := range ids {
		if a := found[id]; a != nil && a.VisibleTo(r.Viewer) {
			out = append(out, s.Entity(a))
		}
	}
	return masto.List(r, out)
}

// apiLookup looks among those who are known here; it never asks the network.
//
// Spec: Mastodon accounts#lookup
func (s *Service) apiLookup(r *masto.Req) error {
	name, host, ok := ParseAcct(r.String("acct"), s.Host)
	if !ok {
		return apperr.NotFound("account.not_found")
	}
	a, err := ByHandle(r.Context(), s.DB.Read(), name, host)
	if err != nil {
		return err
	}
	if !a.VisibleTo(r.Viewer) {
		return apperr.NotFound("account.not_found")
	}
	return s.apiAnswer(r, a)
}

// Spec: Mastodon preferences
func (s *Service) apiPreferences(r *masto.Req) error {
	usual, err := s.Defaults(r.Context(), s.DB.Read(), r.Viewer.AccountID)
	if err != nil {
		return err
	}
	return r.OK(masto.Preferences{
		Visibility: usual.privacy(), Sensitive: usual.Sensitive, Language: masto.OrNil(usual.Lang), QuotePolicy: usual.Quotes, Media: "default",
	})
}
