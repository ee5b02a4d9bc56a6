package clients_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// rows are what apps depend on of single endpoints.
func rows() []quirk {
	return []quirk{
		{"defaults of posts are kept and used", defaults},
		{"a list of posts leaves out what is asked", sieves},
		{"relationships come in the order asked", ties},
		{"a deleted post gives its text back", redraft},
		{"a thread is in its order", threads},
		{"an edit is in the history", edits},
		{"the poll of a version is a poll", versionsOfPolls},
		{"one edits one's own profile with the hashtags on it", profileToEdit},
		{"a push subscription has a number", subscriptions},
		{"polls tell who votes", polls},
		{"markers are kept one by one", markers},
		{"media follow their edits", attachments},
		{"filters mark what they meet", sifting},
		{"lists hold whom one follows", holding},
		{"domains are blocked by any parameter", domains},
		{"what is scheduled waits", scheduled},
		{"tags have seven days", tags},
		{"searches page by kind", searching},
		{"groups of notifications", grouped},
		{"a policy of two forms", policies},
		{"no time of the past in a mute", muted},
		{"the deprecated answer like the new", deprecated},
	}
}

func stringOf(v any) string { return fmt.Sprint(v) }

func defaults(w *world) {
	const path = "/api/v1/accounts/update_credentials"
	me := w.sends("PATCH", path, asForm, "source[language]=en&source[sensitive]=true&source[quote_policy]=nobody")
	for _, v := range []any{me, w.gets("/api/v1/accounts/verify_credentials")} {
		w.is(v, "en", "source", "language")
		w.is(v, true, "source", "sensitive")
		w.is(v, "nobody", "source", "quote_policy")
	}
	p := w.gets("/api/v1/preferences")
	w.is(p, "en", "posting:default:language")
	w.is(p, true, "posting:default:sensitive")
	w.is(p, "nobody", "posting:default:quote_policy")
	s := w.sends("POST", "/api/v1/statuses", asForm, "status=Hello&visibility=public")
	w.is(s, "en", "language")
	w.is(s, true, "sensitive")
	w.is(s, "[]", "quote_approval", "automatic")
	// What a post says itself wins.
	s = w.sends("POST", "/api/v1/statuses", asForm, "status=Bonjour&visibility=public&language=fr&sensitive=false&quote_approval_policy=public")
	w.is(s, "fr", "language")
	w.is(s, false, "sensitive")
	w.is(s, "[public]", "quote_approval", "automatic")
	// On the page as in an app.
	b := w.n.SignIn("ana")
	b.T = w.t
	b.Open("/ecrire").Submit("/publier", map[string]string{"text": "Depuis la page", "audience": "public"})
	mine := w.gets("/api/v1/accounts/" + w.id("ana") + "/statuses?limit=1")
	w.is(mine, "en", 0, "language")
	w.is(mine, true, 0, "sensitive")
	w.is(mine, "[]", 0, "quote_approval", "automatic")
	// An edit on the page does not uncover what an app covered.
	id := stringOf(at(mine, 0, "id"))
	edit := b.URL.Path + "/edit"
	b.Open(edit).Submit(edit, map[string]string{"text": "Depuis la page, corrigé"})
	w.is(w.gets("/api/v1/statuses/"+id), true, "sensitive")
	for _, wrong := range []string{"source[language]=ceci+n%27est+pas", "source[sensitive]=peut-être", "source[quote_policy]=friends", "source=x"} {
		a, _ := w.ask("PATCH", path, w.token("ana", nil), asForm, wrong+"&note=changée")
		a.Fails(422)
	}
	me = w.sends("PATCH", path, asJSON, `{"source":{"language":"","sensitive":false,"quote_policy":"public"}}`)
	w.is(me, "fr", "source", "language") // that of the pages
	w.is(me, false, "source", "sensitive")
}

