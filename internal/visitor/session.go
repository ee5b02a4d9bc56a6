package visitor

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
)

// cookie is the name of the visitor's session in the browser.
const cookie = "visitor"

// open begins a session.
func (s *Service) open(ctx context.Context, tx *db.Tx, visitorID int64) (secret string, err error) {
	secret, hash := newSecret()
	_, err = tx.Exec(ctx, `insert into visitor_session (hash, visitor_id, expires_at) values ($1, $2, $3)`, hash, visitorID, time.Now().Add(sessionAge).UnixMilli())
	return secret, err
}

// Current is the visitor who asks, nil for a stranger and for somebody signed in
// with an account of ours.
func (s *Service) Current(c *httpx.Ctx) (*Visitor, error) {
	secret := c.Cookie(cookie)
	if c.Viewer != nil || len(secret) != 43 {
		return nil, nil
	}
	c.Private()
	v, err := db.Get[Visitor](c.Context(), s.DB.Read(), `select `+columns+` from visitor_session x join visitor v on v.id = x.visitor_id
		where x.hash = $1 and x.expires_at > $2`, hashOf(secret), time.Now().UnixMilli())
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	return &v, nil
}

// leave ends the session of the browser.
func (s *Service) leave(c *httpx.Ctx) error {
	secret := c.Cookie(cookie)
	c.SetCookie(cookie, "", -1)
	return s.DB.Write(c.Context(), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `delete from visitor_session where hash = $1`, hashOf(secret))
		return err
	})
}

// ReturnURL is the address for letters by which a visitor comes back without
// confirming anew; it leads to one page of ours. It is theirs alone, and ends
// when they are forgotten.
func (s *Service) ReturnURL(visitorID int64, back string) string {
	id := ids.String(visitorID)
	return s.Accounts.Base + Path + "/retour/" + id + "." + s.sign(id, back) + "?vers=" + back
}

func (s *Service) sign(id, back string) string {
	h := hmac.New(sha256.New, s.Secret)
	h.Write([]byte("return\x00" + id + "\x00" + back))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// returning finds whom a link of a letter is for. KindGone "visitor.old_return".
func (s *Service) returning(ctx context.Context, key, back string) (*Visitor, error) {
	id, mac, _ := strings.Cut(key, ".")
	n, ok := ids.Parse(id)
	if !ok || subtle.ConstantTimeCompare([]byte(mac), []byte(s.sign(ids.String(n), back))) != 1 {
		return nil, apperr.Gone("visitor.old_return")
	}
	all, err := ByIDs(ctx, s.DB.Read(), []int64{n})
	if err != nil {
		return nil, err
	}
	if all[n] == nil {
		return nil, apperr.Gone("visitor.old_return")
	}
	return all[n], nil
}

// Resume opens a session for somebody who came back by a link of a letter.
func (s *Service) Resume(ctx context.Context, visitorID int64) (session string, err error) {
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		session, err = s.open(ctx, tx, visitorID)
		return err
	})
	return session, err
}
