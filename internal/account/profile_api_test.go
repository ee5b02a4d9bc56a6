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
