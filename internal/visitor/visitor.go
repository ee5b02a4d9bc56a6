package visitor

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"sync"
	"time"

	"github.com/maillage/maillage/activitypub/discovery"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth/limit"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/i18n"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/instance"
	"github.com/maillage/maillage/internal/mail"
	"github.com/maillage/maillage/internal/text"
)

// Bounds.
const (
	MaxName    = 80
	linkAge    = time.Hour
	sessionAge = 30 * 24 * time.Hour
	idleAge    = 24 * time.Hour // of a visitor whom nothing holds
)

// Visitor is somebody from outside.
type Visitor struct {
	ID        int64
	Email     string // "" for an account elsewhere
	EmailFold string
	Handle    string // "bob@elsewhere.example"; "" for a confirmed address
	AccountID int64  // what is known here of that account; 0 when it hides from us
	Name      string
	Lang      string
	CreatedAt int64
	ExpiresAt int64
}

const columns = `v.id, v.email, v.email_fold, v.handle, v.account_id, v.name, v.lang, v.created_at, v.expires_at`

// Who is how the visitor is told that it is them: the address or the handle.
func (v *Visitor) Who() string {
	if v.Handle != "" {
		return "@" + v.Handle
	}
	return v.Email
}

// Act does what somebody wanted, in the transaction that made them a visitor.
// An error of KindInvalid leaves them a visitor and is shown to them.
type Act func(ctx context.Context, tx *db.Tx, v *Visitor, payload string) error

// Service holds the rules on visitors.
type Service struct {
	DB       *db.DB
	IDs      *ids.Maker
	Accounts *account.Service
	Mail     *mail.Service
	Words    *i18n.Bundle
	Instance *instance.Service
	Secret   []byte // signs the links in letters
	Fetcher  route.Fetcher
	Client   *Client
	// Says gives what the server of a handle says of it.
	Says    func(ctx context.Context, handle string) (*discovery.JRD, error)
	Blocked func(host string) bool // servers that we have nothing to do with
	Scheme  string                 // of other servers: "https", "http" in local tests
	// LocalTest is for tests on one machine: other servers may have ports.
	LocalTest bool

	// Acts are what visitors can do, by name; set while the instance is built.
	Acts map[string]Act
	// Forgotten is called before a visitor is erased.
	Forgotten []func(ctx context.Context, tx *db.Tx, visitorID int64) error

	once     sync.Once
	perMail  *limit.Limiter
	perPlace *limit.Limiter
	signIns  *limit.Limiter
	abroad   gate
}

// limits are made late, so that the zero value works.
func (s *Service) limits() {
	s.once.Do(func() {
		s.perMail = limit.New(3, time.Hour, nil)
		s.perPlace = limit.New(30, time.Hour, nil) // an assembly shares one network
		s.signIns = limit.New(30, time.Hour, nil)
	})
}

// Wish is what somebody asks for by their address.
type Wish struct {
	Email, Name, Lang string
	Act, Payload      string
	Back              string // our page to show afterwards
	What              string // what the letter says it is for, a sentence
}

