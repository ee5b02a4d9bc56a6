package search

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/filter"
	"github.com/maillage/maillage/internal/follow"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/web"
)

// directorySize is how many people a page of the directory shows.
const directorySize = 50

// Web declares the page of search, which is the directory of the section
// until something is looked for.
func (s *Service) Web(r *httpx.Router) {
	r.Get("/recherche", httpx.SignedIn, s.getSearch)
	r.Get("/authorize_interaction", httpx.SignedIn, interact)
}

// searchView is the page.
type searchView struct {
	Query  string
	Error  string // what was looked for cannot be looked for
	Title  string // above the list
	Text   string
	Lines  []web.AccountLine
	Card   *web.PostCard
	Posts  []web.PostCard
	Paging web.Pagination // of Posts
	Tags   []web.Link
	Older  string // the next people of the directory
	Empty  *web.Empty
	Remote bool // an account of another server was found
}

func (s *Service) getSearch(c *httpx.Ctx) error {
	q := strings.TrimSpace(c.Query("q"))
	if tag, ok := strings.CutPrefix(q, "#"); ok && tag != "" && !strings.ContainsAny(tag, " /") {
		return c.Redirect("/tags/" + url.PathEscape(tag))
	}
	v := searchView{Query: q}
	var err error
	switch {
	case q == "":
		err = s.directory(c, &v)
	case len(q) > MaxQuery:
		v.Query, v.Error = "", c.T("search.bad_query", MaxQuery)
	case IsAddress(q):
		err = s.showExact(c, q, &v)
	default:
		err = s.showNames(c, q, &v)
	}
	if err != nil {
		return err
	}
	return c.Page(&web.Page{Name: "search/search", Title: c.T("search.title"), NoIndex: true, Data: v})
}

// showExact shows the account or post that an address names.
func (s *Service) showExact(c *httpx.Ctx, q string, v *searchView) error {
	f, err := s.Resolve(c.Context(), c.Viewer, q)
	switch {
	case apperr.Is(err, apperr.KindNotFound):
		v.Empty = &web.Empty{Icon: "search", Title: c.T("search.no_address"), Text: c.T("search.no_address_text")}
		return nil
	case apperr.Is(err, apperr.KindTooMany):
		v.Error = c.ErrorText(err)
		return nil
	case err != nil:
		return err
	case f.Post != nil:
		w, err := s.Posts.View(c.Context(), c.Viewer, f.Post)
		if err != nil {
			return err
		}
		card := post.Card(c, w)
		v.Title, v.Card = c.T("search.found_post"), &card
		return nil
	}
	v.Title, v.Remote = c.T("search.found_account"), !f.Account.Local()
	v.Lines, err = follow.Lines(c, s.DB.Read(), []*account.Account{f.Account})
	return err
}

// showNames shows people and hashtags known here by the beginnings of words.
func (s *Service) showNames(c *httpx.Ctx, q string, v *searchView) error {
	people, err := s.People(c.Context(), c.Viewer, q, false, maxLimit, 0)
	if err != nil {
		return err
	}
	if v.Lines, err = follow.Lines(c, s.DB.Read(), people); err != nil {
		return err
	}
	tags, err := s.Tags(c.Context(), c.Viewer, q, defaultLimit, 0)
	if err != nil {
		return err
	}
	for _, t := range tags {
		v.Tags = append(v.Tags, web.Link{Name: "#" + t.Shown, URL: "/tags/" + url.PathEscape(t.Tag)})
	}
	v.Title = c.T("search.found_people")
	offset, _ := strconv.Atoi(c.Query("apres"))
	offset = min(max(offset, 0), maxOffset)
	if offset > 0 {
		v.Lines, v.Tags = nil, nil
	}
	posts, err := s.Statuses(c.Context(), c.Viewer, q, Among{Limit: defaultLimit + 1, Offset: offset})
	if err != nil {
		return err
	}
	if len(posts) > defaultLimit {
		posts = posts[:defaultLimit]
		v.Paging.Older = "/recherche?" + url.Values{"q": {q}, "apres": {strconv.Itoa(offset + defaultLimit)}}.Encode()
	}
	v.Posts = post.Cards(c, filter.Showing(posts, filter.Public))
	if len(people) == 0 && len(tags) == 0 && len(posts) == 0 {
		v.Empty = &web.Empty{Icon: "search", Title: c.T("search.no_name", "Query", q), Text: c.T("search.no_name_text")}
	}
	return nil
}

// directory lists the people of the section, for its members.
func (s *Service) directory(c *httpx.Ctx, v *searchView) error {
	if !c.Viewer.Member {
		return nil
	}
	ids, err := db.All[int64](c.Context(), s.DB.Read(), `select id from account where host = '' and deleted_at = 0 and suspended_at = 0
		and kind = 'Person' and handle > $1 order by handle limit $2`, c.Query("apres"), directorySize+1)
	if err != nil {
		return err
	}
	more := len(ids) > directorySize
	if more {
		ids = ids[:directorySize]
	}
	found, err := account.ByIDs(c.Context(), s.DB.Read(), ids)
	if err != nil {
		return err
	}
	people := make([]*account.Account, 0, len(ids))
	for _, id := range ids {
		if a := found[id]; a != nil {
			people = append(people, a)
		}
	}
	if more {
		v.Older = "/recherche?apres=" + url.QueryEscape(people[len(people)-1].Handle)
	}
	v.Title, v.Text = c.T("search.directory"), c.T("search.directory_text")
	v.Lines, err = follow.Lines(c, s.DB.Read(), people)
	return err
}

// interact is where other servers send somebody who wants to follow or answer
// from here what they saw there: the search finds it.
//
// Spec: the subscribe template of WebFinger, http://ostatus.org/schema/1.0/subscribe
func interact(c *httpx.Ctx) error {
	return c.Redirect("/recherche?q=" + url.QueryEscape(strings.TrimPrefix(c.Query("uri"), "acct:")))
}
