package clients_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/testkit"
)

// The entities as megalodon gives them: the names of the API, read by its own converters.
type (
	person struct {
		ID, Acct string
	}
	note struct {
		ID, Content, Visibility        string
		Account                        person
		Bookmarked, Favourited, Pinned bool
		Reblog                         *note
		Media                          []struct{ ID, Type, Description string } `json:"media_attachments"`
		Poll                           *ballot
	}
	ballot struct {
		ID    string
		Voted bool
		Votes int `json:"votes_count"`
	}
	bond struct{ Following, Blocking, Muting bool }
)

// TestDayWithMegalodon is a whole day of ana with an app made with megalodon.
func TestDayWithMegalodon(t *testing.T) {
	everywhere(t, func(t *testing.T, n *testkit.Node) {
		lib := startLibrary(t, "megalodon")
		ana := &app{lib, n.URL, ""}
		var kind string
		if ana.call(&kind, "detect", n.URL); kind != "mastodon" {
			t.Errorf("megalodon takes us for %q", kind)
		}
		var client struct {
			ID     string `json:"client_id"`
			Secret string `json:"client_secret"`
			URL    string
		}
		ana.call(&client, "registerApp", "Mon appli", dict{"scopes": strings.Fields(scopes), "redirect_uris": outOfBand})
		var token struct {
			Access string `json:"access_token"`
		}
		ana.call(&token, "fetchAccessToken", client.ID, client.Secret, allow(n, "ana", client.URL), outOfBand)
		ana.token = token.Access
		bea := &app{lib, n.URL, n.Token("bea")}
		var she, me person
		bea.call(&she, "verifyAccountCredentials")
		if ana.call(&me, "verifyAccountCredentials"); me.Acct != "ana" {
			t.Fatalf("ana is %+v", me)
		}
		push := newPhone(t)
		ana.call(nil, "subscribePushNotification", dict{"endpoint": push.url, "keys": dict{"p256dh": push.p256dh(), "auth": push.auth()}, "standard": true},
			dict{"alerts": dict{"favourite": true}})
		ana.listen("userStreaming")
		s := ana.publishes(bea, push)
		ana.handles(n, bea, s, she)
		ana.call(nil, "deleteStatus", s.ID)
		var gone string
		if ana.hears("delete", &gone); gone != s.ID {
			t.Errorf("deleted, ana hears of %q", gone)
		}
		ana.refused(404, "getStatus", s.ID)
		ana.call(nil, "revokeToken", client.ID, client.Secret, ana.token)
		ana.refused(401, "getHomeTimeline")
	})
}

// publishes takes a photograph and a question out, and hears what comes of it.
func (a *app) publishes(bea *app, push *phone) note {
	a.t.Helper()
	file := filepath.Join(a.t.TempDir(), "photo.png")
	if err := os.WriteFile(file, picture(a.t), 0o600); err != nil {
		a.t.Fatal(err)
	}
	var m struct{ ID, Description string }
	a.call(&m, "uploadMedia", dict{"$file": file}, dict{"description": "Un dégradé"})
	var s, heard note
	a.call(&s, "postStatus", "Notre #affiche", dict{"media_ids": []string{m.ID}, "visibility": "public", "language": "fr"})
	if len(s.Media) != 1 || s.Media[0].Description != "Un dégradé" || s.Media[0].Type != "image" {
		a.t.Fatalf("posted: %+v", s)
	}
	if a.hears("update", &heard); heard.ID != s.ID {
		a.t.Errorf("ana hears of %+v", heard)
	}
	a.call(&s, "editStatus", s.ID, dict{"status": "Notre belle #affiche", "media_ids": []string{m.ID}})
	if a.hears("status_update", &heard); !strings.Contains(heard.Content, "belle") {
		a.t.Errorf("ana hears of %+v", heard)
	}
	var told struct {
		ID, Type string
		Status   *note
	}
	bea.call(nil, "favouriteStatus", s.ID)
	if a.hears("notification", &told); told.Type != "favourite" || told.Status == nil || told.Status.ID != s.ID {
		a.t.Errorf("ana is told %+v", told)
	}
	if p := push.next(); p["notification_type"] != "favourite" || p["notification_id"] != told.ID {
		a.t.Errorf("the phone is told %v", p)
	}
	a.call(nil, "dismissNotification", told.ID)

	var q note
	a.call(&q, "postStatus", "Quel jour ?", dict{"visibility": "private", "poll": dict{"options": []string{"Jeudi", "Samedi"}, "expires_in": 3600}})
	if q.Poll == nil {
		a.t.Fatalf("asked: %+v", q)
	}
	var b ballot
	if bea.call(&b, "votePoll", q.Poll.ID, []int{0}); !b.Voted || b.Votes != 1 {
		a.t.Errorf("voted: %+v", b)
	}
	bea.refused(422, "votePoll", q.Poll.ID, []int{1})
	return s
}

