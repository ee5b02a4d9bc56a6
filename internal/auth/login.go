package auth

import (
	"context"
	"errors"
	"net/mail"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
)

// Login is what lets somebody sign in, and their settings that every request needs.
type Login struct {
	AccountID    int64
	Email        string
	EmailFold    string
	PasswordHash string
	Role         string
	Member       bool
	Disabled     bool
	Lang         string
	Defaults
	CreatedAt int64
	UpdatedAt int64
}

// Defaults are what somebody's new posts are unless they say otherwise. Their
// values are the words of those who read them; a zero one is theirs to choose.
type Defaults struct {
	DefaultAudience  string
	DefaultLang      string
	DefaultSensitive bool
	DefaultQuotes    string // who may quote
}

// NewLogin is what somebody needs in order to sign in.
type NewLogin struct {
	Email           string
	Password        string
	Role            string // "" = RoleUser
	Guest           bool   // not a member
	Lang            string
	DefaultAudience string
}

// Prepared is a checked login with its password hashed, ready for a transaction.
type Prepared struct{ row Login }

func isNoRows(err error) bool { return errors.Is(err, db.ErrNoRows) }

// Prepare checks a login and hashes its password, which takes a while: call it
// before the transaction. Errors: KindInvalid on "email", "password" or "role".
func (s *Service) Prepare(ctx context.Context, n NewLogin) (*Prepared, error) {
	email, err := checkEmail(n.Email)
	if err != nil {
		return nil, err
	}
	if n.Role == "" {
		n.Role = RoleUser
	}
	if !ValidRole(n.Role) {
		return nil, badRole()
	}
	hash, err := s.HashPassword(ctx, n.Password)
	if err != nil {
		return nil, err
	}
	return &Prepared{Login{
		Email: email, EmailFold: foldEmail(email), PasswordHash: hash, Role: n.Role, Member: !n.Guest,
		Lang: n.Lang, Defaults: Defaults{DefaultAudience: n.DefaultAudience},
	}}, nil
}

// CreateLogin stores a prepared login of an account in the caller's
// transaction. Errors: KindInvalid on "email" when the address is taken.
func (s *Service) CreateLogin(ctx context.Context, tx *db.Tx, accountID int64, p *Prepared) error {
	row := p.row
	row.AccountID = accountID
	if taken, err := db.Get[bool](ctx, tx, `select exists (select 1 from login where email_fold = $1)`, row.EmailFold); err != nil {
		return err
	} else if taken {
		return apperr.Invalid("auth.email_taken").Field("email", "auth.email_taken")
	}
	row.CreatedAt = s.now().UnixMilli()
	row.UpdatedAt = row.CreatedAt
	err := db.Insert(ctx, tx, "login", row)
	if db.IsUnique(err) {
		return apperr.Invalid("auth.email_taken").Field("email", "auth.email_taken").Wrap(err)
	}
	return err
}

func badRole() error {
	return apperr.Invalid("auth.bad_role").Field("role", "auth.bad_role")
}

// checkEmail gives the bare address.
func checkEmail(s string) (string, error) {
	s = norm.NFC.String(strings.TrimSpace(s))
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || len(s) > 254 || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' }) {
		return "", apperr.Invalid("auth.bad_email").Field("email", "auth.bad_email")
	}
	return s, nil
}

// foldEmail makes the unique form of an address: nobody owns Ana@x and ana@x apart.
func foldEmail(s string) string { return strings.ToLower(norm.NFKC.String(strings.TrimSpace(s))) }

// Login gives the login of an account: KindNotFound when it has none.
func (s *Service) Login(ctx context.Context, q db.Q, accountID int64) (*Login, error) {
	return db.Get[*Login](ctx, q, `select * from login where account_id = $1`, accountID)
}

// Logins lists all logins by account, for the command line.
func (s *Service) Logins(ctx context.Context, q db.Q) ([]Login, error) {
	return db.All[Login](ctx, q, `select * from login order by account_id`)
}

