package movement

import (
	"context"
	"encoding/json"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
)

// The two ends of an affiliation, as this instance has them.
const (
	RoleParent = "parent"
	RoleChild  = "child"
)

// The states of an affiliation.
const (
	Asked    = "asked"
	Joined   = "joined"
	Refused  = "refused"
	Left     = "left"     // by the child
	Unlinked = "unlinked" // by the parent
	NewRoot  = "root"     // accepted, but below another root than the pinned one
)

// Link is an affiliation with a parent or a child. Times are unix ms.
type Link struct {
	Role, Host, URI, Name string
	State, Reason         string
	Level, Territory      string
	Organes               string // JSON
	OfferURI              string `db:"offer_uri"`
	Offer                 []byte
	CertID                string
	EndsAt, CreatedAt     int64
	DecidedAt             int64
	ByID                  int64
}

// Grant is what the link allows.
func (l *Link) Grant() Grant {
	g := Grant{Level: l.Level, Territory: l.Territory}
	if json.Unmarshal([]byte(l.Organes), &g.Organes) != nil {
		g.Organes = nil
	}
	return g
}

func (l *Link) set(g Grant) error {
	raw, err := json.Marshal(append([]string{}, g.Organes...))
	l.Level, l.Territory, l.Organes = g.Level, g.Territory, string(raw)
	return err
}

// Ends is when the affiliation must have been renewed.
func (l *Link) Ends() time.Time { return time.UnixMilli(l.EndsAt) }

const linkColumns = `role, host, uri, name, state, reason, level, territory, organes, offer_uri, offer, cert_id, ends_at, created_at, decided_at, by_id`

// linkWith is the affiliation with a host, nil for none.
func linkWith(ctx context.Context, q db.Q, role, host string) (*Link, error) {
	l, err := db.Get[Link](ctx, q, `select `+linkColumns+` from movement_link where role = $1 and host = $2`, role, host)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, nil
	}
	return &l, err
}

// parentOf is the affiliation above us, nil for none; the newest when there were several.
func parentOf(ctx context.Context, q db.Q) (*Link, error) {
	l, err := db.Get[Link](ctx, q, `select `+linkColumns+` from movement_link where role = 'parent'
		order by case when state = 'joined' then 0 when state in ('asked', 'root') then 1 else 2 end, created_at desc limit 1`)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, nil
	}
	return &l, err
}

func childrenOf(ctx context.Context, q db.Q) ([]Link, error) {
	return db.All[Link](ctx, q, `select `+linkColumns+` from movement_link where role = 'child' order by name, host`)
}

func saveLink(ctx context.Context, tx *db.Tx, l *Link) error {
	if l.Organes == "" {
		l.Organes = "[]"
	}
	if _, err := tx.Exec(ctx, `delete from movement_link where role = $1 and host = $2`, l.Role, l.Host); err != nil {
		return err
	}
	return db.Insert(ctx, tx, "movement_link", l)
}

// certRow is a certificate as it is kept.
type certRow struct {
	Subject, Issuer, ID string
	SignedBy            string
	StartsAt, EndsAt    int64
	Body                []byte
}

func saveCert(ctx context.Context, tx *db.Tx, c *Certificate) error {
	if _, err := tx.Exec(ctx, `delete from movement_cert where subject = $1 and issuer = $2 or id = $3`, c.Subject, c.Issuer, c.ID); err != nil {
		return err
	}
	return db.Insert(ctx, tx, "movement_cert", certRow{c.Subject, c.Issuer, c.ID, c.SignedBy, c.Start.UnixMilli(), c.End.UnixMilli(), c.Body})
}

func certs(ctx context.Context, q db.Q) ([]*Certificate, error) {
	rows, err := db.All[certRow](ctx, q, `select subject, issuer, id, signed_by, starts_at, ends_at, body from movement_cert`)
	if err != nil {
		return nil, err
	}
	out := make([]*Certificate, 0, len(rows))
	for _, r := range rows {
		c, err := ParseCertificate(r.Body)
		if err != nil {
			return nil, err
		}
		c.SignedBy = r.SignedBy
		out = append(out, c)
	}
	return out, nil
}

func revocations(ctx context.Context, q db.Q) (map[[2]string]bool, error) {
	rows, err := db.All[struct{ Issuer, CertID string }](ctx, q, `select issuer, cert_id from movement_revoked`)
	out := make(map[[2]string]bool, len(rows))
	for _, r := range rows {
		out[[2]string{r.Issuer, r.CertID}] = true
	}
	return out, err
}

func revoke(ctx context.Context, tx *db.Tx, issuer, certID string, at time.Time) error {
	_, err := tx.Exec(ctx, `insert into movement_revoked (issuer, cert_id, at) values ($1, $2, $3) on conflict do nothing`, issuer, certID, at.UnixMilli())
	return err
}

// pinned is the root that was pinned, nil while there is none.
func pinned(ctx context.Context, q db.Q) (*Root, error) {
	r, err := db.Get[Root](ctx, q, `select uri, key from movement_root`)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, nil
	}
	return &r, err
}

// Member is an instance of the movement.
type Member struct {
	Host, URI, Name  string
	Level, Territory string
	Organes          string
	Parent           string // URI of its parent
	UntilMs          int64
}

const memberColumns = `host, uri, name, level, territory, organes, parent, until_ms`

// Members lists the instances of the movement beside this one.
func (s *Service) Members(ctx context.Context) ([]Member, error) {
	return db.All[Member](ctx, s.DB.Read(), `select `+memberColumns+` from movement_member order by name, host`)
}

// Links lists the affiliations with the parent and the children, past ones too.
func (s *Service) Links(ctx context.Context) ([]Link, error) {
	return db.All[Link](ctx, s.DB.Read(), `select `+linkColumns+` from movement_link order by case when role = 'parent' then 0 else 1 end, host`)
}
