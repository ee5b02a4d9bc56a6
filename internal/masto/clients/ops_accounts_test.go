package clients_test

import "strings"

// operations is every documented operation but those that are rightly absent.
func operations() []operation {
	all := [][]operation{signing(), people(), mine(), statuses(), carried(), reading(), told(), sorting(), house(), live()}
	var out []operation
	for _, part := range all {
		out = append(out, part...)
	}
	return out
}

// about is a POST about bea that changes how ana stands to her.
func about(what string, more ...wrong) operation {
	return operation{name: "POST /api/v1/accounts/{id}/" + what, wrong: more,
		good: func(w *world) call { return call{path: "/api/v1/accounts/" + w.id("bea") + "/" + what} }}
}

// of is a GET about somebody that strangers may ask.
func of(who, what string) operation {
	op := operation{name: "GET /api/v1/accounts/{id}" + what, open: true,
		good: func(w *world) call { return call{path: "/api/v1/accounts/" + w.id(who) + what} }}
	return op
}

// linked makes it a list of pages, which has two things at least.
func linked(op operation) operation {
	good := op.good
	op.linked = true
	op.good = func(w *world) call {
		c := good(w)
		c.path += map[bool]string{true: "&", false: "?"}[strings.Contains(c.path, "?")] + "limit=1"
		return c
	}
	return op
}

// needs makes it one for which strangers need a token.
func needs(op operation) operation { op.open = false; return op }

// signedIn answers each only to whom has a token, as the section is asked for it.
func signedIn(op operation) operation {
	good := op.good
	op.good = func(w *world) call { c := good(w); c.as = "ana"; return c }
	return op
}

var long = strings.Repeat("é", 20000)

// people is what apps do with accounts.
func people() []operation {
	itself := func(w *world) call {
		return call{path: strings.Replace(w.op.good(w).path, w.id(map[bool]string{true: "emil", false: "bea"}[strings.HasSuffix(w.op.name, "/block")]), w.id("ana"), 1)}
	}
	follow := about("follow", wrong{"oneself", 422, itself}, bad("a language of no code", 422, dict{"languages": []string{"ceci n'en est pas une"}}),
		bad("a word for a truth value", 422, dict{"notify": "peut-être"}), bad("a text for a list", 422, dict{"languages": dict{"a": dict{"b": "c"}}}))
	follow.good = func(w *world) call {
		return call{path: "/api/v1/accounts/" + w.id("bea") + "/follow", body: dict{"reblogs": false, "notify": true, "languages": []string{"fr", "en"}}}
	}
	mute := about("mute", wrong{"oneself", 422, itself}, bad("a word for a number", 422, dict{"duration": "longtemps"}), bad("a time before now", 422, dict{"duration": -5}))
	mute.good = func(w *world) call {
		return call{path: "/api/v1/accounts/" + w.id("bea") + "/mute", body: dict{"notifications": false, "duration": 3600}}
	}
	note := about("note", bad("too long", 422, dict{"comment": long}), bad("a hash for a text", 422, dict{"comment": dict{"a": "b"}}))
	note.good = func(w *world) call {
		return call{path: "/api/v1/accounts/" + w.id("bea") + "/note", body: dict{"comment": w.next("Du bureau ")}}
	}
	block := about("block", wrong{"oneself", 422, itself})
	block.good = func(w *world) call { return call{path: "/api/v1/accounts/" + w.id("emil") + "/block"} }
	endorse, pin := about("endorse"), about("pin")
	for _, op := range []*operation{&endorse, &pin} {
		path := op.good
		op.good = func(w *world) call {
			w.asks("ana", "POST", "/api/v1/accounts/"+w.id("bea")+"/follow", nil, nil)
			return path(w)
		}
		op.wrong = []wrong{{"somebody whom ana does not follow", 422, func(w *world) call {
			return call{path: strings.Replace(w.op.good(w).path, w.id("bea"), w.id("dora"), 1)}
		}}}
	}
	return []operation{
		signedIn(of("bea", "")), linked(signedIn(of("ana", "/followers"))), linked(signedIn(of("ana", "/following"))), endorsements(), featuredBy(), statusesOf(),
		follow, about("unfollow"), mute, about("unmute"), block, about("unblock"), note, endorse, about("unendorse"), pin, about("unpin"), about("remove_from_followers"),
		needs(operation{name: "GET /api/v1/accounts/{id}/lists", good: func(w *world) call {
			w.list("bea")
			return call{path: "/api/v1/accounts/" + w.id("bea") + "/lists"}
		}}),
		{name: "GET /api/v1/accounts", open: true, good: func(w *world) call {
			return call{path: "/api/v1/accounts?id[]=" + w.id("ana") + "&id[]=" + w.id("bea"), as: "ana"}
		}},
		{name: "GET /api/v1/accounts/familiar_followers", good: func(w *world) call {
			return call{path: "/api/v1/accounts/familiar_followers?id[]=" + w.id("cleo")}
		}},
		{name: "GET /api/v1/accounts/lookup", open: true, good: func(w *world) call { return call{path: "/api/v1/accounts/lookup?acct=bea", as: "ana"} },
			wrong: []wrong{{"nobody", 404, to("/api/v1/accounts/lookup?acct=personne")}, {"nothing asked", 404, to("/api/v1/accounts/lookup")}}},
		{name: "GET /api/v1/accounts/relationships", good: func(w *world) call {
			return call{path: "/api/v1/accounts/relationships?id[]=" + w.id("bea") + "&id[]=" + w.id("cleo")}
		}},
		{name: "GET /api/v1/accounts/search", good: to("/api/v1/accounts/search?q=be")},
		{name: "GET /api/v1/blocks", linked: true, empty: "[]", good: func(w *world) call {
			w.asks("ana", "POST", "/api/v1/accounts/"+w.id("dora")+"/block", nil, nil)
			w.asks("ana", "POST", "/api/v1/accounts/"+w.id("emil")+"/block", nil, nil)
			return call{path: "/api/v1/blocks?limit=1"}
		}},
		{name: "GET /api/v1/mutes", linked: true, empty: "[]", good: func(w *world) call {
			w.asks("ana", "POST", "/api/v1/accounts/"+w.id("bea")+"/mute", nil, nil)
			w.asks("ana", "POST", "/api/v1/accounts/"+w.id("cleo")+"/mute", nil, nil)
			return call{path: "/api/v1/mutes?limit=1"}
		}},
		{name: "GET /api/v1/directory", good: to("/api/v1/directory")},
		{name: "GET /api/v1/endorsements", linked: true, empty: "[]", good: func(w *world) call {
			w.endorses()
			return call{path: "/api/v1/endorsements?limit=1"}
		}},
		{name: "GET /api/v1/follow_requests", linked: true, empty: "[]", good: func(w *world) call {
			w.knocks()
			return call{path: "/api/v1/follow_requests?limit=1"}
		}},
		{name: "POST /api/v1/follow_requests/{account_id}/authorize", good: func(w *world) call {
			return call{path: "/api/v1/follow_requests/" + w.knocks() + "/authorize"}
		}},
		{name: "POST /api/v1/follow_requests/{account_id}/reject", good: func(w *world) call {
			return call{path: "/api/v1/follow_requests/" + w.knocks() + "/reject"}
		}},
		{name: "GET /api/v1/suggestions", good: to("/api/v1/suggestions")},
		{name: "GET /api/v2/suggestions", good: to("/api/v2/suggestions")},
		{name: "DELETE /api/v1/suggestions/{account_id}", scopes: []string{"write:accounts"}, loose: true, good: func(w *world) call { return call{path: "/api/v1/suggestions/" + w.id("bea")} }},
	}
}

