package relation

import (
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/masto"
)

// API declares the lists that client apps may read. What changes how two
// accounts stand to each other is answered with all of it, which the slice on
// follows knows: it declares those endpoints.
//
// Spec: Mastodon blocks, mutes, domain_blocks, endorsements
func (s *Service) API(r *masto.Router) {
	r.Get("/api/v1/blocks", "read:blocks", s.apiBlocks)
	r.Get("/api/v1/mutes", "read:mutes", s.apiMutes)
	r.Get("/api/v1/domain_blocks", "read:blocks", s.apiDomains)
	r.Post("/api/v1/domain_blocks", "write:blocks", s.apiBlockDomain)
	r.Delete("/api/v1/domain_blocks", "write:blocks", s.apiUnblockDomain)
	r.Get("/api/v1/endorsements", "read:accounts", s.apiMyEndorsements)
	r.Get("/api/v1/accounts/{id}/endorsements", "read:accounts?", s.apiEndorsements)
}

func entryID(e Entry) int64 { return e.ID }

// Spec: Mastodon blocks#get
func (s *Service) apiBlocks(r *masto.Req) error {
	p := r.PageOf(masto.AccountsDefault, masto.AccountsMax)
	rows, err := s.Blocks(r.Context(), r.Viewer.AccountID, p)
	if err != nil {
		return err
	}
	masto.LinkFor(r, p, rows, entryID)
	return s.apiAnswer(r, rows)
}

// Spec: Mastodon mutes#get
func (s *Service) apiMutes(r *masto.Req) error {
	p := r.PageOf(masto.AccountsDefault, masto.AccountsMax)
	rows, err := s.Mutes(r.Context(), r.Viewer.AccountID, p)
	if err != nil {
		return err
	}
	masto.LinkFor(r, p, rows, entryID)
	return s.apiAnswer(r, rows)
}

func (s *Service) apiAnswer(r *masto.Req, rows []Entry) error {
	out := make([]masto.Account, len(rows))
	for i, e := range rows {
		out[i] = s.Accounts.Entity(e.Account)
		out[i].MuteExpiresAt = masto.AtOrNil(e.Until)
	}
	return masto.List(r, out)
}

// Spec: Mastodon domain_blocks#get
func (s *Service) apiDomains(r *masto.Req) error {
	p := r.PageOf(100, 200)
	rows, err := s.Domains(r.Context(), r.Viewer.AccountID, p)
	if err != nil {
		return err
	}
	masto.LinkFor(r, p, rows, func(d Domain) int64 { return d.ID })
	out := make([]string, len(rows))
	for i, d := range rows {
		out[i] = d.Host
	}
	return masto.List(r, out)
}

// Spec: Mastodon domain_blocks#block
func (s *Service) apiBlockDomain(r *masto.Req) error {
	if err := s.BlockDomain(r.Context(), r.Viewer.AccountID, r.String("domain")); err != nil {
		return err
	}
	return r.Empty()
}

// Spec: Mastodon domain_blocks#unblock
func (s *Service) apiUnblockDomain(r *masto.Req) error {
	if err := s.UnblockDomain(r.Context(), r.Viewer.AccountID, r.String("domain")); err != nil {
		return err
	}
	return r.Empty()
}

// Spec: Mastodon endorsements#get
func (s *Service) apiMyEndorsements(r *masto.Req) error {
	me, err := account.ByID(r.Context(), s.DB.Read(), r.Viewer.AccountID)
	if err != nil {
		return err
	}
	return s.apiEndorsedBy(r, me)
}

// Spec: Mastodon accounts#endorsements
func (s *Service) apiEndorsements(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	a, err := s.Accounts.Visible(r.Context(), r.Viewer, id)
	if err != nil {
		return err
	}
	if r.Viewer != nil && r.Viewer.AccountID != a.ID {
		if apart, err := Apart(r.Context(), s.DB.Read(), r.Viewer.AccountID, a.ID); err != nil || apart {
			if err != nil {
				return err
			}
			return masto.List[masto.Account](r, nil)
		}
	}
	return s.apiEndorsedBy(r, a)
}

func (s *Service) apiEndorsedBy(r *masto.Req, a *account.Account) error {
	p := r.PageOf(masto.AccountsDefault, masto.AccountsMax)
	rows, err := s.Endorsed(r.Context(), a.ID, p)
	if err != nil {
		return err
	}
	masto.LinkFor(r, p, rows, entryID)
	var shown []Entry
	for _, e := range rows {
		if e.Account.VisibleTo(r.Viewer) {
			shown = append(shown, e)
		}
	}
	return s.apiAnswer(r, shown)
}
