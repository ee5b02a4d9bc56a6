package group

import (
	"context"
	"slices"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/text"
	"github.com/maillage/maillage/web"
)

// invitee finds whom an address names, here or on another server, which is asked.
func (s *Service) invitee(ctx context.Context, v *auth.Viewer, address string) (*account.Account, error) {
	no := apperr.Invalid("group.no_such_address").Field("who", "group.no_such_address")
	name, host, ok := account.ParseAcct(address, s.Accounts.Host)
	if !ok {
		return nil, no
	}
	if host != "" && s.Posts.Resolve != nil {
		if _, err := s.Posts.Resolve.Account(ctx, name, host); err != nil {
			return nil, no.Wrap(err)
		}
	}
	a, err := account.ByHandle(ctx, s.DB.Read(), name, host)
	if apperr.Is(err, apperr.KindNotFound) || err == nil && (!a.VisibleTo(v) || a.Kind != account.Person) {
		return nil, no
	}
	return a, err
}

// affiliatedAmong tells which of the servers of some accounts are of the movement.
func affiliatedAmong(ctx context.Context, q db.Q, accounts map[int64]*account.Account) (map[string]bool, error) {
	out := map[string]bool{}
	var hosts []string
	for _, a := range accounts {
		if a.Host != "" && !slices.Contains(hosts, a.Host) {
			hosts = append(hosts, a.Host)
		}
	}
	if len(hosts) == 0 {
		return out, nil
	}
	frag, args := db.In(2, hosts)
	found, err := db.All[string](ctx, q, `select host from audience_host where (valid_until = 0 or valid_until > $1) and host in `+frag, append([]any{now()}, args...)...)
	for _, h := range found {
		out[h] = true
	}
	return out, err
}

// invitationLines are the invitations that wait for the viewer, into groups here and elsewhere.
func (s *Service) invitationLines(c *httpx.Ctx) ([]groupLine, error) {
	list, err := s.Invitations(c.Context(), c.Viewer.AccountID)
	if err != nil {
		return nil, err
	}
	groups := make([]int64, len(list))
	for i, x := range list {
		groups[i] = x.GroupID
	}
	accounts, err := account.ByIDs(c.Context(), s.DB.Read(), groups)
	if err != nil {
		return nil, err
	}
	var out []groupLine
	for _, x := range list {
		if g := accounts[x.GroupID]; g != nil && !g.Gone() {
			out = append(out, groupLine{Name: g.Name(), URL: ListPath + "/invitations/" + ids.String(x.ID), Icon: "users", Kind: c.T("group.kind." + kindThere(g)),
				Text: c.T("group.invitation_open_link")})
		}
	}
	return out, nil
}

// kindThere is the kind of a group of another server.
func kindThere(g *account.Account) string {
	switch {
	case g.Hidden:
		return "secret"
	case !g.Public:
		return Movement
	}
	return Open
}

// invitationView is the page of one invitation: what the group is, before a yes or a no.
type invitationView struct {
	Title, By, Note string
	Words           []string
	URL, Back       string
}

func (s *Service) getInvitation(c *httpx.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return apperr.NotFound("group.no_invitation")
	}
	i, err := invitation(c.Context(), s.DB.Read(), c.Viewer, id)
	if err != nil {
		return err
	}
	people, err := account.ByIDs(c.Context(), s.DB.Read(), []int64{i.GroupID, i.ByID})
	if err != nil {
		return err
	}
	g, by := people[i.GroupID], people[i.ByID]
	if g == nil || g.Gone() {
		return apperr.NotFound("group.no_invitation")
	}
	v := invitationView{Title: c.T("group.invitation_title", "Name", g.Name()), URL: ListPath + "/invitations/" + ids.String(i.ID), Back: ListPath}
	if by != nil && by.ID != g.ID {
		v.By = c.T("group.invitation_by", "By", by.Name()+" (@"+by.Username+"@"+by.Host+")")
	}
	v.Note = text.Plain(g.Note)
	key := "group.invitation_open"
	if !g.Public {
		key = "group.invitation_closed"
	}
	v.Words = append(v.Words, c.T(key, "Host", g.Host))
	if g.Hidden {
		v.Words = append(v.Words, c.T("group.invitation_secret"))
	}
	v.Words = append(v.Words, c.T("group.invitation_quiet"))
	return c.Page(&web.Page{Name: "group/invitation", Title: v.Title, NoIndex: true, CSRF: c.CSRF(), Data: v})
}

func (s *Service) postInvitation(c *httpx.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return apperr.NotFound("group.no_invitation")
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	i, err := invitation(c.Context(), s.DB.Read(), c.Viewer, id)
	if err != nil {
		return err
	}
	g, err := account.ByID(c.Context(), s.DB.Read(), i.GroupID)
	if err != nil {
		return err
	}
	yes := form.Get("reponse") == "oui"
	if err := s.AnswerInvitation(c.Context(), c.Viewer, id, yes); err != nil {
		return err
	}
	if yes {
		c.Flash("success", "group.invitation_accepted", "Name", g.Name())
	} else {
		c.Flash("success", "group.invitation_declined")
	}
	return c.Redirect(ListPath)
}
