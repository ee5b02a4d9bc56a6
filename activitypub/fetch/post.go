package fetch

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/maillage/maillage/activitypub/sig"
)

// Delivery tells how a POST went.
type Delivery struct {
	Status     int           // last HTTP status, 0 when there was no answer
	Scheme     sig.Scheme    // signature scheme of the last try; worth remembering per host after a success
	RetryAfter time.Duration // what the server asked for
	Silent     bool          // the server took the whole request and never answered it
}

// Header is one more header of a delivery, which is signed if it is
// [sig.Synchronization].
type Header struct{ Name, Value string }

// Post delivers body to an inbox, signed with key: in the preferred scheme
// first and, on 400 or 401, once more in another. It is signed for this
// moment; a later retry calls Post again. A nil error means a 2xx answer.
// Redirects are not followed.
//
// Spec: AP 7.1
func (c *Client) Post(ctx context.Context, inbox string, body []byte, key *sig.Key, prefer sig.Scheme, more ...Header) (Delivery, error) {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	u, err := url.Parse(inbox)
	if err != nil {
		return Delivery{}, refused("not a URL", err)
	}
	u.Fragment, u.RawFragment = "", ""
	if err := c.config.Guard.URL(u); err != nil {
		return Delivery{}, refused(err.Error(), nil)
	}
	d, err := c.post(ctx, u, body, key, prefer, more)
	if d.Status == http.StatusBadRequest || d.Status == http.StatusUnauthorized {
		other := sig.Cavage
		if prefer == sig.Cavage {
			other = sig.RFC9421
		}
		d, err = c.post(ctx, u, body, key, other, more)
	}
	return d, err
}

func (c *Client) post(ctx context.Context, u *url.URL, body []byte, key *sig.Key, scheme sig.Scheme, more []Header) (Delivery, error) {
	d := Delivery{Scheme: scheme}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return d, refused("not a URL", err)
	}
	req.Header.Set("User-Agent", c.config.UserAgent)
	req.Header.Set("Content-Type", "application/activity+json")
	for _, h := range more {
		req.Header.Set(h.Name, h.Value)
	}
	if scheme == sig.RFC9421Ed25519 {
		if small := key.Small(); small != nil {
			key = small
		}
	}
	if scheme == sig.Cavage {
		err = sig.SignPost(req, body, key, c.config.Now())
	} else {
		err = sig.Sign9421(req, body, key, c.config.Now())
	}
	if err != nil {
		return d, refused("cannot sign", err)
	}
	resp, took, err := c.courier.do(ctx, req)
	if err != nil {
		d.Silent = took
		return d, connError(err)
	}
	d.Status = resp.StatusCode
	if d.Status >= 200 && d.Status <= 299 {
		return d, nil
	}
	failure := statusError(resp, c.config.Now())
	d.RetryAfter = failure.RetryAfter
	return d, failure
}
