package ids

import (
	"sync"
	"testing"
	"time"
)

func TestIdsAscendAndNeverRepeat(t *testing.T) {
	var m Maker
	seen := make(map[int64]bool)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			last := int64(0)
			for range 2000 {
				id := m.New()
				if id <= last {
					t.Errorf("%d after %d", id, last)
				}
				last = id
				mu.Lock()
				if seen[id] {
					t.Errorf("%d twice", id)
				}
				seen[id] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}

func TestNotificationIdsFitAJavaScriptNumber(t *testing.T) {
	var m Maker
	a, b := m.NewNotification(), m.NewNotification()
	if b <= a || b >= 1<<53 {
		t.Errorf("got %d then %d", a, b)
	}
}

func TestTimeOfId(t *testing.T) {
	at := time.UnixMilli(1_800_000_000_123)
	if got := Time(Near(at)); !got.Equal(at) {
		t.Errorf("got %v, want %v", got, at)
	}
}

func TestParseRefusesWhatIsNoId(t *testing.T) {
	for _, s := range []string{"", "-1", "+1", "0", "1e9", "1 ", "%00", "99999999999999999999", "9223372036854775808"} {
		if id, ok := Parse(s); ok {
			t.Errorf("%q read as %d", s, id)
		}
	}
	if id, ok := Parse("9223372036854775807"); !ok || id != 1<<63-1 {
		t.Error("the largest id is refused")
	}
}
