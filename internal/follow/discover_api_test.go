package follow_test

import (
	"context"
	"slices"
	"testing"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/testkit/apitest"
)

func discoverable(h *apitest.House, a *account.Account, yes bool) {
	h.T.Helper()
	if _, err := h.Accounts.Update(context.Background(), a.ID, account.Profile{Discoverable: &yes}); err != nil {
		h.T.Fatal(err)
	}
}

func names(list []masto.Account) []string {
	out := []string{}
	for _, a := range list {
		out = append(out, a.Acct)
	}
	slices.Sort(out)
	return out
}

// Only who chose to be found is listed, and only to people who signed in.
func TestDirectoryAndSuggestions(t *testing.T) {
	h := apitest.New(t)
	h.Person("ana", false)
	bea, cat := h.Person("bea", false), h.Person("cat", true)
	h.Person("dan", false) // never chose
	discoverable(h, bea, true)
	h.Guest("gus")
	zoe := h.Remote("zoe", "loin.example")
	h.Write(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update account set discoverable = true where id = $1`, zoe.ID)
		return err
	})

	h.Stranger().Get("/api/v1/directory").Fails(401)
	h.Stranger().Get("/api/v2/suggestions").Fails(401)
	var list []masto.Account
	ana := h.Client("ana")
	ana.Get("/api/v1/directory").OK(&list)
	if got := names(list); !slices.Equal(got, []string{"bea", "cat", "zoe@loin.example"}) {
		t.Errorf("the directory lists %v", got)
	}
	ana.Get("/api/v1/directory?local=true&order=new&limit=1").OK(&list)
	if got := names(list); !slices.Equal(got, []string{"cat"}) {
		t.Errorf("the newest of ours: %v", got)
	}
	ana.Get("/api/v1/directory?local=true&order=new&limit=1&offset=1").OK(&list)
	if got := names(list); !slices.Equal(got, []string{"bea"}) {
		t.Errorf("the next: %v", got)
	}
	h.Client("gus").Get("/api/v1/directory").OK(&list)
	if got := names(list); !slices.Equal(got, []string{"cat"}) {
		t.Errorf("a guest is told of %v", got)
	}

	suggested := func() []string {
		var got []masto.Suggestion
		a := ana.Get("/api/v2/suggestions")
		a.OK(&got)
		var list []masto.Account
		for _, s := range got {
			list = append(list, s.Account)
		}
		return names(list)
	}
	if got := suggested(); !slices.Equal(got, []string{"bea", "cat"}) {
		t.Errorf("suggested: %v", got)
	}
	h.Follow("ana", "bea")
	if got := suggested(); !slices.Equal(got, []string{"cat"}) {
		t.Errorf("after following one of them: %v", got)
	}
	ana.Send("DELETE", "/api/v1/suggestions/"+masto.ID(cat.ID), nil).OK(nil)
	if got := suggested(); len(got) != 0 {
		t.Errorf("after refusing the other: %v", got)
	}
	h.Client("bea").Post(path(h.Person("ana", false), "block"), nil).OK(nil)
	ana.Get("/api/v1/directory?local=1").OK(&list)
	if got := names(list); !slices.Equal(got, []string{"cat"}) {
		t.Errorf("who blocks the asker is listed: %v", got)
	}
}

func TestDiscoveryByTheDescription(t *testing.T) {
	contract := apitest.LoadContract(t)
	h := apitest.New(t)
	h.Person("ana", false)
	cat := h.Person("cat", true)
	ana := h.Client("ana")
	for _, path := range []string{"/api/v1/directory", "/api/v1/suggestions", "/api/v2/suggestions"} {
		contract.Conforms(ana.Get(path), "get "+path)
	}
	contract.Conforms(ana.Send("DELETE", "/api/v1/suggestions/"+masto.ID(cat.ID), nil), "delete /api/v1/suggestions/{account_id}")
}

func TestDomainBlockPreview(t *testing.T) {
	h := apitest.New(t)
	h.Person("ana", true)
	zoe := h.Remote("zoe", "loin.example")
	var n struct {
		Following int `json:"following_count"`
		Followers int `json:"followers_count"`
	}
	c := h.Client("ana")
	c.Post(path(zoe, "follow"), nil).OK(nil)
	h.Write(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update follow set accepted = true`)
		return err
	})
	c.Get("/api/v1/domain_blocks/preview?domain=LOIN.example").OK(&n)
	if n.Following != 1 || n.Followers != 0 {
		t.Errorf("%+v", n)
	}
	c.Get("/api/v1/domain_blocks/preview?domain=autre.example").OK(&n)
	if n.Following != 0 {
		t.Errorf("of another server: %+v", n)
	}
}
