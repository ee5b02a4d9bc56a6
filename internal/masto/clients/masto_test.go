package clients_test

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// The entities as masto.js gives them: names in camel case, null where it says so.
type (
	accountEntity struct {
		ID, Username, Acct, DisplayName, URL, CreatedAt string
		FollowingCount                                  int
		Source                                          *struct{ Privacy, Language string }
	}
	statusEntity struct {
		ID, URI, Content, Visibility, CreatedAt string
		InReplyToID                             *string
		Language, EditedAt, SpoilerText         *string
		Account                                 accountEntity
		Reblog                                  *statusEntity
		Favourited, Reblogged                   bool
		FavouritesCount, ReblogsCount           int
		Mentions                                []struct{ Acct string }
		Tags                                    []struct{ Name string }
	}
)

type dict = map[string]any

// What apps ask for, and where they want the code: on the page.
const (
	outOfBand = "urn:ietf:wg:oauth:2.0:oob"
	scopes    = "read write follow push"
)

// TestMastoJS tells the first day of somebody whose app is made with masto.js:
// from the registration of the app to signing out.
func TestMastoJS(t *testing.T) {
	lib := startLibrary(t, "masto")
	c := testkit.NewCluster(t, 2)
	here, there := c[0], c[1]
	here.Person("ana", true)
	there.Person("zoe", true)
	ana := lib.signIn(here, "ana")

	var me accountEntity
	ana.call(&me, "v1.accounts.verifyCredentials")
	if me.Username != "ana" || me.Acct != "ana" || me.Source == nil || me.Source.Privacy == "" || me.CreatedAt == "" {
		t.Errorf("ana is %+v", me)
	}
	var place struct {
		Domain, Title, Version string
		Configuration          struct{ Statuses struct{ MaxCharacters int } }
	}
	ana.call(&place, "v2.instance.fetch")
	if place.Domain != here.Host || place.Title == "" || place.Version == "" || place.Configuration.Statuses.MaxCharacters < 500 {
		t.Errorf("the instance: %+v", place)
	}

	// She finds Zoé elsewhere by her address, and follows her.
	var found struct{ Accounts []accountEntity }
	ana.call(&found, "v2.search.list", dict{"q": there.Handle("zoe"), "resolve": true, "limit": 5})
	if len(found.Accounts) != 1 || found.Accounts[0].Acct != "zoe@"+there.Host {
		t.Fatalf("the search finds %+v", found.Accounts)
	}
	zoe := found.Accounts[0]
	ana.call(nil, "v1.accounts["+zoe.ID+"].follow", dict{"reblogs": true})
	c.Settle()
	var rel []struct {
		ID                   string
		Following, Requested bool
	}
	ana.call(&rel, "v1.accounts.relationships.fetch", dict{"id": []string{zoe.ID}})
	if len(rel) != 1 || rel[0].ID != zoe.ID || !rel[0].Following || rel[0].Requested {
		t.Errorf("the relationship: %+v", rel)
	}

	ana.reads(c, there, zoe)
	ana.writes(c, there)

	ana.call(nil, "v1.accounts["+zoe.ID+"].unfollow")
	c.Settle()
	ana.call(&me, "v1.accounts.verifyCredentials")
	if me.FollowingCount != 0 {
		t.Errorf("ana still follows %d people", me.FollowingCount)
	}
	ana.refused(404, "v1.statuses[1].fetch")
	ana.refused(422, "v1.statuses.create", dict{"status": ""})
	stranger := &app{lib, here.URL, ""}
	stranger.refused(401, "v1.timelines.home.list")
	stranger.refused(401, "v1.statuses.create", dict{"status": "Sans jeton"})
}

