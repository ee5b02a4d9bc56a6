package federation

import "testing"

// TestDigestOfFollowers is the example of the FEP.
//
// Spec: FEP-8fcf
func TestDigestOfFollowers(t *testing.T) {
	got := digestOf([]string{"https://testing.example.org/users/1", "https://testing.example.org/users/2"})
	if want := "c33f48cd341ef046a206b8a72ec97af65079f9a3a9b90eef79c5920dce45c61f"; got != want {
		t.Errorf("%s", got)
	}
}
