package clients_test

// carried is what posts carry: media and polls.
func carried() []operation {
	upload := func(path string) operation {
		return operation{name: "POST " + path, good: func(w *world) call {
			return call{path: path, body: dict{"description": "Un dégradé", "focus": "0.5,-0.5"}, file: picture(w.t)}
		}, wrong: []wrong{
			bad("nothing", 422, dict{}), bad("a text for a file", 422, dict{"file": "photo"}),
			{"no picture", 422, func(w *world) call { return call{path: path, file: []byte("Ceci est un texte.")} }},
			{"half a picture", 422, func(w *world) call { return call{path: path, file: picture(w.t)[:60]} }},
			{"a description too long", 422, func(w *world) call {
				return call{path: path, file: picture(w.t), body: dict{"description": long}}
			}},
			{"no focus", 422, func(w *world) call {
				return call{path: path, file: picture(w.t), body: dict{"focus": "au milieu"}}
			}},
		}}
	}
	return []operation{
		upload("/api/v1/media"), upload("/api/v2/media"),
		{name: "GET /api/v1/media/{id}", own: true, good: func(w *world) call { return call{path: "/api/v1/media/" + w.media("ana")} }},
		{name: "PUT /api/v1/media/{id}", own: true, good: func(w *world) call {
			return call{path: "/api/v1/media/" + w.media("ana"), body: dict{"description": "Un bleu", "focus": "-1,1"}}
		}, wrong: []wrong{bad("too long", 422, dict{"description": long}), bad("no focus", 422, dict{"focus": "au milieu"}), bad("a hash for a text", 422, dict{"description": dict{"a": "b"}})}},
		{name: "DELETE /api/v1/media/{id}", own: true, good: func(w *world) call { return call{path: "/api/v1/media/" + w.media("ana")} },
			wrong: []wrong{{"in a post", 422, func(w *world) call {
				id := w.media("ana")
				w.posts("ana", dict{"media_ids": []string{id}})
				return call{path: "/api/v1/media/" + id}
			}}}},
		{name: "GET /api/v1/polls/{id}", open: true, good: func(w *world) call {
			id, _ := w.poll()
			return call{path: "/api/v1/polls/" + id}
		}},
		{name: "POST /api/v1/polls/{id}/votes", good: func(w *world) call {
			id, _ := w.poll()
			return call{path: "/api/v1/polls/" + id + "/votes", body: dict{"choices": []string{"1"}}}
		}, wrong: []wrong{
			bad("nothing", 422, dict{}), bad("no such answer", 422, dict{"choices": []string{"7"}}), bad("a word", 422, dict{"choices": []string{"Jeudi"}}), bad("too many", 422, dict{"choices": []string{"0", "1"}}),
			{"twice", 422, func(w *world) call {
				id, _ := w.poll()
				w.asks("ana", "POST", "/api/v1/polls/"+id+"/votes", dict{"choices": []string{"1"}}, nil)
				return call{path: "/api/v1/polls/" + id + "/votes", body: dict{"choices": []string{"0"}}}
			}},
			{"one's own", 422, func(w *world) call {
				id, _ := w.poll()
				return call{path: "/api/v1/polls/" + id + "/votes", body: dict{"choices": []string{"0"}}, as: "bea"}
			}},
			{"hidden", 404, func(w *world) call {
				var s struct{ Poll struct{ ID string } }
				w.asks("bea", "POST", "/api/v1/statuses", dict{"status": "@cleo Et ?", "visibility": "direct", "poll": dict{"options": []string{"a", "b"}, "expires_in": 3600}}, &s)
				return call{path: "/api/v1/polls/" + s.Poll.ID + "/votes", body: dict{"choices": []string{"0"}}}
			}},
		}},
	}
}
