package timeline_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit/apitest"
)

// fill writes n posts of many authors into ana's home timeline: each names her
// and carries two hashtags, and every fifth is a boost of the one before.
func fill(h *apitest.House, n int) {
	h.T.Helper()
	ana := h.Person("ana", true)
	const authors = 50
	var people [authors]*account.Account
	for i := range people {
		people[i] = h.Remote(fmt.Sprint("auteur", i), fmt.Sprintf("s%d.example", i%10))
	}
	type mention struct{ PostID, AccountID int64 }
	type tag struct {
		PostID     int64
		Tag, Shown string
	}
	type entry struct{ AccountID, PostID, AuthorID int64 }
	var posts []post.Post
	var mentions []mention
	var tags []tag
	var entries []entry
	for i := range n {
		by := people[i%authors]
		id := h.Posts.IDs.New()
		p := post.Post{ID: id, URI: by.URI + "/p/" + ids.Key(), AccountID: by.ID, Kind: post.KindNote, Audience: post.Public, Listed: true,
			Content: "<p>Compte rendu de la réunion, avec ce qu’il faut de texte pour ressembler à un vrai message.</p>", ThreadID: id, CreatedAt: ids.Time(id).UnixMilli()}
		if i%5 == 4 {
			p.Kind, p.Content, p.BoostOfID = post.KindBoost, "", posts[i-1].ID
		} else {
			mentions = append(mentions, mention{id, ana.ID})
			tags = append(tags, tag{id, "reunion", "Réunion"}, tag{id, "logement", "logement"})
		}
		posts, entries = append(posts, p), append(entries, entry{ana.ID, id, by.ID})
	}
	h.Write(func(ctx context.Context, tx *db.Tx) error {
		if err := db.InsertMany(ctx, tx, "post", posts); err != nil {
			return err
		}
		if err := db.InsertMany(ctx, tx, "post_mention", mentions); err != nil {
			return err
		}
		if err := db.InsertMany(ctx, tx, "post_tag", tags); err != nil {
			return err
		}
		return db.InsertMany(ctx, tx, "home_entry", entries)
	})
}

// BenchmarkHome is one page of 40 posts of a home timeline of 5,000, over HTTP.
func BenchmarkHome(b *testing.B) {
	h := apitest.New(b)
	fill(h, 5000)
	c := h.Client("ana")
	const path = "/api/v1/timelines/home?limit=40"
	var list []masto.Status
	c.Get(path).OK(&list)
	if len(list) != 40 {
		b.Fatalf("%d posts", len(list))
	}
	b.ReportAllocs()
	for b.Loop() {
		c.Get(path).OK(nil)
	}
}

// BenchmarkHomeEntities is the making of the 40 entities, without reading them.
func BenchmarkHomeEntities(b *testing.B) {
	h := apitest.New(b)
	fill(h, 200)
	v := h.Viewer("ana")
	views, err := h.Timeline.Home(context.Background(), v, page.Range{Limit: 40})
	if err != nil || len(views) != 40 {
		b.Fatalf("%d views, %v", len(views), err)
	}
	b.ReportAllocs()
	for b.Loop() {
		h.Posts.Entities(v, views)
	}
}

// BenchmarkNotificationsPage is one page of 40 notifications over HTTP.
func BenchmarkNotificationsPage(b *testing.B) {
	h := apitest.New(b)
	fill(h, 200)
	h.Write(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into notification (id, account_id, kind, from_id, post_id, created_at)
			select row_number() over (order by id), $1, 'mention', account_id, id, created_at from post where boost_of_id = 0`, h.Person("ana", true).ID)
		return err
	})
	c := h.Client("ana")
	b.ReportAllocs()
	for b.Loop() {
		c.Get("/api/v1/notifications").OK(nil)
	}
}
