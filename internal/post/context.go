package post

import (
	"context"
	"net/url"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/ids"
)

// contextOf is the collection of the conversation that a post of ours belongs
// to: ours when we began it, else the one that what it answers names.
//
// Spec: FEP-7888
func contextOf(ctx context.Context, q db.Q, p *Post) (string, error) {
	if p.ReplyToURI == "" {
		return p.URI + "/context", nil
	}
	if p.ReplyToID == 0 {
		return "", nil
	}
	root, err := Raw(ctx, q, p.ThreadID)
	if err != nil {
		return "", ignoreMissing(err)
	}
	if root.Local && root.DeletedAt == 0 {
		return root.URI + "/context", nil
	}
	body, err := document(ctx, q, p.ReplyToID)
	if err != nil {
		return "", ignoreMissing(err)
	}
	d, err := as.Parse(body)
	if err != nil {
		return "", nil
	}
	return as.HTTPURL(d.Context()), nil
}

// serveContext lists the public posts of a conversation that began here, ours
// and others', oldest first.
//
// Spec: FEP-f228, FEP-7888
func (s *Service) serveContext(ctx context.Context, r route.ObjectRequest) ([]byte, error) {
	q := s.DB.Read()
	root, err := s.served(ctx, q, r, s.noteURI(r))
	if err != nil {
		return nil, err
	}
	if root.ThreadID != root.ID {
		return nil, apperr.NotFound("post.not_found")
	}
	author, err := account.ByID(ctx, q, root.AccountID)
	if err != nil {
		return nil, err
	}
	page, err := s.listPage(ctx, q, r, root.URI+"/context", `p.thread_id = $1`, root.ID)
	if err != nil {
		return nil, err
	}
	if url.Values(r.Query).Get("page") != "" {
		return page.Build()
	}
	return as.Collection{ID: root.URI + "/context", AttributedTo: author.URI, FirstPage: page}.Build()
}

// serveReplies lists the public answers to a post, ours and others', oldest first.
//
// Spec: FEP-7458
func (s *Service) serveReplies(ctx context.Context, r route.ObjectRequest) ([]byte, error) {
	q := s.DB.Read()
	p, err := s.served(ctx, q, r, s.noteURI(r))
	if err != nil {
		return nil, err
	}
	page, err := s.listPage(ctx, q, r, p.URI+"/replies", `p.reply_to_id = $1`, p.ID)
	if err != nil {
		return nil, err
	}
	page.Unordered = true
	if url.Values(r.Query).Get("page") != "" {
		return page.Build()
	}
	return as.Collection{ID: p.URI + "/replies", FirstPage: page, Unordered: true}.Build()
}

// listPage is the page of a list of posts that a request asks for. The whole
// world may read what is on it, whoever asks.
func (s *Service) listPage(ctx context.Context, q db.Q, r route.ObjectRequest, id, which string, arg int64) (*as.CollectionPage, error) {
	page := &as.CollectionPage{ID: id + "?page=true", PartOf: id}
	above, ok := ids.Parse(url.Values(r.Query).Get("min_id"))
	if ok {
		page.ID += "&min_id=" + ids.String(above)
	}
	args, also := []any{arg, above, repliesPage}, ""
	if r.Signer != nil { // who asks may be blocked by some of those whose posts these are
		also, args = Visible(askedBy(r.Signer), "p", args)
		also = " and " + also
	}
	rows, err := db.All[struct {
		ID  int64
		URI string
	}](ctx, q, `select p.id, p.uri from post p join account a on a.id = p.account_id
		where `+which+` and p.id > $2 and p.audience = 'public' and p.deleted_at = 0 and p.boost_of_id = 0
			and a.suspended_at = 0 and a.deleted_at = 0 and a.reachable and a.public and `+s.inPlace("p")+also+`
		order by p.id limit $3`, args...)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		page.Items = append(page.Items, row.URI)
	}
	if len(rows) == repliesPage {
		page.Next = id + "?page=true&min_id=" + ids.String(rows[len(rows)-1].ID)
	}
	return page, nil
}
