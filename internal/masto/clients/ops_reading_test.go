package clients_test

// timeline is a GET of posts that pages; two are there.
func timeline(name string, path func(w *world) string) operation {
	return operation{name: "GET " + name, linked: true, good: func(w *world) call { return call{path: path(w)} }}
}

// reading is the timelines and what people keep.
func reading() []operation {
	home := timeline("/api/v1/timelines/home", func(w *world) string {
		w.posts("ana")
		w.posts("ana")
		settle(w.n)
		return "/api/v1/timelines/home?limit=1"
	})
	home.empty = "[]"
	topic := timeline("/api/v1/timelines/tag/{hashtag}", func(w *world) string {
		w.posts("ana", dict{"status": w.next("Une #marche ")})
		w.posts("bea", dict{"status": w.next("Une #marche ")})
		return "/api/v1/timelines/tag/marche?limit=1"
	})
	listed := timeline("/api/v1/timelines/list/{list_id}", func(w *world) string {
		id := w.list("bea")
		w.posts("bea")
		w.posts("bea")
		settle(w.n)
		return "/api/v1/timelines/list/" + id + "?limit=1"
	})
	listed.own = true
	kept := func(path, act string) operation {
		op := timeline(path, func(w *world) string {
			for range 2 {
				w.asks("ana", "POST", "/api/v1/statuses/"+w.posts("bea")+"/"+act, nil, nil)
			}
			return path + "?limit=1"
		})
		op.empty = "[]"
		return op
	}
	return []operation{
		home, topic, listed, kept("/api/v1/bookmarks", "bookmark"), kept("/api/v1/favourites", "favourite"),
		timeline("/api/v1/timelines/public", func(w *world) string {
			w.posts("ana")
			w.posts("bea")
			return "/api/v1/timelines/public?limit=1&local=true"
		}),
		{name: "GET /api/v1/timelines/link", good: to("/api/v1/timelines/link?" + values("url", "https://exemple.example/"))},
		{name: "GET /api/v2/search", good: to("/api/v2/search?q=ana")},
		{name: "GET /api/v1/trends/tags", open: true, good: to("/api/v1/trends/tags")},
		{name: "GET /api/v1/trends/statuses", open: true, good: to("/api/v1/trends/statuses")},
		{name: "GET /api/v1/trends/links", open: true, good: to("/api/v1/trends/links")},
	}
}

// told is what apps say of what happened.
func told() []operation {
	one := func(name, tail string) operation {
		return operation{name: name + "/api/v1/notifications/{id}" + tail, own: true, good: func(w *world) call {
			id, _ := w.told()
			return call{path: "/api/v1/notifications/" + id + tail}
		}}
	}
	group := func(name, tail string) operation {
		return operation{name: name + "/api/v2/notifications/{group_key}" + tail, own: true, good: func(w *world) call {
			_, key := w.told()
			return call{path: "/api/v2/notifications/" + key + tail}
		}}
	}
	accounts := group("GET ", "/accounts")
	accounts.scopes = []string{"read:notifications"} // nothing is written, whatever the description says
	request := func(name, tail string) operation {
		return operation{name: name + "/api/v1/notifications/requests/{id}" + tail, own: true, good: func(w *world) call {
			return call{path: "/api/v1/notifications/requests/" + w.request() + tail}
		}}
	}
	many := func(what string) operation {
		return operation{name: "POST /api/v1/notifications/requests/" + what, good: func(w *world) call {
			return call{path: "/api/v1/notifications/requests/" + what, body: dict{"id": []string{w.request()}}}
		}}
	}
	listed := func(version string) operation {
		op := timeline("/api/"+version+"/notifications", func(w *world) string {
			w.told()
			w.told()
			return "/api/" + version + "/notifications?limit=1"
		})
		if op.empty = "[]"; version == "v2" {
			op.empty = `{"accounts":[],"statuses":[],"notification_groups":[]}`
		}
		return op
	}
	policy := operation{name: "PATCH /api/v2/notifications/policy", good: to("/api/v2/notifications/policy", dict{"for_new_accounts": "accept", "for_limited_accounts": "drop"}),
		wrong: []wrong{bad("no such word", 422, dict{"for_new_accounts": "peut-être"})}}
	conversation := operation{name: "DELETE /api/v1/conversations/{id}", own: true, good: func(w *world) call { return call{path: "/api/v1/conversations/" + w.conversation()} }}
	read := operation{name: "POST /api/v1/conversations/{id}/read", own: true, good: func(w *world) call { return call{path: "/api/v1/conversations/" + w.conversation() + "/read"} }}
	requests := timeline("/api/v1/notifications/requests", func(w *world) string {
		w.request()
		w.request()
		return "/api/v1/notifications/requests?limit=1"
	})
	requests.empty = "[]"
	conversations := timeline("/api/v1/conversations", func(w *world) string {
		w.conversation()
		w.posts("cleo", dict{"status": "@ana Entre nous", "visibility": "direct"})
		settle(w.n)
		return "/api/v1/conversations?limit=1"
	})
	conversations.empty = "[]"
	return []operation{
		listed("v1"), listed("v2"), one("GET ", ""), one("POST ", "/dismiss"), group("GET ", ""), accounts, group("POST ", "/dismiss"),
		{name: "GET /api/v1/notifications/unread_count", good: to("/api/v1/notifications/unread_count"), empty: `{"count":0}`},
		{name: "GET /api/v2/notifications/unread_count", good: to("/api/v2/notifications/unread_count"), empty: `{"count":0}`},
		requests, request("GET ", ""), request("POST ", "/accept"), request("POST ", "/dismiss"), many("accept"), many("dismiss"),
		{name: "GET /api/v1/notifications/requests/merged", good: to("/api/v1/notifications/requests/merged")},
		{name: "GET /api/v2/notifications/policy", good: to("/api/v2/notifications/policy")}, policy,
		{name: "POST /api/v1/notifications/clear", good: to("/api/v1/notifications/clear")},
		conversations, conversation, read,
	}
}
