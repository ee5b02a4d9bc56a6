package masto

import (
	"encoding/json"
	"testing"
)

func sampleStatus() Status {
	f := false
	acct := Account{ID: "114000000000000001", Username: "ana", Acct: "ana@grenoble.example", DisplayName: "Ana Lopez", Note: "<p>Secrétaire de section, amie des abeilles et des canaux.</p>",
		URL: "https://grenoble.example/@ana", URI: "https://grenoble.example/users/abcdefghijklmnopqrstuvwxyz", Avatar: "https://grenoble.example/avatars/1.png", AvatarStatic: "https://grenoble.example/avatars/1.png",
		Header: "https://grenoble.example/h.png", HeaderStatic: "https://grenoble.example/h.png", CreatedAt: At(1_800_000_000_000), LastStatusAt: DateOrNil(1_800_000_000_000),
		Fields: []Field{{Name: "Site", Value: "<a href=\"https://ana.example\">ana.example</a>"}}}
	return Status{ID: "114000000000000002", CreatedAt: At(1_800_000_000_123), Visibility: "private", Language: OrNil("fr"), URI: "https://grenoble.example/objects/abcdefghijklmnopqrstuvwxyz",
		URL: OrNil("https://grenoble.example/@ana/114000000000000002"), Content: "<p>Assemblée générale samedi 28 novembre à 18 h 30, salle Jean-Jaurès. Ordre du jour : bilan, budget, élection du bureau. <a href=\"https://grenoble.example/tags/ag\" class=\"mention hashtag\" rel=\"tag\">#<span>ag</span></a></p>",
		Account: acct, Tags: []StatusTag{{"ag", "https://grenoble.example/tags/ag"}}, Favourited: &f, Reblogged: &f, Muted: &f, Bookmarked: &f, Filtered: &Array[FilterHit]{}}
}

func BenchmarkTimelineOf20ByTheStandardLibrary(b *testing.B) {
	list := make(Array[Status], 20)
	for i := range list {
		list[i] = sampleStatus()
	}
	b.ReportAllocs()
	for b.Loop() {
		raw, err := json.Marshal(list)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(raw)))
	}
}

func BenchmarkTimelineOf20(b *testing.B) {
	list := make([]Status, 20)
	for i := range list {
		list[i] = sampleStatus()
	}
	e := &encoder{}
	b.ReportAllocs()
	for b.Loop() {
		if err := e.encode(list, func(raw []byte) error { b.SetBytes(int64(len(raw))); return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
