package host_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
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
	set(t, s, "shout.example", host.Silence)
	set(t, s, "bücher.example", host.Suspend)
	want := map[string]host.Level{
		"evil.example": host.Suspend, "a.b.evil.example": host.Suspend, "evil.example:8443": host.Suspend, "evil.example.": host.Suspend,
		"EVIL.example": host.Suspend, "good.evil.example": host.None, "x.good.evil.example": host.None, "notevil.example": host.None,
		"example": host.None, "a.shout.example": host.Silence, "loud.example": host.Suspend, "m.wild.example": host.Suspend, "127.0.0.1:4001": host.Suspend,
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

// TestLists: lists as Mastodon's administration writes them go in and out whole.
func TestLists(t *testing.T) {
	s := service(t)
	list := "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n" +
		"evil.example,suspend,true,true,\"hate, and worse\",true\nloud.example,silence,false,true,,false\n" +
		"pics.example,noop,true,false,,false\nquiet.example,noop,false,false,,false\n"
	if n, err := s.Import(t.Context(), strings.NewReader(list)); err != nil || n != 4 {
		t.Fatalf("%d %v", n, err)
	}
	if !s.Blocked("evil.example") || s.Level("a.loud.example") != host.Silence || s.Blocked("loud.example") || s.Blocked("quiet.example") {
		t.Error("the list does not hold")
	}
	if !s.RejectsMedia("cdn.pics.example") || s.RejectsMedia("loud.example") || !s.RejectsMedia("evil.example") || s.RejectsMedia("ici.example") {
		t.Error("media")
	}
	if !s.RejectsReports("loud.example") || s.RejectsReports("pics.example") {
		t.Error("reports")
	}
	var out bytes.Buffer
	if err := s.Export(t.Context(), &out); err != nil || out.String() != list {
		t.Errorf("%v\n%s", err, &out)
	}
	again := service(t)
	if n, err := again.Import(t.Context(), &out); err != nil || n != 4 || !again.Blocked("evil.example") {
		t.Errorf("%d %v", n, err)
	}
	// As Mastodon 4.5 writes it, which has a column that is no rule here.
	newer := "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate,#reject_follows\n" +
		"bad.example,silence,false,false,bad,false,false\nworse.example,suspend,true,true,worse,true,false\n" +
		"photos.example,noop,true,false,no photos,false,false\nfollows.example,silence,false,false,no follows,false,true\n"
	if n, err := again.Import(t.Context(), strings.NewReader(newer)); err != nil || n != 4 || again.Level("bad.example") != host.Silence || !again.Blocked("worse.example") ||
		!again.RejectsMedia("photos.example") || again.Blocked("photos.example") || again.Level("follows.example") != host.Silence {
		t.Errorf("the newer list: %d %v", n, err)
	}
	if n, err := again.Import(t.Context(), strings.NewReader("one.example\ntwo.example\n")); err != nil || n != 2 || !again.Blocked("two.example") {
		t.Errorf("names alone: %d %v", n, err)
	}
	if _, err := again.Import(t.Context(), strings.NewReader("three.example\nno name\n")); !apperr.Is(err, apperr.KindInvalid) || again.Blocked("three.example") {
		t.Errorf("a bad line: %v", err)
	}
	// Mastodon's list of those that it allows looks like one of names, below one word.
	if _, err := again.Import(t.Context(), strings.NewReader("\ufeff#domain\nfriend.example\n")); !apperr.Is(err, apperr.KindInvalid) || again.Blocked("friend.example") {
		t.Errorf("a list of the allowed: %v", err)
	}
}

// TestTrail: each change leaves who, what and why; a list that changes nothing
// leaves no row; a deleted account leaves its name.
func TestTrail(t *testing.T) {
	s := service(t)
	ctx := t.Context()
	if _, err := s.SetBy(ctx, 7, host.Policy{Host: "evil.example", Level: host.Suspend, RejectMedia: true, Note: "insultes"}); err != nil {
		t.Fatal(err)
	}
	list := "#domain,#severity,#reject_media\nevil.example,suspend,true\n"
	if _, err := s.ImportBy(ctx, 7, strings.NewReader(list)); err != nil {
		t.Fatal(err)
	}
	if err := s.RemoveBy(ctx, 8, "evil.example", "ils ont changé"); err != nil {
		t.Fatal(err)
	}
	trail, err := s.Trail(ctx, "evil.example", 0, 10)
	if err != nil || len(trail) != 2 {
		t.Fatalf("%+v %v", trail, err)
	}
	if e := trail[1]; e.ByID != 7 || e.Act != "suspend" || e.Detail != "reject_media" || e.Why != "insultes" || e.At == 0 {
		t.Errorf("%+v", e)
	}
	if e := trail[0]; e.ByID != 8 || e.Act != host.ActRemove || e.Why != "ils ont changé" {
		t.Errorf("%+v", e)
	}
	if err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return s.Erase(ctx, tx, 8) }); err != nil {
		t.Fatal(err)
	}
	if trail, err = s.Trail(ctx, "", 0, 10); err != nil || trail[0].ByID != 0 || trail[1].ByID != 7 {
		t.Errorf("%+v %v", trail, err)
	}
}

// TestSoftware: what a server runs is believed for a week; what failed is asked
// again later and later, and leaves what was known.
func TestSoftware(t *testing.T) {
	s := service(t)
	ctx, now := t.Context(), time.UnixMilli(1_800_000_000_000)
	save := func(w host.Software) {
		t.Helper()
		if err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return host.SaveSoftware(ctx, tx, w) }); err != nil {
			t.Fatal(err)
		}
	}
	of := func() host.Software {
		t.Helper()
		w, err := host.SoftwareOf(ctx, s.DB.Read(), "m.example")
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	if !of().Stale(now) {
		t.Error("what was never asked is fresh")
	}
	save(host.Software{Host: "m.example", Name: "gotosocial", Version: "0.17", Implements: "https://a.example/x https://b.example/y", CheckedAt: now.UnixMilli()})
	w := of()
	if w.Shown() != "GoToSocial" || w.Stale(now.Add(6*24*time.Hour)) || !w.Stale(now.Add(8*24*time.Hour)) || !w.Speaks("https://b.example/y") || w.Speaks("https://b.example") {
		t.Errorf("%+v", w)
	}
	at := now
	for _, days := range []int{1, 2, 4, 7, 7} {
		save(host.Software{Host: "m.example", CheckedAt: at.UnixMilli()})
		if w := of(); w.Name != "gotosocial" || w.Stale(at.Add(time.Duration(days)*24*time.Hour-time.Minute)) || !w.Stale(at.Add(time.Duration(days)*24*time.Hour+time.Minute)) {
			t.Errorf("after %d failures: %+v", w.Fails, w)
		}
	}
	if host.Shown("bluegrass") != "Bluegrass" || host.Shown("") != "" {
		t.Error("names")
	}
}
