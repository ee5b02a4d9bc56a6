package organe

import (
	"context"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/movement"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
)

// Bounds.
const (
	maxOrganes = 50
	maxMembers = 50 // who act in the name of one
	maxNote    = 2000
)

// Organe is a body of ours with its account. Times are unix ms.
type Organe struct {
	AccountID int64
	ByID      int64
	CreatedAt int64
	ClosedAt  int64 // 0 while it is open

	Account *account.Account `db:"-"`
}

// Service holds the rules on bodies.
type Service struct {
	DB       *db.DB
	Accounts *account.Service
	Movement *movement.Service
	Posts    *post.Service
	// App is this server's own account, which tells people that something waits.
	App func(ctx context.Context) (*route.Actor, error)

	// Busy reports whether a slice above still has something to come in the name of
	// a body, which nobody could take back once it is closed.
	Busy []func(ctx context.Context, q db.Q, accountID int64) (bool, error)
}

func now() int64 { return time.Now().UnixMilli() }

func unknown() error { return apperr.NotFound("organe.not_found") }

// Said is what an administrator says of a body.
type Said struct{ Name, Note string }

func (d *Said) check(bad *apperr.Error) *apperr.Error {
	if d.Name = text.PlainName(d.Name, account.MaxName); d.Name == "" {
		bad = bad.Field("name", "organe.no_name")
	}
	if d.Note = text.Clean(d.Note, maxNote+1); len([]rune(d.Note)) > maxNote {
		bad = bad.Field("note", "organe.note_long", maxNote)
	}
	return bad
}

// Create makes a body; administrators do. Errors: KindForbidden, KindInvalid by field.
func (s *Service) Create(ctx context.Context, v *auth.Viewer, username string, d Said) (*Organe, error) {
	if !v.IsAdmin() {
		return nil, apperr.Forbidden("organe.admins")
	}
	username = strings.ToLower(strings.TrimSpace(username))
	bad := d.check(apperr.Invalid("organe.check"))
	if !account.ValidName(username) {
		bad = bad.Field("username", "account.bad_name")
	}
	if len(bad.Fields) > 0 {
		return nil, bad
	}
	key, err := account.MakeKey()
	if err != nil {
		return nil, err
	}
	var out *Organe
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if n, err := db.Get[int](ctx, tx, `select count(*) from organe`); err != nil {
			return err
		} else if n >= maxOrganes {
			return apperr.Invalid("organe.many", maxOrganes).Field("name", "organe.many", maxOrganes)
		}
		a, err := s.Accounts.Create(ctx, tx, account.NewLocal{Username: username, Name: d.Name, Note: d.Note, Kind: account.Organization, Public: true}, key)
		if apperr.Is(err, apperr.KindConflict) {
			return apperr.Invalid("account.name_taken", username).Field("username", "account.name_taken", username)
		} else if err != nil {
			return err
		}
		out = &Organe{AccountID: a.ID, ByID: v.AccountID, CreatedAt: now(), Account: a}
		return db.Insert(ctx, tx, "organe", out)
	})
	return out, err
}

// by runs what an administrator does to a body.
func (s *Service) by(ctx context.Context, v *auth.Viewer, id int64, do func(context.Context, *db.Tx, *Organe) error) error {
	if !v.IsAdmin() {
		return apperr.Forbidden("organe.admins")
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		o, err := byID(ctx, tx, id)
		if err != nil {
			return err
		}
		return do(ctx, tx, o)
	})
}

// Settle changes what is said of a body; its user name stays.
func (s *Service) Settle(ctx context.Context, v *auth.Viewer, id int64, d Said) error {
	if bad := d.check(apperr.Invalid("organe.check")); len(bad.Fields) > 0 {
		return bad
	}
	return s.by(ctx, v, id, func(ctx context.Context, tx *db.Tx, o *Organe) error {
		_, err := s.Accounts.Change(ctx, tx, o.AccountID, account.Profile{Name: &d.Name, Note: &d.Note})
		return err
	})
}

