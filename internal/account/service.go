package account

import (
	"context"
	"crypto/rsa"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/text"
	"github.com/maillage/maillage/internal/vault"
)

// The kinds of consent.
const (
	ConsentAddress = "address" // reachable by address from other servers
	ConsentPublic  = "public"  // public profile, public posts
)

// Service holds the rules on accounts.
type Service struct {
	DB   *db.DB
	IDs  *ids.Maker
	Base string // "https://host", no slash at the end
	Host string
	Auth *auth.Service // the settings of people who sign in here

	// Vault seals the private keys; that of New ends with the process.
	Vault *vault.Vault

	// Portraits keeps pictures of accounts; without it all are drawn and none can be sent.
	Portraits Portraits

	// Emoji finds the pictures in somebody's name and profile, and Described is told of
	// the document of an actor of another server, inside the transaction that stores it.
	Emoji     func(a *Account) masto.Array[masto.Emoji]
	Described []func(ctx context.Context, tx *db.Tx, host string, d *as.Doc) error

	// Grouped tells what a group means to the viewer, nil for what they may not know; the
	// group slice knows.
	Grouped func(ctx context.Context, v *auth.Viewer, a *Account) (*masto.GroupInfo, error)

	// Waiting counts who asks to follow an account; the follow slice knows.
	Waiting func(ctx context.Context, accountID int64) (int, error)
	// Written counts all posts of an account, whoever may read them; the post slice knows.
	Written func(ctx context.Context, accountID int64) (int, error)
	// Featured gives the hashtags that an account shows; the tag slice knows.
	Featured func(ctx context.Context, a *Account) ([]masto.FeaturedTag, error)

	// Affiliate reports whether a server is of the movement: it may know of our members
	// who are private to all others. The movement slice knows; nil means none is.
	Affiliate func(ctx context.Context, q db.Q, host string) (bool, error)

	// Circle reports whether a server may know of an account of ours that others may not,
	// since somebody there belongs with it; the group slice knows.
	Circle func(ctx context.Context, q db.Q, a *Account, host string) (bool, error)

	// Met tells of an account of another server that was stored: anew when fresh,
	// else refreshed. It may lay a restriction on it, inside the transaction.
	Met []func(ctx context.Context, tx *db.Tx, a *Account, fresh bool) error

	// Documented adds to the document of an account of ours what the slices above know of it.
	Documented []func(ctx context.Context, q db.Q, a *Account, d *as.Actor) error

	// Changed and Removed tell the slices above, inside the transaction.
	Changed []func(ctx context.Context, tx *db.Tx, a *Account) error
	Removed []func(ctx context.Context, tx *db.Tx, a *Account) error
	// Rotated tells them that the keys of an account are others now.
	Rotated []func(ctx context.Context, tx *db.Tx, a *Account) error

	keys     keyCache
	drawings *drawer
}

// New makes the service of one instance.
func New(d *db.DB, maker *ids.Maker, base, host string) *Service {
	return &Service{DB: d, IDs: maker, Base: base, Host: host, Vault: vault.Fresh(), keys: newKeyCache(), drawings: newDrawer()}
}

// NewLocal describes an account to make.
type NewLocal struct {
	Username string
	Name     string
	Note     string
	Kind     string // "" means Person
	Public   bool
	Words    string // the words consented to, when Public
}

// MakeKey makes the key pair of a new account; it takes a tenth of a second or
// more, so it is done before the transaction.
func MakeKey() (*rsa.PrivateKey, error) { return sig.GenerateRSA() }