// Ask sends the letter that confirms an address. Nobody learns from the answer
// whether it is known, nor whether a letter left. Errors: KindInvalid with the
// fields "name" and "email"; KindTooMany for the network.
func (s *Service) Ask(ctx context.Context, addr string, w Wish) (email string, err error) {
	s.limits()
	bad := apperr.Invalid("visitor.look_again")
	email, err = mail.Address(w.Email)
	if err != nil {
		bad = bad.Field("email", "mail.bad_address")
	}
	if w.Name = text.PlainName(w.Name, MaxName); w.Name == "" {
		bad = bad.Field("name", "visitor.no_name")
	}
	if len(bad.Fields) > 0 {
		return "", bad
	}
	if !s.Mail.Ready() {
		return "", apperr.Unavailable("visitor.no_mail")
	}
	if _, ok := s.perPlace.Allow(addr); !ok {
		return "", apperr.TooMany("visitor.too_many")
	}
	if _, ok := s.perMail.Allow(fold(email)); !ok {
		return email, nil // the letters that were sent are enough
	}
	token, hash := newSecret()
	set, err := s.Instance.Settings(ctx)
	if err != nil {
		return "", err
	}
	name := set.Name
	l := s.words(w.Lang)
	expires := time.Now().Add(linkAge).UnixMilli()
	return email, s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := db.Insert(ctx, tx, "visitor_ask", ask{hash, email, w.Name, l.Lang(), w.Act, w.Payload, w.Back, expires}); err != nil {
			return err
		}
		if err := cleanAt(ctx, tx, expires); err != nil {
			return err
		}
		return s.Mail.Enqueue(ctx, tx, mail.Letter{To: email, Lang: l.Lang(), Subject: l.T("visitor.mail.subject", "Name", name), Until: expires, Blocks: []mail.Block{
			{Text: l.T("visitor.mail.hello", "Name", w.Name)}, {Text: w.What},
			{Label: l.T("visitor.mail.button"), URL: s.Accounts.Base + Path + "/" + token},
			{Text: l.T("visitor.mail.once")}, {Foot: l.T("visitor.mail.not_you", "Name", name)},
		}})
	})
}

// ask is an address that waits to be confirmed.
type ask struct {
	Hash, Email, Name, Lang, Act, Payload, Back string
	ExpiresAt                                   int64
}

// pending finds what a link is for. KindGone "visitor.old_link".
func pending(ctx context.Context, q db.Q, token string) (*ask, error) {
	a, err := db.Get[ask](ctx, q, `select hash, email, name, lang, act, payload, back, expires_at from visitor_ask where hash = $1 and expires_at > $2`,
		hashOf(token), time.Now().UnixMilli())
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, apperr.Gone("visitor.old_link")
	}
	return &a, err
}

// Entry is a visitor who has just become one.
type Entry struct {
	Session string // the secret of their session
	Back    string
	Refused error // why what they wanted could not be done, nil when it was
}

// Confirm ends a link: its address is confirmed, and what was wanted is done.
func (s *Service) Confirm(ctx context.Context, token string) (*Entry, error) {
	a, err := pending(ctx, s.DB.Read(), token)
	if err != nil {
		return nil, err
	}
	fresh := Visitor{Email: a.Email, EmailFold: fold(a.Email), Name: a.Name, Lang: a.Lang}
	return s.enter(ctx, fresh, a.Act, a.Payload, a.Back, func(ctx context.Context, tx *db.Tx) error {
		n, err := db.Exec(ctx, tx, `delete from visitor_ask where hash = $1`, a.Hash)
		if err == nil && n == 0 {
			return apperr.Gone("visitor.old_link") // used meanwhile
		}
		return err
	})
}

// enter makes somebody a visitor, does what they want and opens their session.
func (s *Service) enter(ctx context.Context, fresh Visitor, act, payload, back string, first func(context.Context, *db.Tx) error) (*Entry, error) {
	e := &Entry{Back: back}
	do := func(act string) error {
		return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			if first != nil {
				if err := first(ctx, tx); err != nil {
					return err
				}
			}
			v, err := s.put(ctx, tx, fresh)
			if err != nil {
				return err
			}
			if e.Session, err = s.open(ctx, tx, v.ID); err != nil {
				return err
			}
			if f := s.Acts[act]; f != nil {
				return f(ctx, tx, v, payload)
			}
			return nil
		})
	}
	err := do(act)
	if apperr.Is(err, apperr.KindInvalid) {
		e.Refused = err
		err = do("") // they are who they say all the same
	}
	return e, err
}

