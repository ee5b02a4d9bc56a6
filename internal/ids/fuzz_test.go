package ids

import "testing"

// FuzzParse: whatever somebody writes as the place to go on from is an id or
// none, and an id has one meaning.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"1", "0", "-1", "9223372036854775807", "9223372036854775808", "1e3", " 1", "٣", "0x1", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, ok := Parse(s)
		if !ok {
			return
		}
		if again, ok := Parse(String(id)); !ok || again != id {
			t.Errorf("%q is %d, which is written %q", s, id, String(id))
		}
		if id < 0 {
			t.Errorf("%q is %d", s, id)
		}
	})
}
