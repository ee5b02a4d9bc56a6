package limit

import (
	"fmt"
	"testing"
	"time"
)

func TestBucketEmptiesAndRefills(t *testing.T) {
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	l := New(3, time.Minute, func() time.Time { return now })
	for i := range 3 {
		if st, ok := l.Allow("a"); !ok || st.Remaining != 2-i || st.Limit != 3 {
			t.Fatalf("attempt %d: %+v %v", i, st, ok)
		}
	}
	st, ok := l.Allow("a")
	if ok || st.Retry != 20*time.Second || !st.Reset.Equal(now.Add(time.Minute)) {
		t.Fatalf("fourth attempt: %+v %v", st, ok)
	}
	if _, ok := l.Allow("b"); !ok {
		t.Error("another key pays")
	}
	now = now.Add(20 * time.Second)
	if _, ok := l.Allow("a"); !ok {
		t.Error("not refilled")
	}
	if _, ok := l.Allow("a"); ok {
		t.Error("refilled too much")
	}
	now = now.Add(-time.Hour)
	if _, ok := l.Allow("a"); ok {
		t.Error("a clock set back refills")
	}
	now = now.Add(30 * 24 * time.Hour)
	l.Allow("a")
	l.Give("a")
	if st, _ := l.Allow("a"); st.Remaining != 2 {
		t.Errorf("given back: %+v", st)
	}
	l.Forget("a")
	if st, _ := l.Allow("a"); st.Remaining != 2 {
		t.Errorf("forgotten: %+v", st)
	}
}

func TestKeysAreBounded(t *testing.T) {
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	l := New(2, time.Minute, func() time.Time { return now })
	l.most = 100
	for i := range 1000 {
		l.Allow(fmt.Sprint(i))
	}
	if n := len(l.buckets); n > 100 {
		t.Errorf("%d keys", n)
	}
}

func TestNilAllowsEverything(t *testing.T) {
	var l *Limiter
	if _, ok := l.Allow("a"); !ok {
		t.Error("refused")
	}
	l.Forget("a")
	l.Give("a")
}
