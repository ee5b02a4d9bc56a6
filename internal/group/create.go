package group

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/text"
)

// New describes a group to make.
type New struct {
	Username string
	Rules
}

// Rules are what the owner of a group settles.
type Rules struct {
	Name    string
	Note    string // what it is about, plain text
	Charter string
	Icon    string
	Access  string
	Secret  bool
	Joining string
	Posting string
}

// Icons are the drawings that a group may have.
var Icons = []string{"users", "building-2", "bus", "sprout", "megaphone", "heart", "hammer", "landmark", "book-open", "newspaper", "calendar", "vote"}

func (r *Rules) check() error {
	r.Name, r.Note, r.Charter = text.PlainName(r.Name, account.MaxName), text.Clean(r.Note, account.MaxNote), text.Clean(r.Charter, MaxCharter+1)
	bad := apperr.Invalid("group.check")
	wrong := false
	field := func(name, key string, args ...any) { bad, wrong = bad.Field(name, key, args...), true }
	if r.Name == "" {
		field("name", "group.no_name")
	}
	if utf8.RuneCountInString(r.Charter) > MaxCharter {
		field("charter", "group.charter_long", MaxCharter)
	}
	if !slices.Contains([]string{Open, Movement, Section}, r.Access) {
		field("access", "group.bad_access")
	}
	if !slices.Contains([]string{Free, Request, Invite}, r.Joining) {
		field("joining", "group.bad_joining")
	}
	if !slices.Contains([]string{Everyone, Members, Moderated}, r.Posting) {
		field("posting", "group.bad_posting")
	}
	if r.Icon == "" {
		r.Icon = Icons[0]
	}
	if !slices.Contains(Icons, r.Icon) {
		field("icon", "group.bad_icon")
	}
	if r.Secret && r.Access == Open {
		field("secret", "group.open_secret")
	}
	if r.Access != Open && r.Posting == Everyone {
		r.Posting = Members // only they can read it
	}
	if wrong {
		return bad
	}
	return nil
}

// Create makes a group; v becomes its owner. Any member may, guests may not.
// Errors: KindInvalid by field, KindConflict when the name is taken.
//
// Spec: FEP-1b12
func (s *Service) Create(ctx context.Context, v *auth.Viewer, n New) (*Group, error) {
	if v == nil || !v.Member {
		return nil, apperr.Forbidden("group.members_create")
	}
	n.Username = strings.ToLower(strings.TrimSpace(n.Username))
	err := n.Rules.check()
	if !account.ValidName(n.Username) {
		bad, ok := apperr.As(err)
		if !ok {
			bad = apperr.Invalid("group.bad_address")
		}
		err = bad.Field("username", "group.bad_address")
	}
	if err != nil {
		return nil, err
	}
	key, err := account.MakeKey()
	if err != nil {
		return nil, err
	}
	var out *Group
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		owned, err := db.Get[int](ctx, tx, `select count(*) from group_member where account_id = $1 and role = 'owner'`, v.AccountID)
		if err != nil {
			return err
		}
		if owned >= maxOwned {
			return apperr.Invalid("group.too_many", maxOwned)
		}
		a, err := s.Accounts.Create(ctx, tx, account.NewLocal{Username: n.Username, Name: n.Name, Note: n.Note, Kind: account.Group, Public: n.Access == Open}, key)
		if apperr.Is(err, apperr.KindConflict) {
			return apperr.Invalid("account.name_taken", n.Username).Field("username", "account.name_taken", n.Username)
		} else if err != nil {
			return err
		}
		g := &Group{AccountID: a.ID, Account: a, CreatedAt: now()}
		g.apply(n.Rules)
		if err := db.Insert(ctx, tx, "group_info", g); err != nil {
			return err
		}
		if err := s.lock(ctx, tx, g); err != nil {
			return err
		}
		out = g
		if err := s.admit(ctx, tx, g, v.AccountID, Owner, v.AccountID); err != nil {
			return err
		}
		return s.journal(ctx, tx, Line{GroupID: g.AccountID, ByID: v.AccountID, Act: "create"})
	})
	return out, err
}

