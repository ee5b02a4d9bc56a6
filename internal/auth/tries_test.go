package auth

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db/dbtest"
)

// TestGuessingFromManyNetworks: it becomes slow, and locks nobody out.
//
// Spec: AC5
func TestGuessingFromManyNetworks(t *testing.T) {
	clock := time.Unix(1_800_000_000, 0)
	tr := newTries(func() time.Time { return clock })
	tr.pause = 50 * time.Millisecond
	ctx := context.Background()
	tr.won("ana", "home")
	began := time.Now()
	for i := range 60 {
		if err := tr.take(ctx, "ana", fmt.Sprint("net", i)); err != nil {
			t.Fatal(i, err)
		}
	}
	if took := time.Since(began); took > tr.pause {
		t.Errorf("the first guesses took %v", took)
	}
	began = time.Now()
	var refused int
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			err := tr.take(ctx, "ana", fmt.Sprint("more", i))
			mu.Lock()
			defer mu.Unlock()
			if apperr.Is(err, apperr.KindTooMany) {
				refused++
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if refused < 10 || time.Since(began) < 4*tr.pause {
		t.Errorf("%d of 20 guesses at once were refused, in %v", refused, time.Since(began))
	}
	began = time.Now()
	if err := tr.take(ctx, "ana", "home"); err != nil || time.Since(began) > tr.pause {
		t.Errorf("ana waits at home: %v, %v", time.Since(began), err)
	}
	if err := tr.take(ctx, "ana", "elsewhere"); err != nil || time.Since(began) < tr.pause {
		t.Errorf("ana elsewhere: %v, %v", time.Since(began), err)
	}
	if len(tr.queue) != 0 {
		t.Error("the line is kept")
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if err := tr.take(gone, "ana", "third"); err == nil {
		t.Error("an attempt passes whose asker has gone")
	}
}

// TestFiftyGuesses: known and unknown names are refused alike.
//
// Spec: AC5
func TestFiftyGuesses(t *testing.T) {
	s := setup(t, dbtest.SQLite(t, Migrations()), false)
	var answers [2][]string
	for i, name := range []string{"ana", "personne"} {
		for range 12 {
			_, _, err := s.SignIn(context.Background(), name, "faux", fmt.Sprint("10.0.0.", i))
			answers[i] = append(answers[i], fmt.Sprint(err))
		}
	}
	if fmt.Sprint(answers[0]) != fmt.Sprint(answers[1]) {
		t.Errorf("known: %v\nunknown: %v", answers[0], answers[1])
	}
	if last := answers[0][11]; last != "auth.too_many" {
		t.Errorf("the twelfth guess: %s", last)
	}
}
