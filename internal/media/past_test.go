package media_test

import (
	"fmt"
	"testing"

	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/testkit"
)

// TestMediaOfEarlierVersions: an edit that names its media again keeps
// them, one of descriptions alone changes these, one that names none takes them
// away, and the history shows what was then.
func TestMediaOfEarlierVersions(t *testing.T) {
	for name, e := range map[string]testkit.Engine{"sqlite": testkit.SQLite, "postgres": testkit.Postgres} {
		t.Run(name, func(t *testing.T) {
			n := testkit.NewOn(t, e)
			n.Person("ana", true)
			ana := n.Client("ana")
			one := upload(t, ana, photo(t, 40, 40, green), map[string]string{"description": "Un"}).ID
			two := upload(t, ana, photo(t, 41, 40, green), map[string]string{"description": "Deux"}).ID
			s := publish(t, ana, map[string]any{"status": "Affiches", "visibility": "public", "media_ids": []string{one, two}})
			edit := func(body map[string]any, want string) {
				t.Helper()
				var got masto.Status
				if ana.Do("PUT", "/api/v1/statuses/"+s.ID, body, &got); ana.Status != 200 || described(got.MediaAttachments) != want {
					t.Errorf("%v gives %d %s, want %s", body, ana.Status, described(got.MediaAttachments), want)
				}
			}
			edit(map[string]any{"status": "Nos affiches", "media_ids": []string{one, two}}, "[Un Deux]")
			edit(map[string]any{"media_attributes": []map[string]any{{"id": two, "description": "Deux, de près", "focus": "0.5,-0.5"}}}, "[Un Deux, de près]")
			edit(map[string]any{"status": "Nos affiches", "media_ids": []string{one, two}}, "[Un Deux, de près]")
			past := func(want ...string) {
				t.Helper()
				var all []masto.StatusEdit
				ana.Get("/api/v1/statuses/"+s.ID+"/history", &all)
				var got []string
				for _, v := range all {
					got = append(got, described(v.MediaAttachments))
				}
				if fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("the history has %v, want %v", got, want)
				}
			}
			past("[Un Deux]", "[Un Deux]", "[Un Deux, de près]", "[Un Deux, de près]")
			var now masto.Status
			ana.Get("/api/v1/statuses/"+s.ID, &now)
			if m := now.MediaAttachments[1].Meta; m == nil || m.Focus == nil || m.Focus.X != 0.5 || m.Focus.Y != -0.5 {
				t.Errorf("the focus: %+v", now.MediaAttachments[1].Meta)
			}
			// What is taken out is gone from everywhere.
			edit(map[string]any{"status": "Nos affiches", "media_ids": []string{two}}, "[Deux, de près]")
			past("[Deux]", "[Deux]", "[Deux, de près]", "[Deux, de près]", "[Deux, de près]")
			edit(map[string]any{"status": "Nos affiches"}, "[]")
			past("[]", "[]", "[]", "[]", "[]", "[]")
		})
	}
}

func described(all []masto.Media) string {
	out := []string{}
	for _, m := range all {
		out = append(out, *m.Description)
	}
	return fmt.Sprint(out)
}
