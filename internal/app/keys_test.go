package app_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/app"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
	"github.com/maillage/maillage/internal/vault"
)

// keysIn are the private keys in a database as they are stored.
func keysIn(t *testing.T, n *testkit.Node) []string {
	t.Helper()
	all, err := db.All[string](ctx, n.DB.Read(), `select private_key from account_key union all select private_key from account_proof_key
		union all select value from auth_secret where name <> 'vault'`)
	if err != nil || len(all) < 6 {
		t.Fatalf("%d keys, %v", len(all), err)
	}
	return all
}

// TestSG12SealedAtRest: a database signs nothing without the file beside it, one from
// before is sealed by its next start, and the program says so when the file is not there.
func TestSG12SealedAtRest(t *testing.T) {
	for name, e := range engines(t) {
		t.Run(name, func(t *testing.T) {
			n := testkit.NewOn(t, e)
			ana := n.Person("ana", true)
			for _, k := range keysIn(t, n) {
				if !vault.Sealed(k) {
					t.Errorf("stored in clear: %.30s", k)
				}
			}
			// As it was before there were vaults.
			key, err := account.MakeKey()
			if err != nil {
				t.Fatal(err)
			}
			if err := n.Accounts.RotateKeys(ctx, ana.ID, key); err != nil {
				t.Fatal(err)
			}
			was, err := n.Accounts.Key(ctx, n.DB.Read(), ana.ID)
			if err != nil {
				t.Fatal(err)
			}
			sealed, err := db.Get[string](ctx, n.DB.Read(), `select private_key from account_key where account_id = $1`, ana.ID)
			if err != nil {
				t.Fatal(err)
			}
			clear, err := n.Accounts.Vault.Open("account_key/"+ids.String(ana.ID), sealed)
			if err != nil || !strings.HasPrefix(clear, "-----BEGIN") {
				t.Fatalf("%.30q %v", clear, err)
			}
			secret, err := n.Auth.Secret(ctx, "forms")
			if err != nil {
				t.Fatal(err)
			}
			plain := base64.RawURLEncoding.EncodeToString(secret)
			err = n.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
				if _, err := tx.Exec(ctx, `update account_key set private_key = $1, sealed = 0 where account_id = $2`, clear, ana.ID); err != nil {
					return err
				}
				_, err := tx.Exec(ctx, `update auth_secret set value = $1 where name = 'forms'`, plain)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			n.Stop()

			again, err := app.Open(ctx, n.Config, n.Shared())
			if err != nil {
				t.Fatal(err)
			}
			if err := again.Start(ctx); err != nil {
				t.Fatal(err)
			}
			if err := again.Idle(ctx); err != nil {
				t.Fatal(err)
			}
			for _, k := range keysIn(t, &testkit.Node{App: again, T: t}) {
				if !vault.Sealed(k) {
					t.Errorf("still in clear: %.30s", k)
				}
			}
			now, err := again.Accounts.Key(ctx, again.DB.Read(), ana.ID)
			if err != nil || !now.RSA.Equal(was.RSA) || !now.Ed25519.Equal(was.Ed25519) {
				t.Errorf("the keys are others: %v", err)
			}
			if s, err := again.Auth.Secret(ctx, "forms"); err != nil || !bytes.Equal(s, secret) {
				t.Errorf("the key of the forms is another: %v", err)
			}
			if err := again.Close(ctx); err != nil {
				t.Fatal(err)
			}
			block, _ := pem.Decode([]byte(clear))
			if e == testkit.SQLite {
				for _, f := range []string{"maillage.db", "maillage.db-wal"} {
					b, err := os.ReadFile(filepath.Join(n.Config.Dir, f))
					if err == nil && (bytes.Contains(b, []byte("BEGIN PRIVATE KEY")) || bytes.Contains(b, []byte(plain)) || bytes.Contains(b, block.Bytes[:40])) {
						t.Errorf("%s still holds what was in clear", f)
					}
				}
			}

			path := filepath.Join(n.Config.Dir, vault.FileName)
			kept, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if _, err := app.Open(ctx, n.Config, n.Shared()); err == nil || !strings.Contains(err.Error(), "is missing") {
				t.Errorf("without the file: %v", err)
			}
			if _, err := os.Stat(path); err == nil {
				t.Error("another file was made in its place")
			}
			if _, err := vault.Make(n.Config.Dir); err != nil {
				t.Fatal(err)
			}
			if _, err := app.Open(ctx, n.Config, n.Shared()); err == nil || !strings.Contains(err.Error(), "is not the file") {
				t.Errorf("with another file: %v", err)
			}
			if err := os.WriteFile(path, kept, 0o600); err != nil {
				t.Fatal(err)
			}
			last, err := app.Open(ctx, n.Config, n.Shared())
			if err != nil {
				t.Fatalf("with the file again: %v", err)
			}
			if err := last.DB.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestSG12RotateAll: after the command other servers take what is signed with the
// new keys, of everybody and of the instance itself.
func TestSG12RotateAll(t *testing.T) {
	c := testkit.NewCluster(t, 2)
	here, there := c[0], c[1]
	here.Person("ana", true)
	here.Person("bob", true)
	for _, name := range []string{"ana", "bob"} {
		c.Follow(there, "zoe", here, name)
	}
	keys := func(n *testkit.Node) map[string]string {
		rows, err := db.All[struct{ URI, KeyID string }](ctx, n.DB.Read(), `select uri, key_id from account where uri like $1`, here.URL+"/%")
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]string{}
		for _, r := range rows {
			out[r.URI] = r.KeyID
		}
		return out
	}
	before := keys(here)
	n, err := here.RotateKeys(ctx, "")
	if err != nil || n != len(before) {
		t.Fatalf("%d of %d, %v", n, len(before), err)
	}
	c.Settle()
	now := keys(here)
	for uri, id := range keys(there) {
		if strings.Contains(uri, "/users/") && (id != now[uri] || id == before[uri]) {
			t.Errorf("%s is known there with %s, was %s, is %s", uri, id, before[uri], now[uri])
		}
	}
	for _, name := range []string{"ana", "bob"} {
		write(here, name, post.Draft{Text: "Avec les nouvelles clés de " + name, Audience: post.Public})
	}
	c.Settle()
	var home []masto.Status
	if there.Client("zoe").Get("/api/v1/timelines/home", &home); len(home) != 2 {
		t.Errorf("%d of 2 posts that are signed with the new keys arrive", len(home))
	}
	if one, err := here.RotateKeys(ctx, "ana"); one != 1 || err != nil {
		t.Errorf("%d, %v", one, err)
	}
	if _, err := here.RotateKeys(ctx, "nobody"); err == nil {
		t.Error("somebody who is not has new keys")
	}
}
