package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/config"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/text"
)

// Person is an account to make with its login.
type Person struct {
	Name     string // user name
	Display  string
	Note     string
	Email    string
	Password string
	Role     string // auth.RoleUser when empty
	Lang     string
	Public   bool // public profile, and consent to public posts
	Guest    bool // has an account here without being of the section
}

// consentWords are recorded for an account made public by whoever runs the instance.
const consentWords = "Compte rendu public à sa création par la commande d'administration, à la demande de la personne."

// Init makes a new instance in cfg.Dir: configuration, database, the instance's
// own actors and, if given, its first admin. It refuses a folder that already
// holds one.
func Init(ctx context.Context, cfg *config.Config, admin *Person, shared *Shared) (err error) {
	if err := cfg.Validate(); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(cfg.Dir, config.FileName)); err == nil {
		return fmt.Errorf("%s already holds an instance; start it with: maillage serve --dir %s", cfg.Dir, cfg.Dir)
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return fmt.Errorf("the folder %s cannot be made: %w", cfg.Dir, err)
	}
	a, err := Open(ctx, cfg, shared)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.DB.Close()) }()
	if err := a.EnsureActors(ctx); err != nil {
		return err
	}
	if admin != nil {
		admin.Role = auth.RoleAdmin
		if _, err := a.CreatePerson(ctx, *admin); err != nil {
			return err
		}
	}
	// Last, so that an interrupted init can be repeated.
	return cfg.Save()
}

// EnsureActors makes the instance's Application actor and the section's Group
// actor, unless they are there.
//
// Spec: FEP-2677; Spec: FEP-d556
func (a *App) EnsureActors(ctx context.Context) error {
	type own struct{ kind, username, name string }
	for _, o := range []own{
		{account.Application, a.Config.Host, a.Config.Name},
		{account.Group, groupName(a.Config.Name), a.Config.Name},
	} {
		have, err := db.Get[int](ctx, a.DB.Read(), `select count(*) from account where host = '' and kind = $1`, o.kind)
		if err != nil {
			return err
		}
		if have > 0 {
			continue
		}
		key, err := account.MakeKey()
		if err != nil {
			return err
		}
		err = a.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			_, err := a.Accounts.Create(ctx, tx, account.NewLocal{Username: o.username, Name: o.name, Kind: o.kind, Public: true}, key)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// groupName makes a user name of an instance's name: "Grenoble-Centre" → "grenoble_centre".
func groupName(name string) string {
	var b strings.Builder
	for _, r := range text.Fold(name) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
	}
	out := strings.Trim(b.String(), "_")
	if len(out) > 30 {
		out = strings.Trim(out[:30], "_")
	}
	if out == "" {
		return "section"
	}
	return out
}

// CreatePerson makes an account that can sign in.
func (a *App) CreatePerson(ctx context.Context, p Person) (*account.Account, error) {
	if !account.ValidName(p.Name) {
		return nil, apperr.Invalid("account.bad_name").Field("name", "account.bad_name")
	}
	key, err := account.MakeKey()
	if err != nil {
		return nil, err
	}
	login, err := a.Auth.Prepare(ctx, auth.NewLogin{Email: p.Email, Password: p.Password, Role: p.Role, Lang: p.Lang, Guest: p.Guest})
	if err != nil {
		return nil, err
	}
	var out *account.Account
	err = a.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = a.Accounts.Create(ctx, tx, account.NewLocal{
			Username: p.Name, Name: p.Display, Note: p.Note, Public: p.Public, Words: consentWords,
		}, key)
		if err != nil {
			return err
		}
		return a.Auth.CreateLogin(ctx, tx, out.ID, login)
	})
	return out, err
}
