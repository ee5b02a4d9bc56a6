package text

import "testing"

// TestTX08Alike: names that the eye takes for each other have one skeleton, and
// others do not; a word of several alphabets is found.
//
// Spec: TX8
func TestTX08Alike(t *testing.T) {
	for _, same := range [][2]string{{"Nadia Benali", "nadia  benali"}, {"Nadia", "Nаdiа"}, {"Nadia", "NADÍA"}, {"Bureau d'Isère", "bureau d’isere"}, {"Modération", "M0deration"},
		{"paul", "pauI"}, {"Marco", "Μаrсо"}, {"Élise", "E l i s e"}} {
		if a, b := Skeleton(same[0]), Skeleton(same[1]); a != b || a == "" {
			t.Errorf("%q is %q, %q is %q", same[0], a, same[1], b)
		}
	}
	for _, other := range [][2]string{{"Nadia", "Nadine"}, {"Paul B", "Paul"}, {"Иван", "Ivan"}} {
		if a, b := Skeleton(other[0]), Skeleton(other[1]); a == b {
			t.Errorf("%q and %q are both %q", other[0], other[1], a)
		}
	}
	for name, want := range map[string]bool{
		"Nadia": false, "Nаdia": true, "Élodie Œuvrard": false, "Иван Петров": false, "Ivan (Иван)": false, "Ивaн": true, "Μarco": true, "Γιώργος Papas": false,
		"山田 Taro": false, "カタカナとkanji漢字": false, "김철수 kim": false, "": false, "x86_64": false, "عمر Omar": false,
	} {
		if got := MixedScripts(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}

// TestDrawnOnce: a letter that stood under two would be now the one, now the other.
func TestDrawnOnce(t *testing.T) {
	under := map[rune]rune{}
	for latin, others := range drawnAs {
		for _, r := range others {
			if before, twice := under[r]; twice {
				t.Errorf("%q stands under %q and %q", r, before, latin)
			}
			under[r] = latin
		}
	}
}