func sieves(w *world) {
	mine := "/api/v1/accounts/" + w.id("ana") + "/statuses?limit=40&"
	has := func(query, id string) bool {
		list, _ := w.gets(mine + query).([]any)
		for i := range list {
			if at(list, i, "id") == id {
				return true
			}
		}
		return false
	}
	top := w.posts("ana", dict{"status": "Départ #marche"})
	own := w.posts("ana", dict{"status": "Suite", "in_reply_to_id": top})
	other := w.posts("ana", dict{"status": "Réponse", "in_reply_to_id": w.posts("bea")})
	media := w.posts("ana", dict{"media_ids": []string{w.media("ana")}})
	boost := stringOf(at(w.sends("POST", "/api/v1/statuses/"+w.posts("bea")+"/reblog", "", ""), "id"))
	for _, x := range []struct {
		query     string
		in, leave []string
	}{
		{"", []string{top, own, other, media, boost}, nil},
		{"exclude_replies=true", []string{top, own, media, boost}, []string{other}},
		{"exclude_reblogs=true", []string{top, own, other, media}, []string{boost}},
		{"only_media=true", []string{media}, []string{top, own, other, boost}},
		{"tagged=Marche", []string{top}, []string{own, other, media, boost}},
		{"max_id=" + own, []string{top}, []string{own, other, media}},
		{"since_id=" + own, []string{other, media}, []string{top, own}},
		{"min_id=" + own + "&limit=1", []string{other}, []string{top, own, media}},
	} {
		for _, id := range x.in {
			if !has(x.query, id) {
				w.t.Errorf("%s leaves out %s", x.query, id)
			}
		}
		for _, id := range x.leave {
			if has(x.query, id) {
				w.t.Errorf("%s gives %s", x.query, id)
			}
		}
	}
}

func ties(w *world) {
	a, b, c := w.id("bea"), w.id("cleo"), w.id("dora")
	v := w.gets("/api/v1/accounts/relationships?id[]=" + c + "&id[]=116700000000000001&id[]=" + a + "&id[]=" + b)
	w.is(v, c, 0, "id")
	w.is(v, a, 1, "id")
	w.is(v, b, 2, "id")
	w.is(v, true, 1, "following")
	w.is(v, false, 0, "following")
	// To follow again changes how.
	v = w.sends("POST", "/api/v1/accounts/"+a+"/follow", asJSON, `{"reblogs":false,"notify":true,"languages":["fr"]}`)
	w.is(v, false, "showing_reblogs")
	w.is(v, true, "notifying")
	w.is(v, "[fr]", "languages")
	v = w.sends("POST", "/api/v1/accounts/"+a+"/follow", asForm, "reblogs=true&notify=false")
	w.is(v, true, "showing_reblogs")
	w.is(v, false, "notifying")
	// Who decides themselves is asked.
	w.asks("dora", "PATCH", "/api/v1/accounts/update_credentials", dict{"locked": true}, nil)
	v = w.sends("POST", "/api/v1/accounts/"+c+"/follow", "", "")
	w.is(v, false, "following")
	w.is(v, true, "requested")
	w.asks("dora", "PATCH", "/api/v1/accounts/update_credentials", dict{"locked": false}, nil)
	// An empty note clears.
	w.is(w.sends("POST", "/api/v1/accounts/"+a+"/note", asForm, "comment=Bureau"), "Bureau", "note")
	w.is(w.sends("POST", "/api/v1/accounts/"+a+"/note", asForm, "comment="), "", "note")
}

func redraft(w *world) {
	id := w.posts("ana", dict{"status": "Texte *tel quel* @bea", "spoiler_text": "Sujet", "media_ids": []string{w.media("ana")}})
	v := w.sends("DELETE", "/api/v1/statuses/"+id, asForm, "delete_media=true")
	w.is(v, "Texte *tel quel* @bea", "text")
	w.is(v, "Sujet", "spoiler_text")
	w.is(v, "image", "media_attachments", 0, "type")
}

func threads(w *world) {
	top := w.posts("bea")
	first := w.posts("ana", dict{"in_reply_to_id": top})
	second := w.posts("cleo", dict{"in_reply_to_id": first})
	beside := w.posts("ana", dict{"in_reply_to_id": top})
	deep := w.posts("ana", dict{"in_reply_to_id": second})
	v := w.gets("/api/v1/statuses/" + deep + "/context")
	for i, id := range []string{top, first, second} {
		w.is(v, id, "ancestors", i, "id")
	}
	v = w.gets("/api/v1/statuses/" + top + "/context")
	place := map[any]int{}
	list, _ := at(v, "descendants").([]any)
	for i := range list {
		place[at(list, i, "id")] = i
	}
	if len(list) != 4 || place[first] > place[second] || place[second] > place[deep] || place[beside] == 0 && list[0] != nil && at(list, 0, "id") == beside {
		w.t.Errorf("descendants %v", place)
	}
}

