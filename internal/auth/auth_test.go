package auth

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth/limit"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/db/dbtest"
)

func TestSignInByAddressOrName(t *testing.T) {
	each(t, func(t *testing.T, s fixture) {
		ctx := context.Background()
		for _, who := range []string{"ana@courriel.example", " ANA@courriel.EXAMPLE ", "ana", "@ana"} {
			token, v, err := s.SignIn(ctx, who, goodPassword, "192.0.2.1")
			if err != nil || v.AccountID != 1 || !v.Web || !v.Member || v.Lang != "fr" || v.Role != RoleUser || len(v.CSRF) < 40 {
				t.Fatalf("%q: %+v, %v", who, v, err)
			}
			again, err := s.ByToken(ctx, token)
			if err != nil || again.TokenID != v.TokenID {
				t.Fatalf("the session is not found again: %v", err)
			}
		}
		_, v, err := s.SignIn(ctx, "bruno", goodPassword, "192.0.2.1")
		if err != nil || !v.IsAdmin() || !v.IsModerator() {
			t.Fatalf("%+v, %v", v, err)
		}
	})
}

func TestWrongPasswordAndUnknownNameAreAlike(t *testing.T) {
	s := setup(t, dbtest.SQLite(t, Migrations()), true)
	ctx := context.Background()
	for _, c := range [][2]string{
		{"ana", "faux-mot-de-passe"}, {"nobody", goodPassword}, {"nobody@courriel.example", goodPassword},
		{"", ""}, {"ana", ""}, {"ana", strings.Repeat("x", 5000)}, {strings.Repeat("x", 5000), "y"}, {"ana\x00", goodPassword},
	} {
		_, v, err := s.SignIn(ctx, c[0], c[1], "192.0.2.1")
		wantKind(t, err, apperr.KindInvalid, "auth.bad_login")
		if v != nil {
			t.Fatal("a viewer for a wrong password")
		}
	}
	// The same work is done for both. The bound is wide, as the machine may be
	// busy; without the hash the one would take a tenth of the other.
	var took [2][]time.Duration
	for range 7 {
		for i, who := range []string{"ana", "nobody"} {
			start := time.Now()
			s.SignIn(ctx, who, "faux-mot-de-passe", "192.0.2.1")
			took[i] = append(took[i], time.Since(start))
		}
	}
	slices.Sort(took[0])
	slices.Sort(took[1])
	if known, unknown := took[0][3], took[1][3]; known > 2*unknown || unknown > 2*known {
		t.Errorf("known %v, unknown %v", known, unknown)
	}
}

func TestNobodysHashHasTheParametersOfAllOthers(t *testing.T) {
	p, salt, key, err := argon2id.DecodeHash(nobodysHash)
	if err != nil {
		t.Fatal(err)
	}
	if p.Memory != hashParams.Memory || p.Iterations != hashParams.Iterations || p.Parallelism != hashParams.Parallelism ||
		len(salt) != int(hashParams.SaltLength) || len(key) != int(hashParams.KeyLength) {
		t.Errorf("%+v, salt %d, key %d", p, len(salt), len(key))
	}
}

func TestTooManyFailuresOfOneNameOrOneAddress(t *testing.T) {
	s := setup(t, dbtest.SQLite(t, Migrations()), false)
	s.tries.address = limit.New(14, 15*time.Minute, s.clock.Now)
	ctx := context.Background()
	for range 10 {
		_, _, err := s.SignIn(ctx, "ana", "faux", "192.0.2.1")
		wantKind(t, err, apperr.KindInvalid, "auth.bad_login")
	}
	for _, same := range []string{"@ANA", " @@ana", "ａｎａ"} { // the last in full width
		_, _, err := s.SignIn(ctx, same, goodPassword, "192.0.2.1")
		wantKind(t, err, apperr.KindTooMany, "auth.too_many")
	}
	if _, _, err := s.SignIn(ctx, "ana", goodPassword, "192.0.2.2"); err != nil {
		t.Errorf("a stranger who guesses wrong locks ana out: %v", err)
	}
	if _, err := s.CheckPassword(ctx, 1, goodPassword); err != nil {
		t.Errorf("what strangers try keeps ana from changing her password: %v", err)
	}
	s.clock.Add(16 * time.Minute)
	if _, _, err := s.SignIn(ctx, "ana", goodPassword, "192.0.2.2"); err != nil {
		t.Fatal(err)
	}
	for i := range 14 {
		s.SignIn(ctx, "nobody"+strings.Repeat("x", i), "faux", "192.0.2.9")
	}
	_, _, err := s.SignIn(ctx, "bruno", goodPassword, "192.0.2.9")
	wantKind(t, err, apperr.KindTooMany, "auth.too_many")
}

