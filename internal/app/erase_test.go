package app_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/maillage/maillage/internal/app"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/testkit"
)

// TestDeletedAccountLeavesNoWord reads the files of an instance, byte by byte,
// after somebody has deleted their account.
//
// Spec: P9
func TestDeletedAccountLeavesNoWord(t *testing.T) {
	n := testkit.New(t)
	if _, err := n.CreatePerson(context.Background(), app.Person{Name: "zoe", Display: "PLANTname", Note: "PLANTnote",
		Email: "plantmail@section.example", Password: testkit.Password, Public: true}); err != nil {
		t.Fatal(err)
	}
	n.Person("ana", true)
	token, err := n.NewToken(context.Background(), "zoe", "read write follow")
	if err != nil {
		t.Fatal(err)
	}
	zoe := &testkit.Client{T: t, Base: n.URL, Token: token}
	var s masto.Status
	for _, d := range []map[string]any{
		{"status": "PLANTpublic #PLANTtag", "spoiler_text": "PLANTwarning", "visibility": "public"}, {"status": "PLANTsection", "audience": "section"},
		{"status": "PLANTdirect @ana", "visibility": "direct"},
	} {
		zoe.Post("/api/v1/statuses", d, &s)
		zoe.Do("PUT", "/api/v1/statuses/"+s.ID, map[string]any{"status": "PLANTedited @ana"}, nil)
	}
	planted := [][]byte{[]byte("PLANT"), []byte("plant")}
	if left(t, n, planted...) == 0 {
		t.Fatal("nothing was planted")
	}
	if err := n.DeletePerson(context.Background(), "zoe"); err != nil {
		t.Fatal(err)
	}
	if err := n.Idle(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := n.DB.Forget(context.Background()); err != nil { // had anybody been reading, this would be the next time
		t.Fatal(err)
	}
	if got := left(t, n, planted...); got != 0 {
		t.Errorf("%d traces are left", got)
	}
}

// left counts words in the files of an instance, and in what PostgreSQL, which keeps its files itself, gives back.
func left(t *testing.T, n *testkit.Node, words ...[]byte) (found int) {
	t.Helper()
	dir := n.Config.Dir
	if n.DB.Dialect() == db.Postgres {
		for _, col := range columnsOf(t, n) {
			for _, w := range words {
				count, err := db.Get[int](context.Background(), n.DB.Read(), `select count(*) from "`+col.Table+`" where `+col.Text+` like $1`, "%"+string(w)+"%")
				if err != nil {
					t.Fatal(err)
				}
				found += count
			}
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range words {
			found += bytes.Count(b, w)
		}
	}
	return found
}
