package app

import (
	"context"
	"fmt"
	"strings"

	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/group"
)

// This file is what the commands on groups do.

// NewGroup is a group that somebody asks for; the words are those of package group.
type NewGroup struct {
	Owner                       string // user name of a member
	Name                        string // the user name of the group
	Title, About, Charter, Icon string
	Access, Joining, Posting    string
	Secret                      bool
}

// CreateGroup makes a group in the name of a member, who becomes its owner, and
// gives its address, "@name@host".
func (a *App) CreateGroup(ctx context.Context, n NewGroup) (string, error) {
	acc, err := a.person(ctx, n.Owner)
	if err != nil {
		return "", err
	}
	members, err := auth.MembersAmong(ctx, a.DB.Read(), []int64{acc.ID})
	if err != nil {
		return "", err
	}
	if !members[acc.ID] {
		return "", fmt.Errorf("%s is a guest here; a member owns a group", strings.TrimPrefix(n.Owner, "@"))
	}
	g, err := a.Groups.Create(ctx, &auth.Viewer{AccountID: acc.ID, Role: auth.RoleUser, Member: true}, group.New{Username: n.Name, Rules: group.Rules{
		Name: n.Title, Note: n.About, Charter: n.Charter, Icon: n.Icon, Access: n.Access, Secret: n.Secret, Joining: n.Joining, Posting: n.Posting}})
	if err != nil {
		return "", err
	}
	return "@" + g.Account.Username + "@" + a.Config.Host, nil
}

// GroupList lists the groups of this server, secret ones too, with their sizes.
func (a *App) GroupList(ctx context.Context) ([]group.Entry, error) { return a.Groups.All(ctx) }