func TestAnAssemblyMaySignInFromOneAddress(t *testing.T) {
	s := setup(t, dbtest.SQLite(t, Migrations()), false)
	s.tries.address = limit.New(3, 15*time.Minute, s.clock.Now)
	for i := range 5 { // more than the failures allowed
		if _, _, err := s.SignIn(context.Background(), "ana", goodPassword, "192.0.2.1"); err != nil {
			t.Fatalf("sign-in %d: %v", i, err)
		}
	}
}

func TestNoSecretIsStored(t *testing.T) {
	each(t, func(t *testing.T, s fixture) {
		ctx := context.Background()
		session, _, err := s.SignIn(ctx, "ana", goodPassword, "")
		if err != nil {
			t.Fatal(err)
		}
		bearer, err := s.NewToken(ctx, 1, Scopes{"read"})
		if err != nil {
			t.Fatal(err)
		}
		app, secret, err := s.CreateApp(ctx, NewApp{Name: "Tusky", Redirects: []string{OOB}, Scopes: "read write"})
		if err != nil {
			t.Fatal(err)
		}
		code, err := s.Authorize(ctx, &AuthRequest{App: app, RedirectURI: OOB, Scopes: Scopes{"read"}}, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range []string{
			`select coalesce(max(hash), '') from token where hash in ($1, $2)`,
			`select coalesce(max(secret_hash), '') from oauth_app where secret_hash = $1 and client_id <> $2`,
			`select coalesce(max(hash), '') from oauth_code where hash in ($1, $2)`,
		} {
			for _, sec := range []string{session, bearer, secret, code} {
				if raw, _ := base64.RawURLEncoding.DecodeString(sec); len(raw) != 32 {
					t.Fatalf("a secret of %d bytes", len(raw))
				}
				if got, err := db.Get[string](ctx, s.d.Read(), q, sec, sec); err != nil || got != "" {
					t.Fatalf("%s: %q %v", q, got, err)
				}
			}
		}
		l, err := s.Login(ctx, s.d.Read(), 1)
		if err != nil || !strings.HasPrefix(l.PasswordHash, "$argon2id$v=19$m=19456,t=2,p=1$") {
			t.Fatalf("%+v, %v", l, err)
		}
	})
}

func TestEndingSessions(t *testing.T) {
	each(t, func(t *testing.T, s fixture) {
		ctx := context.Background()
		open := func() (string, *Viewer) {
			tok, err := s.OpenSession(ctx, 1)
			if err != nil {
				t.Fatal(err)
			}
			v, err := s.ByToken(ctx, tok) // and into the cache
			if err != nil {
				t.Fatal(err)
			}
			return tok, v
		}
		gone := func(tok string) {
			t.Helper()
			_, err := s.ByToken(ctx, tok)
			wantKind(t, err, apperr.KindUnauthorized, "auth.bad_token")
		}
		a, va := open()
		b, vb := open()
		c, vc := open()
		if list, err := s.Sessions(ctx, 1); err != nil || len(list) != 3 || !list[0].Web() {
			t.Fatalf("%+v, %v", list, err)
		}
		wantKind(t, s.Revoke(ctx, 2, va.TokenID), apperr.KindNotFound, "httpx.not_found")
		if err := s.SignOut(ctx, va); err != nil {
			t.Fatal(err)
		}
		gone(a)
		write(t, s.d, func(ctx context.Context, tx *db.Tx) error { return s.SetPassword(ctx, tx, 1, "x", vb.TokenID) })
		if _, err := s.ByToken(ctx, b); err != nil {
			t.Fatal("the session that changed the password has ended")
		}
		gone(c)
		_ = vc
		write(t, s.d, func(ctx context.Context, tx *db.Tx) error { return s.SetDisabled(ctx, tx, 1, true) })
		gone(b)
	})
}

func TestDisabledLoginIsToldOnlyToItsOwner(t *testing.T) {
	s := setup(t, dbtest.SQLite(t, Migrations()), true)
	ctx := context.Background()
	write(t, s.d, func(ctx context.Context, tx *db.Tx) error { return s.SetDisabled(ctx, tx, 1, true) })
	_, _, err := s.SignIn(ctx, "ana", "faux-mot-de-passe", "")
	wantKind(t, err, apperr.KindInvalid, "auth.bad_login")
	_, _, err = s.SignIn(ctx, "ana", goodPassword, "")
	wantKind(t, err, apperr.KindForbidden, "auth.disabled")
}

func TestRoleChangesAtOnce(t *testing.T) {
	s := setup(t, dbtest.SQLite(t, Migrations()), true)
	ctx := context.Background()
	tok, err := s.OpenSession(ctx, 2)
	if err != nil {
		t.Fatal(err)
	}
	if v, _ := s.ByToken(ctx, tok); !v.IsAdmin() {
		t.Fatal("not an admin")
	}
	write(t, s.d, func(ctx context.Context, tx *db.Tx) error { return s.SetRole(ctx, tx, 2, RoleUser) })
	if v, _ := s.ByToken(ctx, tok); v.IsModerator() {
		t.Fatal("still an admin")
	}
	wantKind(t, s.d.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return s.SetRole(ctx, tx, 2, "king") }),
		apperr.KindInvalid, "auth.bad_role")
	wantKind(t, s.d.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return s.SetRole(ctx, tx, 77, RoleUser) }),
		apperr.KindNotFound, "auth.no_login")
}

