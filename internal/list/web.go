package list

import (
	"strings"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/web"
)

// Path is the page of one's lists.
const Path = "/listes"

// Web declares the pages of lists; what is on one is read in package timeline.
func (s *Service) Web(r *httpx.Router) {
	r.Get(Path, httpx.SignedIn, s.getLists)
	r.Post(Path, httpx.SignedIn, s.postCreate)
	r.Get(Path+"/{id}/gens", httpx.SignedIn, s.getMembers)
	r.Post(Path+"/{id}", httpx.SignedIn, s.postUpdate)
	r.Post(Path+"/{id}/supprimer", httpx.SignedIn, s.postDelete)
	r.Post(Path+"/{id}/gens", httpx.SignedIn, s.postAdd)
	r.Post(Path+"/{id}/retirer", httpx.SignedIn, s.postRemove)
}

// Path is the page of what is on a list.
func (l List) Path() string { return Path + "/" + ids.String(l.ID) }

// listsView is the page of one's lists.
type listsView struct {
	Lists   []web.Link
	Field   web.Field
	Summary web.ErrorSummary
	Empty   web.Empty
}

func (s *Service) getLists(c *httpx.Ctx) error { return s.showLists(c, 200, "", nil) }

func (s *Service) showLists(c *httpx.Ctx, status int, title string, errs []web.FieldError) error {
	all, err := s.Of(c.Context(), c.Viewer.AccountID)
	if err != nil {
		return err
	}
	v := listsView{Field: web.Field{Name: "title", Label: c.T("list.name"), Hint: c.T("list.name_hint"), Value: title, Required: true, MaxLength: MaxTitle},
		Summary: web.ErrorSummary{Errors: errs}, Empty: web.Empty{Icon: "users", Title: c.T("list.none"), Text: c.T("list.none_text")}}
	for _, e := range errs {
		v.Field.Error = e.Text
	}
	for _, l := range all {
		v.Lists = append(v.Lists, web.Link{Name: l.Title, URL: l.Path()})
	}
	return c.PageStatus(status, &web.Page{Name: "list/lists", Title: c.T("list.title"), NoIndex: true, Data: v})
}

func (s *Service) postCreate(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	title := form.Get("title")
	l, err := s.Create(c.Context(), c.Viewer.AccountID, Change{Title: &title})
	if apperr.Is(err, apperr.KindInvalid) {
		return s.showLists(c, 422, title, c.FieldErrors(err))
	} else if err != nil {
		return err
	}
	c.Flash("success", "list.made", "Name", l.Title)
	return c.Redirect(l.Path() + "/gens")
}

// membersView is the page on which a list is changed.
type membersView struct {
	List    *List
	Back    string
	Fields  []web.Field
	Who     web.Field
	Summary web.ErrorSummary
	Lines   []web.AccountLine
	Paging  web.Pagination
}

func (s *Service) getMembers(c *httpx.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	return s.showMembers(c, 200, id, "", nil)
}

func (s *Service) showMembers(c *httpx.Ctx, status int, id int64, who string, errs []web.FieldError) error {
	l, err := s.Get(c.Context(), c.Viewer.AccountID, id)
	if err != nil {
		return err
	}
	max, _ := ids.Parse(c.Query("max_id"))
	found, err := s.Members(c.Context(), c.Viewer, id, page.Range{MaxID: max, Limit: 40})
	if err != nil {
		return err
	}
	v := membersView{List: l, Back: l.Path(), Summary: web.ErrorSummary{Errors: errs}}
	v.Fields = []web.Field{
		{Name: "title", Label: c.T("list.name"), Value: l.Title, Required: true, MaxLength: MaxTitle},
		{Name: "replies_policy", Label: c.T("list.replies"), Type: "radio"},
		{Name: "exclusive", Label: c.T("list.exclusive"), Hint: c.T("list.exclusive_hint"), Type: "checkbox", Checked: l.Exclusive, Value: "1"},
	}
	for _, p := range []string{RepliesList, RepliesFollowed, RepliesNone} {
		v.Fields[1].Choices = append(v.Fields[1].Choices, web.Choice{Value: p, Label: c.T("list.replies." + p), Checked: p == l.Replies})
	}
	v.Who = web.Field{Name: "acct", Label: c.T("list.add"), Hint: c.T("list.add_hint"), Value: who, Required: true}
	for _, e := range errs {
		switch e.Name {
		case "title":
			v.Fields[0].Error = e.Text
		case "acct":
			v.Who.Error = e.Text
		}
	}
	for _, a := range found.Accounts {
		v.Lines = append(v.Lines, web.AccountLine{Author: account.Author(a), Acts: []web.Act{{Label: c.T("list.remove"), URL: l.Path() + "/retirer", Icon: "x",
			Fields: []web.HiddenField{{Name: "id", Value: ids.String(a.ID)}}}}})
	}
	if found.Full {
		v.Paging.Older = l.Path() + "/gens?max_id=" + ids.String(found.Last)
	}
	return c.PageStatus(status, &web.Page{Name: "list/members", Title: l.Title, NoIndex: true, Data: v})
}

func (s *Service) postUpdate(c *httpx.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	title, replies, exclusive := form.Get("title"), form.Get("replies_policy"), form.Get("exclusive") != ""
	l, err := s.Update(c.Context(), c.Viewer.AccountID, id, Change{&title, &replies, &exclusive})
	if apperr.Is(err, apperr.KindInvalid) {
		return s.showMembers(c, 422, id, "", c.FieldErrors(err))
	} else if err != nil {
		return err
	}
	c.Flash("success", "list.saved")
	return c.Redirect(l.Path() + "/gens")
}

func (s *Service) postDelete(c *httpx.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	if err := s.Delete(c.Context(), c.Viewer.AccountID, id); err != nil {
		return err
	}
	c.Flash("success", "list.deleted")
	return c.Redirect(Path)
}

func (s *Service) postAdd(c *httpx.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	who := strings.TrimSpace(form.Get("acct"))
	a, err := s.Accounts.Shown(c.Context(), c.Viewer, strings.TrimPrefix(who, "@"))
	if err == nil {
		err = s.Add(c.Context(), c.Viewer, id, []int64{a.ID})
	}
	switch {
	case apperr.Is(err, apperr.KindNotFound):
		return s.showMembers(c, 422, id, who, []web.FieldError{{Name: "acct", Text: c.T("list.nobody")}})
	case apperr.Is(err, apperr.KindInvalid):
		return s.showMembers(c, 422, id, who, []web.FieldError{{Name: "acct", Text: c.ErrorText(err)}})
	case err != nil:
		return err
	}
	c.Flash("success", "list.added", "Name", a.Name())
	return c.Redirect(Path + "/" + ids.String(id) + "/gens")
}

func (s *Service) postRemove(c *httpx.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	who, _ := ids.Parse(form.Get("id"))
	if err := s.Remove(c.Context(), c.Viewer.AccountID, id, []int64{who}); err != nil {
		return err
	}
	c.Flash("success", "list.removed")
	return c.Redirect(Path + "/" + ids.String(id) + "/gens")
}
