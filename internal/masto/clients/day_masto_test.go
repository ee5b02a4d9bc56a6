package clients_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/testkit"
)

// More entities as masto.js gives them.
type (
	mediaEntity struct {
		ID, Type, URL, PreviewURL, Description string
		Meta                                   struct{ Original struct{ Width, Height int } }
	}
	pollEntity struct {
		ID              string
		Voted, Multiple bool
		VotesCount      int
		OwnVotes        []int
		Options         []struct{ Title string }
		Expired         bool
		VotersCount     *int
	}
	fullStatus struct {
		statusEntity
		Bookmarked, Pinned, Muted bool
		MediaAttachments          []mediaEntity
		Poll                      *pollEntity
		Filtered                  []struct{ Filter struct{ ID, Title string } }
	}
	relationEntity struct {
		Following, FollowedBy, Muting, Blocking bool
		Note                                    string
	}
)

func idsOf(all []fullStatus) []string {
	out := []string{}
	for _, s := range all {
		out = append(out, s.ID)
	}
	return out
}

// TestDayWithMastoJS is a whole day of ana with an app made with masto.js.
func TestDayWithMastoJS(t *testing.T) {
	everywhere(t, func(t *testing.T, n *testkit.Node) {
		lib := startLibrary(t, "masto")
		ana := lib.signIn(n, "ana")
		bea := &app{lib, n.URL, n.Token("bea")}
		ids := map[string]string{"ana": fmt.Sprint(n.Person("ana", true).ID), "bea": fmt.Sprint(n.Person("bea", true).ID)}
		push := newPhone(t)
		ana.subscribes(push)
		photo := ana.posts(n, bea)
		ana.hearsOfIt(n, bea, push, photo, ids)
		ana.votes(bea)
		ana.sorts(n, bea, photo, ids)
		ana.keepsApart(n, bea, ids)
		ana.plans()
		ana.endsTheDay(photo)
	})
}

// subscribes has pushes come to the phone.
func (a *app) subscribes(p *phone) {
	a.t.Helper()
	var sub struct {
		Endpoint, ServerKey string
		Alerts              struct{ Mention, Favourite, Poll bool }
	}
	a.call(&sub, "v1.push.subscription.create", dict{
		"subscription": dict{"endpoint": p.url, "keys": dict{"p256dh": p.p256dh(), "auth": p.auth()}, "standard": true},
		"data":         dict{"alerts": dict{"mention": true, "favourite": true}}, "policy": "all",
	})
	if sub.Endpoint != p.url || sub.ServerKey == "" || !sub.Alerts.Mention || !sub.Alerts.Favourite || sub.Alerts.Poll {
		a.t.Errorf("subscribed to %+v", sub)
	}
}

// posts publishes a photograph with its description, and corrects it.
func (a *app) posts(n *testkit.Node, bea *app) fullStatus {
	a.t.Helper()
	var m mediaEntity
	a.call(&m, "v2.media.create", dict{"file": dict{"$file": base64.StdEncoding.EncodeToString(picture(a.t)), "type": "image/png", "name": "photo.png"}, "description": "Un dégradé"})
	if m.Type != "image" || m.Description != "Un dégradé" || m.Meta.Original.Width != 64 || m.Meta.Original.Height != 48 || m.PreviewURL == "" {
		a.t.Errorf("uploaded: %+v", m)
	}
	a.call(&m, "v1.media["+m.ID+"].update", dict{"description": "Un dégradé de bleu", "focus": "0.5,-0.5"})
	bea.listen("user")
	var s fullStatus
	a.call(&s, "v1.statuses.create", dict{"status": "Notre #affiche", "mediaIds": []string{m.ID}, "visibility": "public", "language": "fr"})
	if len(s.MediaAttachments) != 1 || s.MediaAttachments[0].Description != "Un dégradé de bleu" {
		a.t.Fatalf("posted: %+v", s)
	}
	if b := n.NewBrowser().Open(s.MediaAttachments[0].URL); b.Status != 200 || len(b.Body) < 100 {
		a.t.Errorf("the picture: %d, %d bytes", b.Status, len(b.Body))
	}
	var heard struct {
		Stream  []string
		Event   string
		Payload fullStatus
	}
	bea.hears("update", &heard)
	if heard.Event != "update" || !slices.Equal(heard.Stream, []string{"user"}) || heard.Payload.ID != s.ID {
		a.t.Errorf("bea hears %+v", heard)
	}
	a.call(&s, "v1.statuses["+s.ID+"].update", dict{"status": "Notre nouvelle #affiche", "mediaIds": []string{m.ID}})
	bea.hears("status.update", &heard)
	if heard.Event != "status.update" || !strings.Contains(heard.Payload.Content, "nouvelle") || len(heard.Payload.MediaAttachments) != 1 {
		a.t.Errorf("bea hears %+v", heard)
	}
	return s
}

