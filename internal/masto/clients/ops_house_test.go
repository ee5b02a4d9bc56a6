package clients_test

import (
	"github.com/maillage/maillage/internal/announcement"
	"github.com/maillage/maillage/internal/ids"
)

// house is what an instance says of itself, to everybody.
func house() []operation {
	public := func(path string) operation { return operation{name: "GET " + path, open: true, good: to(path)} }
	terms := public("/api/v1/instance/terms_of_service/{date}")
	terms.good = func(w *world) call {
		var t struct {
			Date string `json:"effective_date"`
		}
		w.asks("ana", "GET", "/api/v1/instance/terms_of_service", nil, &t)
		return call{path: "/api/v1/instance/terms_of_service/" + t.Date}
	}
	terms.wrong = []wrong{{"no date", 404, to("/api/v1/instance/terms_of_service/demain")}}
	health := public("/health")
	health.kind = "text/plain"
	notice := func(w *world) string {
		a, err := w.n.Announce.Publish(w.t.Context(), announcement.Draft{Text: w.next("Assemblée ")})
		if err != nil {
			w.t.Fatal(err)
		}
		return ids.String(a.ID)
	}
	react := func(method string) operation {
		return operation{name: method + " /api/v1/announcements/{id}/reactions/{name}", good: func(w *world) call {
			path := "/api/v1/announcements/" + notice(w) + "/reactions/%F0%9F%8E%89"
			if method == "DELETE" {
				w.asks("ana", "PUT", path, nil, nil)
			}
			return call{path: path}
		}}
	}
	put := react("PUT")
	put.wrong = []wrong{{"no emoji", 422, func(w *world) call { return call{path: "/api/v1/announcements/" + notice(w) + "/reactions/bravo"} }}}
	report := func(w *world) dict {
		return dict{"account_id": w.id("bea"), "status_ids": []string{w.posts("bea")}, "comment": "Regardez", "category": "spam", "forward": false}
	}
	but := func(key string, value any) func(w *world) call {
		return func(w *world) call {
			c := w.op.good(w)
			c.body[key] = value
			return c
		}
	}
	return []operation{
		public("/api/v1/instance"), public("/api/v2/instance"), public("/api/v1/instance/activity"), public("/api/v1/instance/domain_blocks"), public("/api/v1/instance/extended_description"),
		public("/api/v1/instance/peers"), public("/api/v1/instance/privacy_policy"), public("/api/v1/instance/rules"), public("/api/v1/instance/terms_of_service"), terms,
		public("/api/v1/instance/translation_languages"), public("/api/v1/custom_emojis"), health,
		{name: "GET /api/v1/announcements", empty: "[]", good: func(w *world) call { return call{path: "/api/v1/announcements"} }},
		{name: "POST /api/v1/announcements/{id}/dismiss", good: func(w *world) call { return call{path: "/api/v1/announcements/" + notice(w) + "/dismiss"} }},
		put, react("DELETE"),
		{name: "POST /api/v1/reports", good: func(w *world) call { return call{path: "/api/v1/reports", body: report(w)} }, wrong: []wrong{
			bad("nobody", 404, dict{"comment": "a"}), bad("unknown", 404, dict{"account_id": "116700000000000001"}), {"too long", 422, but("comment", long)}, {"no such kind", 422, but("category", "ennui")}, {"a hash for a text", 422, but("comment", dict{"a": "b"})},
			{"oneself", 422, func(w *world) call { c := w.op.good(w); c.body = dict{"account_id": w.id("ana")}; return c }},
		}},
	}
}

