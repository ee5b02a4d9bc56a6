package poll_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/testkit"
)

// TestPollOfEarlierVersions: each version of a post tells what was asked then,
// here and at another server that received the edits; what was answered to it is
// gone.
//
// Spec: Mastodon entities/StatusEdit
func TestPollOfEarlierVersions(t *testing.T) {
	for name, e := range map[string]testkit.Engine{"sqlite": testkit.SQLite, "postgres": testkit.Postgres} {
		t.Run(name, func(t *testing.T) {
			n, far := testkit.NewOn(t, e), testkit.NewOn(t, e)
			n.Person("ana", true)
			n.Person("bea", true)
			far.Person("zoe", true)
			all := testkit.Cluster{n, far}
			all.Follow(far, "zoe", n, "ana")
			s := ask(n, "ana", nil)
			app(n, "bea").Post("/api/v1/polls/"+s.Poll.ID+"/votes", url.Values{"choices[]": {"0"}}).OK(nil)
			edit := func(form url.Values) {
				t.Helper()
				app(n, "ana").Send("PUT", "/api/v1/statuses/"+s.ID, form).OK(nil)
			}
			edit(url.Values{"status": {"Que faire, alors ?"}, "poll[options][]": {"Marcher", "Rester", "Chanter"}, "poll[expires_in]": {"3600"}})
			all.Settle()
			edit(url.Values{"status": {"Que faire, alors ?"}, "poll[options][]": {"Marcher", "Dormir"}, "poll[expires_in]": {"3600"}})
			all.Settle()
			want := "[[Marcher Rester Chanter] [Marcher Rester Chanter] [Marcher Dormir]]"
			told := func(at *testkit.Node, who, id string) {
				t.Helper()
				var versions []masto.StatusEdit
				app(at, who).Get("/api/v1/statuses/" + id + "/history").OK(&versions)
				got := make([][]string, len(versions))
				for i, v := range versions {
					if v.Poll == nil {
						continue
					}
					for _, o := range v.Poll.Options {
						got[i] = append(got[i], o.Title)
						if i < len(versions)-1 && o.VotesCount != nil || v.Poll.VotesCount != 0 {
							t.Errorf("version %d has numbers: %+v", i, v.Poll)
						}
					}
				}
				if fmt.Sprint(got) != want {
					t.Errorf("%s is told %v, want %s", who, got, want)
				}
			}
			told(n, "bea", s.ID)
			page := n.SignIn("bea").Open("/@ana/" + s.ID + "/history")
			if page.Status != 200 || strings.Count(page.Body, "<li><span>Rester</span></li>") != 2 || strings.Count(page.Body, "<li><span>Dormir</span></li>") != 1 {
				t.Errorf("the page of the history: %d %s", page.Status, page.Text())
			}
			var home []masto.Status
			app(far, "zoe").Get("/api/v1/timelines/home").OK(&home)
			if len(home) != 1 {
				t.Fatalf("zoe has %d posts", len(home))
			}
			told(far, "zoe", home[0].ID)
		})
	}
}
