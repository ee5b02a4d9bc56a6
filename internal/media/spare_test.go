package media_test

import (
	"testing"

	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/testkit"
)

// TestWrittenAnew: who deletes a post in an app to write it anew finds its pictures
// with their words; where others had them, they are gone at once.
//
// Spec: Mastodon statuses#delete; Spec: ME6
func TestWrittenAnew(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	n.Person("eve", true)
	c := n.Client("ana")
	picture := upload(t, c, drawing(t), map[string]string{"description": "Un carré"})
	s := publish(t, c, map[string]any{"status": "Brouilon", "visibility": "public", "media_ids": []string{picture.ID}})
	old := *s.MediaAttachments[0].URL
	var gone masto.Status
	if c.Do("DELETE", "/api/v1/statuses/"+s.ID, nil, &gone); c.Status != 200 || len(gone.MediaAttachments) != 1 || gone.Text == nil || *gone.Text != "Brouilon" {
		t.Fatalf("%d %+v", c.Status, gone.MediaAttachments)
	}
	kept := gone.MediaAttachments[0]
	if kept.ID != picture.ID || kept.Description == nil || *kept.Description != "Un carré" || status(t, *kept.URL) != 200 {
		t.Errorf("what is left to write with: %+v", kept)
	}
	if got := status(t, old); got != 410 {
		t.Errorf("where others had it: %d", got)
	}
	if got := status(t, without(*kept.URL)); got == 200 {
		t.Error("a loose picture is open to all")
	}
	if e := n.Client("eve"); e.Post("/api/v1/statuses", map[string]any{"media_ids": []string{kept.ID}}, nil).Status != 422 {
		t.Errorf("somebody else's: %d", e.Status)
	}
	anew := publish(t, c, map[string]any{"status": "Brouillon", "visibility": "public", "media_ids": []string{kept.ID}})
	if m := anew.MediaAttachments; len(m) != 1 || m[0].Description == nil || *m[0].Description != "Un carré" || status(t, *m[0].URL) != 200 {
		t.Errorf("written anew: %+v", m)
	}
	if c.Do("DELETE", "/api/v1/statuses/"+anew.ID+"?delete_media=true", nil, nil); c.Status != 200 {
		t.Fatal(c.Status)
	}
	if c.Post("/api/v1/statuses", map[string]any{"media_ids": []string{kept.ID}}, nil); c.Status != 422 {
		t.Errorf("what was deleted for good: %d", c.Status)
	}
	if err := n.Idle(ctx); err != nil {
		t.Fatal(err)
	}
	if left := countFiles(t, n); left != 0 {
		t.Errorf("%d files are left", left)
	}
}
