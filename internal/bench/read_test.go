package bench_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// section is an instance with some life: two people, sixty posts, a thread.
func section(b *testing.B) (n *testkit.Node, thread *post.Post) {
	b.Helper()
	n = testkit.New(b)
	ctx := context.Background()
	awa := n.Person("awa", true)
	if err := n.Follows.Follow(ctx, n.Person("ana", true).ID, awa.ID, nil); err != nil {
		b.Fatal(err)
	}
	write := func(d post.Draft) *post.Post {
		p, err := n.Posts.Create(ctx, n.Viewer("awa"), d)
		if err != nil {
			b.Fatal(err)
		}
		return p
	}
	for i := range 60 {
		write(post.Draft{Audience: post.Public, Lang: "fr",
			Text: fmt.Sprintf("Message %d : ce matin au marché, trente conversations en deux heures. Qui peut venir le mardi soir ? #logement @ana", i)})
	}
	thread = write(post.Draft{Audience: post.Public, Lang: "fr", Text: "Le début d’un fil"})
	for i := range 20 {
		write(post.Draft{Audience: post.Public, Lang: "fr", ReplyTo: thread.ID, Text: fmt.Sprintf("La réponse %d, avec ce qu’il faut de texte", i)})
	}
	if err := n.Idle(ctx); err != nil {
		b.Fatal(err)
	}
	return n, thread
}

// session is the cookie of somebody signed in.
func session(b *testing.B, n *testkit.Node, name string) string {
	b.Helper()
	token, _, err := n.Auth.SignIn(context.Background(), name, testkit.Password, "127.0.0.1")
	if err != nil {
		b.Fatal(err)
	}
	return "session_" + n.Host[strings.LastIndexByte(n.Host, ':')+1:] + "=" + token
}

// BenchmarkRead asks for what is read most. "one" is one reader again and again,
// as those who compare servers measure it; "many" are 2,000 tokens in turn, so
// that nothing of an answer for one is of use to another.
func BenchmarkRead(b *testing.B) {
	n, thread := section(b)
	api := func(path string) []byte {
		return request("GET", path, n.Host, "Authorization", "Bearer "+n.Token("ana"), "Accept", "application/json")
	}
	const activity = "application/activity+json"
	author := n.Person("awa", true)
	at := func(uri string) string { return strings.TrimPrefix(uri, n.URL) }
	for _, c := range []struct {
		name string
		req  []byte
	}{
		{"home", api("/api/v1/timelines/home?limit=20")},
		{"local", api("/api/v1/timelines/public?limit=20&local=true")},
		{"public", api("/api/v1/timelines/public?limit=20")},
		{"context", api("/api/v1/statuses/" + ids.String(thread.ID) + "/context")},
		{"notifications", request("GET", "/api/v1/notifications", n.Host, "Authorization", "Bearer "+n.Token("ana"))},
		{"actor", request("GET", at(author.URI), n.Host, "Accept", activity)},
		{"outbox", request("GET", at(author.Outbox)+"?page=true", n.Host, "Accept", activity)},
		{"note", request("GET", at(thread.URI), n.Host, "Accept", activity)},
		{"webfinger", request("GET", "/.well-known/webfinger?resource=acct:awa@"+n.Host, n.Host)},
	} {
		b.Run(c.name, func(b *testing.B) { measure(b, n.Host, c.req) })
	}
	var many [][]byte
	for range 2000 {
		token, err := n.Auth.NewToken(context.Background(), n.Person("ana", true).ID, auth.Scopes{"read"})
		if err != nil {
			b.Fatal(err)
		}
		many = append(many, request("GET", "/api/v1/timelines/home?limit=20", n.Host, "Authorization", "Bearer "+token))
	}
	b.Run("home-of-many", func(b *testing.B) { measure(b, n.Host, many...) })
}

// BenchmarkPage asks for pages as a browser does, compressed.
func BenchmarkPage(b *testing.B) {
	n, thread := section(b)
	cookie := session(b, n, "ana")
	for _, c := range []struct{ name, path, cookie string }{
		{"home", "/", cookie}, {"front", "/", ""}, {"profile", "/@awa", cookie}, {"thread", "/@awa/" + ids.String(thread.ID), cookie},
		{"agenda", "/agenda", cookie}, {"groups", "/groupes", cookie},
	} {
		h := []string{"Accept", "text/html", "Accept-Encoding", "gzip", "Accept-Language", "fr"}
		if c.cookie != "" {
			h = append(h, "Cookie", c.cookie)
		}
		b.Run(c.name, func(b *testing.B) { measure(b, n.Host, request("GET", c.path, n.Host, h...)) })
	}
}
