package follow_test

import (
	"context"
	"slices"
	"testing"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/testkit/apitest"
)

// TestRelationshipsWithTheSuspended: who is suspended is named to apps that ask
// for it, and nobody else is that the asker may not know of.
//
// Spec: Mastodon accounts#relationships
func TestRelationshipsWithTheSuspended(t *testing.T) {
	h := apitest.New(t)
	h.Person("ana", true)
	cat, bea, dan, eve := h.Person("cat", true), h.Person("bea", true), h.Person("dan", true), h.Person("eve", false)
	h.Guest("gus")
	h.Follow("ana", "bea")
	h.Write(func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `update account set suspended_at = 1 where id in ($1, $2)`, bea.ID, eve.ID); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `update account set suspended_at = 1, deleted_at = 1 where id = $1`, dan.ID)
		return err
	})
	query := "/api/v1/accounts/relationships?id[]=" + masto.ID(bea.ID) + "&id[]=" + masto.ID(dan.ID) + "&id[]=" + masto.ID(eve.ID) + "&id[]=" + masto.ID(cat.ID)
	ask := func(who, more string) (ids []string, all []masto.Relationship) {
		t.Helper()
		h.Client(who).Get(query + more).OK(&all)
		for _, r := range all {
			ids = append(ids, r.ID)
		}
		return ids, all
	}
	for more, want := range map[string][]string{
		"":                       {masto.ID(cat.ID)},
		"&with_suspended=false":  {masto.ID(cat.ID)},
		"&with_suspended=true":   {masto.ID(bea.ID), masto.ID(eve.ID), masto.ID(cat.ID)},
		"&with_suspended=1":      {masto.ID(bea.ID), masto.ID(eve.ID), masto.ID(cat.ID)},
		"&with_suspended=jamais": {masto.ID(cat.ID)},
	} {
		if got, _ := ask("ana", more); !slices.Equal(got, want) {
			t.Errorf("%q names %v, want %v", more, got, want)
		}
	}
	if _, all := ask("ana", "&with_suspended=true"); !all[0].Following {
		t.Error("that ana follows whom is suspended is not told")
	}
	if got, _ := ask("gus", "&with_suspended=true"); slices.Contains(got, masto.ID(eve.ID)) {
		t.Errorf("a guest is told of somebody of the section: %v", got)
	}
}