func (g *Group) apply(r Rules) {
	g.Access, g.Secret, g.Joining, g.Posting, g.Charter, g.Icon = r.Access, r.Secret, r.Joining, r.Posting, r.Charter, r.Icon
}

// lock lays what the rules of a group mean on its account: whether a follow
// waits for a yes, and whether anybody finds it.
func (s *Service) lock(ctx context.Context, tx *db.Tx, g *Group) error {
	g.Account.Locked, g.Account.Hidden = g.Joining != Free, g.Secret
	_, err := tx.Exec(ctx, `update account set locked = $1, hidden = $2, indexable = false where id = $3`, g.Account.Locked, g.Account.Hidden, g.AccountID)
	return err
}

// Settle changes the rules of a group. Its access stays: what was written for
// members is never shown to others.
func (s *Service) Settle(ctx context.Context, v *auth.Viewer, id int64, r Rules) error {
	return s.by(ctx, v, id, Owner, func(ctx context.Context, tx *db.Tx, g *Group, me *Membership) error {
		r.Access = g.Access
		if err := r.check(); err != nil {
			return err
		}
		g.apply(r)
		if _, err := tx.Exec(ctx, `update group_info set secret = $1, joining = $2, posting = $3, charter = $4, icon = $5 where account_id = $6`,
			g.Secret, g.Joining, g.Posting, g.Charter, g.Icon, g.AccountID); err != nil {
			return err
		}
		if err := s.lock(ctx, tx, g); err != nil {
			return err
		}
		if _, err := s.Accounts.Change(ctx, tx, g.AccountID, account.Profile{Name: &r.Name, Note: &r.Note}); err != nil {
			return err
		}
		return s.journal(ctx, tx, Line{GroupID: g.AccountID, ByID: me.AccountID, Act: "settle"})
	})
}

// by runs an act that needs a role, in one transaction.
func (s *Service) by(ctx context.Context, v *auth.Viewer, groupID int64, role string, do func(context.Context, *db.Tx, *Group, *Membership) error) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		g, me, err := s.seen(ctx, tx, v, groupID)
		if err != nil {
			return err
		}
		if !g.Ours() {
			return unknown() // it is not for us to decide
		}
		if !me.May(role) {
			return needs(role)
		}
		return do(ctx, tx, g, me)
	})
}

// seen finds a group that v may know of, and how v stands to it.
func (s *Service) seen(ctx context.Context, q db.Q, v *auth.Viewer, groupID int64) (*Group, *Membership, error) {
	return seen(ctx, q, v, groupID)
}

// KnownTo reports whether somebody may know that a group exists.
func KnownTo(ctx context.Context, q db.Q, v *auth.Viewer, groupID int64) (bool, error) {
	if _, _, err := seen(ctx, q, v, groupID); apperr.Is(err, apperr.KindNotFound) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	return true, nil
}

func seen(ctx context.Context, q db.Q, v *auth.Viewer, groupID int64) (*Group, *Membership, error) {
	g, err := Any(ctx, q, groupID)
	if err != nil {
		return nil, nil, unknown()
	}
	var me *Membership
	if v != nil {
		if me, err = membership(ctx, q, g.AccountID, v.AccountID); err != nil {
			return nil, nil, err
		}
	}
	if !g.knownTo(v, me) {
		return nil, nil, unknown()
	}
	return g, me, nil
}

// knownTo is the rule on who may know that a group exists.
func (g *Group) knownTo(v *auth.Viewer, me *Membership) bool {
	switch {
	case !g.Ours():
		// We show no stranger what is another server's, and nobody but members what is closed.
		return v != nil && (g.Access == Open || v.Member && !g.Secret || me.In())
	case me != nil && me.State != Banned:
		return true
	case g.Secret:
		return false
	case g.Access == Open:
		return true
	default:
		return v != nil && v.Member
	}
}
