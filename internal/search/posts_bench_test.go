package search_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/search"
	"github.com/maillage/maillage/internal/testkit/apitest"
)

// benchPosts is how many posts the benchmarks search.
const benchPosts = 10000

// library fills a house with posts whose words are as unequally common as in a
// language: word n stands in every nth post or so.
func library(b *testing.B) *apitest.House {
	b.Helper()
	h := apitest.New(b)
	by := h.Person("bea", true)
	h.Person("ana", true)
	for from := 0; from < benchPosts; from += 5000 {
		posts := make([]post.Post, 5000)
		for i := range posts {
			var t strings.Builder
			for n := 1; n < 400; n++ {
				if (from+i)*7919%n == 0 {
					fmt.Fprintf(&t, "mot%d ", n)
				}
			}
			id := h.Posts.IDs.New()
			posts[i] = post.Post{ID: id, URI: by.URI + "/p/" + ids.Key(), AccountID: by.ID, Local: true, Kind: post.KindNote, Audience: post.Section, Listed: true,
				Content: "<p>" + t.String() + "</p>", ThreadID: id, CreatedAt: ids.Time(id).UnixMilli()}
		}
		h.Write(func(ctx context.Context, tx *db.Tx) error {
			if err := db.InsertMany(ctx, tx, "post", posts); err != nil {
				return err
			}
			for i := range posts {
				if err := h.Search.Index(ctx, tx, &posts[i]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return h
}

// BenchmarkStatuses searches for words from common to rare.
func BenchmarkStatuses(b *testing.B) {
	h := library(b)
	v := h.Viewer("ana")
	for _, q := range []string{"mot1", "mot2 mot3", "mot397", "mot211 mot397", `"mot1 mot2"`, "rien"} {
		b.Run(strings.ReplaceAll(q, " ", "+"), func(b *testing.B) {
			for b.Loop() {
				if _, err := h.Search.Statuses(b.Context(), v, q, search.Among{Limit: 20}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkIndex puts one post into the index, without the commit: what searching costs each post.
func BenchmarkIndex(b *testing.B) {
	h := apitest.New(b)
	p := h.Publish("ana", post.Draft{Text: strings.Repeat("Compte rendu de la réunion du quartier, avec ce qu’il faut de texte. ", 4)})
	h.Write(func(ctx context.Context, tx *db.Tx) error {
		fresh := *p
		for b.Loop() {
			fresh.ID = h.Posts.IDs.New()
			if err := h.Search.Index(ctx, tx, &fresh); err != nil {
				return err
			}
		}
		return nil
	})
}