// hearsOfIt has bea answer and like, of which ana hears on her phone, over
// server-sent events and in her notifications.
func (a *app) hearsOfIt(n *testkit.Node, bea *app, push *phone, photo fullStatus, ids map[string]string) {
	a.t.Helper()
	events := tune(a.t, n, a.token, "/api/v1/streaming/user/notification")
	bea.call(nil, "v1.statuses["+photo.ID+"].favourite")
	var told struct{ ID, Type string }
	events.hears("notification", &told)
	if told.Type != "favourite" {
		a.t.Errorf("ana hears of %+v", told)
	}
	if m := push.next(); m["notification_type"] != "favourite" || m["notification_id"] != told.ID || m["title"] == "" || m["access_token"] != a.token {
		a.t.Errorf("the phone is told %v", m)
	}
	// What is not for everyone passes no push service.
	bea.call(nil, "v1.statuses.create", dict{"status": "@ana Superbe !", "inReplyToId": photo.ID, "visibility": "private"})
	events.hears("notification", &told)
	if m := push.next(); told.Type != "mention" || m["notification_type"] != "mention" || m["notification_id"] != told.ID || m["body"] == "" || strings.Contains(m["body"], "Superbe") {
		a.t.Errorf("ana hears of %+v, the phone is told %v", told, m)
	}
	var grouped struct {
		Accounts           []accountEntity
		Statuses           []fullStatus
		NotificationGroups []struct {
			GroupKey, Type           string
			NotificationsCount       int
			MostRecentNotificationID any
			StatusID                 string
			SampleAccountIDs         []string
		}
	}
	a.call(&grouped, "v2.notifications.list", dict{"types": []string{"favourite", "mention"}})
	var kinds []string
	for _, g := range grouped.NotificationGroups {
		kinds = append(kinds, g.Type)
		if g.NotificationsCount != 1 || !slices.Equal(g.SampleAccountIDs, []string{ids["bea"]}) || g.GroupKey == "" {
			a.t.Errorf("a group: %+v", g)
		}
	}
	if !slices.Equal(kinds, []string{"mention", "favourite"}) || len(grouped.Accounts) != 1 || len(grouped.Statuses) != 2 {
		a.t.Errorf("grouped: %+v", grouped)
	}
	var count struct{ Count int }
	a.call(&count, "v2.notifications.unreadCount.fetch")
	if count.Count < 2 {
		a.t.Errorf("%d are not read", count.Count)
	}
	a.call(nil, "v1.markers.create", dict{"notifications": dict{"lastReadId": told.ID}})
	a.call(&count, "v2.notifications.unreadCount.fetch")
	if count.Count != 0 {
		a.t.Errorf("%d are not read after the marker", count.Count)
	}
}

// votes asks and has bea answer.
func (a *app) votes(bea *app) {
	a.t.Helper()
	var s fullStatus
	a.call(&s, "v1.statuses.create", dict{"status": "Quel jour ?", "visibility": "private", "poll": dict{"options": []string{"Jeudi", "Samedi"}, "expiresIn": 3600, "multiple": false}})
	if s.Poll == nil || len(s.Poll.Options) != 2 || s.Poll.Expired {
		a.t.Fatalf("asked: %+v", s)
	}
	var p pollEntity
	bea.call(&p, "v1.polls["+s.Poll.ID+"].votes.create", dict{"choices": []int{1}})
	if !p.Voted || !slices.Equal(p.OwnVotes, []int{1}) || p.VotesCount != 1 {
		a.t.Errorf("voted: %+v", p)
	}
	bea.refused(422, "v1.polls["+s.Poll.ID+"].votes.create", dict{"choices": []int{0}})
	a.refused(422, "v1.polls["+s.Poll.ID+"].votes.create", dict{"choices": []int{0}})
	a.call(&p, "v1.polls["+s.Poll.ID+"].fetch")
	if p.VotesCount != 1 {
		a.t.Errorf("ana sees %+v", p)
	}
}

