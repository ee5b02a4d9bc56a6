package clients_test

// sorting is lists, filters and topics.
func sorting() []operation {
	list := func(name, tail string, body dict, more ...wrong) operation {
		return operation{name: name + " /api/v1/lists/{id}" + tail, own: true, wrong: more, good: func(w *world) call {
			return call{path: "/api/v1/lists/" + w.list("bea") + tail, body: body}
		}}
	}
	members := func(name string, more ...wrong) operation {
		return operation{name: name + " /api/v1/lists/{id}/accounts", own: true, wrong: more, good: func(w *world) call {
			id, who := w.list("bea"), "bea"
			if name == "POST" {
				who = "cleo"
			}
			return call{path: "/api/v1/lists/" + id + "/accounts", body: dict{"account_ids": []string{w.id(who)}}}
		}}
	}
	title := []wrong{bad("too long", 422, dict{"title": long}), bad("no such policy", 422, dict{"title": "a", "replies_policy": "certaines"}), bad("a hash for a text", 422, dict{"title": dict{"a": "b"}}),
		bad("a word for a truth value", 422, dict{"title": "a", "exclusive": "peut-être"}), bad("empty", 422, dict{"title": " "})}
	inside := linked(list("GET", "/accounts", nil))
	two := inside.good
	inside.good = func(w *world) call {
		c := two(w)
		path := c.path[:len(c.path)-len("?limit=1")]
		w.asks("ana", "POST", path, dict{"account_ids": []string{w.id("cleo")}}, nil)
		return c
	}
	all := []operation{
		{name: "GET /api/v1/lists", empty: "[]", good: func(w *world) call { w.list("bea"); return call{path: "/api/v1/lists"} }},
		{name: "POST /api/v1/lists", good: func(w *world) call {
			w.list("bea")
			return call{path: "/api/v1/lists", body: dict{"title": w.next("Bureau "), "replies_policy": "list", "exclusive": true}}
		}, wrong: append([]wrong{bad("nothing", 422, dict{})}, title...)},
		list("GET", "", nil), list("PUT", "", dict{"title": "Le bureau", "replies_policy": "none", "exclusive": false}, title...), list("DELETE", "", nil), inside,
		members("POST", bad("nobody", 422, dict{}), bad("unknown", 404, dict{"account_ids": []string{"116700000000000001"}}),
			wrong{"whom ana does not follow", 422, func(w *world) call { return with(dict{"account_ids": []string{w.id("dora")}})(w) }}),
		members("DELETE", bad("nobody", 422, dict{})),
	}
	return append(append(all, filters()...), topics()...)
}

func filters() []operation {
	ends := []wrong{bad("a word for a number", 422, dict{"title": "a", "phrase": "a", "context": []string{"home"}, "expires_in": "demain"}),
		bad("no such place", 422, dict{"title": "a", "phrase": "a", "context": []string{"partout"}})}
	v1 := dict{"phrase": "divulgâche", "context": []string{"home", "public"}, "irreversible": false, "whole_word": true, "expires_in": 3600}
	v2 := dict{"title": "Fins", "context": []string{"home"}, "filter_action": "hide", "expires_in": 3600, "keywords_attributes": []dict{{"keyword": "divulgâche", "whole_word": true}, {"keyword": "fin"}}}
	more := append([]wrong{bad("no such act", 422, dict{"title": "a", "context": []string{"home"}, "filter_action": "brûler"}), bad("too long", 422, dict{"title": long, "context": []string{"home"}}),
		bad("a hash for a text", 422, dict{"title": dict{"a": "b"}, "context": []string{"home"}}),
		bad("a word too long", 422, dict{"title": "a", "context": []string{"home"}, "keywords_attributes": []dict{{"keyword": long}}}),
		bad("a text for words", 422, dict{"title": "a", "context": []string{"home"}, "keywords_attributes": "fin"})}, ends...)
	one := func(op string, make func(w *world) string, body dict, more ...wrong) operation {
		return operation{name: op, own: true, wrong: more, good: func(w *world) call {
			return call{path: make(w), body: body}
		}}
	}
	kept := func(what, path string) func(w *world) string {
		return func(w *world) string { return path + w.filter()[what] }
	}
	under := func(what string) func(w *world) string {
		return func(w *world) string { return "/api/v2/filters/" + w.filter()["filter"] + what }
	}
	words := []wrong{bad("empty", 422, dict{"keyword": " "}), bad("too long", 422, dict{"keyword": long}), bad("a hash for a text", 422, dict{"keyword": dict{"a": "b"}})}
	return []operation{
		{name: "GET /api/v1/filters", empty: "[]", good: func(w *world) call { w.filter(); return call{path: "/api/v1/filters"} }},
		{name: "GET /api/v2/filters", empty: "[]", good: func(w *world) call { w.filter(); return call{path: "/api/v2/filters"} }},
		{name: "POST /api/v1/filters", good: to("/api/v1/filters", v1), wrong: append([]wrong{bad("nothing", 422, dict{}), bad("too long", 422, dict{"phrase": long, "context": []string{"home"}})}, ends...)},
		{name: "POST /api/v2/filters", good: to("/api/v2/filters", v2), wrong: append([]wrong{bad("nothing", 422, dict{})}, more...)},
		one("GET /api/v1/filters/{id}", kept("keyword", "/api/v1/filters/"), nil), one("PUT /api/v1/filters/{id}", kept("keyword", "/api/v1/filters/"), v1, ends...),
		one("DELETE /api/v1/filters/{id}", kept("keyword", "/api/v1/filters/"), nil),
		one("GET /api/v2/filters/{id}", under(""), nil), one("PUT /api/v2/filters/{id}", under(""), v2, more...), one("DELETE /api/v2/filters/{id}", under(""), nil),
		one("GET /api/v2/filters/{filter_id}/keywords", under("/keywords"), nil), one("GET /api/v2/filters/{filter_id}/statuses", under("/statuses"), nil),
		one("POST /api/v2/filters/{filter_id}/keywords", under("/keywords"), dict{"keyword": "suite", "whole_word": false}, append([]wrong{bad("nothing", 422, dict{})}, words...)...),
		{name: "POST /api/v2/filters/{filter_id}/statuses", own: true, good: func(w *world) call {
			return call{path: under("/statuses")(w), body: dict{"status_id": w.posts("bea")}}
		}, wrong: []wrong{bad("nothing", 404, dict{}), bad("unknown", 404, dict{"status_id": "116700000000000001"}),
			{"hidden", 404, func(w *world) call { return with(dict{"status_id": hidden(w)})(w) }}}},
		one("GET /api/v2/filters/keywords/{id}", kept("keyword", "/api/v2/filters/keywords/"), nil), one("DELETE /api/v2/filters/keywords/{id}", kept("keyword", "/api/v2/filters/keywords/"), nil),
		one("PUT /api/v2/filters/keywords/{id}", kept("keyword", "/api/v2/filters/keywords/"), dict{"keyword": "autre", "whole_word": true}, words...),
		one("GET /api/v2/filters/statuses/{id}", kept("status", "/api/v2/filters/statuses/"), nil), one("DELETE /api/v2/filters/statuses/{id}", kept("status", "/api/v2/filters/statuses/"), nil),
	}
}

