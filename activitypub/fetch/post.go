package fetch

import (
	"bytes"
	"context"
	"io"
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
}

// Post delivers body to an inbox, signed with key: in the preferred scheme
// first and, on 400 or 401, once more in the other. It is signed for this
// moment; a later retry calls Post again. A nil error means a 2xx answer.
// Redirects are not followed.
//
// Spec: AP 7.1
func (c *Client) Post(ctx context.Context, inbox string, body []byte, key *sig.Key, prefer sig.Scheme) (Delivery, error) {
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
	d, err := c.post(ctx, u, body, key, prefer)
	if d.Status == http.StatusBadRequest || d.Status == http.StatusUnauthorized {
		other := sig.RFC9421
		if prefer == sig.RFC9421 {
			other = sig.Cavage
		}
		d, err = c.post(ctx, u, body, key, other)
	}
	return d, err
}

func (c *Client) post(ctx context.Context, u *url.URL, body []byte, key *sig.Key, scheme sig.Scheme) (Delivery, error) {
	d := Delivery{Scheme: scheme}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return d, refused("not a URL", err)
	}
	req.Header.Set("User-Agent", c.config.UserAgent)
	req.Header.Set("Content-Type", "application/activity+json")
	if scheme == sig.RFC9421 {
		err = sig.Sign9421(req, body, key, c.config.Now())
	} else {
		err = sig.SignPost(req, body, key, c.config.Now())
	}
	if err != nil {
		return d, refused("cannot sign", err)
	}
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		return d, connError(err)
	}
	defer resp.Body.Close()
	// A little is read so that the connection can be used again.
	_, _ = io.CopyN(io.Discard, resp.Body, 16<<10)
	d.Status = resp.StatusCode
	if d.Status >= 200 && d.Status <= 299 {
		return d, nil
	}
	failure := statusError(resp, c.config.Now())
	d.RetryAfter = failure.RetryAfter
	return d, failure
}