// handles boosts, keeps, lists, filters, searches, plans, and keeps apart.
func (a *app) handles(n *testkit.Node, bea *app, s note, she person) {
	a.t.Helper()
	var back note
	if bea.call(&back, "reblogStatus", s.ID); back.Reblog == nil || back.Reblog.ID != s.ID {
		a.t.Errorf("boosted: %+v", back)
	}
	if a.call(&back, "bookmarkStatus", s.ID); !back.Bookmarked {
		a.t.Errorf("bookmarked: %+v", back)
	}
	if a.call(&back, "pinStatus", s.ID); !back.Pinned {
		a.t.Errorf("pinned: %+v", back)
	}
	var page []note
	if a.call(&page, "getBookmarks"); len(page) != 1 || page[0].ID != s.ID {
		a.t.Errorf("bookmarks: %+v", page)
	}
	var list struct{ ID string }
	a.call(&list, "createList", "Le bureau")
	a.call(nil, "addAccountsToList", list.ID, []string{she.ID})
	var said note
	bea.call(&said, "postStatus", "Du bureau", dict{"visibility": "public"})
	settle(n)
	if a.call(&page, "getListTimeline", list.ID); len(page) == 0 || page[0].ID != said.ID {
		a.t.Errorf("the list: %+v", page)
	}
	if a.call(&page, "getHomeTimeline"); !slices.ContainsFunc(page, func(x note) bool { return x.ID == said.ID }) {
		a.t.Errorf("home: %+v", page)
	}
	a.call(nil, "deleteList", list.ID)
	var filter struct{ ID, Phrase string }
	if a.call(&filter, "createFilter", "fin", []string{"home"}); filter.Phrase != "fin" {
		a.t.Errorf("filtered: %+v", filter)
	}
	a.call(nil, "deleteFilter", filter.ID)
	var found struct {
		Statuses []note
		Accounts []person
	}
	if a.call(&found, "search", "affiche", dict{"type": "statuses"}); len(found.Statuses) != 1 || found.Statuses[0].ID != s.ID {
		a.t.Errorf("found: %+v", found)
	}
	var later struct {
		ID     string
		Params struct{ Text string }
	}
	a.call(&later, "postStatus", "Rappel", dict{"visibility": "private", "scheduled_at": time.Now().Add(48 * time.Hour).UTC().Format(time.RFC3339)})
	if later.Params.Text != "Rappel" {
		a.t.Errorf("planned: %+v", later)
	}
	a.call(nil, "cancelScheduledStatus", later.ID)
	var b bond
	if a.call(&b, "muteAccount", she.ID, true); !b.Muting {
		a.t.Errorf("muted: %+v", b)
	}
	a.call(nil, "unmuteAccount", she.ID)
	if a.call(&b, "blockAccount", she.ID); !b.Blocking || b.Following {
		a.t.Errorf("blocked: %+v", b)
	}
	a.call(nil, "unblockAccount", she.ID)
	if a.call(&b, "followAccount", she.ID); !b.Following {
		a.t.Errorf("followed: %+v", b)
	}
}