// Create makes a local account with the given key, in the caller's transaction.
func (s *Service) Create(ctx context.Context, tx *db.Tx, n NewLocal, key *rsa.PrivateKey) (*Account, error) {
	if n.Kind == "" {
		n.Kind = Person
	}
	if n.Kind != Application && !ValidName(n.Username) {
		return nil, apperr.Invalid("account.bad_name").Field("name", "account.bad_name")
	}
	private, err := sig.EncodePrivatePEM(key)
	if err != nil {
		return nil, err
	}
	public, err := sig.EncodePublicPEM(&key.PublicKey)
	if err != nil {
		return nil, err
	}
	now := time.Now().UnixMilli()
	uri := s.Base + "/users/" + ids.Key()
	a := &Account{
		ID: s.IDs.New(), URI: uri, Kind: n.Kind, Username: n.Username, Handle: foldHandle(n.Username, ""),
		DisplayName: text.PlainName(n.Name, MaxName), Fields: "[]",
		URL: s.Base + "/@" + n.Username, Inbox: uri + "/inbox", SharedInbox: s.Base + "/inbox",
		Outbox: uri + "/outbox", Followers: uri + "/followers", Following: uri + "/following", Featured: uri + "/featured",
		KeyID: uri + "#main-key", PublicKey: public,
		Reachable: n.Public, Public: n.Public, Discoverable: n.Public,
		CreatedAt: now, UpdatedAt: now,
	}
	if n.Kind == Application {
		a.URL = s.Base + "/"
	}
	a.NoteSource = text.Clean(n.Note, MaxNote)
	a.Note = s.renderNote(a.NoteSource)
	if err := db.Insert(ctx, tx, "account", a); err != nil {
		if db.IsUnique(err) {
			return nil, apperr.Conflict("account.name_taken", n.Username).Field("name", "account.name_taken", n.Username)
		}
		return nil, err
	}
	if err := indexName(ctx, tx, a); err != nil {
		return nil, err
	}
	if _, err := tx.Exec(ctx, `insert into account_key (account_id, private_key, created_at, sealed) values ($1, $2, $3, 1)`, a.ID, s.seal("account_key", a.ID, private), now); err != nil {
		return nil, err
	}
	if err := s.addProofKey(ctx, tx, a.ID); err != nil {
		return nil, err
	}
	if n.Public && n.Kind == Person {
		err = s.recordConsent(ctx, tx, a.ID, ConsentPublic, n.Words)
	}
	return a, err
}

func (s *Service) renderNote(src string) string {
	if src == "" {
		return ""
	}
	return text.Render(src, func(text.Handle) (text.Resolved, bool) { return text.Resolved{}, false },
		func(tag string) string { return s.Base + "/tags/" + tag })
}

// renderField is the text of a profile field: one line, which stands in a row of
// a list everywhere, so without a paragraph around it.
//
// Spec: Mastodon entities/Account#fields
func (s *Service) renderField(src string) string {
	return strings.TrimSuffix(strings.TrimPrefix(s.renderNote(src), "<p>"), "</p>")
}

// Profile is what somebody may change of their own account; nil leaves a thing as it is.
type Profile struct {
	Name         *string
	Note         *string
	Locked       *bool
	Bot          *bool
	Discoverable *bool
	Indexable    *bool
	Fields       *[]Field // values are plain text

	AvatarAlt, HeaderAlt *string   // what the pictures show
	Attribution          *[]string // hosts, see Attributes
}

// Update changes a profile and tells the slices above.
func (s *Service) Update(ctx context.Context, id int64, p Profile) (*Account, error) {
	var out *Account
	err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		out, err = s.Change(ctx, tx, id, p)
		return err
	})
	return out, err
}