func edits(w *world) {
	id := w.posts("ana", dict{"status": "Avant"})
	w.is(w.gets("/api/v1/statuses/"+id+"/history"), "<p>Avant</p>", 0, "content")
	w.sends("PUT", "/api/v1/statuses/"+id, asJSON, `{"status":"Après","spoiler_text":"Sujet","language":"en"}`)
	v := w.gets("/api/v1/statuses/" + id + "/history")
	w.is(v, "<p>Avant</p>", 0, "content")
	w.is(v, "<p>Après</p>", 1, "content")
	w.is(v, "Sujet", 1, "spoiler_text")
	w.is(v, w.id("ana"), 1, "account", "id")
	w.is(w.gets("/api/v1/statuses/"+id+"/source"), "Après", "text")
	s := w.gets("/api/v1/statuses/" + id)
	w.is(s, "en", "language")
	if at(s, "edited_at") == nil {
		w.t.Error("it does not say that it was edited")
	}
}

// versionsOfPolls: Tusky decodes the poll of a version as any poll, and shows no
// history where one lacks what polls have.
func versionsOfPolls(w *world) {
	id, status := w.poll()
	v := w.gets("/api/v1/statuses/" + status + "/history")
	w.is(v, id, 0, "poll", "id")
	w.is(v, false, 0, "poll", "expired")
	w.is(v, false, 0, "poll", "multiple")
	w.is(v, 0, 0, "poll", "votes_count")
	if title, _ := at(v, 0, "poll", "options", 0, "title").(string); title == "" {
		w.t.Errorf("no options: %v", v)
	}
}

// profileToEdit: Mastodon for Android opens no profile to edit where the hashtags
// shown on it are not told.
func profileToEdit(w *world) {
	w.sends("POST", "/api/v1/featured_tags", asJSON, `{"name":"velo"}`)
	v := w.gets("/api/v1/profile")
	w.is(v, "velo", "featured_tags", 0, "name")
	w.is(v, w.id("ana"), "id")
}

// subscriptions: Ice Cubes decodes the id as a whole number, and says that push
// is off when it is none; Tusky and Moshidon keep it in 32 bits.
func subscriptions(w *world) {
	const path = "/api/v1/push/subscription"
	w.subscribes()
	for _, v := range []any{w.gets(path), w.sends("PUT", path, asForm, "data[alerts][poll]=true")} {
		id, number := at(v, "id").(json.Number)
		if n, err := strconv.ParseInt(id.String(), 10, 32); !number || err != nil || n < 1 {
			w.t.Errorf("its id is %v", at(v, "id"))
		}
		for _, kind := range []string{"follow", "favourite", "reblog", "mention", "poll", "status"} {
			if _, ok := at(v, "alerts", kind).(bool); !ok {
				w.t.Errorf("alerts.%s is %v", kind, at(v, "alerts", kind))
			}
		}
	}
	w.sends("DELETE", path, "", "")
}

func polls(w *world) {
	id, status := w.poll()
	a, v := w.ask("GET", "/api/v1/polls/"+id, "", "", "")
	if _, told := v.(map[string]any)["own_votes"]; a.Status == 200 && told {
		w.t.Error("a stranger is told of votes of theirs")
	}
	v = w.gets("/api/v1/polls/" + id)
	w.is(v, false, "voted")
	w.is(v, "[]", "own_votes")
	v = w.sends("POST", "/api/v1/polls/"+id+"/votes", asForm, "choices[]=1")
	w.is(v, true, "voted")
	w.is(v, "[1]", "own_votes")
	w.is(v, 1, "options", 1, "votes_count")
	w.is(w.gets("/api/v1/statuses/"+status), true, "poll", "voted")
	hidden := w.sends("POST", "/api/v1/statuses", asForm, "status=Quand&visibility=public&poll[options][]=a&poll[options][]=b&poll[expires_in]=3600&poll[hide_totals]=true")
	w.is(hidden, "<nil>", "poll", "options", 0, "votes_count")
}

