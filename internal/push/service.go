package push

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/maillage/maillage/activitypub/fetch"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/i18n"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/timeline"
)

// Kinds that an app may ask for, in the order of the documentation.
var alertKinds = []string{"mention", "status", "reblog", "follow", "follow_request", "favourite", "poll", "update",
	"quote", "quoted_update", "admin.sign_up", "admin.report"}

// Policies on whose notifications are pushed.
const (
	policyAll      = "all"
	policyFollowed = "followed" // by the reader
	policyFollower = "follower" // of the reader
	policyNone     = "none"
)

// Subscription is where an app wants to be woken, and for what.
type Subscription struct {
	ID        int64
	TokenID   int64
	AccountID int64
	Endpoint  string
	P256dh    string
	Auth      string
	Standard  bool
	Alerts    string // kinds, separated by commas
	Policy    string
	Sealed    string
	CreatedAt int64
}

// Wants reports whether the app asks for a kind.
func (s *Subscription) Wants(kind string) bool {
	return slices.Contains(strings.Split(s.Alerts, ","), kind)
}

// Deps is what a Service is made of.
type Deps struct {
	DB       *db.DB
	Timeline *timeline.Service
	Words    *i18n.Bundle
	Base     string // "https://host"
	Local    bool   // a test on one machine: endpoints may be on it
	Icon     string // path of the picture shown beside what is new
	Log      *slog.Logger
}

// Service keeps subscriptions and sends pushes.
type Service struct {
	Deps
	auth   *auth.Service
	vapid  *vapid
	guard  fetch.Guard
	client *http.Client
	now    func() time.Time
	aead   cipher.AEAD
}

// New makes a service without its keys; see Open.
func New(d Deps) *Service {
	s := &Service{Deps: d, guard: fetch.Guard{Local: d.Local}, now: time.Now}
	if s.Log == nil {
		s.Log = slog.Default()
	}
	s.Log = s.Log.With("pkg", "push")
	s.client = &http.Client{
		Transport: s.guard.Transport(), Timeout: 20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return s
}

// Open reads the keys of the instance, which are made at its first start.
func (s *Service) Open(ctx context.Context, a *auth.Service) error {
	s.auth = a
	secret, err := a.Secret(ctx, "vapid")
	if err != nil {
		return err
	}
	if s.vapid, err = newVapid(secret); err != nil {
		return err
	}
	if secret, err = a.Secret(ctx, "push tokens"); err != nil {
		return err
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return err
	}
	s.aead, err = cipher.NewGCM(block)
	return err
}

// Key is the public VAPID key, base64url of an uncompressed P-256 point.
func (s *Service) Key() string { return s.vapid.public }

func (s *Service) seal(token string) string {
	nonce := make([]byte, s.aead.NonceSize())
	rand.Read(nonce)
	return encode64(s.aead.Seal(nonce, nonce, []byte(token), nil))
}

func (s *Service) unseal(text string) (string, error) {
	b, err := decode64(text)
	if err != nil || len(b) < s.aead.NonceSize() {
		return "", apperr.NotFound("push.none")
	}
	token, err := s.aead.Open(nil, b[:s.aead.NonceSize()], b[s.aead.NonceSize():], nil)
	return string(token), err
}

const subscriptionColumns = `id, token_id, account_id, endpoint, p256dh, auth, standard, alerts, policy, sealed, created_at`

// Get finds the subscription of a token: KindNotFound.
func (s *Service) Get(ctx context.Context, tokenID int64) (*Subscription, error) {
	return db.Get[*Subscription](ctx, s.DB.Read(), `select `+subscriptionColumns+` from push_subscription where token_id = $1`, tokenID)
}

// Put stores a token's subscription in place of the one before.
func (s *Service) Put(ctx context.Context, sub *Subscription) error {
	sub.CreatedAt = s.now().UnixMilli()
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		if _, err := tx.Exec(ctx, `delete from push_subscription where token_id = $1`, sub.TokenID); err != nil {
			return err
		}
		sub.ID, err = db.Get[int64](ctx, tx, `insert into push_subscription (token_id, account_id, endpoint, p256dh, auth, standard, alerts, policy, sealed, created_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning id`, sub.TokenID, sub.AccountID, sub.Endpoint, sub.P256dh, sub.Auth,
			sub.Standard, sub.Alerts, sub.Policy, sub.Sealed, sub.CreatedAt)
		return err
	})
}

// Change stores what a subscription asks for.
func (s *Service) Change(ctx context.Context, sub *Subscription) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update push_subscription set alerts = $1, policy = $2 where id = $3`, sub.Alerts, sub.Policy, sub.ID)
		return err
	})
}

// Remove ends a token's subscription, if it has one.
func (s *Service) Remove(ctx context.Context, tokenID int64) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `delete from push_subscription where token_id = $1`, tokenID)
		return err
	})
}

// Details reports whether somebody wants pushes to say what happened.
func (s *Service) Details(ctx context.Context, accountID int64) (bool, error) {
	yes, err := db.Get[bool](ctx, s.DB.Read(), `select details from push_choice where account_id = $1`, accountID)
	if apperr.Is(err, apperr.KindNotFound) {
		return false, nil
	}
	return yes, err
}

// SetDetails stores what somebody chose.
func (s *Service) SetDetails(ctx context.Context, accountID int64, yes bool) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into push_choice (account_id, details) values ($1, $2)
			on conflict (account_id) do update set details = excluded.details`, accountID, yes)
		return err
	})
}

// Erase removes what belongs to an account.
func (s *Service) Erase(ctx context.Context, tx *db.Tx, accountID int64) error {
	for _, table := range []string{"push_subscription", "push_choice"} {
		if _, err := tx.Exec(ctx, `delete from `+table+` where account_id = $1`, accountID); err != nil {
			return err
		}
	}
	return nil
}

// task is a push to be sent.
type task struct {
	Subscription int64 `json:"s"`
	Notification int64 `json:"n"`
	Try          int   `json:"t,omitempty"`
}

const jobKind = "push"

// Noticed has the apps woken that ask for a notification; a hook of package notify.
func (s *Service) Noticed(ctx context.Context, tx *db.Tx, n notify.Notification) error {
	subs, err := db.All[Subscription](ctx, tx, `select `+subscriptionColumns+` from push_subscription where account_id = $1`, n.AccountID)
	if err != nil {
		return err
	}
	for _, sub := range subs {
		if !sub.Wants(s.Timeline.AppKind(n.Kind)) {
			continue
		}
		if ok, err := allows(ctx, tx, sub.Policy, n); err != nil {
			return err
		} else if !ok {
			continue
		}
		if err := jobs.Enqueue(ctx, tx, jobKind, task{sub.ID, n.ID, 0}); err != nil {
			return err
		}
	}
	return nil
}

// allows applies the policy of a subscription.
func allows(ctx context.Context, q db.Q, policy string, n notify.Notification) (bool, error) {
	const follows = `select exists (select 1 from follow where account_id = $1 and target_id = $2 and accepted)`
	switch policy {
	case policyNone:
		return false, nil
	case policyFollowed:
		return db.Get[bool](ctx, q, follows, n.AccountID, n.FromID)
	case policyFollower:
		return db.Get[bool](ctx, q, follows, n.FromID, n.AccountID)
	}
	return true, nil
}

// Apps counts the apps of an account that are woken.
func (s *Service) Apps(ctx context.Context, accountID int64) (int, error) {
	return db.Get[int](ctx, s.DB.Read(), `select count(*) from push_subscription where account_id = $1`, accountID)
}
