package account_test

import (
	"context"
	"net/url"
	"testing"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/testkit/apitest"
)

// Spec: Mastodon profile
func TestRawProfile(t *testing.T) {
	h := apitest.New(t)
	h.Person("ana", false)
	c := h.Client("ana")
	changed := c.Send("PATCH", "/api/v1/profile", url.Values{"note": {"Je milite *ici*."}, "display_name": {"Ana B."}, "locked": {"true"},
		"fields_attributes[0][name]": {"Site"}, "fields_attributes[0][value]": {"https://ana.example/"}})
	var p masto.Profile
	changed.OK(&p)
	if p.Note != "Je milite *ici*." || p.DisplayName != "Ana B." || !p.Locked || len(p.Fields) != 1 || p.Fields[0].Value != "https://ana.example/" {
		t.Errorf("not the source that was sent: %+v", p)
	}
	if p.Avatar != nil || p.Header != nil {
		t.Errorf("pictures that nobody chose: %v %v", p.Avatar, p.Header)
	}
	h.Client("ana", "read:statuses").Get("/api/v1/profile").Fails(403)
	h.Client("ana", "read").Send("PUT", "/api/v1/profile", url.Values{"note": {"x"}}).Fails(403)
	h.Stranger().Get("/api/v1/profile").Fails(401)
}

func TestRawProfileByTheDescription(t *testing.T) {
	contract := apitest.LoadContract(t)
	h := apitest.New(t)
	h.Person("ana", false)
	contract.Conforms(h.Client("ana").Get("/api/v1/profile"), "get /api/v1/profile")
	contract.Conforms(h.Client("ana").Send("PATCH", "/api/v1/profile", url.Values{"note": {"x"}}), "patch /api/v1/profile")
}

// TestWhatDoesNotDependOnTheProfile: who follows whom stays hidden and no tab of
// a profile goes, whatever an app asks; it is answered what holds, and told of
// values that are none.
//
// Spec: Mastodon profile#patch; Spec: Mastodon accounts#update_credentials
func TestWhatDoesNotDependOnTheProfile(t *testing.T) {
	h := apitest.New(t)
	ana := h.Person("ana", true)
	h.Person("bea", true)
	h.Follow("bea", "ana")
	c := h.Client("ana")
	var p masto.Profile
	c.Send("PATCH", "/api/v1/profile", url.Values{"hide_collections": {"false"}, "show_media": {"false"}, "show_media_replies": {"false"}, "show_featured": {"true"}}).OK(&p)
	if !p.HideCollections || !p.ShowMedia || !p.ShowMediaReplies || p.ShowFeatured {
		t.Errorf("answered %+v", p)
	}
	var me masto.CredentialAccount
	c.Send("PATCH", "/api/v1/accounts/update_credentials", map[string]any{"hide_collections": false}).OK(&me)
	if !me.HideCollections || !me.Source.HideCollections || me.FollowersCount != 1 {
		t.Errorf("of oneself: %v %v %d", me.HideCollections, me.Source.HideCollections, me.FollowersCount)
	}
	var seen masto.Account
	h.Client("bea").Get("/api/v1/accounts/" + masto.ID(ana.ID)).OK(&seen)
	var list []masto.Account
	h.Client("bea").Get("/api/v1/accounts/" + masto.ID(ana.ID) + "/followers").OK(&list)
	if !seen.HideCollections || seen.FollowersCount != 0 || len(list) != 0 {
		t.Errorf("others see %v, %d, %d", seen.HideCollections, seen.FollowersCount, len(list))
	}
	for _, name := range []string{"hide_collections", "show_media", "show_media_replies", "show_featured"} {
		c.Send("PATCH", "/api/v1/profile", url.Values{name: {"peut-être"}, "note": {"changée"}}).Fails(422)
	}
	if c.Get("/api/v1/profile").OK(&p); p.Note != "" {
		t.Errorf("what was refused changed %q", p.Note)
	}
}

// A move counts once it was confirmed; an actor's own word is not enough.
func TestMovedIsConfirmed(t *testing.T) {
	h := apitest.New(t)
	h.Person("ana", false)
	old, to := h.Remote("zoe", "loin.example"), h.Remote("zoe", "ailleurs.example")
	said := func(target string) {
		h.Write(func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, `update account set moved_to = $1 where id = $2`, target, old.ID)
			return err
		})
	}
	moved := func() *masto.Account {
		var a masto.Account
		h.Client("ana").Get("/api/v1/accounts/" + masto.ID(old.ID)).OK(&a)
		return a.Moved
	}
	said(to.URI)
	if m := moved(); m != nil {
		t.Errorf("a move that nobody confirmed is shown: %+v", m)
	}
	h.Write(func(ctx context.Context, tx *db.Tx) error {
		_, err := h.Accounts.SetMoved(ctx, tx, old.ID, to.URI)
		return err
	})
	if m := moved(); m == nil || m.ID != masto.ID(to.ID) || m.Moved != nil {
		t.Errorf("a confirmed move: %+v", m)
	}
	said("https://autre.example/users/faux")
	if m := moved(); m != nil {
		t.Errorf("another target than the confirmed one: %+v", m)
	}
}
