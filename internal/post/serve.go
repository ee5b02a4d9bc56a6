package post

import (
	"context"
	"encoding/json"
	"net/url"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/ids"
)

// Bounds of the collections served.
const (
	outboxPage  = 20
	repliesPage = 100
)

// Objects are the documents of our posts. Each is served to who may read the
// post; a post for the section is served to nobody.
//
// Spec: AP 3.2, AP 5.1
func (s *Service) Objects() []route.Object {
	return []route.Object{
		{Pattern: "/objects/{key}", Serve: s.serveNote, Seen: s.seenNote},
		{Pattern: "/objects/{key}/activity", Serve: s.serveCreate, Seen: s.seenNote},
		{Pattern: "/objects/{key}/replies", Serve: s.serveReplies},
		{Pattern: "/objects/{key}/context", Serve: s.serveContext},
		{Pattern: "/objects/{key}/likes", Serve: s.serveLikes},
		{Pattern: "/objects/{key}/shares", Serve: s.serveShares},
		{Pattern: "/activities/{key}", Serve: s.serveBoost},
		{Pattern: "/users/{key}/outbox", Serve: s.serveOutbox},
		{Pattern: "/@{name}/{id}", Serve: s.serveAtPage},
	}
}

func askedBy(a *route.Actor) Reader {
	if a == nil {
		return Reader{}
	}
	return Reader{AccountID: a.ID, Host: a.Host}
}

// served finds a post of ours by its URI, if who asks may read it: NotFound
// otherwise, and Gone for a public one that was deleted. The author must still
// agree to be known outside.
func (s *Service) served(ctx context.Context, q db.Q, r route.ObjectRequest, uri string) (*Post, error) {
	cond, args := Visible(askedBy(r.Signer), "p", []any{uri})
	p, err := one(ctx, q, `p.uri = $1 and p.local and p.audience <> 'section' and p.deleted_at = 0
		and exists (select 1 from account a where a.id = p.account_id and (a.reachable or p.audience in ('movement', 'group')) and a.suspended_at = 0) and `+cond, args...)
	if !apperr.Is(err, apperr.KindNotFound) {
		return p, err
	}
	old, rerr := RawByURI(ctx, q, uri)
	if rerr == nil && old.Local && old.DeletedAt != 0 && old.Audience == Public {
		return old, apperr.Gone("post.gone")
	}
	return nil, err
}

// tombstone is what is left of a post, with the error that goes with it.
//
// Spec: FEP-4f05
func tombstone(p *Post, gone error) ([]byte, error) {
	former := "Note"
	if p.BoostOfID != 0 {
		former = "Announce"
	}
	body, err := as.Tombstone{ID: p.URI, FormerType: former, Deleted: time.UnixMilli(p.DeletedAt)}.Build()
	if err != nil {
		return nil, err
	}
	return body, gone
}

func (s *Service) noteURI(r route.ObjectRequest) string {
	return s.Accounts.Base + "/objects/" + r.Vars["key"]
}

func (s *Service) serveNote(ctx context.Context, r route.ObjectRequest) ([]byte, error) {
	q := s.DB.Read()
	p, err := s.vouched(ctx, r, s.noteURI(r))
	if apperr.Is(err, apperr.KindGone) {
		return tombstone(p, err)
	} else if err != nil {
		return nil, err
	}
	return s.servedDocument(ctx, q, p)
}

// document gives the bytes of a post's document, of which the reader was checked.
func document(ctx context.Context, q db.Q, postID int64) ([]byte, error) {
	return db.Get[[]byte](ctx, q, `select body from post_document where post_id = $1`, postID)
}

// Document is what a post is to other servers, as we made it or as it came; nil when there is none.
func (s *Service) Document(ctx context.Context, q db.Q, postID int64) (*as.Doc, error) {
	body, err := document(ctx, q, postID)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	return as.Parse(body)
}

// serveCreate answers with the Create that brought a post, as it stands now.
func (s *Service) serveCreate(ctx context.Context, r route.ObjectRequest) ([]byte, error) {
	q := s.DB.Read()
	p, err := s.served(ctx, q, r, s.noteURI(r))
	if err != nil {
		return nil, err
	}
	if s.Withheld != nil {
		if no, err := s.Withheld(ctx, q, p, r.Signer); err != nil {
			return nil, err
		} else if no {
			return nil, apperr.NotFound("post.not_found")
		}
	}
	a, err := createOf(ctx, q, p)
	if err != nil {
		return nil, err
	}
	return s.builtProven(ctx, q, p, a)
}

func createOf(ctx context.Context, q db.Q, p *Post) (as.Activity, error) {
	note, err := document(ctx, q, p.ID)
	if err != nil {
		return as.Activity{}, err
	}
	d, err := as.Parse(note)
	if err != nil {
		return as.Activity{}, err
	}
	return as.Activity{Type: "Create", ID: p.URI + "/activity", Actor: d.AttributedTo(), Object: json.RawMessage(note),
		To: d.To(), Cc: d.Cc(), Published: p.Created()}, nil
}

func (s *Service) serveBoost(ctx context.Context, r route.ObjectRequest) ([]byte, error) {
	q := s.DB.Read()
	p, err := s.served(ctx, q, r, s.Accounts.Base+"/activities/"+r.Vars["key"])
	if apperr.Is(err, apperr.KindGone) {
		return tombstone(p, err)
	} else if err != nil {
		return nil, err
	}
	author, err := account.ByID(ctx, q, p.AccountID)
	if err != nil {
		return nil, err
	}
	a, err := s.announce(ctx, q, author, p)
	if err != nil {
		return nil, err
	}
	return s.builtProven(ctx, q, p, a)
}

// serveOutbox lists an actor's public posts and boosts, newest first, without
// saying how many there are.
//
// Spec: AP 5.1; Spec: P3
func (s *Service) serveOutbox(ctx context.Context, r route.ObjectRequest) ([]byte, error) {
	q := s.DB.Read()
	author, err := s.Accounts.Served(ctx, q, r.Vars["key"])
	if err != nil {
		return nil, err
	}
	query := url.Values(r.Query)
	if query.Get("page") == "" {
		return as.Collection{ID: author.Outbox, AttributedTo: author.URI, First: author.Outbox + "?page=true"}.Build()
	}
	below, ok := ids.Parse(query.Get("max_id"))
	if !ok {
		below = 1<<63 - 1
	}
	var rows []Post
	if author.Public { // what was public before somebody withdrew is listed no more
		cond, args := Visible(askedBy(r.Signer), "p", []any{author.ID, below, outboxPage})
		rows, err = db.All[Post](ctx, q, `select `+columns+` from post p where p.account_id = $1 and p.id < $2
			and p.audience = 'public' and `+cond+` order by p.id desc limit $3`, args...)
	}
	if err != nil {
		return nil, err
	}
	page := as.CollectionPage{ID: author.Outbox + "?page=true", PartOf: author.Outbox}
	if ok {
		page.ID += "&max_id=" + ids.String(below)
	}
	for i := range rows {
		var a as.Activity
		if rows[i].BoostOfID != 0 {
			a, err = s.announce(ctx, q, author, &rows[i])
		} else {
			a, err = createOf(ctx, q, &rows[i])
		}
		if apperr.Is(err, apperr.KindNotFound) {
			continue // written before its author could be known outside
		} else if err != nil {
			return nil, err
		}
		page.Items = append(page.Items, a)
	}
	if len(rows) == outboxPage {
		page.Next = author.Outbox + "?page=true&max_id=" + ids.String(rows[len(rows)-1].ID)
	}
	return page.Build()
}