func endorsements() operation {
	op := signedIn(of("ana", "/endorsements"))
	op.linked = true
	op.good = func(w *world) call {
		w.endorses()
		return call{path: "/api/v1/accounts/" + w.id("ana") + "/endorsements?limit=1", as: "ana"}
	}
	return op
}

func featuredBy() operation {
	op := signedIn(of("ana", "/featured_tags"))
	op.good = func(w *world) call {
		w.features()
		return call{path: "/api/v1/accounts/" + w.id("ana") + "/featured_tags", as: "ana"}
	}
	return op
}

func statusesOf() operation {
	op := signedIn(of("ana", "/statuses"))
	op.linked = true
	op.good = func(w *world) call {
		w.posts("ana")
		w.posts("ana")
		return call{path: "/api/v1/accounts/" + w.id("ana") + "/statuses?limit=1", as: "ana"}
	}
	return op
}

// endorses has ana show bea and cleo on her profile.
func (w *world) endorses() {
	for _, who := range []string{"bea", "cleo"} {
		w.asks("ana", "POST", "/api/v1/accounts/"+w.id(who)+"/follow", nil, nil)
		w.asks("ana", "POST", "/api/v1/accounts/"+w.id(who)+"/endorse", nil, nil)
	}
}

// features has ana show a topic on her profile, and gives its id.
func (w *world) features() string {
	var f struct{ ID string }
	w.asks("ana", "POST", "/api/v1/tags/marche/feature", nil, &f)
	var all []struct{ ID string }
	w.asks("ana", "GET", "/api/v1/featured_tags", nil, &all)
	return all[0].ID
}

// knocks has dora and emil ask to follow ana, who decides herself, and gives dora's id.
func (w *world) knocks() string {
	w.asks("ana", "PATCH", "/api/v1/accounts/update_credentials", dict{"locked": true}, nil)
	for _, name := range []string{"dora", "emil"} {
		w.asks("ana", "POST", "/api/v1/accounts/"+w.id(name)+"/remove_from_followers", nil, nil)
		w.asks(name, "POST", "/api/v1/accounts/"+w.id("ana")+"/follow", nil, nil)
	}
	settle(w.n)
	return w.id("dora")
}

// list is one of ana's that holds somebody, by id.
func (w *world) list(who string) string {
	id := w.makes("ana", "/api/v1/lists", dict{"title": w.next("Liste ")})
	w.asks("ana", "POST", "/api/v1/lists/"+id+"/accounts", dict{"account_ids": []string{w.id(who)}}, nil)
	return id
}
