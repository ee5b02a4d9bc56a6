package schedule_test

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/testkit"
	"github.com/maillage/maillage/internal/testkit/apitest"
)

var ctx = context.Background()

const path = "/api/v1/scheduled_statuses"

func app(n *testkit.Node, who string) *apitest.Client {
	return &apitest.Client{T: n.T, Base: n.URL, Token: n.Token(who)}
}

func in(d time.Duration) string { return time.Now().Add(d).UTC().Format(time.RFC3339) }

func plan(n *testkit.Node, who string, form url.Values) masto.ScheduledStatus {
	n.T.Helper()
	all := url.Values{"status": {"Rendez-vous demain"}, "visibility": {"public"}, "scheduled_at": {in(time.Hour)}}
	for k, v := range form {
		all[k] = v
	}
	var w masto.ScheduledStatus
	app(n, who).Post("/api/v1/statuses", all).OK(&w)
	return w
}

func write(n *testkit.Node, query string, args ...any) {
	n.T.Helper()
	err := n.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, query, args...)
		return err
	})
	if err != nil {
		n.T.Fatal(err)
	}
}

// due lets the moment of everything that waits come.
func due(n *testkit.Node) {
	n.T.Helper()
	write(n, `update job set run_at = 0 where kind = 'schedule.publish'`)
	n.Jobs.Wake()
	testkit.Cluster{n}.Settle()
}

func posts(n *testkit.Node) int {
	n.T.Helper()
	c, err := db.Get[int](ctx, n.DB.Read(), `select count(*) from post where deleted_at = 0`)
	if err != nil {
		n.T.Fatal(err)
	}
	return c
}

