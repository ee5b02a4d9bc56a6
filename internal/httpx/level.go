package httpx

import (
	"net/http"
	"time"
)

// refusalStep is the clock by which refusals are answered: longer than nearly all of them
// take to find out, and too short for anybody to notice.
const refusalStep = 2 * time.Millisecond

// level waits, before somebody is told that there is nothing for them, for the next beat of
// a clock that begins with their request. What is hidden takes longer to refuse than what
// does not exist takes to miss, as more is asked about it; who measures hears both at the same time.
// Instances of local tests, which are asked for what is not there all day, do not wait.
//
// Spec: PV2, P1
func (c *Ctx) level(status int) {
	if c.srv.opts.Unlimited {
		return
	}
	switch status {
	case http.StatusNotFound, http.StatusForbidden, http.StatusUnauthorized, http.StatusGone:
		sleepUntil(c.began.Add((time.Since(c.began)/refusalStep + 1) * refusalStep))
	}
}
