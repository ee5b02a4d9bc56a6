package group_test

import (
	"bytes"
	"net/url"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/testkit"
)

// TestPicturesOfAClosedGroupItself: the avatar and the header of a closed group have an address for each
// reader, here and on the servers of members, which is closed the moment that they may know of the group no
// more, whoever has it; the one in its document opens to servers that may know of it alone.
//
// Spec: ME6; Spec: P1
func TestPicturesOfAClosedGroupItself(t *testing.T) {
	x := newCircle(t, group.Rules{})
	hana := stranger(t)
	for _, header := range []bool{false, true} {
		if err := x.home.Media.Portray(ctx, x.g.AccountID, header, bytes.NewReader(drawing(t))); err != nil {
			t.Fatal(err)
		}
	}
	refresh := func() {
		t.Helper()
		sql(t, x.b, `update account set fetched_at = 1 where id = $1`, x.atB.ID)
		if _, err := x.b.Engine.Account(ctx, "cellule", x.home.Host); err != nil {
			t.Fatal(err)
		}
		x.Settle()
	}
	refresh()
	there, err := account.ByID(ctx, x.b.DB.Read(), x.atB.ID)
	if err != nil || there.Avatar == "" || there.Header == "" {
		t.Fatalf("its document has no pictures: %+v %v", there, err)
	}
	given := func(n *testkit.Node, who string, id int64) []string {
		t.Helper()
		var e masto.Account
		if c := n.Client(who).Get("/api/v1/accounts/"+ids.String(id), &e); c.Status != 200 {
			t.Fatalf("%s: %d", who, c.Status)
		}
		return []string{e.Avatar, e.Header}
	}
	shown := func(what string, want int, addresses []string) {
		t.Helper()
		for _, a := range addresses {
			if got := plain(t, a).code; got != want {
				t.Errorf("%s: %s is answered %d", what, a, got)
			}
		}
	}
	ana, bea, boris := given(x.home, "ana", x.g.AccountID), given(x.b, "bea", x.atB.ID), given(x.b, "boris", x.atB.ID)
	for _, list := range [][]string{ana, bea, boris} {
		shown("who may know of it", 200, list)
		for _, a := range list {
			if !strings.Contains(a, "r=") {
				t.Errorf("an address for nobody in particular: %s", a)
			}
		}
	}
	u, err := url.Parse(bea[0])
	if err != nil {
		t.Fatal(err)
	}
	other, err := url.Parse(boris[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"r", "g"} {
		q := u.Query()
		if q.Del(name); name == "r" {
			q.Set("r", other.Query().Get("r"))
		}
		if got := plain(t, u.Scheme+"://"+u.Host+u.Path+"?"+q.Encode()).code; got != 403 {
			t.Errorf("with another %s: %d", name, got)
		}
	}
	for _, a := range []string{there.Avatar, there.Header} {
		refused(t, hana, a)
		if got := byName(t, x.b, a); got != 200 {
			t.Errorf("a server with members gets %d", got)
		}
	}
	faces := func(want map[string]int) {
		t.Helper()
		for who, status := range want {
			if b := x.b.SignIn(who).Open(there.Face()); b.Status != status {
				t.Errorf("%s is answered %d on a page", who, b.Status)
			}
		}
	}
	faces(map[string]int{"bea": 200, "boris": 200})

	sql(t, x.home, `update group_info set secret = true where account_id = $1`, x.g.AccountID)
	sql(t, x.home, `update account set hidden = true where id = $1`, x.g.AccountID)
	sql(t, x.b, `update account set hidden = true where id = $1`, x.atB.ID)
	shown("a member", 200, append(ana, bea...))
	shown("who may know of it no more", 404, boris)
	faces(map[string]int{"bea": 200, "boris": 404})
	if err := x.home.Groups.Ban(ctx, x.home.Viewer("ana"), x.g.AccountID, found(x.home, "bea", x.b.Host).ID, ""); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	shown("who was put out", 404, bea)
	shown("who is in it", 200, ana)
	faces(map[string]int{"bea": 404})
	for _, a := range []string{there.Avatar, there.Header} {
		refused(t, hana, a)
		if got := byName(t, x.b, a); got != 404 {
			t.Errorf("a server without members gets %d", got)
		}
	}
}
