package push

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/i18n"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
	"github.com/maillage/maillage/internal/timeline"
)

// Jobs are the kinds of work of this slice.
func (s *Service) Jobs() []jobs.Kind {
	return []jobs.Kind{{Name: jobKind, Handle: jobs.JSON(s.work), Timeout: 40 * time.Second, Concurrency: 8}}
}

// waits are the pauses between the tries of a push; after the last it is given up.
var waits = []time.Duration{20 * time.Second, 2 * time.Minute, 10 * time.Minute, time.Hour}

// keep is how long a push service may hold a push for an app that is away.
const keep = 48 * time.Hour

// work sends one push.
func (s *Service) work(ctx context.Context, t task) error {
	sub, err := db.Get[*Subscription](ctx, s.DB.Read(), `select `+subscriptionColumns+` from push_subscription where id = $1`, t.Subscription)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil // ended meanwhile
	}
	if err != nil {
		return err
	}
	token, err := s.unseal(sub.Sealed)
	if err != nil {
		return jobs.Park(err)
	}
	v, err := s.auth.ByToken(ctx, token)
	if apperr.Is(err, apperr.KindUnauthorized) {
		return s.Remove(ctx, sub.TokenID)
	}
	if err != nil {
		return err
	}
	body, err := s.message(ctx, v, token, t.Notification)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil // taken back, or hidden, meanwhile
	}
	if err != nil {
		return err
	}
	status, after, err := s.send(ctx, sub, body)
	switch {
	case err == nil && status < 300:
		return nil
	case status == http.StatusNotFound || status == http.StatusGone:
		return s.Remove(ctx, sub.TokenID)
	case err == nil && status != http.StatusTooManyRequests && status < 500:
		s.Log.Info("a push service refused a push", "status", status)
		return nil
	}
	if t.Try >= len(waits) {
		s.Log.Info("a push was given up", "status", status, "err", err)
		return nil
	}
	wait := max(waits[t.Try], after)
	t.Try++
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return errors.Join(jobs.Enqueue(ctx, tx, jobKind, t, jobs.At(s.now().Add(wait))), jobs.Done(ctx, tx))
	})
}

// send posts a push to its endpoint; after is how long that asks to be left alone.
//
// Spec: RFC 8030 5, RFC 8292 3
func (s *Service) send(ctx context.Context, sub *Subscription, plain []byte) (status int, after time.Duration, err error) {
	u, err := url.Parse(sub.Endpoint)
	if err != nil {
		return http.StatusGone, 0, nil
	}
	if err := s.guard.URL(u); err != nil {
		return http.StatusGone, 0, nil // it was good when it was given; it is not now
	}
	to, err := parseTarget(sub.P256dh, sub.Auth)
	if err != nil {
		return http.StatusGone, 0, nil
	}
	key, salt, err := once()
	if err != nil {
		return 0, 0, err
	}
	signature, err := s.vapid.token(sub.Endpoint, s.Base, s.now())
	if err != nil {
		return 0, 0, err
	}
	h := http.Header{"Ttl": {strconv.Itoa(int(keep / time.Second))}, "Urgency": {"normal"}, "Content-Type": {"application/octet-stream"}}
	var sealed *sealed
	if sub.Standard {
		sealed, err = standard(to, plain, key, salt)
		h.Set("Content-Encoding", "aes128gcm")
		h.Set("Authorization", "vapid t="+signature+",k="+s.vapid.public)
	} else {
		sealed, err = old(to, plain, key, salt)
		h.Set("Content-Encoding", "aesgcm")
		h.Set("Authorization", "WebPush "+signature)
		if err == nil {
			h.Set("Encryption", "salt="+encode64(sealed.salt))
			h.Set("Crypto-Key", "dh="+encode64(sealed.sender)+";p256ecdsa="+s.vapid.public)
		}
	}
	if err != nil {
		return 0, 0, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, sub.Endpoint, bytes.NewReader(sealed.body))
	if err != nil {
		return 0, 0, err
	}
	req.Header = h
	res, err := s.client.Do(req)
	if err != nil {
		var ue *url.Error // its text holds the address of the app
		if errors.As(err, &ue) {
			err = ue.Err
		}
		return 0, 0, err
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 4096)) // so that the connection can serve again
	if n, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && n > 0 {
		after = min(time.Duration(n)*time.Second, 6*time.Hour)
	}
	return res.StatusCode, after, nil
}

// content is what an app finds when it has decrypted a push.
//
// Spec: Mastodon push
type content struct {
	AccessToken    string `json:"access_token"`
	Locale         string `json:"preferred_locale"`
	NotificationID int64  `json:"notification_id"` // a JSON number: Ice Cubes opens nothing for a text
	Type           string `json:"notification_type"`
	Icon           string `json:"icon"`
	Title          string `json:"title"`
	Body           string `json:"body"`
}

// message makes the text of a push. KindNotFound when there is nothing to tell any more.
func (s *Service) message(ctx context.Context, v *auth.Viewer, token string, id int64) ([]byte, error) {
	row, err := s.Timeline.Posts.Notify.Get(ctx, v.AccountID, id)
	if err != nil {
		return nil, err
	}
	list, err := s.Timeline.Notices(ctx, v, []notify.Notification{*row})
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, apperr.NotFound("push.none")
	}
	lang := v.Lang
	if !i18n.Known(lang) {
		lang = i18n.Choose("", "", "")
	}
	words := s.Words.Localizer(lang)
	c := content{AccessToken: token, Locale: lang, NotificationID: id, Type: s.Timeline.AppKind(row.Kind),
		Icon: s.Base + s.Icon, Title: words.T("push.something_new"), Body: words.T("push.open_app")}
	details, err := s.Details(ctx, v.AccountID)
	if err != nil {
		return nil, err
	}
	if details && !secret(&list[0]) {
		s.detail(&c, words, list[0])
	}
	b, err := json.Marshal(c)
	if err == nil && len(b) > maxPlain {
		c.Body = ""
		b, err = json.Marshal(c)
	}
	return b, err
}

// secret reports whether a notice is of a closed group, or of what is written in one:
// of these a push says nothing, whatever its owner chose.
//
// Spec: P12
func secret(n *timeline.Notice) bool {
	if n.From != nil && n.From.Kind == account.Group && !n.From.Public {
		return true
	}
	for w := n.Post; w != nil; w = w.Boost {
		if w.Audience == post.Group {
			return true
		}
	}
	return false
}

const maxBody = 200 // characters

// detail says what happened, for those who chose so.
func (s *Service) detail(c *content, words *i18n.Localizer, n timeline.Notice) {
	key := "push.title." + n.Kind
	if !words.Has(key) {
		key = "push.title.other"
	}
	e := s.Timeline.Posts.Accounts.Entity(n.From)
	c.Title, c.Icon, c.Body = words.T(key, "Name", n.From.Name()), e.Avatar, ""
	if own, ok := s.Timeline.KindOf(n.Kind); ok {
		if c.Title = n.From.Name() + " " + words.T(own.Words); own.Line != nil && n.Post != nil {
			c.Body = own.Line(words, n.Post)
			return
		}
	}
	if n.Post == nil {
		c.Body = "@" + e.Acct
		return
	}
	w := n.Post
	if w.Boost != nil {
		w = w.Boost
	}
	if c.Body = w.Warning; c.Body == "" {
		c.Body = text.Plain(w.Content)
	}
	if utf8.RuneCountInString(c.Body) > maxBody {
		c.Body = string([]rune(c.Body)[:maxBody-1]) + "…"
	}
}