// reads follows what Zoé writes elsewhere.
func (a *app) reads(c testkit.Cluster, there *testkit.Node, zoe accountEntity) {
	a.t.Helper()
	words := []string{"Un", "Deux", "Trois", "Quatre", "Cinq"}
	for _, w := range words {
		if _, err := there.Posts.Create(context.Background(), there.Viewer("zoe"), post.Draft{Text: w + " #Été", Audience: post.Public, Lang: "fr"}); err != nil {
			a.t.Fatal(err)
		}
	}
	c.Settle()
	var pages [][]statusEntity
	if status, refusal := a.carryOut(order{URL: a.url, Token: a.token, Call: "v1.timelines.home.list", Args: []any{dict{"limit": 2}}, Pages: true}, &pages); refusal != "" {
		a.t.Fatalf("home: %d %s", status, refusal)
	}
	var read []string
	for _, p := range pages {
		for _, s := range p {
			if s.Account.Acct != zoe.Acct || s.Visibility != "public" || s.Language == nil || *s.Language != "fr" || len(s.Tags) != 1 || s.Tags[0].Name != "ete" {
				a.t.Errorf("home shows %+v", s)
			}
			for _, w := range words {
				if strings.Contains(s.Content, w) {
					read = append([]string{w}, read...)
				}
			}
		}
	}
	if !slices.Equal(read, words) || len(pages) < 3 {
		a.t.Fatalf("home in %d pages: %v", len(pages), read)
	}

	last := pages[0][0]
	var s statusEntity
	a.call(&s, "v1.statuses["+last.ID+"].favourite")
	if !s.Favourited || s.FavouritesCount != 1 {
		a.t.Errorf("liked: %+v", s)
	}
	a.call(&s, "v1.statuses["+last.ID+"].reblog")
	if s.Reblog == nil || s.Reblog.ID != last.ID || !s.Reblog.Reblogged {
		a.t.Errorf("boosted: %+v", s)
	}
	a.call(&s, "v1.statuses.create", dict{"status": "@" + zoe.Acct + " Moi !", "inReplyToId": last.ID, "visibility": "public", "language": "fr"})
	if s.InReplyToID == nil || *s.InReplyToID != last.ID || len(s.Mentions) != 1 || s.Mentions[0].Acct != zoe.Acct {
		a.t.Errorf("answered: %+v", s)
	}
	c.Settle()
	var around struct{ Ancestors, Descendants []statusEntity }
	a.call(&around, "v1.statuses["+last.ID+"].context.fetch")
	if len(around.Ancestors) != 0 || len(around.Descendants) != 1 || around.Descendants[0].ID != s.ID {
		a.t.Errorf("around: %+v", around)
	}

	other := &app{a.library, there.URL, there.Token("zoe")}
	var told []struct {
		ID, Type string
		Account  accountEntity
		Status   *statusEntity
	}
	other.call(&told, "v1.notifications.list", dict{"types": []string{"mention", "favourite", "reblog"}})
	var kinds []string
	for _, n := range told {
		kinds = append(kinds, n.Type)
		if n.Account.Acct != "ana@"+strings.TrimPrefix(a.url, "http://") || n.Status == nil {
			a.t.Errorf("zoé is told %+v", n)
		}
	}
	slices.Sort(kinds)
	if !slices.Equal(kinds, []string{"favourite", "mention", "reblog"}) {
		a.t.Errorf("zoé is told of %v", kinds)
	}
}

// writes takes a post of ana from its writing to its end.
func (a *app) writes(c testkit.Cluster, there *testkit.Node) {
	a.t.Helper()
	var s statusEntity
	a.call(&s, "v1.statuses.create", dict{"status": "Réunion jeudi", "visibility": "public", "spoilerText": "Agenda", "language": "fr"})
	if s.Visibility != "public" || s.SpoilerText == nil || *s.SpoilerText != "Agenda" || s.EditedAt != nil {
		a.t.Errorf("written: %+v", s)
	}
	a.call(&s, "v1.statuses["+s.ID+"].update", dict{"status": "Réunion vendredi"})
	if !strings.Contains(s.Content, "vendredi") || s.EditedAt == nil {
		a.t.Errorf("edited: %+v", s)
	}
	var source struct{ ID, Text string }
	a.call(&source, "v1.statuses["+s.ID+"].source.fetch")
	if source.Text != "Réunion vendredi" {
		a.t.Errorf("the source: %+v", source)
	}
	var history []struct{ Content string }
	a.call(&history, "v1.statuses["+s.ID+"].history.list")
	if len(history) != 2 || !strings.Contains(history[0].Content, "jeudi") {
		a.t.Errorf("the history: %+v", history)
	}
	a.call(nil, "v1.statuses["+s.ID+"].remove")
	a.refused(404, "v1.statuses["+s.ID+"].fetch")
}

// signIn registers an app, lets the person allow it on the page, and exchanges
// the code for a token.
func (l *library) signIn(n *testkit.Node, name string) *app {
	l.t.Helper()
	a := &app{library: l, url: n.URL}
	var client struct{ ClientID, ClientSecret string }
	a.call(&client, "v1.apps.create", dict{"clientName": "Mon appli", "redirectUris": outOfBand, "scopes": scopes})
	code := allow(n, name, "/oauth/authorize?"+url.Values{
		"response_type": {"code"}, "client_id": {client.ClientID}, "redirect_uri": {outOfBand}, "scope": {scopes},
	}.Encode())
	var token struct{ AccessToken, TokenType, Scope string }
	a.call(&token, "oauth.token.create", dict{
		"grantType": "authorization_code", "code": code, "clientId": client.ClientID, "clientSecret": client.ClientSecret, "redirectUri": outOfBand,
	})
	if token.AccessToken == "" || token.TokenType != "Bearer" || token.Scope != scopes {
		l.t.Fatalf("the token: %+v", token)
	}
	a.token = token.AccessToken
	return a
}

// allow has somebody sign in and let an app have the code that is then on the page.
func allow(n *testkit.Node, name, address string) string {
	n.T.Helper()
	page := n.SignIn(name).Open(address)
	page.Submit("/oauth/authorize", map[string]string{"answer": "allow"})
	_, after, _ := strings.Cut(page.Body, "<code>")
	code, _, _ := strings.Cut(after, "</code>")
	if code == "" {
		n.T.Fatalf("no code on the page: %s", page.Text())
	}
	return code
}