// sorts uses lists, filters, search, bookmarks, pins and tags.
func (a *app) sorts(n *testkit.Node, bea *app, photo fullStatus, ids map[string]string) {
	a.t.Helper()
	var list struct{ ID, Title string }
	a.call(&list, "v1.lists.create", dict{"title": "Le bureau"})
	a.call(nil, "v1.lists["+list.ID+"].accounts.create", dict{"accountIds": []string{ids["bea"]}})
	var spoiler fullStatus
	bea.call(&spoiler, "v1.statuses.create", dict{"status": "Je divulgâche la fin", "visibility": "public"})
	var filter struct{ ID string }
	a.call(&filter, "v2.filters.create", dict{"title": "Fins", "context": []string{"home", "public"}, "filterAction": "warn", "keywordsAttributes": []dict{{"keyword": "divulgâche", "wholeWord": "true"}}})
	settle(n)
	var page []fullStatus
	a.call(&page, "v1.timelines.list["+list.ID+"].list")
	if len(page) == 0 || page[0].ID != spoiler.ID {
		a.t.Errorf("the list shows %+v", page)
	}
	a.call(&page, "v1.timelines.home.list")
	if len(page) == 0 || page[0].ID != spoiler.ID || len(page[0].Filtered) != 1 || page[0].Filtered[0].Filter.Title != "Fins" {
		a.t.Errorf("home shows %+v", page)
	}
	a.call(nil, "v2.filters["+filter.ID+"].remove")
	a.call(nil, "v1.lists["+list.ID+"].remove")

	var found struct {
		Statuses []fullStatus
		Hashtags []struct{ Name string }
		Accounts []accountEntity
	}
	a.call(&found, "v2.search.list", dict{"q": "affiche"})
	if !slices.Equal(idsOf(found.Statuses), []string{photo.ID}) || len(found.Hashtags) != 1 || found.Hashtags[0].Name != "affiche" {
		a.t.Errorf("found %+v", found)
	}
	var s fullStatus
	a.call(&s, "v1.statuses["+photo.ID+"].bookmark")
	a.call(&page, "v1.bookmarks.list")
	if !s.Bookmarked || !slices.Equal(idsOf(page), []string{photo.ID}) {
		a.t.Errorf("bookmarked %+v", page)
	}
	a.call(&s, "v1.statuses["+photo.ID+"].pin")
	a.call(&page, "v1.accounts["+ids["ana"]+"].statuses.list", dict{"pinned": true})
	if !s.Pinned || !slices.Equal(idsOf(page), []string{photo.ID}) {
		a.t.Errorf("pinned %+v", page)
	}
	a.call(&s, "v1.statuses["+photo.ID+"].unpin")
	var tag struct {
		Name      string
		Following bool
	}
	a.call(&tag, "v1.tags[affiche].follow")
	a.call(&page, "v1.timelines.tag[affiche].list")
	if !tag.Following || !slices.Equal(idsOf(page), []string{photo.ID}) {
		a.t.Errorf("the tag %+v shows %v", tag, idsOf(page))
	}
}

// keepsApart mutes, blocks and meets again.
func (a *app) keepsApart(n *testkit.Node, bea *app, ids map[string]string) {
	a.t.Helper()
	var r relationEntity
	of := "v1.accounts[" + ids["bea"] + "]."
	if a.call(&r, of+"mute", dict{"notifications": true, "duration": 3600}); !r.Muting || !r.Following {
		a.t.Errorf("muted: %+v", r)
	}
	if a.call(&r, of+"unmute"); r.Muting {
		a.t.Errorf("heard again: %+v", r)
	}
	if a.call(&r, of+"block"); !r.Blocking || r.Following || r.FollowedBy {
		a.t.Errorf("blocked: %+v", r)
	}
	var all []accountEntity
	if a.call(&all, "v1.blocks.list"); len(all) != 1 || all[0].ID != ids["bea"] {
		a.t.Errorf("blocks: %+v", all)
	}
	a.call(&r, of+"unblock")
	if a.call(&r, of+"follow"); !r.Following || r.Blocking {
		a.t.Errorf("followed again: %+v", r)
	}
	if a.call(&r, of+"note.create", dict{"comment": "Du bureau"}); r.Note != "Du bureau" {
		a.t.Errorf("noted: %+v", r)
	}
	settle(n)
	var told []struct{ Type string }
	if bea.call(&told, "v1.notifications.list", dict{"types": []string{"follow"}}); len(told) == 0 {
		a.t.Error("bea is not told that ana follows her again")
	}
}

// plans writes for later, and thinks better of it.
func (a *app) plans() {
	a.t.Helper()
	at := time.Now().Add(48 * time.Hour).UTC().Format(time.RFC3339)
	var later struct {
		ID, ScheduledAt string
		Params          struct{ Text string }
	}
	a.call(&later, "v1.statuses.create", dict{"status": "Rappel", "visibility": "private", "scheduledAt": at})
	if later.Params.Text != "Rappel" || later.ScheduledAt == "" {
		a.t.Errorf("planned: %+v", later)
	}
	a.call(nil, "v1.scheduledStatuses["+later.ID+"].remove")
	var all []struct{ ID string }
	if a.call(&all, "v1.scheduledStatuses.list"); len(all) != 0 {
		a.t.Errorf("still planned: %+v", all)
	}
}

// endsTheDay deletes what was posted and the subscription.
func (a *app) endsTheDay(photo fullStatus) {
	a.t.Helper()
	var s struct {
		Text             string
		MediaAttachments []mediaEntity
	}
	a.call(&s, "v1.statuses["+photo.ID+"].remove")
	if s.Text != "Notre nouvelle #affiche" || len(s.MediaAttachments) != 1 {
		a.t.Errorf("deleted: %+v", s)
	}
	a.refused(404, "v1.statuses["+photo.ID+"].fetch")
	a.call(nil, "v1.push.subscription.remove")
	a.refused(404, "v1.push.subscription.fetch")
}
