package group_test

import (
	"testing"

	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/testkit"
)

// TestGroupInfo: an app that asks for a group learns what it means to its owner,
// and only of groups that they may know of.
func TestGroupInfo(t *testing.T) {
	c := testkit.NewCluster(t, 2)
	n, away := c[0], c[1]
	for _, who := range []string{"ana", "bob", "eve"} {
		n.Person(who, true)
	}
	away.Person("zoe", true)
	g := create(t, n, "ana", "marche", group.Rules{Access: group.Open, Joining: group.Request, Posting: group.Moderated})
	secret := create(t, n, "ana", "ombre", group.Rules{Access: group.Section, Secret: true})
	info := func(n *testkit.Node, who, path string) *masto.GroupInfo {
		t.Helper()
		var a masto.Account
		n.Client(who).Get(path, &a)
		if a.ID == "" || !a.Group && a.GroupInfo != nil {
			t.Fatalf("%s: %+v", path, a)
		}
		return a.GroupInfo
	}
	path := "/api/v1/accounts/" + ids.String(g.AccountID)
	want := masto.GroupInfo{Role: "admin", JoinPolicy: "request", PostingPolicy: "moderated", MembersCount: 1}
	if i := info(n, "ana", path); i == nil || *i != want {
		t.Fatalf("%+v", i)
	}
	want.Role = "none"
	if i := info(n, "bob", "/api/v1/accounts/lookup?acct=marche"); i == nil || *i != want {
		t.Errorf("%+v", i)
	}
	n.Client("bob").Post(path+"/follow", nil, nil)
	if i := info(n, "bob", path); i == nil || *i != want {
		t.Errorf("who asked to join: %+v", i)
	}
	other := create(t, n, "ana", "soupe", group.Rules{Access: group.Open})
	n.Client("bob").Post("/api/v1/accounts/"+ids.String(other.AccountID)+"/follow", nil, nil)
	if i := info(n, "bob", "/api/v1/accounts/"+ids.String(other.AccountID)); i == nil || *i != (masto.GroupInfo{Role: "member", JoinPolicy: "free", PostingPolicy: "members", MembersCount: 2}) {
		t.Errorf("who joined: %+v", i)
	}
	if i := info(n, "ana", "/api/v1/accounts/"+ids.String(n.Person("bob", true).ID)); i != nil {
		t.Errorf("a person: %+v", i)
	}
	if st := n.Client("eve").Get("/api/v1/accounts/"+ids.String(secret.AccountID), nil).Status; st != 404 {
		t.Errorf("a secret group: %d", st)
	}
	var found masto.Search
	away.Client("zoe").Get("/api/v2/search?resolve=true&q=@marche@"+n.Host, &found)
	if len(found.Accounts) != 1 {
		t.Fatalf("%+v", found)
	}
	if i := info(away, "zoe", "/api/v1/accounts/"+found.Accounts[0].ID); i == nil || i.Role != "none" || i.JoinPolicy != "request" || i.MembersCount != 0 {
		t.Errorf("on another server: %+v", i)
	}
}
