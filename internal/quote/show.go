package quote

import (
	"context"
	"html/template"
	"net/url"
	"slices"
	"strconv"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/web"
)

// shown is the part of a view.
type shown struct {
	quote  *Quote     // nil when it quotes nothing
	state  string     // for this reader
	quoted *post.View // nil unless accepted, readable, and not itself in a quotation
	count  int64      // accepted quotations of the post
	rules  *Rules
	ties   ties
	meURI  string
}

type inside struct{}

// load finds what posts quote, how often they are quoted and what their authors
// allow. A quoted post brings its own parts, but not what it quotes in turn.
func (s *Service) load(ctx context.Context, q db.Q, v *auth.Viewer, views []*post.View) error {
	if len(views) == 0 {
		return nil
	}
	posts := make([]int64, len(views))
	authors := make([]int64, len(views))
	for i, w := range views {
		posts[i], authors[i] = w.ID, w.AccountID
	}
	frag, args := db.In(1, posts)
	rows, err := db.All[Quote](ctx, q, `select `+columns+` from quote c where c.post_id in `+frag, args...)
	if err != nil {
		return err
	}
	found := make(map[int64]*shown, len(views))
	for _, w := range views {
		found[w.ID] = &shown{}
	}
	for i := range rows {
		found[rows[i].PostID].quote, found[rows[i].PostID].state = &rows[i], rows[i].State
	}
	if err := s.loadQuoted(ctx, q, v, rows, found); err != nil {
		return err
	}
	counts, err := db.All[struct{ QuotedID, N int64 }](ctx, q, `select quoted_id, count(*) as n from quote where state = 'accepted' and quoted_id in `+frag+` group by quoted_id`, args...)
	if err != nil {
		return err
	}
	for _, c := range counts {
		found[c.QuotedID].count = c.N
	}
	rules, err := saved(ctx, q, posts)
	if err != nil {
		return err
	}
	me, bound, err := s.reader(ctx, q, v, authors)
	if err != nil {
		return err
	}
	for _, w := range views {
		x := found[w.ID]
		x.rules, x.meURI, x.ties = complete(rules[w.ID], w.Post, w.Author), me, bound[w.AccountID]
		w.SetPart(partQuote, x)
	}
	return nil
}