// find looks for the login that somebody means by a signInName; nil when there is none.
func (s *Service) find(ctx context.Context, name string) (*Login, error) {
	l, err := db.Get[*Login](ctx, s.db.Read(), `select * from login where email_fold = $1`, name)
	if isNoRows(err) {
		id, ok := int64(0), false
		if s.lookup != nil {
			id, ok = s.lookup(ctx, name)
		}
		if !ok {
			id = -1 // the query is made all the same, for the same time
		}
		l, err = s.Login(ctx, s.db.Read(), id)
	}
	if isNoRows(err) {
		return nil, nil
	}
	return l, err
}

// SetPassword stores a new password hash and ends every session and token of
// the account but the one of keep (0 for none).
func (s *Service) SetPassword(ctx context.Context, tx *db.Tx, accountID int64, hash string, keep int64) error {
	if err := s.change(ctx, tx, `update login set password_hash = $1, updated_at = $2 where account_id = $3`,
		hash, s.now().UnixMilli(), accountID); err != nil {
		return err
	}
	return s.EndAll(ctx, tx, accountID, keep)
}

// SetRole changes what an account may do, at once.
func (s *Service) SetRole(ctx context.Context, tx *db.Tx, accountID int64, role string) error {
	if !ValidRole(role) {
		return badRole()
	}
	return s.change(ctx, tx, `update login set role = $1, updated_at = $2 where account_id = $3`, role, s.now().UnixMilli(), accountID)
}

// SetMember makes a guest a member or the reverse, at once.
func (s *Service) SetMember(ctx context.Context, tx *db.Tx, accountID int64, member bool) error {
	return s.change(ctx, tx, `update login set member = $1, updated_at = $2 where account_id = $3`, member, s.now().UnixMilli(), accountID)
}

// SetLang stores the language of somebody's pages, "" for the browser's.
func (s *Service) SetLang(ctx context.Context, tx *db.Tx, accountID int64, lang string) error {
	return s.change(ctx, tx, `update login set lang = $1, updated_at = $2 where account_id = $3`, lang, s.now().UnixMilli(), accountID)
}

// SetDefaults stores what somebody's new posts are.
func (s *Service) SetDefaults(ctx context.Context, tx *db.Tx, accountID int64, d Defaults) error {
	return s.change(ctx, tx, `update login set default_audience = $1, default_lang = $2, default_sensitive = $3, default_quotes = $4, updated_at = $5
		where account_id = $6`, d.DefaultAudience, d.DefaultLang, d.DefaultSensitive, d.DefaultQuotes, s.now().UnixMilli(), accountID)
}

// SetDisabled keeps somebody from signing in and ends what they have open, or lets them in again.
func (s *Service) SetDisabled(ctx context.Context, tx *db.Tx, accountID int64, disabled bool) error {
	if err := s.change(ctx, tx, `update login set disabled = $1, updated_at = $2 where account_id = $3`,
		disabled, s.now().UnixMilli(), accountID); err != nil || !disabled {
		return err
	}
	return s.EndAll(ctx, tx, accountID, 0)
}

// Erase removes a login with all its sessions and tokens. An account without one is no error.
func (s *Service) Erase(ctx context.Context, tx *db.Tx, accountID int64) error {
	if err := s.EndAll(ctx, tx, accountID, 0); err != nil {
		return err
	}
	if _, err := db.Exec(ctx, tx, `delete from oauth_code where account_id = $1`, accountID); err != nil {
		return err
	}
	_, err := db.Exec(ctx, tx, `delete from login where account_id = $1`, accountID)
	return err
}

// change runs an update of one login and forgets its viewers once committed.
func (s *Service) change(ctx context.Context, tx *db.Tx, text string, args ...any) error {
	accountID := args[len(args)-1].(int64)
	n, err := db.Exec(ctx, tx, text, args...)
	if err != nil {
		return err
	}
	if n == 0 {
		return apperr.NotFound("auth.no_login")
	}
	tellAccount(tx, accountID)
	return nil
}

// ChangePassword gives v's owner a new password and ends their other sessions and tokens.
// Errors: KindInvalid on the field "password".
func (s *Service) ChangePassword(ctx context.Context, v *Viewer, password string) error {
	hash, err := s.HashPassword(ctx, password)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return s.SetPassword(ctx, tx, v.AccountID, hash, v.TokenID)
	})
}