// Change is Update in the caller's transaction.
func (s *Service) Change(ctx context.Context, tx *db.Tx, id int64, p Profile) (*Account, error) {
	a, err := ByID(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if err := s.apply(a, p); err != nil {
		return nil, err
	}
	a.UpdatedAt = time.Now().UnixMilli()
	if err := saveProfile(ctx, tx, a); err != nil {
		return nil, err
	}
	return a, s.changed(ctx, tx, a)
}

func (s *Service) apply(a *Account, p Profile) error {
	if p.Name != nil {
		if utf8.RuneCountInString(*p.Name) > MaxName {
			return apperr.Invalid("account.name_long", MaxName).Field("display_name", "account.name_long", MaxName)
		}
		a.DisplayName = text.PlainName(*p.Name, MaxName)
	}
	if p.Note != nil {
		if utf8.RuneCountInString(*p.Note) > MaxNote {
			return apperr.Invalid("account.note_long", MaxNote).Field("note", "account.note_long", MaxNote)
		}
		a.NoteSource = text.Clean(*p.Note, MaxNote)
		a.Note = s.renderNote(a.NoteSource)
	}
	if p.Fields != nil {
		if len(*p.Fields) > MaxFields {
			return apperr.Invalid("account.too_many_fields", MaxFields).Field("fields", "account.too_many_fields", MaxFields)
		}
		var fields []Field
		for _, f := range *p.Fields {
			if utf8.RuneCountInString(f.Name) > MaxName || utf8.RuneCountInString(f.Value) > MaxFieldValue {
				return apperr.Invalid("account.field_long", MaxName, MaxFieldValue).Field("fields", "account.field_long", MaxName, MaxFieldValue)
			}
			name, value := text.PlainName(f.Name, MaxName), text.PlainName(f.Value, MaxFieldValue)
			if name != "" {
				fields = append(fields, Field{name, s.renderField(value)})
			}
		}
		a.Fields = encodeFields(fields)
	}
	if err := a.describe(p); err != nil {
		return err
	}
	set := func(dst *bool, v *bool) {
		if v != nil {
			*dst = *v
		}
	}
	set(&a.Locked, p.Locked)
	set(&a.Bot, p.Bot)
	set(&a.Discoverable, p.Discoverable)
	set(&a.Indexable, p.Indexable)
	return nil
}

func (s *Service) changed(ctx context.Context, tx *db.Tx, a *Account) error {
	for _, f := range s.Changed {
		if err := f(ctx, tx, a); err != nil {
			return err
		}
	}
	return nil
}

// Consent records that the holder of an account agreed to be reachable by
// address or to be public, with the words they read.
func (s *Service) Consent(ctx context.Context, id int64, kind, words string) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		a, err := ByID(ctx, tx, id)
		if err != nil {
			return err
		}
		a.Reachable = true
		if kind == ConsentPublic {
			a.Public, a.Discoverable = true, true
		}
		a.UpdatedAt = time.Now().UnixMilli()
		if err := saveProfile(ctx, tx, a); err != nil {
			return err
		}
		if err := s.recordConsent(ctx, tx, id, kind, words); err != nil {
			return err
		}
		return s.changed(ctx, tx, a)
	})
}

func (s *Service) recordConsent(ctx context.Context, tx *db.Tx, id int64, kind, words string) error {
	_, err := tx.Exec(ctx, `insert into consent (id, account_id, kind, words, given_at) values ($1, $2, $3, $4, $5)`,
		s.IDs.New(), id, kind, text.Clean(words, 2000), time.Now().UnixMilli())
	return err
}

// Withdraw takes a consent back: the account becomes private again for
// strangers; what other servers already hold is theirs to forget.
func (s *Service) Withdraw(ctx context.Context, id int64) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		a, err := ByID(ctx, tx, id)
		if err != nil {
			return err
		}
		a.Public, a.Reachable, a.Discoverable, a.Indexable = false, false, false, false
		a.UpdatedAt = time.Now().UnixMilli()
		if err := saveProfile(ctx, tx, a); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `update consent set withdrawn_at = $1 where account_id = $2 and withdrawn_at = 0`, a.UpdatedAt, id)
		return err
	})
}

// Delete erases a local account: the slices above erase their part first, then
// the row stays as a tombstone so that its address answers 410 and its name is
// not given again.
func (s *Service) Delete(ctx context.Context, id int64) error {
	err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return s.DeleteIn(ctx, tx, id) })
	if err != nil {
		return err
	}
	return s.DB.Forget(ctx)
}

// DeleteIn is Delete in the caller's transaction, also for accounts of other
// servers. The caller has the database forget what was deleted, with DB.Forget.
func (s *Service) DeleteIn(ctx context.Context, tx *db.Tx, id int64) error {
	a, err := ByID(ctx, tx, id)
	if err != nil {
		return err
	}
	return s.remove(ctx, tx, a)
}

func (s *Service) remove(ctx context.Context, tx *db.Tx, a *Account) error {
	if a.DeletedAt != 0 {
		return nil
	}
	for _, f := range s.Removed {
		if err := f(ctx, tx, a); err != nil {
			return err
		}
	}
	return bury(ctx, tx, a.ID)
}
