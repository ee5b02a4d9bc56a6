package app_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
)

// TestPV06 has somebody act on a person who blocks them, and the reverse: nothing
// arrives and nothing is found, neither here nor by a signed request from
// elsewhere. What they read is in TestPV01.
//
// Spec: PV6
func TestPV06(t *testing.T) {
	s := newStage(t)
	top := s.post("zpublicz")
	enemy, ana := s.Client("enemy"), s.Client("ana")
	anaID := ids.String(s.Person("ana", true).ID)
	before := notices(s.Node, "ana")
	for _, act := range []string{"favourite", "reblog", "bookmark"} {
		if enemy.Post("/api/v1/statuses/"+ids.String(top.ID)+"/"+act, nil, nil); enemy.Status != http.StatusNotFound {
			t.Errorf("%s what a person wrote who blocks one: %d", act, enemy.Status)
		}
	}
	if enemy.Post("/api/v1/accounts/"+anaID+"/follow", nil, nil); enemy.Status < 400 {
		t.Errorf("following who blocks one: %d", enemy.Status)
	}
	if enemy.Post("/api/v1/statuses", map[string]any{"status": "zreplyz", "in_reply_to_id": ids.String(top.ID)}, nil); enemy.Status < 400 {
		t.Errorf("answering who blocks one: %d", enemy.Status)
	}
	write(s.Node, "enemy", post.Draft{Audience: post.Public, Text: "@ana zcallz"})
	write(s.Node, "enemy", post.Draft{Audience: post.Direct, Text: "@ana zletterz"})
	s.settle()
	if after := notices(s.Node, "ana"); len(after) != len(before) {
		t.Errorf("she is told: %v, before %v", after, before)
	}
	for _, path := range []string{"/api/v1/timelines/home", "/api/v1/timelines/public", "/api/v1/conversations", "/api/v1/notifications", "/api/v1/statuses/" + ids.String(s.post("zthreadz").ID) + "/context",
		"/api/v1/timelines/tag/marche", "/api/v2/search?type=statuses&q=zcallz"} {
		var out any
		ana.Get(path, &out)
		if text := fmt.Sprint(out); strings.Contains(text, "zcallz") || strings.Contains(text, "zletterz") || strings.Contains(text, "zthreadfoez") {
			t.Errorf("%s shows whom she blocks: %s", path, text)
		}
	}
	var liked, boosted []masto.Account
	ana.Get("/api/v1/statuses/"+ids.String(top.ID)+"/favourited_by", &liked)
	ana.Get("/api/v1/statuses/"+ids.String(top.ID)+"/reblogged_by", &boosted)
	if slices.ContainsFunc(append(liked, boosted...), func(a masto.Account) bool { return a.Username == "enemy" }) {
		t.Error("whom she blocks is among those who liked or boosted")
	}
	// From elsewhere: a signed request is refused, and so is what it brings.
	for _, p := range []*shown{top, s.post("zquietz"), s.post("zthreadanaz")} {
		if a, err := s.foe.Get(ctx, p.URI); err != nil || a.Status != http.StatusNotFound {
			t.Errorf("a signed request of who is blocked: %d %v", a.Status, err)
		}
		if a, err := s.alien.Get(ctx, p.URI); err != nil || a.Status != http.StatusOK {
			t.Errorf("a signed request of somebody else: %d %v", a.Status, err)
		}
	}
	for _, end := range []string{"/outbox", "/featured", "/followers"} {
		a, err := s.foe.Get(ctx, s.Person("ana", true).URI+end)
		if err != nil || strings.Contains(string(a.Body), key(top.URI)) {
			t.Errorf("%s names her posts to who is blocked: %s %v", end, a.Body, err)
		}
	}
	if _, _, err := s.foe.Follow(ctx, s.Person("ana", true).URI); err != nil {
		t.Fatal(err)
	}
	note, create := s.foe.Note("zfarz", nil)
	create.To, note.To = append(create.To, s.Person("ana", true).URI), append(note.To, s.Person("ana", true).URI)
	create.Object = note
	if _, err := s.foe.Send(ctx, s.Person("ana", true).Inbox, create); err != nil {
		t.Fatal(err)
	}
	s.settle()
	if after := notices(s.Node, "ana"); len(after) != len(before) {
		t.Errorf("she is told of who is blocked elsewhere: %v, before %v", after, before)
	}
	var followers []masto.Account
	if ana.Get("/api/v1/accounts/"+anaID+"/followers", &followers); slices.ContainsFunc(followers, func(a masto.Account) bool { return a.Username == s.foe.Name || a.Username == "enemy" }) {
		t.Errorf("who is blocked follows her: %+v", followers)
	}
}