// put stores a visitor, or finds the one of that address or account.
func (s *Service) put(ctx context.Context, tx *db.Tx, fresh Visitor) (*Visitor, error) {
	now := time.Now().UnixMilli()
	fresh.ID, fresh.CreatedAt, fresh.ExpiresAt = s.IDs.New(), now, now+idleAge.Milliseconds()
	old, err := db.Get[Visitor](ctx, tx, `select `+columns+` from visitor v where v.email_fold = $1 and v.handle = $2`, fresh.EmailFold, fresh.Handle)
	switch {
	case err == nil:
		old.Name, old.Lang, old.AccountID = fresh.Name, fresh.Lang, fresh.AccountID
		old.ExpiresAt = max(old.ExpiresAt, fresh.ExpiresAt)
		_, err = tx.Exec(ctx, `update visitor set name = $2, lang = $3, account_id = $4, expires_at = $5 where id = $1`, old.ID, old.Name, old.Lang, old.AccountID, old.ExpiresAt)
		fresh = old
	case apperr.Is(err, apperr.KindNotFound):
		err = db.Insert(ctx, tx, "visitor", fresh)
	}
	if err != nil {
		return nil, err
	}
	return &fresh, forgetAt(ctx, tx, fresh.ID, fresh.ExpiresAt)
}

// Hold keeps a visitor until a moment, unix ms: something needs to reach them till then.
func (s *Service) Hold(ctx context.Context, tx *db.Tx, visitorID, until int64) error {
	n, err := db.Exec(ctx, tx, `update visitor set expires_at = $2 where id = $1 and expires_at < $2`, visitorID, until)
	if err != nil || n == 0 {
		return err
	}
	return forgetAt(ctx, tx, visitorID, until)
}

// ByIDs finds visitors.
func ByIDs(ctx context.Context, q db.Q, all []int64) (map[int64]*Visitor, error) {
	out := map[int64]*Visitor{}
	if len(all) == 0 {
		return out, nil
	}
	frag, args := db.In(1, all)
	rows, err := db.All[Visitor](ctx, q, `select `+columns+` from visitor v where v.id in `+frag, args...)
	for i := range rows {
		out[rows[i].ID] = &rows[i]
	}
	return out, err
}

// Forget erases a visitor, and what other slices hold of them.
func (s *Service) Forget(ctx context.Context, visitorID int64) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return s.erase(ctx, tx, visitorID) })
}

func (s *Service) erase(ctx context.Context, tx *db.Tx, visitorID int64) error {
	for _, f := range s.Forgotten {
		if err := f(ctx, tx, visitorID); err != nil {
			return err
		}
	}
	v, err := db.Get[Visitor](ctx, tx, `select `+columns+` from visitor v where v.id = $1`, visitorID)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	if v.Email != "" {
		if _, err := tx.Exec(ctx, `delete from visitor_ask where email = $1`, v.Email); err != nil {
			return err
		}
	}
	for _, q := range []string{`delete from visitor_session where visitor_id = $1`, `delete from visitor where id = $1`} {
		if _, err := tx.Exec(ctx, q, visitorID); err != nil {
			return err
		}
	}
	return nil
}

// Erase forgets who an account of another server was here as a visitor.
func (s *Service) Erase(ctx context.Context, tx *db.Tx, accountID int64) error {
	all, err := db.All[int64](ctx, tx, `select id from visitor where account_id = $1 order by id`, accountID)
	if err != nil {
		return err
	}
	for _, id := range all {
		if err := s.erase(ctx, tx, id); err != nil {
			return err
		}
	}
	return nil
}

// words are the sentences of a language that we have.
func (s *Service) words(lang string) *i18n.Localizer {
	if !i18n.Known(lang) {
		lang = i18n.Languages()[0]
	}
	return s.Words.Localizer(lang)
}

// fold is the form in which addresses are the same.
func fold(email string) string { return strings.ToLower(email) }

// newSecret gives 256 random bits in letters, and what is stored of them.
func newSecret() (secret, hash string) {
	var b [32]byte
	rand.Read(b[:])
	secret = base64.RawURLEncoding.EncodeToString(b[:])
	return secret, hashOf(secret)
}

func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
