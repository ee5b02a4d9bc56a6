package blob_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/blob"
)

// objects is an object store with one bucket.
func objects(t *testing.T) (host string, store *s3mem.Backend) {
	t.Helper()
	store = s3mem.New()
	if err := store.CreateBucket("section"); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(gofakes3.New(store, gofakes3.WithLogger(gofakes3.DiscardLog())).Server())
	t.Cleanup(srv.Close)
	return strings.TrimPrefix(srv.URL, "http://"), store
}

func bucket(t *testing.T, address string) *blob.Bucket {
	t.Helper()
	b, err := blob.NewBucket(address)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestBucketKeepsFiles does with a store of objects what is done with a folder.
func TestBucketKeepsFiles(t *testing.T) {
	host, _ := objects(t)
	for _, path := range []string{"/section", "/section/grenoble/media"} {
		s := bucket(t, "s3+http://clef:secret@"+host+path+"?region=us-east-1")
		name, large := blob.NewName(), bytes.Repeat([]byte("0123456789abcdef"), 1<<20)
		if n, err := s.Put(ctx, name, bytes.NewReader(large)); err != nil || n != 16<<20 {
			t.Fatal(n, err)
		}
		f, err := s.Open(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		// As films are served: in parts.
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Range", "bytes=10000001-10000016")
		http.ServeContent(w, r, "", time.Time{}, f)
		if w.Code != http.StatusPartialContent || w.Body.String() != "123456789abcdef0" {
			t.Errorf("a part is %d %q", w.Code, w.Body)
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			t.Error(err)
		}
		if b, err := io.ReadAll(f); err != nil || !bytes.Equal(b, large) || f.Close() != nil {
			t.Errorf("read %d bytes, %v", len(b), err)
		}
		others := []string{name}
		for i := range 4 {
			n := blob.NewName()
			if _, err := s.Put(ctx, n, strings.NewReader(fmt.Sprint(i))); err != nil {
				t.Fatal(err)
			}
			others = append(others, n)
		}
		list := func() (all []string) {
			if err := s.Names(ctx, func(n string) bool { all = append(all, n); return true }); err != nil {
				t.Error(err)
			}
			slices.Sort(all)
			return all
		}
		slices.Sort(others)
		if got := list(); !slices.Equal(got, others) {
			t.Errorf("%s: files %v, not %v", path, got, others)
		}
		seen := 0
		if err := s.Names(ctx, func(string) bool { seen++; return seen < 2 }); err != nil || seen != 2 {
			t.Errorf("%d names after no, %v", seen, err)
		}
		if _, err := s.Put(ctx, blob.NewName(), io.MultiReader(strings.NewReader("half"), broken{})); err == nil {
			t.Error("a file was kept that could not be read to its end")
		}
		if err := s.Delete(ctx, append(others, blob.NewName(), "../x")...); err != nil {
			t.Error(err)
		}
		if got := list(); len(got) != 0 {
			t.Errorf("left: %v", got)
		}
		for _, gone := range []string{name, "", "../config.yaml", "%2e%2e/x"} {
			if _, err := s.Open(ctx, gone); !apperr.Is(err, apperr.KindNotFound) {
				t.Errorf("%q opens: %v", gone, err)
			}
		}
		if _, err := s.Put(ctx, "../x", strings.NewReader("x")); err == nil {
			t.Error("a name that is none is written")
		}
	}
}

// TestBucketFailsInWords: what is wrong with an address or a store is said, the
// secret never.
func TestBucketFailsInWords(t *testing.T) {
	host, _ := objects(t)
	for _, address := range []string{"", "media", "https://clef:secret@h/b", "s3://h/b", "s3://clef@h/b", "s3://clef:secret@h", "s3://clef:secret@h/", "s3://clef:secret@/b", "s3://clef:se cret@h/b"} {
		if _, err := blob.NewBucket(address); err == nil || strings.Contains(err.Error(), "se cret") {
			t.Errorf("%q: %v", address, err)
		}
	}
	for _, address := range []string{"s3+http://clef:secret@" + host + "/nobody?region=us-east-1", "s3+http://clef:secret@127.0.0.1:9/section?region=us-east-1"} {
		s := bucket(t, address)
		_, err := s.Put(ctx, blob.NewName(), strings.NewReader("x"))
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", address, err)
		}
	}
}
