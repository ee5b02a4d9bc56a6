package text

import (
	"strings"
	"testing"
)

// In the tables below ~ stands for U+202F and _ for U+00A0.
func visible(s string) string {
	return strings.NewReplacer("\u202f", "~", "\u00a0", "_").Replace(s)
}

func TestTypo(t *testing.T) {
	for _, c := range []struct{ lang, in, want string }{
		{"fr", "Qu'avez-vous à dire ?", "Qu’avez-vous à dire~?"},
		{"fr", "Attention: c'est aujourd'hui!", "Attention~: c’est aujourd’hui~!"},
		{"fr", `Il dit "oui" et « non ».`, "Il dit «~oui~» et «~non~»."},
		{"fr", `"Oui" !`, "«~Oui~»~!"},
		{"fr", "«oui»", "«~oui~»"},
		{"fr", "À suivre...", "À suivre…"},
		{"fr", "Vraiment ?!", "Vraiment~?!"},
		{"fr", "10 % de 1 530 €, soit 1 234 567 €", "10~% de 1~530~€, soit 1~234~567~€"},
		{"fr", "100% ou 5€", "100~% ou 5~€"},
		{"fr", "le 12 décembre à 18 h 30", "le 12_décembre à 18_h_30"},
		{"fr", "décision n° 14, page 4", "décision nº_14, page_4"},
		{"fr", "il fait 20 ° dehors, 3 km", "il fait 20° dehors, 3_km"},
		{"fr", "en 2026 142 personnes", "en 2026 142 personnes"},
		{"fr", "06 12 34 56 78 et 04 123", "06 12 34 56 78 et 04 123"},
		{"fr", "à 10:30, ratio 1:2", "à 10:30, ratio 1:2"},
		{"fr", "Voyez https://a.example/b?c=d';e !", "Voyez https://a.example/b?c=d';e~!"},
		{"fr", "Écrire à ana@x.example : oui", "Écrire à ana@x.example~: oui"},
		{"fr", "@l'ana@x.example dit #l'été...", "@l'ana@x.example dit #l'été…"},
		{"fr", "tapez `a ? b : 'c'` ici", "tapez `a ? b : 'c'` ici"},
		{"fr", "bravo :) et :coeur: ;)", "bravo :) et :coeur: ;)"},
		{"fr", "Une ligne\nL'autre : oui", "Une ligne\nL’autre~: oui"},
		{"fr", "5\" de large", "5\" de large"},
		{"fr", "exemple.fr : oui", "exemple.fr~: oui"},
		{"en", `It's "fine": 10 % ...`, "It’s “fine”: 10 % …"},
		{"en", "'Quoted' words", "‘Quoted’ words"},
		{"de", `Er sagt "ja" ...`, `Er sagt "ja" ...`},
		{"fr", "", ""},
	} {
		got := Typo(c.lang, c.in)
		if visible(got) != c.want {
			t.Errorf("Typo(%s, %q)\n got %q\nwant %q", c.lang, c.in, visible(got), c.want)
		}
		if again := Typo(c.lang, got); again != got {
			t.Errorf("Typo(%s, %q) is not stable: %q then %q", c.lang, c.in, visible(got), visible(again))
		}
	}
}

func TestTypoHTML(t *testing.T) {
	for _, c := range []struct{ lang, in, want string }{
		{"fr", `<p>L'an <b>deux</b> : oui</p>`, `<p>L’an <b>deux</b>~: oui</p>`},
		{"fr", `<p>Le 1er mai, 3e fois</p>`, `<p>Le 1<sup>er</sup> mai, 3<sup>e</sup> fois</p>`},
		{"fr", `<p><code>a ? 'b'</code> d'abord</p>`, `<p><code>a ? 'b'</code> d’abord</p>`},
		{"fr", `<a href="https://x.example/l'a?b">l'a</a>`, `<a href="https://x.example/l'a?b">l’a</a>`},
		{"fr", `<a class="mention" href="x">@<span>l'a</span></a> !`, `<a class="mention" href="x">@<span>l'a</span></a>~!`},
		{"fr", `<span class="ellipsis">x?a=1;b</span>`, `<span class="ellipsis">x?a=1;b</span>`},
		{"fr", `<p>un</p><p>: deux</p>`, `<p>un</p><p>: deux</p>`},
		{"fr", `<p>a &lt; b &amp; c !</p>`, `<p>a &lt; b &amp; c~!</p>`},
		{"fr", `<p><span lang="en">"so"</span> "oui"</p>`, `<p><span lang="en">“so”</span> «~oui~»</p>`},
		{"de", `<p>so ...</p>`, `<p>so ...</p>`},
		{"fr", `<p>a < b`, `<p>a < b`},
	} {
		if got := visible(TypoHTML(c.lang, c.in)); got != c.want {
			t.Errorf("TypoHTML(%s, %q)\n got %q\nwant %q", c.lang, c.in, got, c.want)
		}
	}
}

// Setting must never open a tag: what was text stays text.
func FuzzTypoHTML(f *testing.F) {
	for _, s := range []string{`&lt;script&gt; "a" 'b' !`, `<p>x</p>`, `1er < 2e`, `« a »`, `n°4`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		escaped := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
		got := TypoHTML("fr", escaped)
		for _, ok := range []string{"<sup>er</sup>", "<sup>re</sup>", "<sup>e</sup>"} {
			got = strings.ReplaceAll(got, ok, "")
		}
		if strings.ContainsAny(got, "<>") {
			t.Errorf("text became markup: %q → %q", s, got)
		}
	})
}

func BenchmarkTypoHTML(b *testing.B) {
	s := "<p>Ce matin au marché, trente conversations en deux heures. Ce qui revient : les charges de chauffage, et la peur de l'avis d'échéance de janvier. On prépare une permanence « lire sa facture » avec l'association des locataires. Qui peut venir le mardi soir ?</p>"
	for b.Loop() {
		TypoHTML("fr", s)
	}
}
