package event

import (
	"net/http"
	"sync"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/stream"
)

// Bounds of those who have a page of a meeting open.
const (
	maxListeners = 5000
	maxPerPerson = 10
	maxPerAddr   = 200 // a hall shares one network

	listenFor  = 10 * time.Minute // then the page asks anew, and whether it may is asked again
	listenBeat = 20 * time.Second
	listenWait = time.Second // between two pieces of news, which are told as one
)

// listeners counts the pages that listen.
type listeners struct {
	mu  sync.Mutex
	all int
	of  map[string]int
}

// enter lets one more in; leave takes it out again.
func (l *listeners) enter(who string, most int) (leave func(), ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all >= maxListeners || l.of[who] >= most {
		return nil, false
	}
	if l.of == nil {
		l.of = map[string]int{}
	}
	l.all++
	l.of[who]++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.all--
		if l.of[who]--; l.of[who] == 0 {
			delete(l.of, who)
		}
	}, true
}

// getLiveStream tells a page that there is something new, and nothing else: the
// page is then read anew, by the rules that hold then.
func (s *Service) getLiveStream(c *httpx.Ctx) error {
	w, f, err := s.here(c)
	if err != nil {
		return err
	}
	if !w.Local || !f.happens(nowTime()) {
		return unknown()
	}
	in, err := s.insideOf(c, w, f)
	if err != nil {
		return err
	}
	who, most := c.Addr(), maxPerAddr
	if in != nil {
		who, most = "in "+ids.String(in.who.account)+" "+ids.String(in.who.visitor), maxPerPerson
	}
	leave, ok := s.listeners.enter(who, most)
	if !ok {
		return apperr.TooMany("httpx.too_many")
	}
	defer leave()
	news := make(chan struct{}, 1)
	defer stream.Subscribe(s.DB, func(e stream.Event) {
		if !e.Missed && (e.Kind != told || e.ID != w.ID || e.Note == toldTalk && in == nil) {
			return
		}
		select {
		case news <- struct{}{}:
		default: // it is told already
		}
	})()

	c.Private()
	h := c.W.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	out := http.NewResponseController(c.W)
	if err := out.SetReadDeadline(time.Time{}); err != nil {
		return apperr.Unavailable("httpx.unavailable").Wrap(err)
	}
	c.Detach()
	c.W.WriteHeader(http.StatusOK)
	if c.R.Method == http.MethodHead {
		return nil
	}
	write := func(text string) bool {
		if out.SetWriteDeadline(time.Now().Add(10*time.Second)) != nil {
			return false
		}
		_, err := c.W.Write([]byte(text))
		return err == nil && out.Flush() == nil
	}
	// What changed while the page was on its way is news too.
	if !write("retry: 3000\nevent: change\ndata: 1\n\n") {
		return nil
	}
	end, beat := time.After(listenFor), time.NewTicker(listenBeat)
	defer beat.Stop()
	for {
		text := "event: change\ndata: 1\n\n"
		select {
		case <-news:
		case <-beat.C:
			text = ":\n\n"
		case <-end:
			return nil
		case <-c.Context().Done():
			return nil
		case <-c.Stopping():
			return nil
		}
		if !write(text) {
			return nil
		}
		select {
		case <-time.After(listenWait):
		case <-c.Context().Done():
			return nil
		}
	}
}
