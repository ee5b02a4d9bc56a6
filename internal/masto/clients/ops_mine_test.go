package clients_test

import (
	"maps"
	"strings"
)

// mine is what people do with their own account.
func mine() []operation {
	profile := []wrong{
		bad("a name too long", 422, dict{"display_name": long}), bad("a text too long", 422, dict{"note": long}),
		bad("a word for a truth value", 422, dict{"locked": "peut-être"}),
		bad("a hash for a text", 422, dict{"note": dict{"a": "b"}}),
		bad("fields too long", 422, dict{"fields_attributes": []dict{{"name": long, "value": "x"}}}),
		bad("words on a picture too long", 422, dict{"avatar_description": long}), bad("no site", 422, dict{"attribution_domains": []string{"pas un site"}}),
		bad("no picture", 422, dict{"avatar": "data:image/png;base64,QUJD"}),
	}
	change := dict{"display_name": "Ana", "note": "Du bureau", "discoverable": true, "bot": false,
		"avatar_description": "Une rose", "header_description": "La place", "attribution_domains": []string{"journal.example"}, "fields_attributes": []dict{{"name": "Lieu", "value": "Lyon"}}}
	set := maps.Clone(change)
	set["source"] = dict{"privacy": "unlisted", "language": "fr", "sensitive": false}
	return []operation{
		{name: "GET /api/v1/accounts/verify_credentials", good: to("/api/v1/accounts/verify_credentials")},
		{name: "PATCH /api/v1/accounts/update_credentials", good: to("/api/v1/accounts/update_credentials", set),
			wrong: append([]wrong{bad("no such audience", 422, dict{"source": dict{"privacy": "tout le monde"}})}, profile...)},
		{name: "GET /api/v1/profile", good: to("/api/v1/profile")},
		{name: "PATCH /api/v1/profile", good: to("/api/v1/profile", change), wrong: profile},
		{name: "DELETE /api/v1/profile/avatar", good: to("/api/v1/profile/avatar")},
		{name: "DELETE /api/v1/profile/header", good: to("/api/v1/profile/header")},
		{name: "GET /api/v1/preferences", good: to("/api/v1/preferences")},
		{name: "GET /api/v1/markers", empty: "{}", good: func(w *world) call {
			w.asks("ana", "POST", "/api/v1/markers", dict{"home": dict{"last_read_id": w.posts("ana")}}, nil)
			return call{path: "/api/v1/markers?timeline[]=home&timeline[]=notifications"}
		}},
		{name: "POST /api/v1/markers", good: func(w *world) call {
			return call{path: "/api/v1/markers", body: dict{"home": dict{"last_read_id": w.posts("ana")}}}
		}, wrong: []wrong{bad("no id", 422, dict{"home": dict{"last_read_id": "abc"}}), bad("a text for a hash", 422, dict{"home": "12"})}},
		{name: "GET /api/v1/domain_blocks", linked: true, empty: "[]", good: func(w *world) call {
			w.asks("ana", "POST", "/api/v1/domain_blocks", dict{"domain": "un.example"}, nil)
			w.asks("ana", "POST", "/api/v1/domain_blocks", dict{"domain": "deux.example"}, nil)
			return call{path: "/api/v1/domain_blocks?limit=1"}
		}},
		{name: "POST /api/v1/domain_blocks", good: to("/api/v1/domain_blocks", dict{"domain": "trois.example"}),
			wrong: []wrong{bad("nothing", 422, dict{}), bad("no domain", 422, dict{"domain": "pas un domaine"}), bad("too long", 422, dict{"domain": strings.Repeat("a", 300) + ".example"}),
				{"ours", 422, func(w *world) call { return call{path: "/api/v1/domain_blocks", body: dict{"domain": w.n.Host}} }}}},
		{name: "DELETE /api/v1/domain_blocks", good: to("/api/v1/domain_blocks", dict{"domain": "trois.example"}), wrong: []wrong{bad("nothing", 422, dict{})}},
		{name: "GET /api/v1/push/subscription", good: func(w *world) call {
			w.subscribes()
			return call{path: "/api/v1/push/subscription"}
		}},
		{name: "POST /api/v1/push/subscription", good: func(w *world) call { return call{path: "/api/v1/push/subscription", body: w.subscription()} },
			wrong: []wrong{bad("nothing", 422, dict{}), bad("no keys", 422, dict{"subscription": dict{"endpoint": "https://push.example/1"}}),
				bad("no address", 422, dict{"subscription": dict{"endpoint": "ici", "keys": dict{"p256dh": "a", "auth": "b"}}}),
				bad("a text for a hash", 422, dict{"subscription": "moi"})}},
		{name: "PUT /api/v1/push/subscription", good: func(w *world) call {
			w.subscribes()
			return call{path: "/api/v1/push/subscription", body: dict{"data": dict{"alerts": dict{"mention": true, "poll": false}}}}
		}, wrong: []wrong{bad("no such policy", 422, dict{"policy": "personne ou presque"})}},
		{name: "DELETE /api/v1/push/subscription", good: func(w *world) call {
			w.subscribes()
			return call{path: "/api/v1/push/subscription"}
		}},
	}
}

func (w *world) subscription() dict {
	p := newPhone(w.t)
	return dict{"subscription": dict{"endpoint": p.url, "keys": dict{"p256dh": p.p256dh(), "auth": p.auth()}}, "data": dict{"alerts": dict{"mention": true}, "policy": "all"}}
}

// subscribes has the tokens of ana that may do so push.
func (w *world) subscribes() {
	w.asks("ana", "POST", "/api/v1/push/subscription", w.subscription(), nil)
	w.send("POST", call{path: "/api/v1/push/subscription", body: w.subscription()}, "json", w.token("ana", []string{"push"})).OK(nil)
}
