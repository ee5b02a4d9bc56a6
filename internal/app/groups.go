package app

import (
	"context"
	"fmt"
	"strings"

	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/group"
)

// This file is what the commands on groups do.

// CreateGroup makes a group in the name of a member, who becomes its owner.
func (a *App) CreateGroup(ctx context.Context, owner string, n group.New) (*group.Group, error) {
	acc, err := a.person(ctx, owner)
	if err != nil {
		return nil, err
	}
	members, err := auth.MembersAmong(ctx, a.DB.Read(), []int64{acc.ID})
	if err != nil {
		return nil, err
	}
	if !members[acc.ID] {
		return nil, fmt.Errorf("%s is a guest here; a member owns a group", strings.TrimPrefix(owner, "@"))
	}
	return a.Groups.Create(ctx, &auth.Viewer{AccountID: acc.ID, Role: auth.RoleUser, Member: true}, n)
}

// GroupList lists the groups of this server, secret ones too, with their sizes.
func (a *App) GroupList(ctx context.Context) ([]group.Entry, error) { return a.Groups.All(ctx) }
