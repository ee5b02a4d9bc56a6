package movement_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// listener stands at the address of an instance that is off, keeps what is sent
// to inboxes, and answers with a status.
type listener struct {
	mu     sync.Mutex
	status int
	bodies []string
}

func (l *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.Method == http.MethodPost {
		l.bodies = append(l.bodies, string(body))
	}
	w.WriteHeader(l.status)
}

func (l *listener) heard(words string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, b := range l.bodies {
		if strings.Contains(b, words) {
			n++
		}
	}
	return n
}

// TestRetryAfterExpiry: what waits for an instance that does not answer is sent
// when it answers again while its certificate holds, and not a byte of it when
// the certificate has expired meanwhile.
func TestRetryAfterExpiry(t *testing.T) {
	c := testkit.NewCluster(t, 3)
	isere, grenoble, voiron := c[0], c[1], c[2]
	join(t, c, grenoble, isere, section)
	join(t, c, voiron, isere, section)
	grenoble.Person("ana", false)
	c.Follow(voiron, "zoe", grenoble, "ana")
	voiron.Stop()
	l, err := net.Listen("tcp", voiron.Host)
	if err != nil {
		t.Fatal(err)
	}
	there := &listener{status: http.StatusServiceUnavailable}
	srv := &http.Server{Handler: there}
	go srv.Serve(l)
	defer srv.Close()

	idle := func() {
		t.Helper()
		if err := grenoble.Idle(ctx); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	retry := func() {
		t.Helper()
		if err := grenoble.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return outbox.Retry(ctx, tx, voiron.Host) }); err != nil {
			t.Fatal(err)
		}
		idle()
	}
	waiting := func(p *post.Post) int {
		t.Helper()
		w, err := outbox.WaitingFor(ctx, grenoble.DB.Read(), p.ID)
		if err != nil {
			t.Fatal(err)
		}
		return len(w)
	}
	p := write(t, grenoble, "ana", "premiermot")
	idle()
	if there.heard("premiermot") == 0 || waiting(p) != 1 {
		t.Fatalf("tried %d times, %d wait", there.heard("premiermot"), waiting(p))
	}
	there.mu.Lock()
	there.status = http.StatusAccepted
	there.mu.Unlock()
	first := there.heard("premiermot")
	retry()
	if there.heard("premiermot") != first+1 || waiting(p) != 0 {
		t.Errorf("while the certificate holds: tried %d times, %d wait", there.heard("premiermot"), waiting(p))
	}

	there.mu.Lock()
	there.status = http.StatusServiceUnavailable
	there.mu.Unlock()
	q := write(t, grenoble, "ana", "secondmot")
	idle()
	tried := there.heard("secondmot")
	if tried == 0 || waiting(q) != 1 {
		t.Fatalf("tried %d times, %d wait", tried, waiting(q))
	}
	// The certificate of voiron alone reaches its end: it is not renewed while voiron
	// is off, and everybody else's is.
	if err := grenoble.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err := db.Exec(ctx, tx, `update audience_host set valid_until = $1 where host = $2`, time.Now().Add(-time.Second).UnixMilli(), voiron.Host)
		if err == nil && n != 1 {
			err = errors.New("voiron is not of the movement")
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	there.mu.Lock()
	there.status = http.StatusAccepted
	there.mu.Unlock()
	retry()
	if there.heard("secondmot") != tried {
		t.Error("what is for the movement is sent to who is of it no more")
	}
	if waiting(q) != 0 {
		t.Error("what will never be sent still waits")
	}
}
