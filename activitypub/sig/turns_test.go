package sig

import (
	"errors"
	"testing"
	"time"
)

// TestSigningWaitsForItsTurn takes all places: nobody signs with RSA in either
// scheme until one is given back, and who signs with Ed25519 does not wait.
func TestSigningWaitsForItsTurn(t *testing.T) {
	ed, err := GenerateEd25519()
	if err != nil {
		t.Fatal(err)
	}
	for range cap(turns) {
		turns <- struct{}{}
	}
	done := make(chan error, 2)
	for _, sign := range []func() error{
		func() error { return SignPost(post(t), body, &Key{ID: keyID, RSA: testRSA()}, now) },
		func() error { return Sign9421(post(t), body, &Key{ID: keyID, RSA: testRSA()}, now) },
	} {
		go func() { done <- sign() }()
	}
	if err := Sign9421(post(t), body, &Key{ID: keyID, Ed25519: ed}, now); err != nil {
		t.Error(err)
	}
	select {
	case <-done:
		t.Fatal("somebody signed although all places were taken")
	case <-time.After(300 * time.Millisecond):
	}
	for range cap(turns) {
		<-turns
	}
	if err := errors.Join(<-done, <-done); err != nil {
		t.Error(err)
	}
}

func TestAProcessorIsLeft(t *testing.T) {
	for processors, want := range map[int]int{1: 1, 2: 2, 3: 2, 4: 3, 16: 15} {
		if got := atOnce(processors); got != want {
			t.Errorf("%d processors: %d sign at once, want %d", processors, got, want)
		}
	}
}
