package event_test

import (
	"context"
	"regexp"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/civic"
	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

var ctx = context.Background()

var valueOf = regexp.MustCompile(`name="take" value="([^"]+)"`)

// service reaches the meetings of an instance through the same tables.
func service(n *testkit.Node) *event.Service {
	return event.New(civic.Trunk{Config: n.Config, DB: n.DB, IDs: n.Accounts.IDs, Log: testkit.Logs(), Accounts: n.Accounts, Notify: n.Notify, Follows: n.Follows,
		Posts: n.Posts, Groups: n.Groups, Timeline: n.Timeline, Instance: n.Instance, Mail: n.Mail, Visitors: n.Visitors, Movement: n.Movement, Organes: n.Organes, Media: n.Media, Files: n.Media.Files, Fetch: n.Engine})
}

// tomorrow is a day in a month, as forms write it.
func soon(days int) string { return time.Now().AddDate(0, 0, days).Format("2006-01-02") }

func draft(change func(*event.Draft)) event.Draft {
	d := event.Draft{Kind: event.KindMeeting, Title: "Réunion de section : le budget", Text: "La ville vote son budget.", Lang: "fr", Day: soon(20), From: "18:00", To: "20:30",
		Zone: "Europe/Paris", Place: "Maison des associations, salle 204", Address: "6, rue des Tilleuls", Postcode: "38000", City: "Grenoble", Audience: post.Section,
		Items: []event.Item{{At: "18 h", Title: "Accueil"}, {At: "19 h 55", Title: "Vote", Decision: true}}}
	if change != nil {
		change(&d)
	}
	return d
}

func make1(t *testing.T, n *testkit.Node, who string, change func(*event.Draft)) *post.Post {
	t.Helper()
	p, err := service(n).Create(ctx, n.Viewer(who), draft(change))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func say(n *testkit.Node, who string, p *post.Post, answer string, companions int64) (*event.Seat, error) {
	return service(n).Answer(ctx, n.Viewer(who), p.ID, event.Reply{Answer: answer, Companions: companions})
}

func engines() map[string]testkit.Engine {
	return map[string]testkit.Engine{"sqlite": testkit.SQLite, "postgres": testkit.Postgres}
}

// rowsWhere reads rows.
func rowsWhere[T any](t *testing.T, n *testkit.Node, sql string, args ...any) []T {
	t.Helper()
	rows, err := db.All[T](ctx, n.DB.Read(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
