package clients_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// quirks are those that decide whether apps work at all.
func quirks() []quirk {
	return []quirk{
		{"the version is read by its first characters", versions},
		{"nodeinfo names what it is like", nodeinfo},
		{"the instance lacks no block", blocks},
		{"pages of other origins may read everything", origins},
		{"parameters come from everywhere", parameters},
		{"booleans, numbers and null", spellings},
		{"PUT is PATCH and a slash at the end is nothing", slashes},
		{"errors are JSON", faults},
		{"lists are never null", lists},
		{"dates have three decimals", dates},
		{"links lead through pages", links},
		{"a key posts once", once},
		{"the token of a socket is given back", sockets},
		{"a boost answers with the wrapper", wrappers},
		{"no status has scheduled_at", unscheduled},
		{"schemes of apps are redirected to", schemes},
		{"names are taken in every form", names},
		{"notification ids are numbers", numbers},
		{"markup is what apps know", markup},
	}
}

func versions(w *world) {
	v := w.gets("/api/v2/instance")
	version, _ := at(v, "version").(string)
	if !regexp.MustCompile(`^\d\.\d\.\d\D`).MatchString(version) || version < "4.3" {
		w.t.Errorf("version %q", version)
	}
	for _, word := range []string{"+glitch", "+hometown", "pleroma", "akkoma", "iceshrimp", "pixelfed"} {
		if strings.Contains(strings.ToLower(version), word) {
			w.t.Errorf("version %q says %s", version, word)
		}
	}
	w.is(v, 7, "api_versions", "mastodon")
	w.is(w.gets("/api/v1/instance"), version, "version")
}

func nodeinfo(w *world) {
	a, v := w.ask("GET", "/.well-known/nodeinfo", "", "", "")
	if a.Header.Get("Access-Control-Allow-Origin") != "*" {
		w.t.Error("nodeinfo is not for other origins")
	}
	hrefs, _ := at(v, "links").([]any)
	if len(hrefs) < 2 {
		w.t.Fatalf("nodeinfo: %s", a.Body)
	}
	for i := range hrefs {
		href, _ := at(hrefs, i, "href").(string)
		path, ours := strings.CutPrefix(href, w.n.URL)
		if !ours || !strings.HasSuffix(href, strconv.FormatFloat(2+float64(strings.Count(href, "2.1"))/10, 'f', 1, 64)) {
			continue
		}
		a, v := w.ask("GET", path, "", "", "")
		if a.Header.Get("Access-Control-Allow-Origin") != "*" {
			w.t.Errorf("%s is not for other origins", path)
		}
		w.is(v, "mastodon", "metadata", "upstream", "name")
	}
}

// blocks are the paths of v2 that some app reads without a guard.
func blocks(w *world) {
	v := w.gets("/api/v2/instance")
	texts := `domain title version source_url description thumbnail.url configuration.urls.streaming configuration.vapid.public_key contact.email
		configuration.timelines_access.live_feeds.local configuration.timelines_access.live_feeds.remote configuration.timelines_access.hashtag_feeds.local
		configuration.timelines_access.hashtag_feeds.remote configuration.timelines_access.trending_link_feeds.local configuration.timelines_access.trending_link_feeds.remote`
	whole := `usage.users.active_month api_versions.mastodon configuration.accounts.max_featured_tags configuration.accounts.max_pinned_statuses configuration.accounts.max_profile_fields
		configuration.accounts.profile_field_name_limit configuration.accounts.profile_field_value_limit configuration.accounts.max_display_name_length configuration.accounts.max_note_length
		configuration.accounts.max_avatar_description_length configuration.accounts.max_header_description_length configuration.statuses.max_characters
		configuration.statuses.max_media_attachments configuration.media_attachments.description_limit configuration.media_attachments.image_size_limit
		configuration.media_attachments.image_matrix_limit configuration.media_attachments.video_size_limit configuration.media_attachments.video_frame_rate_limit
		configuration.media_attachments.video_matrix_limit configuration.polls.max_options configuration.polls.max_characters_per_option configuration.polls.min_expiration
		configuration.polls.max_expiration`
	arrays := `icon languages rules configuration.media_attachments.supported_mime_types`
	truths := `configuration.translation.enabled configuration.limited_federation registrations.enabled registrations.approval_required registrations.reason_required`
	walk := func(names string, f func(name string, v any) bool) {
		for _, name := range strings.Fields(names) {
			var path []any
			for part := range strings.SplitSeq(name, ".") {
				path = append(path, part)
			}
			if got := at(v, path...); !f(name, got) {
				w.t.Errorf("%s is %v", name, got)
			}
		}
	}
	walk(texts, func(_ string, v any) bool { _, ok := v.(string); return ok })
	walk(whole, func(_ string, v any) bool {
		n, err := strconv.ParseInt(stringOf(v), 10, 32) // Tusky keeps sizes in 32 bits
		return err == nil && n >= 0
	})
	walk(arrays, func(_ string, v any) bool { _, ok := v.([]any); return ok })
	walk(truths, func(_ string, v any) bool { _, ok := v.(bool); return ok })
	w.is(v, 23, "configuration", "statuses", "characters_reserved_per_url")
	w.is(v, w.n.Host, "domain")
	old := w.gets("/api/v1/instance")
	w.is(old, w.n.Host, "uri")
	w.is(old, "ws://"+w.n.Host, "urls", "streaming_api")
	for _, name := range []string{"user_count", "status_count", "domain_count"} {
		if _, err := strconv.Atoi(stringOf(at(old, "stats", name))); err != nil {
			w.t.Errorf("stats.%s: %v", name, err)
		}
	}
}