func markers(w *world) {
	first, second := w.posts("ana"), w.posts("ana")
	v := w.sends("POST", "/api/v1/markers", asForm, "home[last_read_id]="+first)
	w.is(v, first, "home", "last_read_id")
	v = w.sends("POST", "/api/v1/markers", asJSON, `{"home":{"last_read_id":"`+second+`"}}`)
	w.is(v, second, "home", "last_read_id")
	if m, _ := v.(map[string]any); len(m) != 1 {
		w.t.Errorf("one marker was set, and %v answered", m)
	}
	v = w.gets("/api/v1/markers?timeline[]=home&timeline[]=notifications")
	w.is(v, second, "home", "last_read_id")
	if _, there := v.(map[string]any)["notifications"]; there {
		w.t.Error("a marker that was never set is there")
	}
}

func attachments(w *world) {
	one, two := w.media("ana"), w.media("ana")
	w.is(w.sends("PUT", "/api/v1/media/"+one, asForm, "description=Un&focus=0.5,-0.5"), "Un", "description")
	id := w.posts("ana", dict{"media_ids": []string{one, two}})
	a, _ := w.ask("PUT", "/api/v1/media/"+one, w.token("ana", nil), asForm, "description=Trop+tard")
	a.Fails(404)
	v := w.sends("PUT", "/api/v1/statuses/"+id, asJSON, `{"status":"a","media_ids":["`+two+`","`+one+`"],"media_attributes":[{"id":"`+one+`","description":"Deux","focus":"0,0"}]}`)
	w.is(v, two, "media_attachments", 0, "id")
	w.is(v, "Deux", "media_attachments", 1, "description")
	w.is(v, 64, "media_attachments", 0, "meta", "original", "width")
	v = w.sends("PUT", "/api/v1/statuses/"+id, asJSON, `{"status":"b","media_ids":[]}`)
	w.is(v, "[]", "media_attachments")
}

func sifting(w *world) {
	f := w.sends("POST", "/api/v2/filters", asForm, "title=Bruit&context[]=home&context[]=public&filter_action=warn&keywords_attributes[0][keyword]=tapage&keywords_attributes[0][whole_word]=true")
	id, _ := at(f, "id").(string)
	s := w.posts("bea", dict{"status": "Du tapage nocturne"})
	home := w.gets("/api/v1/timelines/home?limit=1")
	w.is(home, s, 0, "id")
	w.is(home, "Bruit", 0, "filtered", 0, "filter", "title")
	w.is(home, "[tapage]", 0, "filtered", 0, "keyword_matches")
	keyword, _ := at(f, "keywords", 0, "id").(string)
	f = w.sends("PUT", "/api/v2/filters/"+id, asForm, "filter_action=hide&keywords_attributes[0][id]="+keyword+"&keywords_attributes[0][_destroy]=true&keywords_attributes[1][keyword]=vacarme")
	w.is(f, "hide", "filter_action")
	w.is(f, "vacarme", "keywords", 0, "keyword")
	w.is(f, nil, "keywords", 1)
	// Each keyword is one filter for older apps.
	w.is(w.gets("/api/v1/filters"), "vacarme", 0, "phrase")
}

func holding(w *world) {
	list := w.list("bea")
	w.asks("ana", "POST", "/api/v1/lists/"+list+"/accounts", dict{"account_ids": []string{w.id("cleo")}}, nil)
	a, _ := w.ask("POST", "/api/v1/lists/"+list+"/accounts", w.token("ana", nil), asForm, "account_ids[]="+w.id("dora"))
	a.Fails(422)
	all, _ := w.gets("/api/v1/lists/" + list + "/accounts?limit=0").([]any) // Tusky wants all
	if len(all) != 2 {
		w.t.Errorf("limit=0 gives %d of 2", len(all))
	}
	l := w.sends("PUT", "/api/v1/lists/"+list, asForm, "title=Bureau&replies_policy=none&exclusive=true")
	w.is(l, "none", "replies_policy")
	w.is(l, true, "exclusive")
}