// filter is one of ana's with a word and a post, the ids of the three.
func (w *world) filter() map[string]string {
	w.t.Helper()
	var f struct {
		ID       string
		Keywords []struct{ ID string }
	}
	w.asks("ana", "POST", "/api/v2/filters", dict{"title": w.next("Filtre "), "context": []string{"home"}, "keywords_attributes": []dict{{"keyword": w.next("mot")}}}, &f)
	status := w.makes("ana", "/api/v2/filters/"+f.ID+"/statuses", dict{"status_id": w.posts("bea")})
	return map[string]string{"filter": f.ID, "keyword": f.Keywords[0].ID, "status": status}
}

func topics() []operation {
	return []operation{
		{name: "GET /api/v1/followed_tags", linked: true, empty: "[]", good: func(w *world) call {
			w.asks("ana", "POST", "/api/v1/tags/marche/follow", nil, nil)
			w.asks("ana", "POST", "/api/v1/tags/greve/follow", nil, nil)
			return call{path: "/api/v1/followed_tags?limit=1"}
		}},
		{name: "GET /api/v1/tags/{name}", open: true, good: to("/api/v1/tags/marche")},
		{name: "POST /api/v1/tags/{name}/follow", good: to("/api/v1/tags/marche/follow"), wrong: []wrong{{"no topic", 404, to("/api/v1/tags/a%20b/follow")}}},
		{name: "POST /api/v1/tags/{name}/unfollow", good: to("/api/v1/tags/marche/unfollow")},
		{name: "POST /api/v1/tags/{id}/feature", loose: true, good: func(w *world) call { w.features(); return call{path: "/api/v1/tags/marche/feature"} }},
		{name: "POST /api/v1/tags/{id}/unfeature", loose: true, good: to("/api/v1/tags/marche/unfeature")},
		{name: "GET /api/v1/featured_tags", empty: "[]", good: func(w *world) call { w.features(); return call{path: "/api/v1/featured_tags"} }},
		{name: "POST /api/v1/featured_tags", good: func(w *world) call {
			w.features()
			return call{path: "/api/v1/featured_tags", body: dict{"name": w.next("affiche")}}
		}, wrong: []wrong{bad("nothing", 422, dict{}), bad("no topic", 422, dict{"name": "a b"}), bad("too long", 422, dict{"name": long})}},
		{name: "DELETE /api/v1/featured_tags/{id}", own: true, good: func(w *world) call { return call{path: "/api/v1/featured_tags/" + w.features()} }},
		{name: "GET /api/v1/featured_tags/suggestions", empty: "[]", good: func(w *world) call {
			w.posts("ana", dict{"status": "Une #banderole"})
			return call{path: "/api/v1/featured_tags/suggestions"}
		}},
	}
}
