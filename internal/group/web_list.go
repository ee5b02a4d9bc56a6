package group

import (
	"context"
	"strings"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/text"
	"github.com/maillage/maillage/web"
)

// listView is the page of all groups.
type listView struct {
	Invitations  []groupLine
	Mine, Others []groupLine
	Remote       []groupLine // of other servers, that the viewer takes part in
	CanCreate    bool
	Find         web.Field
	Empty        web.Empty
}

type groupLine struct {
	Name, URL, Icon, Kind, Text string
	Members, Guests             int
}

func (s *Service) getList(c *httpx.Ctx) error {
	groups, err := s.Known(c.Context(), c.Viewer.AccountID, c.Viewer.Member)
	if err != nil {
		return err
	}
	v := listView{CanCreate: c.Viewer.Member, Find: web.Field{Name: "q", Label: c.T("group.find_label"), Hint: c.T("group.find_hint"), Autocomplete: "off"}, Empty: web.Empty{Icon: "users", Title: c.T("group.none"), Text: c.T("group.none_text")}}
	if v.CanCreate {
		v.Empty.Link = &web.Link{Name: c.T("group.create"), URL: ListPath + "/nouveau"}
	}
	for _, g := range groups {
		line := groupLine{Name: g.Account.Name(), URL: Path(g.Account), Icon: g.Icon, Kind: c.T("group.kind." + g.kind()),
			Text: firstLine(g.Account.NoteSource), Members: g.Members, Guests: g.Guests}
		if g.In {
			v.Mine = append(v.Mine, line)
		} else {
			v.Others = append(v.Others, line)
		}
	}
	elsewhere, err := s.Elsewhere(c.Context(), c.Viewer.AccountID)
	if err != nil {
		return err
	}
	for _, a := range elsewhere {
		v.Remote = append(v.Remote, groupLine{Name: a.Name(), URL: Path(a), Icon: Icons[0], Kind: c.T("group.kind.remote", "Handle", "@"+a.Acct()),
			Text: firstLine(text.Plain(a.Note))})
	}
	if v.Invitations, err = s.invitationLines(c); err != nil {
		return err
	}
	return c.Page(&web.Page{Name: "group/list", Title: c.T("group.title"), NoIndex: true, Data: v})
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	if r := []rune(s); len(r) > 160 {
		s = strings.TrimRight(string(r[:160]), " ,;:.") + "…"
	}
	return s
}

// Entry is a group in a list.
type Entry struct {
	Group
	Size
	In bool
}

// Elsewhere lists the groups of other servers that somebody takes part in, by name.
func (s *Service) Elsewhere(ctx context.Context, accountID int64) ([]*account.Account, error) {
	q := s.DB.Read()
	groupIDs, err := db.All[int64](ctx, q, `select a.id from group_member m join account a on a.id = m.group_id
		where m.account_id = $1 and m.state = 'in' and a.host <> '' and a.deleted_at = 0 and a.suspended_at = 0 order by a.handle limit 200`, accountID)
	if err != nil {
		return nil, err
	}
	accounts, err := account.ByIDs(ctx, q, groupIDs)
	out := make([]*account.Account, 0, len(groupIDs))
	for _, id := range groupIDs {
		if a := accounts[id]; a != nil {
			out = append(out, a)
		}
	}
	return out, err
}

// All lists the groups of this server, for who runs it, by address, with their sizes.
func (s *Service) All(ctx context.Context) ([]Entry, error) {
	q := s.DB.Read()
	rows, err := db.All[Group](ctx, q, `select g.account_id, g.access, g.secret, g.joining, g.posting, g.charter, g.icon, g.created_at
		from group_info g join account a on a.id = g.account_id where a.deleted_at = 0 order by a.handle`)
	if err != nil {
		return nil, err
	}
	return entries(ctx, q, rows)
}

// entries completes groups of ours by their accounts and sizes.
func entries(ctx context.Context, q db.Q, groups []Group) ([]Entry, error) {
	groupIDs := make([]int64, len(groups))
	for i, g := range groups {
		groupIDs[i] = g.AccountID
	}
	accounts, err := account.ByIDs(ctx, q, groupIDs)
	if err != nil {
		return nil, err
	}
	n, err := sizes(ctx, q, groupIDs)
	if err != nil {
		return nil, err
	}
	out := make([]Entry, 0, len(groups))
	for _, g := range groups {
		if g.Account = accounts[g.AccountID]; g.Account != nil {
			out = append(out, Entry{Group: g, Size: n[g.AccountID]})
		}
	}
	return out, nil
}

// Known lists the groups of ours that somebody may know of, by name, with their sizes, in three queries.
func (s *Service) Known(ctx context.Context, accountID int64, member bool) ([]Entry, error) {
	q := s.DB.Read()
	rows, err := db.All[struct {
		Group
		State string
	}](ctx, q, `select g.account_id, g.access, g.secret, g.joining, g.posting, g.charter, g.icon, g.created_at, coalesce(m.state, '') as state
		from group_info g join account a on a.id = g.account_id
		left join group_member m on m.group_id = g.account_id and m.account_id = $1
		where a.deleted_at = 0 and a.suspended_at = 0
			and (coalesce(m.state, '') in ('in', 'invited') or not g.secret and (g.access = 'open' or $2)) order by a.handle limit 500`, accountID, member)
	if err != nil {
		return nil, err
	}
	groups, states := make([]Group, len(rows)), make(map[int64]string, len(rows))
	for i, r := range rows {
		groups[i], states[r.AccountID] = r.Group, r.State
	}
	out, err := entries(ctx, q, groups)
	for i := range out {
		out[i].In = states[out[i].AccountID] == In
	}
	return out, err
}