func domains(w *world) {
	w.sends("POST", "/api/v1/domain_blocks", asForm, "domain=loin.example")
	w.sends("POST", "/api/v1/domain_blocks?domain=autre.example", "", "")
	if got := stringOf(w.gets("/api/v1/domain_blocks")); !strings.Contains(got, "loin.example") || !strings.Contains(got, "autre.example") {
		w.t.Errorf("blocked: %s", got)
	}
	w.sends("DELETE", "/api/v1/domain_blocks?domain=loin.example", "", "")
	w.sends("DELETE", "/api/v1/domain_blocks", asForm, "domain=autre.example")
	w.is(w.gets("/api/v1/domain_blocks"), "[]")
	v := w.gets("/api/v1/domain_blocks/preview?domain=loin.example")
	w.is(v, 0, "following_count")
	w.is(v, 0, "followers_count")
}

func scheduled(w *world) {
	at1 := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	v := w.sends("POST", "/api/v1/statuses", asForm, "status=Plus+tard&visibility=private&scheduled_at="+url.QueryEscape(at1))
	id := stringOf(at(v, "id"))
	w.is(v, "Plus tard", "params", "text")
	w.is(v, "private", "params", "visibility")
	w.is(v, "[]", "media_attachments")
	a, _ := w.ask("PUT", "/api/v1/scheduled_statuses/"+id, w.token("ana", nil), asForm, "scheduled_at="+url.QueryEscape(time.Now().Add(time.Minute).UTC().Format(time.RFC3339)))
	a.Fails(422)
}

func tags(w *world) {
	w.posts("ana", dict{"status": "#Marche"})
	for _, path := range []string{"/api/v1/tags/marche", "/api/v1/tags/MARCHE"} {
		v := w.gets(path)
		if history, _ := at(v, "history").([]any); len(history) != 7 {
			w.t.Errorf("%s has a history of %d days", path, len(history))
		}
		for _, name := range []string{"day", "uses", "accounts"} {
			if s, ok := at(v, "history", 0, name).(string); !ok || s == "" {
				w.t.Errorf("%s is no text", name)
			}
		}
		w.is(v, false, "following")
	}
	w.is(w.sends("POST", "/api/v1/tags/marche/follow", "", ""), true, "following")
	w.is(w.gets("/api/v1/followed_tags"), "marche", 0, "name")
	w.is(w.sends("POST", "/api/v1/tags/marche/unfollow", "", ""), false, "following")
	// Accents and case are nothing, and any, all and none count.
	s := w.posts("ana", dict{"status": "#Été #plage"})
	for query, found := range map[string]bool{"%C3%89T%C3%89": true, "ete": true, "rien?any[]=plage": true, "%C3%A9t%C3%A9?all[]=plage": true, "%C3%A9t%C3%A9?none[]=plage": false, "%C3%A9t%C3%A9?all[]=neige": false} {
		if got := at(w.gets("/api/v1/timelines/tag/"+query), 0, "id") == s; got != found {
			w.t.Errorf("%s: %v", query, got)
		}
	}
}

func searching(w *world) {
	for i := range 3 {
		w.posts("ana", dict{"status": fmt.Sprintf("cherchable %d", i)})
	}
	settle(w.n)
	first := w.gets("/api/v2/search?q=cherchable&type=statuses&limit=1")
	second := w.gets("/api/v2/search?q=cherchable&type=statuses&limit=1&offset=1")
	if a, b := at(first, "statuses", 0, "id"), at(second, "statuses", 0, "id"); a == nil || b == nil || a == b {
		w.t.Errorf("pages %v and %v", a, b)
	}
	if w.is(first, "[]", "accounts"); at(w.gets("/api/v2/search?q=cherchable&limit=1&offset=1"), "statuses") == nil {
		w.t.Error("no statuses without a kind")
	}
	w.is(w.gets("/api/v2/search?q=cherchable&account_id="+w.id("bea")), "[]", "statuses")
}

