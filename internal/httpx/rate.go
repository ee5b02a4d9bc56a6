package httpx

import (
	"net/http"
	"strconv"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth/limit"
)

// The request rates of the API, for each account, app alone or address.
//
// Spec: Mastodon rate-limits
const (
	apiBurst, apiPer       = 300, 5 * time.Minute
	costlyBurst, costlyPer = 30, 30 * time.Minute // media, and apart from them deletions
	signUpBurst, signUpPer = 5, 30 * time.Minute
	plenty                 = 10_000 // times as much, where nothing is refused: apps read the headers there too
)

// rates counts what each has asked for.
type rates struct{ api, media, deletes, signUps *limit.Limiter }

// newRates allows so many times the rates.
func newRates(times int, now func() time.Time) *rates {
	return &rates{
		api: limit.New(times*apiBurst, apiPer, now), media: limit.New(times*costlyBurst, costlyPer, now),
		deletes: limit.New(times*costlyBurst, costlyPer, now), signUps: limit.New(times*signUpBurst, signUpPer, now),
	}
}

// narrow is the limit of its own that a route has, nil for most.
func (r *rates) narrow(rt *Route) *limit.Limiter {
	switch rt.Method + " " + rt.Path {
	case "POST /api/v1/media", "POST /api/v2/media":
		return r.media
	case "DELETE /api/v1/statuses/{id}", "POST /api/v1/statuses/{id}/unreblog":
		return r.deletes
	case "POST /api/v1/accounts":
		return r.signUps
	}
	return nil
}

// rate counts an API request. An assembly of two hundred people shares one
// address: whoever shows a token is counted by account, however many apps they
// use, and only strangers by address.
func (s *Server) rate(c *Ctx, rt *Route) error {
	address := "i" + c.Addr()
	key := address
	switch {
	case c.Viewer != nil:
		key = "a" + strconv.FormatInt(c.Viewer.AccountID, 10)
	case c.App != nil:
		key = "c" + strconv.FormatInt(c.App.AppID, 10) + " " + address // the secret of an app is in all its copies
	}
	st, ok := s.rates.api.Allow(key)
	if own := s.rates.narrow(rt); ok && own != nil {
		if own == s.rates.signUps {
			key = address
		}
		st, ok = own.Allow(key)
	}
	rateHeaders(c.W.Header(), st)
	if !ok {
		c.W.Header().Set("Retry-After", strconv.Itoa(int(st.Retry/time.Second)+1))
		return apperr.TooMany("httpx.too_many")
	}
	return nil
}

func rateHeaders(h http.Header, st limit.State) {
	h.Set("X-RateLimit-Limit", strconv.Itoa(st.Limit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(st.Remaining))
	h.Set("X-RateLimit-Reset", st.Reset.UTC().Format("2006-01-02T15:04:05.000000Z"))
}
