package account

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
)

// Portraits keeps and shows the pictures of accounts; the media slice does.
type Portraits struct {
	// Address is under which apps find the avatar or header of an account, "" when it has none that
	// may be given: those of a closed group are given to somebody, 0 for nobody in particular.
	Address func(a *Account, header bool, to int64) string
	// Set makes a file the avatar or header of an account of ours; nil takes the present one away.
	Set func(ctx context.Context, accountID int64, header bool, file io.Reader) error
}

// FacePath is where pages find the avatars of accounts, by session.
const FacePath = "/media/face/"

// Face is the path of the avatar of an account on our pages, "" when it has
// none. It changes with the picture.
func (a *Account) Face() string {
	if a.Avatar == "" || a.Gone() {
		return ""
	}
	sum := sha256.Sum256([]byte(a.Avatar))
	return FacePath + ids.String(a.ID) + "/" + hex.EncodeToString(sum[:4])
}

// pictures are the addresses of an account's avatar and header for the app of somebody, drawn where
// it has none.
func (s *Service) pictures(a *Account, to int64) (avatar, header string) {
	if s.Portraits.Address != nil {
		avatar, header = s.Portraits.Address(a, false, to), s.Portraits.Address(a, true, to)
	}
	if avatar == "" {
		avatar = s.Base + avatarPath(a.ID)
	}
	if header == "" {
		header = s.Base + HeaderPath
	}
	return avatar, header
}

// SetPicture notes the address of the avatar or header of an account of ours and tells the slices above.
func (s *Service) SetPicture(ctx context.Context, tx *db.Tx, id int64, header bool, address string) error {
	a, err := ByID(ctx, tx, id)
	if err != nil {
		return err
	}
	column := "avatar"
	if header {
		column, a.Header = "header", address
	} else {
		a.Avatar = address
	}
	a.UpdatedAt = time.Now().UnixMilli()
	if _, err := tx.Exec(ctx, `update account set `+column+` = $1, updated_at = $2 where id = $3`, address, a.UpdatedAt, id); err != nil {
		return err
	}
	return s.changed(ctx, tx, a)
}

// portray sets the pictures that an app sends with a profile.
func (s *Service) portray(r *masto.Req) error {
	for _, p := range []struct {
		name   string
		header bool
	}{{"avatar", false}, {"header", true}} {
		f, err := pictureIn(r, p.name)
		if err != nil {
			return err
		}
		if f == nil {
			continue
		}
		err = s.Portraits.Set(r.Context(), r.Viewer.AccountID, p.header, f)
		if cerr := f.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// pictureIn is the picture that a parameter brings, as a file or as the text of
// a data: address, nil when there is none.
func pictureIn(r *masto.Req, name string) (io.ReadCloser, error) {
	if h := r.File(name); h != nil {
		return h.Open()
	}
	given := r.String(name)
	if given == "" {
		return nil, nil
	}
	head, data, ok := strings.Cut(given, ",")
	raw, err := base64.StdEncoding.DecodeString(data)
	if !ok || err != nil || !strings.HasPrefix(head, "data:image/") || !strings.HasSuffix(head, ";base64") {
		return nil, apperr.Invalid("account.no_file").Field(name, "account.no_file")
	}
	return io.NopCloser(bytes.NewReader(raw)), nil
}

// AnswerMe answers an app with its holder's own account.
func (s *Service) AnswerMe(r *masto.Req) error {
	a, err := ByID(r.Context(), s.DB.Read(), r.Viewer.AccountID)
	if err != nil {
		return err
	}
	return s.apiAnswerMe(r, a)
}
