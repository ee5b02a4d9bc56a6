package host_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db/dbtest"
	"github.com/maillage/maillage/internal/host"
)

func service(t *testing.T) *host.Service {
	return &host.Service{DB: dbtest.SQLite(t, host.Migrations()), Host: "ici.example"}
}

func set(t *testing.T, s *host.Service, name string, l host.Level) {
	t.Helper()
	if _, err := s.Set(t.Context(), host.Policy{Host: name, Level: l}); err != nil {
		t.Fatal(err)
	}
}

// TestLevels: the nearest name counts, whatever the spelling.
func TestLevels(t *testing.T) {
	s := service(t)
	set(t, s, "https://Evil.Example/about", host.Suspend)
	set(t, s, "@hana@loud.example", host.Suspend)
	set(t, s, "*.wild.example", host.Suspend)
	set(t, s, "good.evil.example", host.None)
	set(t, s, "127.0.0.1:4001", host.Suspend)
	set(t, s, "bücher.example", host.Suspend)
	want := map[string]host.Level{
		"evil.example": host.Suspend, "a.b.evil.example": host.Suspend, "evil.example:8443": host.Suspend, "evil.example.": host.Suspend,
		"EVIL.example": host.Suspend, "good.evil.example": host.None, "x.good.evil.example": host.None, "notevil.example": host.None,
		"example": host.None, "loud.example": host.Suspend, "m.wild.example": host.Suspend, "127.0.0.1:4001": host.Suspend,
		"127.0.0.1:4002": host.None, "xn--bcher-kva.example": host.Suspend, "[::1]:80": host.None, "": host.None,
	}
	for name, level := range want {
		if got := s.Level(name); got != level {
			t.Errorf("%q: %s, want %s", name, got, level)
		}
		if s.Blocked(name) != (level == host.Suspend) {
			t.Errorf("%q blocked", name)
		}
	}
}

// TestAllowList: with everyone suspended, those named pass.
//
// Spec: FE12
func TestAllowList(t *testing.T) {
	s := service(t)
	set(t, s, "friend.example", host.None)
	if s.Blocked("stranger.example") {
		t.Error("open, a stranger is blocked")
	}
	set(t, s, host.Everyone, host.Suspend)
	for name, want := range map[string]bool{"stranger.example": true, "friend.example": false, "m.friend.example": false, "ici.example": false, "": true} {
		if got := s.Blocked(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
	if err := s.Remove(t.Context(), host.Everyone); err != nil || s.Blocked("stranger.example") {
		t.Errorf("open again: %v", err)
	}
	if err := s.Remove(t.Context(), "none.example"); !apperr.Is(err, apperr.KindNotFound) {
		t.Error(err)
	}
}

// TestOtherProcess: a change made elsewhere holds within a second.
func TestOtherProcess(t *testing.T) {
	s := service(t)
	s.Clock = time.Now
	if s.Blocked("evil.example") {
		t.Fatal("blocked")
	}
	set(t, &host.Service{DB: s.DB, Host: s.Host}, "evil.example", host.Suspend)
	at := time.Now().Add(time.Second)
	s.Clock = func() time.Time { return at }
	if !s.Blocked("evil.example") {
		t.Error("not blocked after a second")
	}
}

// TestUnreadable: policies that were never read let nobody pass.
func TestUnreadable(t *testing.T) {
	s := &host.Service{DB: dbtest.SQLite(t), Host: "ici.example"}
	if !s.Blocked("stranger.example") {
		t.Error("passes")
	}
}

// TestBadPolicies are refused.
func TestBadPolicies(t *testing.T) {
	s := service(t)
	for _, p := range []host.Policy{{Host: "", Level: host.Suspend}, {Host: "a b", Level: host.Suspend}, {Host: "ICI.example", Level: host.Suspend},
		{Host: "x.example", Level: "kill"}, {Host: "ftp://x.example", Level: host.Suspend}} {
		if _, err := s.Set(t.Context(), p); !apperr.Is(err, apperr.KindInvalid) {
			t.Errorf("%+v: %v", p, err)
		}
	}
}

// TestLists: lists as Mastodon's administration writes them go in and out.
func TestLists(t *testing.T) {
	s := service(t)
	list := "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n" +
		"evil.example,suspend,true,true,\"hate, and worse\",false\nloud.example,silence,false,false,,false\n" +
		"pics.example,noop,true,false,,false\nquiet.example,noop,false,false,,false\n"
	if n, skipped, err := s.Import(t.Context(), strings.NewReader(list)); err != nil || n != 2 || skipped != 2 {
		t.Fatalf("%d %d %v", n, skipped, err)
	}
	if !s.Blocked("evil.example") || s.Blocked("loud.example") || s.Blocked("quiet.example") {
		t.Error("the list does not hold")
	}
	var out bytes.Buffer
	if err := s.Export(t.Context(), &out); err != nil || !strings.Contains(out.String(), `evil.example,suspend,false,false,"hate, and worse",false`) {
		t.Errorf("%v\n%s", err, &out)
	}
	again := service(t)
	if n, _, err := again.Import(t.Context(), &out); err != nil || n != 2 || !again.Blocked("evil.example") {
		t.Errorf("%d %v", n, err)
	}
	if n, _, err := again.Import(t.Context(), strings.NewReader("one.example\ntwo.example\n")); err != nil || n != 2 || !again.Blocked("two.example") {
		t.Errorf("names alone: %d %v", n, err)
	}
	if _, _, err := again.Import(t.Context(), strings.NewReader("three.example\nno name\n")); !apperr.Is(err, apperr.KindInvalid) || again.Blocked("three.example") {
		t.Errorf("a bad line: %v", err)
	}
}
