package media

import (
	"context"
	"io"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/blob"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/media/picture"
)

// Portray makes a file the avatar, or the header, of one of our accounts; nil
// takes the present one away. Errors are those of Add.
//
// Spec: Mastodon accounts#update_credentials; Spec: ME3
func (s *Service) Portray(ctx context.Context, accountID int64, header bool, file io.Reader) error {
	use, z := ForAvatar, picture.ForAvatars
	if header {
		use, z = ForHeader, picture.ForHeaders
	}
	m := &Media{ID: s.IDs.New(), Key: blob.NewName(), AccountID: accountID, Use: use, State: Ready, CreatedAt: s.Now().UnixMilli()}
	address := ""
	if file != nil {
		if err := s.room(ctx, accountID); err != nil {
			return err
		}
		if err := s.still(ctx, m, file, z); err != nil {
			return err
		}
		address = s.Accounts.Base + m.path(false)
	}
	change := func(ctx context.Context, tx *db.Tx) error {
		rows, err := db.All[Media](ctx, tx, `select `+columns+` from media m where m.account_id = $1 and m.use = $2 and m.id <> $3`, accountID, use, m.ID)
		if err != nil {
			return err
		}
		old := make([]*Media, len(rows))
		for i := range rows {
			old[i] = &rows[i]
		}
		if err := drop(ctx, tx, old); err != nil {
			return err
		}
		return s.Accounts.SetPicture(ctx, tx, accountID, header, address)
	}
	if file == nil {
		return s.DB.Write(ctx, change)
	}
	return s.keep(ctx, m, change)
}

// Picture is the address of the avatar or header of an account under which we
// show it, "" when it has none: ours as it is while the account is public, any
// other with a signature. That of a closed group is for one account of ours, to.
func (s *Service) Picture(a *account.Account, header bool, to int64) string {
	address, use := a.Avatar, UseAvatar
	if header {
		address, use = a.Header, UseHeader
	}
	switch {
	case address == "" || a.Gone():
		return ""
	case s.rejects(a.Host):
		return ""
	case closed(a) && to == 0:
		return ""
	case !a.Local() && closed(a):
		return s.proxyTo(a.ID, address, use, to)
	case !a.Local():
		return s.Proxy(address, use)
	case a.Public:
		return address
	}
	key, file := keyOf(s.local(address))
	if key == "" {
		return ""
	}
	if closed(a) {
		return s.signedTo(Path+key+"/"+file+"?", key, to)
	}
	return s.signed(Path+key+"/"+file, key, shortly)
}

// closed reports whether an account is a group whose pictures are for those alone who may know of it.
func closed(a *account.Account) bool { return a.Kind == account.Group && !a.Public }

// sees reports whether somebody of ours may see the pictures of an account that is not for everybody, by the
// rule on who may know of it: of a hidden group its members alone.
func (s *Service) sees(ctx context.Context, q db.Q, reader int64, a *account.Account) (bool, error) {
	r, err := account.ByID(ctx, q, reader)
	if err != nil || !r.Local() || r.Gone() || a.Gone() {
		return false, ignoreMissing(err)
	}
	if in, err := db.Get[int](ctx, q, `select count(*) from audience_account where scope_id = $1 and account_id = $2`, a.ID, reader); err != nil || in > 0 {
		return in > 0, err
	}
	members, err := auth.MembersAmong(ctx, q, []int64{reader})
	if err != nil {
		return false, err
	}
	return a.VisibleTo(&auth.Viewer{AccountID: reader, Member: members[reader]}), nil
}

func ignoreMissing(err error) error {
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	}
	return err
}

// keyOf takes a path of ours apart.
func keyOf(path string) (key, file string) {
	if len(path) < len(Path)+26+2 || path[:len(Path)] != Path || !blob.Valid(path[len(Path):len(Path)+26]) {
		return "", ""
	}
	return path[len(Path) : len(Path)+26], path[len(Path)+27:]
}

// Portraits is what accounts need of this slice.
func (s *Service) Portraits() account.Portraits {
	return account.Portraits{Address: s.Picture, Set: s.Portray}
}
