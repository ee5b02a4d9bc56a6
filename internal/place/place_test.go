package place

import (
	"math"
	"strings"
	"testing"
)

// TestPostcodes finds communes where they are, overseas too.
func TestPostcodes(t *testing.T) {
	for _, x := range []struct {
		code, name string
		lat, lon   float64
	}{
		{"38000", "Grenoble", 45.18, 5.72}, {"75011", "Paris 11e Arrondissement", 48.86, 2.38}, {"20000", "Ajaccio", 41.92, 8.74}, {"20200", "Bastia", 42.70, 9.45},
		{"97400", "Saint-Denis", -20.88, 55.45}, {"97110", "Pointe-à-Pitre", 16.24, -61.53}, {"97200", "Fort-de-France", 14.61, -61.07},
		{"97300", "Cayenne", 4.94, -52.33}, {"97600", "Mamoudzou", -12.78, 45.23}, {"97500", "Saint-Pierre", 46.78, -56.18}, {"98800", "Nouméa", -22.27, 166.45},
		{"98714", "Papeete", -17.54, -149.57}, {"98730", "Bora-Bora", -16.5, -151.74}, {"98600", "", -13.3, -176.2},
	} {
		all := ByPostcode(x.code)
		if len(all) == 0 {
			t.Errorf("%s: nothing", x.code)
			continue
		}
		got := all[0]
		if x.name != "" && got.Name != x.name || Distance(got.Lat, got.Lon, x.lat, x.lon) > 120 && x.name == "" || x.name != "" && Distance(got.Lat, got.Lon, x.lat, x.lon) > 12 {
			t.Errorf("%s: %+v, %.0f km away", x.code, got, Distance(got.Lat, got.Lon, x.lat, x.lon))
		}
	}
	if got := ByPostcode("38021"); len(got) != 1 || got[0].Name != "Grenoble" {
		t.Errorf("a firm's postcode: %+v", got)
	}
	for _, bad := range []string{"", "3800", "abcde", "99999", "380000"} {
		if got := ByPostcode(bad); len(got) != 0 {
			t.Errorf("%q: %+v", bad, got)
		}
	}
}

func TestNames(t *testing.T) {
	for typed, want := range map[string]string{
		"grenoble": "Grenoble", "L'Hay-les-Roses": "L'Haÿ-les-Roses", "st etienne": "Saint-Étienne", "38320 Eybens": "Eybens", "Bruxelles": "Bruxelles", "Paris": "Paris", "Bern": "Bern",
		"Échirolles": "Échirolles", "la rochelle": "La Rochelle", "Liège": "Liège",
	} {
		all := Find(typed, 5)
		if len(all) == 0 || want != "" && all[0].Name != want && key(all[0].Name) != key(want) {
			t.Errorf("%s: %+v", typed, all)
		}
	}
	if got := Find("x", 5); got != nil {
		t.Errorf("one letter: %+v", got)
	}
}

// TestEveryCommuneIsSomewhere: each has a place within a frame of the map, or is
// on an island that no frame shows.
func TestEveryCommuneIsSomewhere(t *testing.T) {
	index, body := open("france.bin")
	frames := Frames()
	n, near, off := 0, 0, 0
	for _, b := range index {
		b.each(body, func(line []byte) bool {
			x := read(line)
			if n++; x.Near {
				near++
			}
			if x.Name == "" || math.Abs(x.Lat) > 60 || x.Lat == 0 {
				t.Errorf("%s", line)
			}
			on := false
			for _, f := range frames {
				on = on || f.Holds(x.Lat, x.Lon)
			}
			if !on {
				off++
				if !strings.HasPrefix(x.Postcode, "97") && !strings.HasPrefix(x.Postcode, "98") {
					t.Errorf("off the map: %s", line)
				}
			}
			return true
		})
	}
	if n < 34000 || near > n*2/3 || off > 100 {
		t.Errorf("%d places, %d of them near, %d off the map", n, near, off)
	}
}

// TestFrames: towns stand where the drawing has them.
func TestFrames(t *testing.T) {
	f := Frames()[0]
	for _, x := range []struct {
		name     string
		lat, lon float64
		px, py   float64 // read off the drawing: the tips of the country
	}{{"Bray-Dunes", 51.088, 2.525, 319, 6}, {"Lauterbourg", 48.966, 8.18, 556, 140}, {"Ouessant", 48.46, -5.09, 2, 172}, {"Bonifacio", 41.387, 9.16, 597, 580}} {
		if px, py := f.Point(x.lat, x.lon); math.Hypot(px-x.px, py-x.py) > 12 {
			t.Errorf("%s at %.0f, %.0f, not %.0f, %.0f", x.name, px, py, x.px, x.py)
		}
	}
	for _, f := range Frames() {
		if !strings.Contains(string(Outlines()), `<symbol id="`+f.ID+`"`) {
			t.Errorf("no outline of %s", f.ID)
		}
		x, y := f.Point((f.South+f.North)/2, (f.West+f.East)/2)
		if x < 0 || y < 0 || x > f.Width || y > f.Height {
			t.Errorf("the middle of %s is at %.0f, %.0f", f.ID, x, y)
		}
	}
}

func TestBox(t *testing.T) {
	s, w, n, e := Box(45, 5, 30)
	if d := Distance(45, 5, n, 5); math.Abs(d-30) > 0.1 {
		t.Errorf("north: %.2f km", d)
	}
	if d := Distance(45, 5, 45, e); d < 29.9 || d > 30.5 || s >= 45 || w >= 5 {
		t.Errorf("east: %.2f km", d)
	}
}

func BenchmarkPostcode(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		ByPostcode("38000")
	}
}

func BenchmarkName(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		ByName("grenoble", 5)
	}
}
