package media

import (
	"context"
	"io"

	"github.com/maillage/maillage/internal/account"
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
// other with a signature.
func (s *Service) Picture(a *account.Account, header bool) string {
	address, use := a.Avatar, UseAvatar
	if header {
		address, use = a.Header, UseHeader
	}
	switch {
	case address == "" || a.Gone():
		return ""
	case s.rejects(a.Host):
		return ""
	case !a.Local():
		return s.Proxy(address, use)
	case a.Public:
		return address
	}
	key, file := keyOf(s.local(address))
	if key == "" {
		return ""
	}
	return s.signed(Path+key+"/"+file, key, shortly)
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
