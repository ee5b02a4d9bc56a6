package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
)

// This file is what the commands on accounts do.

// Listed is an account in the list for administrators.
type Listed struct {
	Name, Role, Email        string
	Public, Member, Disabled bool
	Since                    time.Time
}

// People lists the accounts that can sign in, oldest first.
func (a *App) People(ctx context.Context) ([]Listed, error) {
	logins, err := a.Auth.Logins(ctx, a.DB.Read())
	if err != nil {
		return nil, err
	}
	all, err := account.Locals(ctx, a.DB.Read())
	if err != nil {
		return nil, err
	}
	names := make(map[int64]*account.Account, len(all))
	for i := range all {
		names[all[i].ID] = &all[i]
	}
	out := make([]Listed, 0, len(logins))
	for _, l := range logins {
		acc := names[l.AccountID]
		if acc == nil {
			continue
		}
		out = append(out, Listed{
			Name: acc.Username, Role: l.Role, Email: l.Email, Public: acc.Public,
			Member: l.Member, Disabled: l.Disabled, Since: acc.Created(),
		})
	}
	return out, nil
}

// person finds somebody who can sign in, by user name, with or without "@" and
// our host.
func (a *App) person(ctx context.Context, name string) (*account.Account, error) {
	short := strings.TrimSuffix(strings.TrimPrefix(name, "@"), "@"+a.Config.Host)
	acc, err := account.ByHandle(ctx, a.DB.Read(), short, "")
	if apperr.Is(err, apperr.KindNotFound) || err == nil && (acc.Gone() || acc.Kind != account.Person) {
		return nil, fmt.Errorf("nobody here is called %s; maillage account list --dir %s shows all names", name, a.Config.Dir)
	}
	return acc, err
}

// SetRole makes somebody user, moderator or admin. Taking the role from the
// last administrator is refused.
func (a *App) SetRole(ctx context.Context, name, role string) error {
	acc, err := a.person(ctx, name)
	if err != nil {
		return err
	}
	return a.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if role != auth.RoleAdmin {
			if err := a.otherAdmin(ctx, tx, acc); err != nil {
				return err
			}
		}
		return a.Auth.SetRole(ctx, tx, acc.ID, role)
	})
}

// otherAdmin refuses to leave the instance without an administrator.
func (a *App) otherAdmin(ctx context.Context, tx *db.Tx, acc *account.Account) error {
	logins, err := a.Auth.Logins(ctx, tx)
	if err != nil {
		return err
	}
	was, others := false, 0
	for _, l := range logins {
		switch {
		case l.Role != auth.RoleAdmin || l.Disabled:
		case l.AccountID == acc.ID:
			was = true
		default:
			others++
		}
	}
	if was && others == 0 {
		return fmt.Errorf("%s is the only administrator; make somebody else admin first", acc.Username)
	}
	return nil
}

// SetPassword stores a new password and ends all sessions and tokens of the account.
func (a *App) SetPassword(ctx context.Context, name, password string) error {
	acc, err := a.person(ctx, name)
	if err != nil {
		return err
	}
	hash, err := a.Auth.HashPassword(ctx, password)
	if err != nil {
		return err
	}
	return a.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return a.Auth.SetPassword(ctx, tx, acc.ID, hash, 0)
	})
}

// DeletePerson erases an account and all that it wrote.
func (a *App) DeletePerson(ctx context.Context, name string) error {
	acc, err := a.person(ctx, name)
	if err != nil {
		return err
	}
	err = a.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return a.otherAdmin(ctx, tx, acc) })
	if err != nil {
		return err
	}
	return a.Accounts.Delete(ctx, acc.ID)
}

// NewToken makes a bearer token for a program that acts for an account. scopes
// are separated by spaces.
func (a *App) NewToken(ctx context.Context, name, scopes string) (string, error) {
	acc, err := a.person(ctx, name)
	if err != nil {
		return "", err
	}
	for scope := range strings.FieldsSeq(scopes) {
		if _, ok := auth.ParseScopes(scope); !ok {
			return "", fmt.Errorf("%q is not a scope; known are: %s", scope, strings.Join(auth.KnownScopes(), " "))
		}
	}
	parsed, _ := auth.ParseScopes(scopes)
	return a.Auth.NewToken(ctx, acc.ID, parsed)
}
