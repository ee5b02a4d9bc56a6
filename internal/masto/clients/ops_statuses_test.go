package clients_test

import "time"

// on is a POST on a post of bea.
func on(what string, before ...string) operation {
	return operation{name: "POST /api/v1/statuses/{id}/" + what, good: func(w *world) call {
		id := w.posts("bea")
		for _, b := range before {
			w.asks("ana", "POST", "/api/v1/statuses/"+id+"/"+b, nil, nil)
		}
		return call{path: "/api/v1/statuses/" + id + "/" + what}
	}}
}

// hidden is a post of bea that ana may not read.
func hidden(w *world) string {
	return w.posts("bea", dict{"status": "@cleo Entre nous", "visibility": "direct"})
}

// statuses is what apps do with posts.
func statuses() []operation {
	var all []operation
	for _, op := range []operation{on("favourite"), on("unfavourite", "favourite"), on("unreblog", "reblog"), on("bookmark"), on("unbookmark", "bookmark"), on("mute"), on("unmute", "mute")} {
		path := op.good
		op.wrong = []wrong{{"hidden", 404, func(w *world) call {
			c := path(w)
			c.path = "/api/v1/statuses/" + hidden(w) + c.path[len("/api/v1/statuses/116700000000000001"):]
			return c
		}}}
		all = append(all, op)
	}
	pin := operation{name: "POST /api/v1/statuses/{id}/pin", good: func(w *world) call {
		var pinned []struct{ ID string }
		w.asks("ana", "GET", "/api/v1/accounts/"+w.id("ana")+"/statuses?pinned=true", nil, &pinned)
		for _, p := range pinned {
			w.asks("ana", "POST", "/api/v1/statuses/"+p.ID+"/unpin", nil, nil)
		}
		return call{path: "/api/v1/statuses/" + w.posts("ana") + "/pin"}
	}, wrong: []wrong{{"somebody else's", 422, func(w *world) call { return call{path: "/api/v1/statuses/" + w.posts("bea") + "/pin"} }}}}
	unpin := operation{name: "POST /api/v1/statuses/{id}/unpin", good: func(w *world) call {
		c := pin.good(w)
		w.asks("ana", "POST", c.path, nil, nil)
		return call{path: c.path[:len(c.path)-3] + "unpin"}
	}}
	get := func(what string, prepare func(w *world) string) operation {
		return operation{name: "GET /api/v1/statuses/{id}" + what, open: true, good: func(w *world) call {
			return call{path: "/api/v1/statuses/" + prepare(w) + what}
		}, wrong: []wrong{{"hidden", 404, func(w *world) call { return call{path: "/api/v1/statuses/" + hidden(w) + what} }}}}
	}
	liked := func(what string) operation {
		op := signedIn(get("/"+what+"d_by", func(w *world) string {
			id := w.posts("ana")
			w.asks("bea", "POST", "/api/v1/statuses/"+id+"/"+what, nil, nil)
			w.asks("cleo", "POST", "/api/v1/statuses/"+id+"/"+what, nil, nil)
			return id
		}))
		return op
	}
	favourited := liked("favourite")
	favourited.scopes = []string{"read:accounts"} // which Mastodon itself wants
	reblogged := signedIn(get("/reblogged_by", func(w *world) string {
		id := w.posts("ana")
		w.asks("bea", "POST", "/api/v1/statuses/"+id+"/reblog", nil, nil)
		w.asks("cleo", "POST", "/api/v1/statuses/"+id+"/reblog", nil, nil)
		return id
	}))
	reblogged.scopes = favourited.scopes
	history := get("/history", func(w *world) string {
		id := w.posts("ana", dict{"media_ids": []string{w.media("ana")}})
		w.asks("ana", "PUT", "/api/v1/statuses/"+id, dict{"status": "Corrigé", "media_ids": []string{}}, nil)
		return id
	})
	source := needs(get("/source", func(w *world) string { return w.posts("ana") }))
	source.own, source.wrong = true, nil
	post := []wrong{
		bad("nothing", 422, dict{}), bad("empty", 422, dict{"status": "  "}), bad("too long", 422, dict{"status": long}), bad("a warning too long", 422, dict{"status": "a", "spoiler_text": long}),
		bad("a hash for a text", 422, dict{"status": dict{"a": "b"}}), bad("no such visibility", 422, dict{"status": "a", "visibility": "secret"}),
		bad("a word for a truth value", 422, dict{"status": "a", "sensitive": "peut-être"}),
		bad("an answer to nothing", 404, dict{"status": "a", "in_reply_to_id": "116700000000000001"}), bad("an answer to no id", 404, dict{"status": "a", "in_reply_to_id": "abc"}),
		{"an answer to what is hidden", 404, func(w *world) call {
			return call{path: "/api/v1/statuses", body: dict{"status": "a", "in_reply_to_id": hidden(w)}}
		}},
		bad("unknown media", 422, dict{"status": "a", "media_ids": []string{"116700000000000001"}}), bad("a hash for media", 422, dict{"status": "a", "media_ids": dict{"a": dict{"b": "c"}}}),
		{"somebody else's media", 422, func(w *world) call {
			return call{path: "/api/v1/statuses", body: dict{"status": "a", "media_ids": []string{w.media("bea")}}}
		}},
		bad("a poll of one", 422, dict{"status": "a", "poll": dict{"options": []string{"Oui"}, "expires_in": 3600}}),
		bad("a poll without an end", 422, dict{"status": "a", "poll": dict{"options": []string{"Oui", "Non"}}}),
		bad("a word for the end of a poll", 422, dict{"status": "a", "poll": dict{"options": []string{"Oui", "Non"}, "expires_in": "demain"}}),
		bad("an answer too long", 422, dict{"status": "a", "poll": dict{"options": []string{"Oui", long}, "expires_in": 3600}}),
		bad("a text for a poll", 422, dict{"status": "a", "poll": "Oui ou non"}),
		bad("a moment that is none", 422, dict{"status": "a", "scheduled_at": "demain"}), bad("a moment that is past", 422, dict{"status": "a", "scheduled_at": "2020-01-01T00:00:00Z"}),
		bad("a quotation of nothing", 404, dict{"status": "a", "quoted_status_id": "116700000000000001"}),
		bad("no such policy", 422, dict{"status": "a", "quote_approval_policy": "presque personne"}),
	}
	edit := []wrong{
		bad("empty", 422, dict{"status": " "}), bad("too long", 422, dict{"status": long}), bad("a hash for a text", 422, dict{"status": dict{"a": "b"}}),
		bad("unknown media", 422, dict{"status": "a", "media_ids": []string{"116700000000000001"}}),

		bad("a text for words on media", 422, dict{"status": "a", "media_attributes": "b"}),
	}
	return append(all, pin, unpin, get("", func(w *world) string { return w.posts("bea") }), get("/context", func(w *world) string {
		id := w.posts("bea")
		w.posts("ana", dict{"in_reply_to_id": id})
		return id
	}), linked(favourited), linked(reblogged), history, source, quotes(),
		operation{name: "POST /api/v1/statuses/{id}/reblog", good: func(w *world) call {
			return call{path: "/api/v1/statuses/" + w.posts("bea") + "/reblog", body: dict{"visibility": "public"}}
		}, wrong: []wrong{{"hidden", 404, func(w *world) call { return call{path: "/api/v1/statuses/" + hidden(w) + "/reblog"} }},
			bad("no such visibility", 422, dict{"visibility": "secret"}),
			{"between two", 422, func(w *world) call {
				return call{path: "/api/v1/statuses/" + w.posts("bea", dict{"status": "@ana Entre nous", "visibility": "direct"}) + "/reblog"}
			}}}},
		operation{name: "GET /api/v1/statuses", open: true, good: func(w *world) call {
			return call{path: "/api/v1/statuses?id[]=" + w.posts("bea") + "&id[]=" + w.posts("ana")}
		}},
		operation{name: "POST /api/v1/statuses", good: func(w *world) call {
			return call{path: "/api/v1/statuses", body: dict{"status": w.next("Réunion "), "visibility": "public", "spoiler_text": "Agenda", "sensitive": true, "language": "fr",
				"media_ids": []string{w.media("ana"), w.media("ana")}}}
		}, wrong: post},
		operation{name: "PUT /api/v1/statuses/{id}", own: true, good: func(w *world) call {
			return call{path: "/api/v1/statuses/" + w.posts("ana"), body: dict{"status": w.next("Réunion "), "spoiler_text": "", "sensitive": false, "media_ids": []string{w.media("ana")}}}
		}, wrong: edit},
		operation{name: "DELETE /api/v1/statuses/{id}", own: true, good: func(w *world) call { return call{path: "/api/v1/statuses/" + w.posts("ana")} }},
		operation{name: "PUT /api/v1/statuses/{id}/interaction_policy", own: true, good: func(w *world) call {
			return call{path: "/api/v1/statuses/" + w.posts("ana") + "/interaction_policy", body: dict{"quote_approval_policy": "followers"}}
		}, wrong: []wrong{bad("no such policy", 422, dict{"quote_approval_policy": "presque personne"})}},
		operation{name: "POST /api/v1/statuses/{id}/quotes/{quoting_status_id}/revoke", own: true, others: 403, good: func(w *world) call {
			id, quoting := w.quoted()
			return call{path: "/api/v1/statuses/" + id + "/quotes/" + quoting + "/revoke"}
		}},
		operation{name: "GET /api/v1/scheduled_statuses", linked: true, empty: "[]", good: func(w *world) call {
			w.plans()
			w.plans()
			return call{path: "/api/v1/scheduled_statuses?limit=1"}
		}},
		operation{name: "GET /api/v1/scheduled_statuses/{id}", own: true, good: func(w *world) call { return call{path: "/api/v1/scheduled_statuses/" + w.plans()} }},
		operation{name: "PUT /api/v1/scheduled_statuses/{id}", own: true, good: func(w *world) call {
			return call{path: "/api/v1/scheduled_statuses/" + w.plans(), body: dict{"scheduled_at": soon(3)}}
		}, wrong: []wrong{bad("no moment", 422, dict{"scheduled_at": "demain"}), bad("past", 422, dict{"scheduled_at": "2020-01-01T00:00:00Z"})}},
		operation{name: "DELETE /api/v1/scheduled_statuses/{id}", own: true, good: func(w *world) call { return call{path: "/api/v1/scheduled_statuses/" + w.plans()} }},
		operation{name: "GET /api/oembed", open: true, good: func(w *world) call {
			var s struct{ URL string }
			w.asks("ana", "GET", "/api/v1/statuses/"+w.posts("ana"), nil, &s)
			return call{path: "/api/oembed?" + values("url", s.URL)}
		}, wrong: []wrong{{"elsewhere", 404, to("/api/oembed?" + values("url", "https://ailleurs.example/@zoe/1"))}, {"nothing", 404, to("/api/oembed")}}},
	)
}

func soon(days int) string {
	return time.Now().Add(time.Duration(days) * 24 * time.Hour).UTC().Format(time.RFC3339)
}

// plans has ana write for later.
func (w *world) plans() string {
	return w.makes("ana", "/api/v1/statuses", dict{"status": w.next("Rappel "), "visibility": "private", "scheduled_at": soon(2)})
}

// quoted is a post of ana that bea quotes, and the post of bea.
func (w *world) quoted() (id, quoting string) {
	id = w.posts("ana", dict{"quote_approval_policy": "public"})
	quoting = w.posts("bea", dict{"quoted_status_id": id})
	settle(w.n)
	return id, quoting
}

func quotes() operation {
	return operation{name: "GET /api/v1/statuses/{id}/quotes", open: true, linked: true, good: func(w *world) call {
		id, _ := w.quoted()
		w.posts("cleo", dict{"quoted_status_id": id})
		settle(w.n)
		return call{path: "/api/v1/statuses/" + id + "/quotes?limit=1", as: "ana"}
	}}
}