func grouped(w *world) {
	id := w.posts("ana")
	w.asks("bea", "POST", "/api/v1/statuses/"+id+"/favourite", nil, nil)
	w.asks("cleo", "POST", "/api/v1/statuses/"+id+"/favourite", nil, nil)
	settle(w.n)
	v := w.gets("/api/v2/notifications?grouped_types[]=favourite&expand_accounts=partial_avatars&types[]=favourite&types[]=inconnu")
	w.is(v, 2, "notification_groups", 0, "notifications_count")
	w.is(v, id, "notification_groups", 0, "status_id")
	w.is(v, "favourite", "notification_groups", 0, "type")
	key := url.PathEscape(stringOf(at(v, "notification_groups", 0, "group_key")))
	people, _ := w.gets("/api/v2/notifications/" + key + "/accounts").([]any)
	if len(people) != 2 {
		w.t.Errorf("%d accounts in a group of 2", len(people))
	}
	w.is(w.gets("/api/v2/notifications/"+key), 2, "notification_groups", 0, "notifications_count")
	w.sends("POST", "/api/v2/notifications/"+key+"/dismiss", "", "")
	if at(w.gets("/api/v2/notifications?types[]=favourite"), "notification_groups", 0, "status_id") == id {
		w.t.Error("a dismissed group is there")
	}
	// Types that there are not are nothing, in either parameter.
	w.told()
	if list, _ := w.gets("/api/v1/notifications?types[]=inconnu&types[]=mention&exclude_types[]=autre").([]any); len(list) == 0 {
		w.t.Error("an unknown type hides the known one")
	}
}

func policies(w *world) {
	w.sends("PUT", "/api/v2/notifications/policy", asForm, "for_not_following=filter")
	w.is(w.gets("/api/v1/notifications/policy"), true, "filter_not_following")
	w.sends("PUT", "/api/v1/notifications/policy", asForm, "filter_not_following=false")
	v := w.gets("/api/v2/notifications/policy")
	w.is(v, "accept", "for_not_following")
	for _, name := range []string{"for_not_followers", "for_new_accounts", "for_private_mentions", "for_limited_accounts"} {
		if s, _ := at(v, name).(string); s == "" {
			w.t.Errorf("no %s", name)
		}
	}
	if at(v, "summary", "pending_requests_count") == nil {
		w.t.Error("no summary")
	}
}

func muted(w *world) {
	v := w.sends("POST", "/api/v1/accounts/"+w.id("bea")+"/mute", asForm, "duration=0")
	w.is(v, true, "muting")
	w.is(v, true, "muting_notifications")
	w.is(w.gets("/api/v1/mutes"), "<nil>", 0, "mute_expires_at")
	w.sends("POST", "/api/v1/accounts/"+w.id("bea")+"/mute", asForm, "duration=3600&notifications=false")
	if s, _ := at(w.gets("/api/v1/mutes"), 0, "mute_expires_at").(string); !moment.MatchString(s) {
		w.t.Errorf("mute_expires_at %q", s)
	}
}

func deprecated(w *world) {
	for _, path := range []string{"/api/v1/trends", "/api/v1/trends/tags", "/api/v1/trends/statuses", "/api/v1/trends/links", "/api/v1/suggestions", "/api/v2/suggestions"} {
		if _, ok := w.gets(path).([]any); !ok {
			w.t.Errorf("%s is no list", path)
		}
	}
	v := w.gets("/api/v1/search?q=bea")
	w.is(v, w.id("bea"), "accounts", 0, "id")
	w.is(w.sends("POST", "/api/v1/accounts/"+w.id("bea")+"/pin", "", ""), true, "endorsed")
	w.is(w.sends("POST", "/api/v1/accounts/"+w.id("bea")+"/unpin", "", ""), false, "endorsed")
	a, _ := w.ask("GET", "/api/v1/streaming/health", "", "", "")
	if string(a.Body) != "OK" {
		w.t.Errorf("health: %s", a.Body)
	}
	for _, off := range []string{"/api/v1/timelines/bubble", "/api/v1/annual_reports", "/api/v1/accounts/" + w.id("bea") + "/collections", "/api/v1/accounts/" + w.id("bea") + "/identity_proofs"} {
		if a, _ := w.ask("GET", off, w.token("ana", nil), "", ""); a.Status != 404 {
			w.t.Errorf("%s: %d", off, a.Status)
		}
	}
}