func TestSchedule(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	n.Person("bea", true)
	ana := app(n, "ana")
	for name, form := range map[string]url.Values{
		"soon":    {"scheduled_at": {in(time.Minute)}},
		"past":    {"scheduled_at": {in(-time.Hour)}},
		"no date": {"scheduled_at": {"demain"}},
		"too far": {"scheduled_at": {"9999-12-31T23:59:59-12:00"}},
		"empty":   {"status": {" "}},
		"parent":  {"in_reply_to_id": {"12"}},
		"poll":    {"poll[options][]": {"a"}, "poll[expires_in]": {"3600"}},
	} {
		all := url.Values{"status": {"x"}, "visibility": {"public"}, "scheduled_at": {in(time.Hour)}}
		for k, v := range form {
			all[k] = v
		}
		if a := ana.Post("/api/v1/statuses", all); a.Status != 422 && a.Status != 404 {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
	w := plan(n, "ana", url.Values{"poll[options][]": {"Oui", "Non"}, "poll[expires_in]": {"3600"}, "spoiler_text": {"Attention"}})
	if w.Params.Text != "Rendez-vous demain" || w.Params.Visibility != "public" || w.Params.Poll == nil || *w.Params.SpoilerText != "Attention" {
		t.Errorf("%+v", w)
	}
	if posts(n) != 0 {
		t.Error("published at once")
	}
	var list []masto.ScheduledStatus
	ana.Get(path).OK(&list)
	if len(list) != 1 || list[0].ID != w.ID {
		t.Errorf("%+v", list)
	}
	bea := app(n, "bea")
	bea.Get(path + "/" + w.ID).Fails(404)
	bea.Send("PUT", path+"/"+w.ID, url.Values{"scheduled_at": {in(2 * time.Hour)}}).Fails(404)
	bea.Send("DELETE", path+"/"+w.ID, nil).Fails(404)
	(&apitest.Client{T: t, Base: n.URL}).Get(path).Fails(401)
	ana.Send("PUT", path+"/"+w.ID, url.Values{"scheduled_at": {in(time.Minute)}}).Fails(422)
	var moved masto.ScheduledStatus
	ana.Send("PUT", path+"/"+w.ID, url.Values{"scheduled_at": {in(3 * time.Hour)}}).OK(&moved)
	if time.Until(time.Time(moved.ScheduledAt)) < 2*time.Hour {
		t.Errorf("not moved: %v", moved.ScheduledAt)
	}
	due(n)
	due(n)
	if posts(n) != 1 {
		t.Fatalf("%d posts", posts(n))
	}
	ana.Get(path).OK(&list)
	if len(list) != 0 {
		t.Errorf("still waits: %+v", list)
	}
	var shown []masto.Status
	ana.Get("/api/v1/accounts/" + ids.String(n.Person("ana", true).ID) + "/statuses").OK(&shown)
	if len(shown) != 1 || shown[0].Poll == nil || shown[0].SpoilerText != "Attention" {
		t.Errorf("%+v", shown)
	}
	again := plan(n, "ana", nil)
	ana.Send("DELETE", path+"/"+again.ID, nil).OK(nil)
	ana.Send("DELETE", path+"/"+again.ID, nil).Fails(404)
	due(n)
	if posts(n) != 1 {
		t.Error("what was cancelled appeared")
	}
}

// TestMovedLaterIsNotPublishedBefore: the moment that was said first comes and goes.
func TestMovedLaterIsNotPublishedBefore(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	ana := app(n, "ana")
	w := plan(n, "ana", nil)
	for _, d := range []time.Duration{3 * time.Hour, time.Hour, 3 * time.Hour, 3 * time.Hour} { // there and back
		ana.Send("PUT", path+"/"+w.ID, url.Values{"scheduled_at": {in(d)}}).OK(nil)
	}
	write(n, `update job set run_at = 0 where kind = 'schedule.publish' and run_at < $1`, time.Now().Add(2*time.Hour).UnixMilli())
	n.Jobs.Wake()
	testkit.Cluster{n}.Settle()
	if posts(n) != 0 {
		t.Error("published at the first moment")
	}
	var still masto.ScheduledStatus
	ana.Get(path + "/" + w.ID).OK(&still)
	due(n)
	if posts(n) != 1 {
		t.Errorf("%d posts after its moment", posts(n))
	}
}

// TestDraftsOfApps: Moshidon keeps drafts here as posts of the year 5000, and deletes
// what it publishes or edits, to send it again with its pictures.
func TestDraftsOfApps(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	ana := app(n, "ana")
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	var m masto.Media
	n.Client("ana").Upload("POST", "/api/v2/media", "file", picture.Bytes(), nil, &m)
	began := func() (at int64) {
		t.Helper()
		at, err := db.Get[int64](ctx, n.DB.Read(), `select created_at from media where post_id = 0`)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	far := url.Values{"scheduled_at": {"5026-03-01T10:11:12.345Z"}, "media_ids[]": {m.ID}}
	w, twin := plan(n, "ana", far), plan(n, "ana", far)
	if !strings.HasPrefix(time.Time(w.ScheduledAt).UTC().Format(time.RFC3339), "5026-03-01T10:11:12") || len(w.MediaAttachments) != 1 {
		t.Errorf("the draft: %+v", w)
	}
	ana.Send("DELETE", path+"/"+w.ID, nil).OK(nil)
	if began() < time.Now().AddDate(1000, 0, 0).UnixMilli() {
		t.Error("the picture of another draft is let go")
	}
	ana.Send("DELETE", path+"/"+twin.ID, nil).OK(nil)
	if ago := time.Since(time.UnixMilli(began())); ago < 0 || ago > time.Minute {
		t.Errorf("the picture of no draft waits: %v", ago)
	}
	testkit.Cluster{n}.Settle()
	if left, err := db.Get[int](ctx, n.DB.Read(), `select count(*) from job where kind = 'schedule.publish'`); err != nil || left != 0 {
		t.Errorf("%d jobs are left, %v", left, err)
	}
	var again masto.Status
	if ana.Post("/api/v1/statuses", url.Values{"status": {"x"}, "visibility": {"public"}, "media_ids[]": {m.ID}}).OK(&again); len(again.MediaAttachments) != 1 {
		t.Errorf("sent again: %+v", again)
	}
}

func TestRepeatedRequestPlansOnce(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	form := url.Values{"status": {"x"}, "visibility": {"public"}, "scheduled_at": {in(time.Hour)}}
	var a, b masto.ScheduledStatus
	app(n, "ana").Send("POST", "/api/v1/statuses", form, "Idempotency-Key", "k").OK(&a)
	app(n, "ana").Send("POST", "/api/v1/statuses", form, "Idempotency-Key", "k").OK(&b)
	if a.ID != b.ID {
		t.Errorf("%s and %s", a.ID, b.ID)
	}
}

// TestKilledAfterPublishing comes back to a job whose post is stored already.
func TestKilledAfterPublishing(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	w := plan(n, "ana", nil)
	id, _ := ids.Parse(w.ID)
	row, err := n.Schedule.Get(ctx, n.Person("ana", true).ID, id)
	if err != nil {
		t.Fatal(err)
	}
	due(n)
	err = n.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return db.Insert(ctx, tx, "scheduled_post", row) })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.Schedule.Move(ctx, row.AccountID, row.ID, in(time.Hour)); err != nil {
		t.Fatal(err)
	}
	due(n)
	if posts(n) != 1 {
		t.Errorf("%d posts", posts(n))
	}
}

// TestRightsAreThoseOfTheMoment withdraws the consent to public posts meanwhile.
func TestRightsAreThoseOfTheMoment(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	plan(n, "ana", nil)
	err := n.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update account set public = $1 where id = $2`, false, n.Person("ana", true).ID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	due(n)
	if posts(n) != 0 {
		t.Error("published without consent")
	}
	b := n.SignIn("ana").Open("/programmes")
	if !b.Has("Il n'est pas paru") && !b.Has("Il n’est pas paru") || !b.Has("Rendez-vous demain") {
		t.Errorf("the page does not say so: %s", b.Text())
	}
	b.Submit("/programmes/", nil)
	b.Open("/programmes")
	if b.Has("Rendez-vous demain") {
		t.Error("not cancelled")
	}
}

func TestConformance(t *testing.T) {
	contract := apitest.LoadContract(t)
	n := testkit.New(t)
	n.Person("ana", true)
	w := plan(n, "ana", url.Values{"spoiler_text": {"a"}, "language": {"fr"}})
	ana := app(n, "ana")
	contract.Conforms(ana.Get(path), "get /api/v1/scheduled_statuses")
	contract.Conforms(ana.Get(path+"/"+w.ID), "get /api/v1/scheduled_statuses/{id}")
	contract.Conforms(ana.Send("PUT", path+"/"+w.ID, url.Values{"scheduled_at": {in(2 * time.Hour)}}), "put /api/v1/scheduled_statuses/{id}")
	contract.Conforms(ana.Send("DELETE", path+"/"+w.ID, nil), "delete /api/v1/scheduled_statuses/{id}")
	contract.Conforms(ana.Get(path), "get /api/v1/scheduled_statuses")
}