func TestSessionsExpireUnlessUsed(t *testing.T) {
	s := setup(t, dbtest.SQLite(t, Migrations()), true)
	ctx := context.Background()
	idle, _ := s.OpenSession(ctx, 1)
	used, _ := s.OpenSession(ctx, 1)
	for range 3 {
		s.clock.Add(SessionAge / 2)
		if _, err := s.ByToken(ctx, used); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.ByToken(ctx, idle); err == nil {
		t.Fatal("an idle session lives for ever")
	}
	if _, err := s.OpenSession(ctx, 1); err != nil {
		t.Fatal(err)
	}
	if n, _ := db.Get[int64](ctx, s.d.Read(), `select count(*) from token`); n != 2 {
		t.Errorf("%d tokens: the expired one was not cleared away", n)
	}
}

func TestLoginsAreChecked(t *testing.T) {
	each(t, func(t *testing.T, s fixture) {
		ctx := context.Background()
		prepare := func(email, role string) error {
			_, err := s.Prepare(ctx, NewLogin{Email: email, Password: goodPassword, Role: role})
			return err
		}
		for _, bad := range []string{"", "ana", "Ana <ana@x.example>", "a@b\nBcc: c@d", "@", strings.Repeat("a", 300) + "@x.example"} {
			wantKind(t, prepare(bad, ""), apperr.KindInvalid, "auth.bad_email")
		}
		wantKind(t, prepare("c@x.example", "king"), apperr.KindInvalid, "auth.bad_role")
		taken, err := s.Prepare(ctx, NewLogin{Email: "ANA@courriel.example", Password: goodPassword})
		if err != nil {
			t.Fatal(err)
		}
		wantKind(t, s.d.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return s.CreateLogin(ctx, tx, 9, taken) }),
			apperr.KindInvalid, "auth.email_taken")
		_, err = s.HashPassword(ctx, "court")
		wantKind(t, err, apperr.KindInvalid, "auth.password_short")
		_, err = s.HashPassword(ctx, strings.Repeat("x", MaxPassword+1))
		wantKind(t, err, apperr.KindInvalid, "auth.password_long")
		write(t, s.d, func(ctx context.Context, tx *db.Tx) error { return s.Erase(ctx, tx, 1) })
		if _, err := s.Login(ctx, s.d.Read(), 1); !apperr.Is(err, apperr.KindNotFound) {
			t.Errorf("deleted login: %v", err)
		}
	})
}

func TestSecretsArePerNameAndStay(t *testing.T) {
	each(t, func(t *testing.T, s fixture) {
		ctx := context.Background()
		a, err := s.Secret(ctx, "forms")
		if err != nil || len(a) != 32 {
			t.Fatalf("%d bytes, %v", len(a), err)
		}
		again, _ := s.Secret(ctx, "forms")
		other, _ := s.Secret(ctx, "mail")
		if !slices.Equal(a, again) || slices.Equal(a, other) {
			t.Error("a secret changes, or is shared")
		}
	})
}

func TestBrokenDatabaseIsNoAnswerAboutAToken(t *testing.T) {
	d := dbtest.SQLite(t, Migrations())
	s := setup(t, d, true)
	d.Close()
	_, err := s.ByToken(context.Background(), strings.Repeat("x", 43))
	if err == nil || apperr.Is(err, apperr.KindUnauthorized) {
		t.Errorf("got %v: apps would sign out", err)
	}
}