// loadQuoted finds the quoted posts that v may read.
func (s *Service) loadQuoted(ctx context.Context, q db.Q, v *auth.Viewer, rows []Quote, found map[int64]*shown) error {
	var wanted []int64
	for _, c := range rows {
		if c.QuotedID != 0 {
			wanted = append(wanted, c.QuotedID)
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	readable, err := post.ByIDs(ctx, q, post.ReaderOf(v), wanted)
	if err != nil {
		return err
	}
	frag, args := db.In(1, wanted)
	gone, err := db.All[int64](ctx, q, `select id from post where deleted_at <> 0 and id in `+frag, args...)
	if err != nil {
		return err
	}
	var list []*post.Post
	for i := range rows {
		c := &rows[i]
		x := found[c.PostID]
		switch p := readable[c.QuotedID]; {
		case slices.Contains(gone, c.QuotedID):
			x.state = deleted
		case c.State == Accepted && c.QuotedID != 0 && p == nil:
			x.state = unauthorized
		case c.State == Accepted && ctx.Value(inside{}) == nil:
			list = append(list, p)
		}
	}
	if len(list) == 0 {
		return nil
	}
	views, err := s.Posts.Views(context.WithValue(ctx, inside{}, true), v, list)
	if err != nil {
		return err
	}
	byID := make(map[int64]*post.View, len(views))
	for _, w := range views {
		byID[w.ID] = w
	}
	for i := range rows {
		if x := found[rows[i].PostID]; x.state == Accepted {
			x.quoted = byID[rows[i].QuotedID]
		}
	}
	return nil
}

// reader is the URI of v, and what binds them to authors.
func (s *Service) reader(ctx context.Context, q db.Q, v *auth.Viewer, authors []int64) (string, map[int64]ties, error) {
	bound := map[int64]ties{}
	if v == nil {
		return "", bound, nil
	}
	me, err := account.ByID(ctx, q, v.AccountID)
	if err != nil {
		return "", bound, err
	}
	frag, args := db.In(2, authors)
	rows, err := db.All[struct {
		Other int64
		Mine  bool
	}](ctx, q, `select target_id as other, true as mine from follow where accepted and account_id = $1 and target_id in `+frag+`
		union all select account_id, false from follow where accepted and target_id = $1 and account_id in `+frag, append([]any{v.AccountID}, args...)...)
	for _, r := range rows {
		t := bound[r.Other]
		if r.Mine {
			t.follows = true
		} else {
			t.followed = true
		}
		bound[r.Other] = t
	}
	return me.URI, bound, err
}

// verdict is whether the reader may quote the post of a view.
func (x *shown) verdict(w *post.View) Verdict {
	switch {
	case x.meURI == "":
		return Unknown
	case w.Audience == post.Section || w.Audience == post.Followers && w.Mine:
		return Automatic
	case w.Audience != post.Public:
		return Denied
	}
	return x.rules.Quote.verdict(x.meURI, w.Author, x.ties)
}

// Spec: Mastodon entities/Quote; Spec: Mastodon entities/QuoteApproval
func (s *Service) entity(v *auth.Viewer, w *post.View, e *masto.Status) {
	x := post.PartOf[*shown](w, partQuote)
	if x == nil {
		return
	}
	e.QuotesCount = x.count
	auto, manual := x.rules.Quote.words(w.Author)
	if w.Audience != post.Public {
		auto, manual = nil, nil
	}
	e.QuoteApproval = &masto.QuoteApproval{Automatic: auto, Manual: manual, CurrentUser: string(x.verdict(w))}
	if x.quote == nil {
		return
	}
	e.Quote = &masto.Quote{State: x.state}
	switch {
	case x.quoted != nil:
		inner := s.Posts.Entity(v, x.quoted)
		e.Quote.QuotedStatus = &inner
	case x.state == Accepted:
		e.Quote.QuotedStatusID = masto.Ptr(masto.ID(x.quote.QuotedID))
	}
}

// card draws the quoted post, or says why it is not there, and offers to quote.
func card(c *httpx.Ctx, w *post.View, card *web.PostCard) {
	x := post.PartOf[*shown](w, partQuote)
	if x == nil {
		return
	}
	if c.Viewer != nil {
		if v := x.verdict(w); v == Automatic || v != Denied && !w.Local {
			card.QuoteURL = "/ecrire?citer=" + strconv.FormatInt(w.ID, 10)
		}
	}
	if x.quote == nil {
		return
	}
	out := &web.Quote{State: x.state}
	if q := x.quoted; q != nil && len(post.Showable(c, []*post.View{q})) == 1 {
		out.Author, out.URL, out.CreatedAt = account.Author(q.Author), q.Path(), q.Created()
		out.Title, out.CW, out.HTML, out.Lang = q.Title, q.Warning, template.HTML(q.Content), q.Lang // sanitised when it was stored
	} else if x.state == Accepted {
		out.State = unauthorized
	}
	card.Quote = out
}

// compose keeps what is being quoted in the form: a page opened by "Citer" says it
// in its address.
func (s *Service) compose(c *httpx.Ctx, form url.Values, old *post.View, composer *web.Composer) error {
	if old != nil || composer.ReplyTo != "" {
		return nil
	}
	said := form.Get("quote")
	if form == nil && c.R.URL.Path == "/ecrire" {
		said = c.Query("citer")
	}
	id, ok := ids.Parse(said)
	if !ok {
		return nil
	}
	p, err := s.Posts.Get(c.Context(), c.Viewer, id)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	w, err := s.Posts.View(c.Context(), c.Viewer, p)
	if err != nil {
		return err
	}
	composer.Quote = &web.QuoteField{ID: ids.String(id), Name: w.Author.Name(), Text: w.Excerpt(200), Error: composer.Error("quote")}
	return nil
}