func origins(w *world) {
	for _, x := range [][2]string{{"GET", "/api/v1/instance"}, {"GET", "/api/v1/timelines/home"}, {"GET", "/api/v1/nothing"}, {"POST", "/oauth/token"}, {"POST", "/oauth/revoke"},
		{"GET", "/.well-known/nodeinfo"}, {"GET", "/.well-known/webfinger?resource=acct:bea@" + w.n.Host}, {"GET", "/.well-known/host-meta"},
		{"GET", "/.well-known/oauth-authorization-server"}, {"GET", "/nodeinfo/2.0"}, {"GET", "/nodeinfo/2.1"}, {"GET", "/oauth/userinfo"}, {"GET", "/api/v1/streaming/health"}} {
		a, _ := w.ask(x[0], x[1], "", "", "", "Origin", "https://app.example")
		if a.Header.Get("Access-Control-Allow-Origin") != "*" || a.Header.Get("Access-Control-Allow-Credentials") != "" {
			w.t.Errorf("%s: %d, allowed origin %q", a.What, a.Status, a.Header.Get("Access-Control-Allow-Origin"))
		}
		path, _, _ := strings.Cut(x[1], "?")
		a, _ = w.ask("OPTIONS", path, "", "", "", "Origin", "https://app.example", "Access-Control-Request-Method", x[0],
			"Access-Control-Request-Headers", "authorization,content-type,idempotency-key")
		allowed := strings.ToLower(a.Header.Get("Access-Control-Allow-Headers"))
		if a.Status >= 300 || !strings.Contains(a.Header.Get("Access-Control-Allow-Methods"), x[0]) {
			w.t.Errorf("%s: %d %v", a.What, a.Status, a.Header)
		}
		for _, h := range []string{"authorization", "content-type", "idempotency-key"} {
			if !strings.Contains(allowed, h) && allowed != "*" {
				w.t.Errorf("%s does not allow %s", a.What, h)
			}
		}
	}
	a, _ := w.ask("GET", "/api/v1/timelines/home", w.token("ana", nil), "", "")
	for _, h := range []string{"Link", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "X-Request-Id", "Mastodon-Async-Refresh"} {
		if !strings.Contains(strings.ToLower(a.Header.Get("Access-Control-Expose-Headers")), strings.ToLower(h)) {
			w.t.Errorf("%s is not shown to pages", h)
		}
	}
	if reset := a.Header.Get("X-RateLimit-Reset"); !regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$`).MatchString(reset) {
		w.t.Errorf("X-RateLimit-Reset %q", reset)
	}
}

func parameters(w *world) {
	bea := w.id("bea")
	// Ice Cubes asks in the address of a POST.
	w.is(w.sends("POST", "/api/v1/accounts/"+bea+"/follow?notify=true&reblogs=false", "", ""), true, "notifying")
	w.is(w.sends("POST", "/api/v1/push/subscription?subscription[endpoint]=https%3A%2F%2Fpush.example%2F1&subscription[keys][p256dh]=BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM&subscription[keys][auth]=tBHItJI5svbpez7KI4CCXg&data[alerts][mention]=true&data[policy]=all", "", ""), true, "alerts", "mention")
	w.sends("DELETE", "/api/v1/push/subscription", "", "")
	w.sends("POST", "/api/v1/reports?account_id="+bea+"&comment=Regardez", "", "")
	// id= is id[]=, and unknown names are nothing.
	w.is(w.gets("/api/v1/accounts/relationships?id="+bea+"&with_suspended=true&inconnu=1"), bea, 0, "id")
	// Tusky sends a form with DELETE.
	list := w.list("bea")
	w.sends("DELETE", "/api/v1/lists/"+list+"/accounts", asForm, "account_ids[]="+bea)
	w.is(w.gets("/api/v1/lists/"+list+"/accounts"), "[]")
	// A repeated key begins the next hash.
	f := w.sends("POST", "/api/v2/filters", asForm, "title=Deux&context[]=home&keywords_attributes[][keyword]=un&keywords_attributes[][whole_word]=true&keywords_attributes[][keyword]=deux&keywords_attributes[][whole_word]=false")
	w.is(f, "un", "keywords", 0, "keyword")
	w.is(f, "deux", "keywords", 1, "keyword")
	w.is(f, false, "keywords", 1, "whole_word")
	// masto.js sends fields as a list, forms as a hash.
	for kind, body := range map[string]string{asJSON: `{"fields_attributes":[{"name":"Site","value":"ici"}]}`, asForm: "fields_attributes[0][name]=Site&fields_attributes[0][value]=ici"} {
		w.is(w.sends("PATCH", "/api/v1/accounts/update_credentials", kind, body), "ici", "source", "fields", 0, "value")
	}
	// Several addresses of an app, as a list and as a text.
	for kind, body := range map[string]string{asJSON: `{"client_name":"A","redirect_uris":["icecubesapp://","urn:ietf:wg:oauth:2.0:oob"]}`,
		asForm: "client_name=A&redirect_uris=" + url.QueryEscape("icecubesapp://\nurn:ietf:wg:oauth:2.0:oob")} {
		a, app := w.ask("POST", "/api/v1/apps", "", kind, body)
		if a.Status != 200 {
			w.t.Errorf("%s: %d %s", a.What, a.Status, a.Body)
		}
		w.is(app, "icecubesapp://", "redirect_uris", 0)
		w.is(app, "urn:ietf:wg:oauth:2.0:oob", "redirect_uris", 1)
		w.is(app, 0, "client_secret_expires_at")
		for _, name := range []string{"id", "client_id", "client_secret", "redirect_uri", "vapid_key"} {
			if s, _ := at(app, name).(string); s == "" {
				w.t.Errorf("an app has no %s", name)
			}
		}
	}
}

func spellings(w *world) {
	for _, yes := range []string{"true", "True", "t", "1", "on"} {
		w.is(w.sends("PATCH", "/api/v1/accounts/update_credentials", asForm, "locked="+yes), true, "locked")
		w.is(w.sends("PATCH", "/api/v1/accounts/update_credentials", asForm, "locked="+map[string]string{"true": "false", "True": "False", "t": "f", "1": "0", "on": "off"}[yes]), false, "locked")
	}
	// Numbers as texts, texts as numbers, and null for nothing.
	s := w.sends("POST", "/api/v1/statuses", asJSON, `{"status":"Quel jour ?","visibility":null,"in_reply_to_id":null,"media_ids":null,"scheduled_at":null,"sensitive":"false","poll":{"options":["a","b"],"expires_in":"3600","multiple":1}}`)
	w.is(s, true, "poll", "multiple")
	id, _ := at(s, "poll", "id").(string)
	bea := w.token("bea", nil)
	if a, v := w.ask("POST", "/api/v1/polls/"+id+"/votes", bea, asJSON, `{"choices":[1]}`); a.Status != 200 {
		w.t.Errorf("a choice as a number: %d %s", a.Status, a.Body)
	} else {
		w.is(v, "[1]", "own_votes")
	}
}

func slashes(w *world) {
	for _, m := range []string{"PUT", "PATCH"} {
		w.is(w.sends(m, "/api/v1/accounts/update_credentials", asForm, "note="+m), m, "source", "note")
		w.is(w.sends(m, "/api/v2/notifications/policy", asForm, "for_not_followers=accept"), "accept", "for_not_followers")
		w.is(w.sends(m, "/api/v1/notifications/policy", asForm, "filter_not_followers=false"), false, "filter_not_followers")
	}
	w.is(w.gets("/api/v1/tags/marche/"), "marche", "name")
	a, _ := w.ask("GET", "/oauth/authorize/?response_type=code&client_id="+w.client.id+"&redirect_uri="+url.QueryEscape(outOfBand), "", "", "")
	if a.Status != 303 || !strings.Contains(a.Header.Get("Location"), "/connexion") {
		w.t.Errorf("%s: %d to %s", a.What, a.Status, a.Header.Get("Location"))
	}
}

func faults(w *world) {
	gone := w.posts("ana")
	w.asks("ana", "DELETE", "/api/v1/statuses/"+gone, nil, nil)
	weak := w.token("ana", []string{"read"})
	for _, x := range []struct {
		method, path, token string
		status              int
	}{
		{"GET", "/api/v1/nothing/at/all", "", 404}, {"POST", "/api/v3/statuses", weak, 404}, {"GET", "/api/v1/timelines/home", "", 401}, {"GET", "/api/v1/timelines/home", "none", 401},
		{"POST", "/api/v1/statuses", weak, 403}, {"GET", "/api/v1/statuses/" + gone, weak, 404}, {"POST", "/api/v1/statuses", w.token("ana", nil), 422}, {"GET", "/api/v1/timelines/public", "", 401},
	} {
		a, _ := w.ask(x.method, x.path, x.token, "", "")
		a.Fails(x.status)
		if kind := a.Header.Get("Content-Type"); !strings.HasPrefix(kind, "application/json") {
			w.t.Errorf("%s is answered with %s", a.What, kind)
		}
	}
	a, v := w.ask("POST", "/oauth/token", "", asForm, "grant_type=authorization_code&code=x&client_id="+w.client.id+"&client_secret="+w.client.secret+"&redirect_uri="+url.QueryEscape(outOfBand))
	w.is(v, "invalid_grant", "error")
	if words, _ := at(v, "error_description").(string); words == "" || a.Status != 400 {
		w.t.Errorf("%s: %d %s", a.What, a.Status, a.Body)
	}
}

func lists(w *world) {
	token := w.token("nina", nil)
	nina := w.id("nina")
	for _, path := range []string{"/api/v1/timelines/home", "/api/v1/timelines/tag/personne-n-en-parle", "/api/v1/timelines/tag/%C3%A9t%C3%A9", "/api/v1/accounts/" + nina + "/statuses?pinned=true",
		"/api/v1/accounts/" + nina + "/statuses", "/api/v1/accounts/" + nina + "/featured_tags", "/api/v1/accounts/" + nina + "/endorsements", "/api/v1/accounts/" + nina + "/lists",
		"/api/v1/accounts/" + nina + "/followers", "/api/v1/accounts/relationships", "/api/v1/notifications", "/api/v1/notifications/requests", "/api/v1/conversations", "/api/v1/lists",
		"/api/v1/followed_tags", "/api/v1/featured_tags", "/api/v1/domain_blocks", "/api/v1/endorsements", "/api/v2/filters", "/api/v1/filters", "/api/v1/scheduled_statuses",
		"/api/v1/bookmarks", "/api/v1/favourites", "/api/v1/blocks", "/api/v1/mutes", "/api/v1/follow_requests", "/api/v1/trends/links", "/api/v1/instance/domain_blocks", "/api/v1/custom_emojis",
		"/api/v1/statuses", "/api/v1/accounts", "/api/v1/accounts/familiar_followers", "/api/v1/timelines/link?url=https://exemple.example/"} {
		a, _ := w.ask("GET", path, token, "", "")
		if got := strings.TrimSpace(string(a.Body)); a.Status != 200 || got != "[]" {
			w.t.Errorf("%s: %d %.200s", a.What, a.Status, got)
		}
		if a.Header.Get("Link") != "" {
			w.t.Errorf("%s has nothing, and a Link to it", a.What)
		}
	}
	a, _ := w.ask("GET", "/api/v1/markers?timeline[]=home&timeline[]=notifications", token, "", "")
	if got := strings.TrimSpace(string(a.Body)); got != "{}" {
		w.t.Errorf("%s: %s", a.What, got)
	}
	// Null stands only where apps take it.
	may := strings.Fields(`in_reply_to_id in_reply_to_account_id reblog poll card quote edited_at language url application website last_status_at verified_at description blurhash
		remote_url preview_remote_url text_url meta moved mute_expires_at expires_at voters_count category status_id report event blocking domain_count message min_age status
		privacy_policy terms_of_service thumbnail contact_account account hint wrapstodon scheduled_at idempotency visibility spoiler_text media_ids sensitive with_rate_limit
		application_id allowed_mentions quoted_status_id quote_approval_policy starts_at ends_at role muting_expires_at preview_url`)
	for _, path := range w.read(w.busy()) {
		each(w.gets(path), "", func(name string, v any) {
			if v != nil {
				return
			}
			for _, ok := range may {
				if name == ok {
					return
				}
			}
			w.t.Errorf("%s: %s is null", path, name)
		})
	}
}

func dates(w *world) {
	seen := 0
	for _, path := range w.read(w.busy()) {
		each(w.gets(path), "", func(name string, v any) {
			s, _ := v.(string)
			switch {
			case !strings.HasSuffix(name, "_at") || s == "":
			case name == "last_status_at" && day.MatchString(s), moment.MatchString(s):
				seen++
			default:
				w.t.Errorf("%s: %s is %q", path, name, s)
			}
		})
	}
	if seen < 30 {
		w.t.Errorf("only %d dates were seen", seen)
	}
}

func links(w *world) {
	for range 5 {
		w.posts("ana")
	}
	for _, path := range []string{"/api/v1/timelines/home", "/api/v1/accounts/" + w.id("ana") + "/statuses", "/api/v1/accounts/" + w.id("ana") + "/followers", "/api/v1/accounts/" + w.id("ana") + "/following", "/api/v1/notifications"} {
		next, pages, seen := path+"?limit=2&local=false", 0, map[string]bool{}
		for next != "" {
			a, v := w.ask("GET", next, w.token("ana", nil), "", "")
			page, _ := v.([]any)
			if a.Status != 200 {
				w.t.Fatalf("%s: %d %s", a.What, a.Status, a.Body)
			}
			for i := range page {
				id, _ := at(page, i, "id").(string)
				if seen[id] {
					w.t.Errorf("%s gives %s again", a.What, id)
				}
				seen[id] = true
			}
			link := a.Header.Get("Link")
			if link != "" && (strings.Count(link, "<"+w.n.URL+path) != strings.Count(link, "<") || strings.Count(link, "limit=2") != strings.Count(link, "<") || strings.Count(link, "local=false") != strings.Count(link, "<")) {
				w.t.Errorf("%s has the Link %q", a.What, link)
			}
			if next = a.Next(); pages > 100 {
				w.t.Fatalf("%s never ends", path)
			}
			pages++
		}
		if pages < 2 {
			w.t.Errorf("%s has %d pages", path, pages)
		}
	}
}

func once(w *world) {
	var wg sync.WaitGroup
	ids := make([]string, 4)
	for i := range ids {
		wg.Go(func() {
			a, v := w.ask("POST", "/api/v1/statuses", w.token("ana", []string{"write"}), asForm, "status=Une+fois", "Idempotency-Key", "clef-1")
			if a.Status == 200 {
				ids[i], _ = at(v, "id").(string)
			}
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id == "" || id != ids[0] {
			w.t.Errorf("four requests with one key made %v", ids)
		}
	}
	// The key is the person's.
	if _, v := w.ask("POST", "/api/v1/statuses", w.token("bea", nil), asForm, "status=Une+fois", "Idempotency-Key", "clef-1"); at(v, "id") == ids[0] {
		w.t.Error("somebody else's key gives the post")
	}
}

func sockets(w *world) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	token := w.token("ana", nil)
	address := "ws" + strings.TrimPrefix(w.n.URL, "http") + "/api/v1/streaming"
	for _, x := range []struct {
		how, query string
		o          websocket.DialOptions
	}{
		{"protocol", "", websocket.DialOptions{Subprotocols: []string{token}}},
		{"query", "?access_token=" + token + "&stream=user", websocket.DialOptions{HTTPHeader: http.Header{"User-Agent": {""}}}},
		{"header", "?stream=user", websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + token}}}},
	} {
		c, _, err := websocket.Dial(ctx, address+x.query, &x.o)
		if err != nil {
			w.t.Errorf("by %s: %v", x.how, err)
			continue
		}
		if len(x.o.Subprotocols) > 0 && c.Subprotocol() != token {
			w.t.Errorf("the token is not given back but %q", c.Subprotocol())
		}
		c.CloseNow()
	}
	if c, res, err := websocket.Dial(ctx, address+"?access_token=nothing", nil); err == nil || res.StatusCode != 401 {
		w.t.Errorf("a token that is none: %v %v", res, err)
		c.CloseNow()
	}
}

func wrappers(w *world) {
	id := w.posts("bea")
	first := w.sends("POST", "/api/v1/statuses/"+id+"/reblog", "", "")
	again := w.sends("POST", "/api/v1/statuses/"+id+"/reblog", "", "")
	w.is(again, at(first, "id"), "id")
	w.is(first, w.id("ana"), "account", "id")
	w.is(first, id, "reblog", "id")
	w.is(first, true, "reblogged")
	w.is(first, true, "reblog", "reblogged")
	wrapper, _ := at(first, "id").(string)
	// On the id of a boost, things are done to what it boosts.
	liked := w.sends("POST", "/api/v1/statuses/"+wrapper+"/favourite", "", "")
	w.is(liked, true, "favourited")
	w.is(w.gets("/api/v1/statuses/"+id), 1, "favourites_count")
	for range 2 {
		back := w.sends("POST", "/api/v1/statuses/"+id+"/unreblog", "", "")
		w.is(back, id, "id")
		w.is(back, false, "reblogged")
		w.is(back, 0, "reblogs_count")
	}
}

func unscheduled(w *world) {
	for _, path := range w.read(w.busy()) {
		if strings.Contains(path, "scheduled") {
			if at(w.gets(path), 0, "scheduled_at") == nil {
				w.t.Error("what is scheduled does not say when")
			}
			continue
		}
		each(w.gets(path), "", func(name string, _ any) {
			if name == "scheduled_at" {
				w.t.Errorf("%s has scheduled_at, by which toot knows what is not published", path)
			}
		})
	}
}

func schemes(w *world) {
	for _, to := range []string{"icecubesapp://", "oauth2redirect://com.keylesspalace.tusky/", "tokodon://oauth", "org.joinmastodon.android-auth://callback", "tuba://auth_code"} {
		_, app := w.ask("POST", "/api/v1/apps", "", asForm, "client_name=A&scopes=read&redirect_uris="+url.QueryEscape(to))
		id, _ := at(app, "client_id").(string)
		b := w.n.SignIn("ana")
		b.T = w.t
		b.Open("/oauth/authorize?response_type=code&client_id=" + id + "&state=x%26y&redirect_uri=" + url.QueryEscape(to))
		b.Submit("/oauth/authorize", map[string]string{"answer": "allow"})
		back := b.Left
		if !strings.HasPrefix(back, to+"?code=") && !strings.HasPrefix(back, to+"/?code=") || !strings.Contains(back, "state=x%26y") {
			w.t.Errorf("%s is led back to %q", to, back)
		}
	}
}

func names(w *world) {
	bea := w.id("bea")
	for _, form := range []string{"bea", "@bea", "bea@" + w.n.Host, "@bea@" + w.n.Host, "acct:bea@" + w.n.Host, "Bea"} {
		w.is(w.gets("/api/v1/accounts/lookup?acct="+url.QueryEscape(form)), bea, "id")
		w.is(w.gets("/api/v2/search?type=accounts&resolve=True&q="+url.QueryEscape(form)), bea, "accounts", 0, "id")
	}
	w.is(w.gets("/api/v1/accounts/"+bea), "bea", "acct")
	// Who is blocked is found all the same, so that it can be undone.
	w.asks("ana", "POST", "/api/v1/accounts/"+bea+"/block", nil, nil)
	w.is(w.gets("/api/v2/search?resolve=True&q=bea@"+w.n.Host), bea, "accounts", 0, "id")
	w.asks("ana", "POST", "/api/v1/accounts/"+bea+"/unblock", nil, nil)
	for _, path := range []string{"/api/v2/search?q=rien+de+tel", "/api/v2/search?q=rien&type=statuses"} {
		v := w.gets(path)
		for _, name := range []string{"accounts", "statuses", "hashtags"} {
			w.is(v, "[]", name)
		}
	}
}

func numbers(w *world) {
	w.told()
	w.told()
	list, _ := w.gets("/api/v1/notifications").([]any)
	last := int64(1) << 53
	for i := range list {
		id, _ := at(list, i, "id").(string)
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil || !digits.MatchString(id) || n >= last {
			w.t.Errorf("notification %q does not come before %d", id, last)
		}
		last = n
	}
	v := w.gets("/api/v2/notifications")
	groups, _ := at(v, "notification_groups").([]any)
	if len(groups) == 0 {
		w.t.Fatal("no groups")
	}
	for i := range groups {
		if _, err := strconv.ParseInt(stringOf(at(groups, i, "most_recent_notification_id")), 10, 54); err != nil {
			w.t.Errorf("most_recent_notification_id: %v", err)
		}
		if _, isText := at(groups, i, "most_recent_notification_id").(string); isText {
			w.t.Error("most_recent_notification_id is a text")
		}
		if at, _ := at(groups, i, "latest_page_notification_at").(string); !moment.MatchString(at) {
			w.t.Errorf("latest_page_notification_at %q", at)
		}
		if _, ok := at(groups, i, "sample_account_ids").([]any); !ok {
			w.t.Error("no sample_account_ids")
		}
	}
	// Ids of posts ascend, with one length.
	a, b := w.posts("ana"), w.posts("ana")
	if len(a) != len(b) || a >= b {
		w.t.Errorf("posts %s and %s", a, b)
	}
}

func markup(w *world) {
	s := w.gets("/api/v1/statuses/" + w.posts("ana", dict{"status": "Bonjour @bea, *à* #Été\nhttps://exemple.example/page\n\nSuite <b>gras</b>"}))
	content, _ := at(s, "content").(string)
	for m := range strings.SplitSeq(content, "<") {
		if tag, _, ok := strings.Cut(strings.TrimPrefix(m, "/"), ">"); ok {
			if name, _, _ := strings.Cut(tag, " "); !strings.Contains(" p br a span strong em del b i u s ul ol li blockquote pre code h1 h2 h3 h4 h5 h6 ruby ", " "+strings.TrimSuffix(name, "/")+" ") {
				w.t.Errorf("<%s> in %s", tag, content)
			}
		}
	}
	mention, _ := at(s, "mentions", 0, "url").(string)
	if !regexp.MustCompile(`<span class="h-card"[^>]*><a [^>]*href="`+regexp.QuoteMeta(mention)+`"[^>]*>@<span>bea</span></a></span>`).MatchString(content) || !strings.Contains(content, `class="u-url mention"`) {
		w.t.Errorf("the mention of %s in %s", mention, content)
	}
	tag, _ := at(s, "tags", 0, "name").(string)
	if !regexp.MustCompile(`<a [^>]*class="mention hashtag"[^>]*>#<span>Été</span></a>`).MatchString(content) || tag != "ete" || !strings.Contains(content, `rel="tag"`) {
		w.t.Errorf("the tag %s in %s", tag, content)
	}
}
