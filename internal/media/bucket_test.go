package media_test

import (
	"image/color"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/maillage/maillage/internal/config"
	"github.com/maillage/maillage/internal/testkit"
)

// TestFilesInABucket: an instance whose files are in an object store takes a
// picture, shows it, and has it deleted with its post.
func TestFilesInABucket(t *testing.T) {
	store := s3mem.New()
	if err := store.CreateBucket("section"); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(gofakes3.New(store, gofakes3.WithLogger(gofakes3.DiscardLog())).Server())
	t.Cleanup(srv.Close)
	n := testkit.NewWith(t, testkit.SQLite, func(c *config.Config) {
		c.Storage = "s3+http://clef:secret@" + strings.TrimPrefix(srv.URL, "http://") + "/section/media?region=us-east-1"
	})
	n.Person("ana", true)
	kept := func() int {
		t.Helper()
		l, err := store.ListBucket("section", &gofakes3.Prefix{}, gofakes3.ListBucketPage{})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range l.Contents {
			if !strings.HasPrefix(o.Key, "media/") {
				t.Errorf("%s is kept", o.Key)
			}
		}
		return len(l.Contents)
	}
	c := n.Client("ana")
	m := upload(t, c, photo(t, 800, 600, color.White), nil)
	if got := kept(); got != 2 {
		t.Errorf("%d files are kept of a picture and its small one", got)
	}
	s := publish(t, c, map[string]any{"status": "Photo", "visibility": "public", "media_ids": []string{m.ID}})
	if len(s.MediaAttachments) != 1 {
		t.Fatalf("%+v", s)
	}
	address := *s.MediaAttachments[0].URL
	if res, b := get(t, address); res.StatusCode != 200 || res.Header.Get("Content-Type") != "image/jpeg" || len(b) < 1000 {
		t.Errorf("%s: %d, %d bytes", address, res.StatusCode, len(b))
	}
	c.Do("DELETE", "/api/v1/statuses/"+s.ID+"?delete_media=true", nil, nil)
	testkit.Cluster{n}.Settle()
	if res, _ := get(t, address); res.StatusCode != 410 || kept() != 0 {
		t.Errorf("deleted: %d, and %d files are kept", res.StatusCode, kept())
	}
}
