package i18n

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func bundle(t *testing.T, more ...fstest.MapFS) *Bundle {
	t.Helper()
	b := New(func(lang, s string) string { return strings.ReplaceAll(s, "'", "’") })
	for _, f := range more {
		if err := b.AddFS(f); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func files(fr, en string) fstest.MapFS {
	return fstest.MapFS{"fr.yaml": {Data: []byte(fr)}, "en.yaml": {Data: []byte(en)}}
}

func TestMessages(t *testing.T) {
	b := bundle(t, files(
		"a.hello: \"Bonjour {{.Name}}, d'ici\"\na.max: Au plus {{.Arg1}} signes\na.n: {one: '{{.Count}} réponse', other: '{{.Count}} réponses'}\na.plain: L'été\n",
		"a.hello: Hello {{.Name}}\na.max: At most {{.Arg1}} signs\na.n: {one: '{{.Count}} reply', other: '{{.Count}} replies'}\na.plain: Summer\n"))
	fr, en := b.Localizer("fr"), b.Localizer("en")
	for _, c := range []struct{ got, want string }{
		{fr.T("a.hello", "Name", "Ana"), "Bonjour Ana, d’ici"},
		{en.T("a.hello", "Name", "Ana"), "Hello Ana"},
		{fr.T("a.hello", map[string]any{"Name": "Zoé"}), "Bonjour Zoé, d’ici"},
		{fr.T("a.hello", "Name", "עידו"), "Bonjour \u2068עידו\u2069, d’ici"}, // Spec: TX8
		{en.T("a.hello", map[string]any{"Name": "سلمى 1"}), "Hello \u2068سلمى 1\u2069"},
		{fr.T("a.max", 5000), "Au plus 5\u202f000 signes"},
		{en.T("a.max", 5000), "At most 5,000 signs"},
		{fr.N("a.n", 0), "0 réponse"},
		{fr.N("a.n", 1), "1 réponse"},
		{fr.N("a.n", 2), "2 réponses"},
		{fr.N("a.n", 1000000), "1\u202f000\u202f000 réponses"},
		{en.N("a.n", 0), "0 replies"},
		{en.N("a.n", 1), "1 reply"},
		{fr.T("a.plain"), "L’été"},
		{b.Localizer("xx").T("a.plain"), "L’été"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
	if m := b.Missing(); len(m) != 0 {
		t.Errorf("missing: %v", m)
	}
}

func TestMissingIsSeen(t *testing.T) {
	b := bundle(t, files("a.x: oui {{.Name}}\n", "a.x: yes {{.Name}}\na.only: here\n"))
	if got := b.Localizer("fr").T("a.nope"); got != "⟦a.nope⟧" {
		t.Errorf("got %q", got)
	}
	if got := b.Localizer("fr").T("a.x"); got != "⟦a.x⟧" {
		t.Errorf("a lacking argument gave %q", got)
	}
	if got := strings.Join(b.Missing(), ", "); got != "fr: a.nope, fr: a.x" {
		t.Errorf("missing: %s", got)
	}
	if got := strings.Join(b.Unmatched(), ", "); got != "fr: a.only" {
		t.Errorf("unmatched: %s", got)
	}
}

func TestBadFiles(t *testing.T) {
	for name, f := range map[string]fstest.MapFS{
		"none":   {},
		"list":   files("a.x: [1]\n", "a.x: y\n"),
		"form":   files("a.x: {seven: y}\n", "a.x: y\n"),
		"broken": files("a.x: \"\n", "a.x: y\n"),
		"twice":  files("cal.first: y\n", "a.x: y\n"),
	} {
		b := bundle(t)
		if err := b.AddFS(f); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestDates(t *testing.T) {
	b := bundle(t)
	if u := b.Unmatched(); len(u) != 0 {
		t.Fatalf("unmatched: %v", u)
	}
	paris := time.FixedZone("CET", 3600)
	now := time.Date(2026, 12, 1, 9, 0, 0, 0, paris)
	at := func(mo time.Month, d, h, m int) time.Time { return time.Date(2026, mo, d, h, m, 0, 0, paris) }
	show := strings.NewReplacer("\u00a0", "_").Replace
	fr, en := b.Localizer("fr"), b.Localizer("en")
	for _, c := range []struct{ got, want string }{
		{fr.DateTime(at(12, 12, 18, 0), now), "samedi 12_décembre à 18_h"},
		{fr.DateTime(at(12, 12, 18, 30), now), "samedi 12_décembre à 18_h_30"},
		{en.DateTime(at(12, 12, 18, 30), now), "Saturday 12_December at 6:30_pm"},
		{en.DateTime(at(12, 12, 0, 0), now), "Saturday 12_December at 12_am"},
		{fr.Day(at(11, 1, 0, 0), now), "dimanche 1er_novembre"},
		{fr.Day(time.Date(2025, 3, 4, 0, 0, 0, 0, paris), now), "mardi 4_mars_2025"},
		{fr.Ago(now.Add(-20*time.Second), now), "à l’instant"},
		{fr.Ago(now.Add(-40*time.Minute), now), "il y a 40_min"},
		{fr.Ago(now.Add(-23*time.Hour-59*time.Minute), now), "il y a 23_h"},
		{fr.Ago(now.Add(-24*time.Hour), now), "lundi 30_novembre"},
		{fr.Moment(at(11, 29, 21, 14), now), "dimanche 29_novembre, 21_h_14"},
		{fr.Moment(now.Add(-time.Hour), now), "il y a 1_h"},
		{en.Ago(now.Add(-2*time.Hour), now), "2_h ago"},
		{fr.Ago(at(12, 12, 18, 0), now), "samedi 12_décembre à 18_h"},
	} {
		if show(c.got) != c.want {
			t.Errorf("got %q, want %q", show(c.got), c.want)
		}
	}
	w, d, m := fr.Block(at(12, 12, 18, 0))
	if w+d+m != "sam.12déc." {
		t.Errorf("block: %s %s %s", w, d, m)
	}
	if m := b.Missing(); len(m) != 0 {
		t.Errorf("missing: %v", m)
	}
}

func TestChoose(t *testing.T) {
	for _, c := range []struct{ account, cookie, header, want string }{
		{"en", "fr", "fr", "en"},
		{"", "en", "fr", "en"},
		{"", "", "de-DE,de;q=0.9,en-GB;q=0.8,fr;q=0.5", "en"},
		{"", "", "fr-CA", "fr"},
		{"", "", "de", "fr"},
		{"xx", "yy", "", "fr"},
		{"", "", strings.Repeat("en,", 500), "fr"},
		{"", "", ";;;", "fr"},
	} {
		if got := Choose(c.account, c.cookie, c.header); got != c.want {
			t.Errorf("Choose(%q, %q, %q) = %s, want %s", c.account, c.cookie, c.header, got, c.want)
		}
	}
}

// TestElision: before a name that begins with a vowel, « de » and « que » lose theirs; in
// French alone, and no other word does.
func TestElision(t *testing.T) {
	b := New(nil)
	if err := b.AddFS(fstest.MapFS{
		"fr.yaml": {Data: []byte("of: Compte de {{.Name}}\nBegin: \"{{.Name}}\"\nthan: \"Personne d'autre que {{.Name}} ne le lira, de {{.From}} à {{.To}}\"\nto: de à {{.Name}}\nends: La bride {{.Name}} \n")},
		"en.yaml": {Data: []byte("of: Bon de {{.Name}}\n")},
	}); err != nil {
		t.Fatal(err)
	}
	fr := b.Localizer("fr")
	for name, want := range map[string]string{"Inès": "Compte d’Inès", "Élise": "Compte d’Élise", "karim": "Compte de karim", "Hélène": "Compte d’Hélène", "Hassan": "Compte de Hassan", "Yves": "Compte d’Yves", "Youssef": "Compte de Youssef",
		"@ines": "Compte de @ines", "1789": "Compte de 1789", "Œuvre": "Compte d’Œuvre", "": "Compte de "} {
		if got := fr.T("of", "Name", name); got != want {
			t.Errorf("%q: %q, not %q", name, got, want)
		}
	}
	if got := fr.T("than", "Name", "Awa", "From", "8 h", "To", "onze"); got != "Personne d'autre qu’Awa ne le lira, de 8 h à onze" {
		t.Error(got)
	}
	if got := fr.T("to", "Name", "Inès"); got != "de à Inès" {
		t.Error(got)
	}
	if got := fr.T("ends", "Name", "Inès"); got != "La bride Inès" {
		t.Error(got)
	}
	if got := b.Localizer("en").T("of", "Name", "Ines"); got != "Bon de Ines" {
		t.Error(got)
	}
}