// SetClosed closes a body, or opens it again. One with something to come stays
// open (KindInvalid with the field "closed"): nobody could cancel that any more.
func (s *Service) SetClosed(ctx context.Context, v *auth.Viewer, id int64, closed bool) error {
	return s.by(ctx, v, id, func(ctx context.Context, tx *db.Tx, o *Organe) error {
		at := int64(0)
		if closed {
			at = now()
			for _, ask := range s.Busy {
				if busy, err := ask(ctx, tx, o.AccountID); err != nil {
					return err
				} else if busy {
					return apperr.Invalid("organe.busy").Field("closed", "organe.busy")
				}
			}
		}
		if _, err := tx.Exec(ctx, `update organe set closed_at = $1 where account_id = $2`, at, o.AccountID); err != nil {
			return err
		}
		found := !closed
		_, err := s.Accounts.Change(ctx, tx, o.AccountID, account.Profile{Discoverable: &found})
		return err
	})
}

// Appoint lets a member of the instance act in the name of a body. Errors:
// KindInvalid with the field "who".
func (s *Service) Appoint(ctx context.Context, v *auth.Viewer, id int64, who string) (*account.Account, error) {
	no := apperr.Invalid("organe.no_member").Field("who", "organe.no_member")
	name, host, ok := account.ParseAcct(strings.TrimSpace(who), s.Accounts.Host)
	if !ok || host != "" {
		return nil, no
	}
	var out *account.Account
	err := s.by(ctx, v, id, func(ctx context.Context, tx *db.Tx, o *Organe) error {
		a, err := account.ByHandle(ctx, tx, name, "")
		if apperr.Is(err, apperr.KindNotFound) {
			return no
		} else if err != nil {
			return err
		}
		members, err := auth.MembersAmong(ctx, tx, []int64{a.ID})
		if err != nil {
			return err
		} else if !members[a.ID] || a.Gone() {
			return no
		}
		if n, err := db.Get[int](ctx, tx, `select count(*) from organe_member where organe_id = $1`, id); err != nil {
			return err
		} else if n >= maxMembers {
			return apperr.Invalid("organe.many_members", maxMembers).Field("who", "organe.many_members", maxMembers)
		}
		out = a
		_, err = tx.Exec(ctx, `insert into organe_member (organe_id, account_id, by_id, since) values ($1, $2, $3, $4) on conflict do nothing`, id, a.ID, v.AccountID, now())
		return err
	})
	return out, err
}

// Dismiss takes that right back.
func (s *Service) Dismiss(ctx context.Context, v *auth.Viewer, id, accountID int64) error {
	return s.by(ctx, v, id, func(ctx context.Context, tx *db.Tx, o *Organe) error {
		_, err := tx.Exec(ctx, `delete from organe_member where organe_id = $1 and account_id = $2`, id, accountID)
		return err
	})
}

// As is the voice of a body for one of those who may act in its name: the viewer
// with whose rights a post is written. KindNotFound for everybody else, whether or
// not there is such a body.
func (s *Service) As(ctx context.Context, q db.Q, v *auth.Viewer, id int64) (*auth.Viewer, error) {
	if v == nil || !v.Member {
		return nil, unknown()
	}
	if yes, err := may(ctx, q, id, v.AccountID); err != nil {
		return nil, err
	} else if !yes {
		return nil, unknown()
	}
	return voice(id, v.Lang), nil
}

// Voice is that of an open body by itself, for what was settled in its name
// before, as the next date of a series. KindNotFound for all other accounts.
func (s *Service) Voice(ctx context.Context, q db.Q, id int64) (*auth.Viewer, error) {
	o, err := byID(ctx, q, id)
	if err != nil {
		return nil, err
	}
	if o.ClosedAt != 0 || o.Account.Gone() {
		return nil, unknown()
	}
	return voice(id, ""), nil
}

func voice(id int64, lang string) *auth.Viewer {
	return &auth.Viewer{AccountID: id, Role: auth.RoleUser, Member: true, Lang: lang}
}