// signing is how apps come in.
func signing() []operation {
	client := func(w *world) dict { return dict{"client_id": w.client.id, "client_secret": w.client.secret} }
	and := func(d, more dict) dict {
		for k, v := range more {
			d[k] = v
		}
		return d
	}
	// Whoever is not signed in goes there first.
	page := operation{name: "GET /oauth/authorize", open: true, kind: "text/html", status: 303, good: func(w *world) call {
		return call{path: "/oauth/authorize?response_type=code&client_id=" + w.client.id + "&" + values("redirect_uri", outOfBand)}
	}}
	account := dict{"username": "nouvelle", "email": "nouvelle@section.example", "password": "un mot de passe de test", "agreement": true, "locale": "fr"}
	return []operation{
		page,
		{name: "POST /api/v1/apps", open: true, good: to("/api/v1/apps", dict{"client_name": "App", "redirect_uris": []string{outOfBand, "icecubesapp://"}, "scopes": "read write follow push", "website": "https://app.example"}),
			wrong: []wrong{bad("nothing", 422, dict{}), bad("no such scope", 422, dict{"client_name": "App", "redirect_uris": outOfBand, "scopes": "tout"}),
				bad("a bad address", 422, dict{"client_name": "App", "redirect_uris": "javascript:alert(1)"}), bad("too long", 422, dict{"client_name": long, "redirect_uris": outOfBand}),
				bad("a bad website", 422, dict{"client_name": "App", "redirect_uris": outOfBand, "website": "javascript:alert(1)"})}},
		{name: "GET /api/v1/apps/verify_credentials", good: func(w *world) call { return call{path: "/api/v1/apps/verify_credentials", app: true} }},
		{name: "POST /oauth/token", open: true, good: func(w *world) call {
			return call{path: "/oauth/token", body: and(client(w), dict{"grant_type": "client_credentials", "scope": "read"})}
		}, wrong: []wrong{
			bad("nothing", 400, dict{}),
			{"no such grant", 400, func(w *world) call {
				return call{path: "/oauth/token", body: and(client(w), dict{"grant_type": "password"})}
			}},
			{"no such code", 400, func(w *world) call {
				return call{path: "/oauth/token", body: and(client(w), dict{"grant_type": "authorization_code", "code": "abc", "redirect_uri": outOfBand})}
			}},
			{"no such app", 401, to("/oauth/token", dict{"grant_type": "client_credentials", "client_id": "abc", "client_secret": "def"})},
			{"no such scope", 400, func(w *world) call {
				return call{path: "/oauth/token", body: and(client(w), dict{"grant_type": "client_credentials", "scope": "tout"})}
			}},
		}},
		{name: "POST /oauth/revoke", open: true, good: func(w *world) call {
			return call{path: "/oauth/revoke", body: and(client(w), dict{"token": "un autre"})}
		}, wrong: []wrong{{"a token of another app", 403, func(w *world) call {
			return call{path: "/oauth/revoke", body: and(client(w), dict{"token": w.token("ana", nil)})}
		}}, {"no such app", 401, func(w *world) call {
			return call{path: "/oauth/revoke", body: dict{"client_id": "abc", "client_secret": "def", "token": w.token("ana", nil)}}
		}}}},
		{name: "GET /oauth/userinfo", good: to("/oauth/userinfo")},
		{name: "GET /.well-known/oauth-authorization-server", open: true, good: to("/.well-known/oauth-authorization-server")},
		// Accounts are opened by the people of the house.
		{name: "POST /api/v1/accounts", status: 403, good: func(w *world) call { return call{path: "/api/v1/accounts", body: account, app: true} }},
		{name: "POST /api/v1/emails/confirmations", status: 403, good: to("/api/v1/emails/confirmations", dict{"email": "nouvelle@section.example"})},
	}
}

// live is the streams that end with the connection.
func live() []operation {
	stream := func(path, query string) operation {
		return operation{name: "GET /api/v1/streaming/" + path, kind: "text/event-stream", good: to("/api/v1/streaming/" + path + query)}
	}
	health := operation{name: "GET /api/v1/streaming/health", open: true, kind: "text/plain", good: to("/api/v1/streaming/health")}
	list := stream("list", "")
	list.scopes = []string{"read:lists"}
	list.good = func(w *world) call { return call{path: "/api/v1/streaming/list?list=" + w.list("bea")} }
	list.wrong = []wrong{{"no list", 400, to("/api/v1/streaming/list")}, {"unknown", 404, to("/api/v1/streaming/list?list=116700000000000001")}}
	tag := stream("hashtag", "?tag=marche")
	tag.wrong = []wrong{{"no topic", 400, to("/api/v1/streaming/hashtag")}}
	return []operation{health, stream("user", ""), stream("user/notification", ""), stream("public", ""), stream("public/local", ""), stream("public/remote", ""),
		stream("direct", ""), tag, stream("hashtag/local", "?tag=marche"), list}
}
