package account

import (
	"context"

	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/text"
)

// Entity is an account as client apps know it; every API answer that names
// somebody uses it.
//
// Pictures have addresses here, also for accounts of other servers: one
// elsewhere would tell that server who reads whom. Who follows whom is
// hidden (see package follow), and how many do: of ours the counts are 0, but
// for oneself (see own). What is counted of posts is public.
//
// Spec: Mastodon entities/Account
func (s *Service) Entity(a *Account) masto.Account {
	return s.EntityFor(nil, a)
}

// EntityFor is Entity as it is shown to v, who alone gets the pictures of closed groups.
func (s *Service) EntityFor(v *auth.Viewer, a *Account) masto.Account {
	var to int64
	if v != nil {
		to = v.AccountID
	}
	avatar, header := s.pictures(a, to)
	e := masto.Account{
		ID: masto.ID(a.ID), Username: a.Username, Acct: a.Acct(), DisplayName: a.DisplayName,
		Locked: a.Locked, Bot: a.Bot || a.Kind == Robot || a.Kind == Application, Group: a.Kind == Group,
		Discoverable: a.Discoverable, Indexable: a.Indexable, Noindex: !a.Indexable,
		CreatedAt: masto.At(a.CreatedAt - a.CreatedAt%dayMillis), Note: a.Note, URL: a.URL, URI: a.URI,
		Avatar: avatar, AvatarStatic: avatar, Header: header, HeaderStatic: header,
		AvatarDescription: a.AvatarAlt, HeaderDescription: a.HeaderAlt,
		StatusesCount: a.PostsCount,
		LastStatusAt:  masto.DateOrNil(a.LastPostAt), HideCollections: a.Local(), Suspended: a.SuspendedAt != 0,
	}
	if s.Emoji != nil {
		e.Emojis = s.Emoji(a)
	}
	if !a.Local() {
		e.FollowersCount, e.FollowingCount = a.FollowersCount, a.FollowingCount
	}
	if e.URL == "" {
		e.URL = a.URI
	}
	for _, f := range a.FieldList() {
		e.Fields = append(e.Fields, masto.Field{Name: f.Name, Value: f.Value})
	}
	return e
}

// own is Entity as the holder of the account sees it, with all counts.
func (s *Service) own(ctx context.Context, a *Account) (masto.Account, error) {
	e := s.Entity(a)
	e.FollowersCount, e.FollowingCount = a.FollowersCount, a.FollowingCount
	if s.Written == nil {
		return e, nil
	}
	n, err := s.Written(ctx, a.ID)
	e.StatusesCount = int64(n)
	return e, err
}

// entityFor is own for v's account, and Entity for any other, with where it moved to
// and, of a group, what it means to v.
//
// Spec: Mastodon entities/Account#moved
func (s *Service) entityFor(ctx context.Context, v *auth.Viewer, a *Account) (e masto.Account, err error) {
	if e = s.EntityFor(v, a); v != nil && v.AccountID == a.ID {
		if e, err = s.own(ctx, a); err != nil {
			return e, err
		}
	}
	if a.Kind == Group && s.Grouped != nil {
		if e.GroupInfo, err = s.Grouped(ctx, v, a); err != nil {
			return e, err
		}
	}
	to, err := MovedAccount(ctx, s.DB.Read(), v, a)
	if to != nil {
		moved := s.Entity(to)
		e.Moved = &moved
	}
	return e, err
}

// Entities is Entity for many.
func (s *Service) Entities(list []*Account) []masto.Account {
	out := make([]masto.Account, len(list))
	for i, a := range list {
		out[i] = s.Entity(a)
	}
	return out
}

const dayMillis = 24 * 60 * 60 * 1000

// plainFields are the fields as their owner edits them.
func plainFields(a *Account) masto.Array[masto.Field] {
	var out masto.Array[masto.Field]
	for _, f := range a.FieldList() {
		out = append(out, masto.Field{Name: f.Name, Value: text.Plain(f.Value)})
	}
	return out
}
