package text

import (
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		src      string
		mentions []Handle
		tags     []string
	}{
		{"rien", nil, nil},
		{"@ana et @Bob.", []Handle{{"ana", ""}, {"Bob", ""}}, nil},
		{"@ana@Section.Example, merci", []Handle{{"ana", "section.example"}}, nil},
		{"@ana@section.example. Fin", []Handle{{"ana", "section.example"}}, nil},
		{"@ana@école.fr", []Handle{{"ana", "xn--cole-9oa.fr"}}, nil},
		{"@ana@127.0.0.1:9001 et @b@x.localhost:8080: oui", []Handle{{"ana", "127.0.0.1:9001"}, {"b", "x.localhost:8080"}}, nil},
		{"(@ana) @ANA @ana", []Handle{{"ana", ""}}, nil},
		{"écrire à ana@section.example ou https://x.example/@ana", nil, nil},
		{"@rené", nil, nil},
		{"@jean-luc.m @a_b@c.example", []Handle{{"jean-luc.m", ""}, {"a_b", "c.example"}}, nil},
		{"#Été #ete #été2026 #2026 #_", nil, []string{"ete", "ete2026"}},
		{"a#b #c#d /#e &#39; C'est l'#avenir.", nil, []string{"c", "avenir"}},
		{"https://a.example/#ancre #œuvre", nil, []string{"oeuvre"}},
		{"#日本語 #a·b·", nil, []string{"日本語", "a·b"}},
		{"@ana@", nil, nil},
		{"@ @@ # ## @#", nil, nil},
	} {
		mentions, tags := Parse(c.src)
		if !reflect.DeepEqual(mentions, c.mentions) || !reflect.DeepEqual(tags, c.tags) {
			t.Errorf("Parse(%q) = %v, %q; want %v, %q", c.src, mentions, tags, c.mentions, c.tags)
		}
		var folded []string
		for _, word := range Hashtags(c.src) {
			if !strings.Contains(c.src, "#"+word) {
				t.Errorf("Hashtags(%q) has %q", c.src, word)
			}
			folded = append(folded, Fold(word))
		}
		if !reflect.DeepEqual(folded, tags) {
			t.Errorf("Hashtags(%q) fold to %q, want %q", c.src, folded, tags)
		}
	}
}

// known finds everybody but nobody.
func known(h Handle) (Resolved, bool) {
	host := h.Host
	if host == "" {
		host = "ici.example"
	}
	return Resolved{Name: h.Name, Host: h.Host, URL: "https://" + host + "/@" + h.Name}, h.Name != "nobody"
}

func tagPage(tag string) string { return "https://ici.example/tags/" + url.PathEscape(tag) }

func TestRender(t *testing.T) {
	for _, c := range []struct{ name, src, want string }{
		{"empty", " \n ", ""},
		{"lines", "un\ndeux\r\n\r\n\ntrois", "<p>un<br>deux</p><p>trois</p>"},
		{"blank line of spaces", "un  \n  \ndeux", "<p>un</p><p>deux</p>"},
		{"escaped", `a < b & "c" <script>`, "<p>a &lt; b &amp; &#34;c&#34; &lt;script&gt;</p>"},
		{"mention", "Merci @ana@Loin.example !", `<p>Merci <span class="h-card" translate="no"><a href="https://loin.example/@ana" class="u-url mention">@<span>ana</span></a></span> !</p>`},
		{"unknown", "@nobody@x.example", "<p>@nobody@x.example</p>"},
		{"hashtag", "#Été", `<p><a href="https://ici.example/tags/ete" class="mention hashtag" rel="tag">#<span>Été</span></a></p>`},
		{"link", "Voir https://a.example/b?c=1&d=2.", `<p>Voir <a href="https://a.example/b?c=1&amp;d=2" rel="nofollow noopener noreferrer" translate="no"><span class="invisible">https://</span>a.example/b?c=1&amp;d=2</a>.</p>`},
		{"long link", "https://section.example/agenda/2026/12/12/reunion", `<p><a href="https://section.example/agenda/2026/12/12/reunion" rel="nofollow noopener noreferrer" translate="no"><span class="invisible">https://</span><span class="ellipsis">section.example/agenda/2026/12</span><span class="invisible">/12/reunion</span></a></p>`},
		{"brackets", "(https://fr.example/wiki/Maillage_(réseau)) ok", `<p>(<a href="https://fr.example/wiki/Maillage_(r%C3%A9seau)" rel="nofollow noopener noreferrer" translate="no"><span class="invisible">https://</span><span class="ellipsis">fr.example/wiki/Maillage_(rése</span><span class="invisible">au)</span></a>) ok</p>`},
		{"Cyrillic host", "https://аpple.com/", `<p><a href="https://xn--pple-43d.com/" rel="nofollow noopener noreferrer" translate="no"><span class="invisible">https://</span>xn--pple-43d.com/</a></p>`},
		{"name in the URL", "https://a.example@evil.example/", "<p>https://a.example@evil.example/</p>"},
		{"other schemes", "javascript:alert(1) ftp://a.example http://", "<p>javascript:alert(1) ftp://a.example http://</p>"},
		{"line after a mention", "@ana\n#a\n\n@bob", `<p><span class="h-card" translate="no"><a href="https://ici.example/@ana" class="u-url mention">@<span>ana</span></a></span><br><a href="https://ici.example/tags/a" class="mention hashtag" rel="tag">#<span>a</span></a></p><p><span class="h-card" translate="no"><a href="https://ici.example/@bob" class="u-url mention">@<span>bob</span></a></span></p>`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Render(c.src, known, tagPage); got != c.want {
				t.Errorf("Render(%q)\n got %s\nwant %s", c.src, got, c.want)
			}
		})
	}
}

// A mention can't be made to lead to a script, whatever the lookup returns.
func TestRenderRefusesOtherSchemes(t *testing.T) {
	got := Render("@ana", func(Handle) (Resolved, bool) { return Resolved{Name: "ana", URL: "javascript:alert(1)"}, true }, tagPage)
	if got != "<p>@ana</p>" {
		t.Error(got)
	}
}

func TestCount(t *testing.T) {
	for src, want := range map[string]int{
		"":                0,
		"été":             3,
		"e\u0301te\u0301": 3,
		"👩‍👩‍👧‍👦 🇫🇷🇪🇺 👍🏽":                               6,
		"https://a.example/" + strings.Repeat("x", 400): 23,
		"http://a.fr ok":          26,
		"@ana@section.example ok": 7,
		"@ana ok":                 7,
	} {
		if got := Count(src); got != want {
			t.Errorf("Count(%q) = %d, want %d", src, got, want)
		}
	}
}

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"section": "section", "Élève": "eleve", "ŒUVRE": "oeuvre", "Lætitia": "laetitia", "Straße": "strasse",
		"ÇA": "ca", "Łódź": "lodz", "日本": "日本", "ﬁn": "fin", "℃": "°c", "e\u0301": "e",
	} {
		if got := Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestTagName(t *testing.T) {
	for in, want := range map[string]string{"AG": "ag", "Élève": "eleve", "ŒUVRE": "œuvre", "Straße": "straße", "Łódź": "lodz", "日本": "日本"} {
		if got := TagName(in); got != want || Fold(got) != Fold(in) {
			t.Errorf("TagName(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestTX08PlainName(t *testing.T) {
	for _, c := range []struct {
		in   string
		max  int
		want string
	}{
		{"  Ana \t Martín\n", 0, "Ana Martín"},
		{"Ana\u202egnitset", 0, "Anagnitset"},
		{"A\u200bd\u2060m\ufeffin\u00ad", 0, "Admin"},
		{"\u2066Ana\u2069\u200f", 0, "Ana"},
		{"a\x00b\x1b[31mc\u0085d", 0, "ab[31mc d"},
		{"a\xffb", 0, "a\ufffdb"},
		{"\u3164\u2800\u115f", 0, ""},
		{"e\u0301" + strings.Repeat("\u0301", 50), 0, "é\u0301\u0301\u0301"},
		{"👩‍👧 et 🇫🇷", 0, "👩‍👧 et 🇫🇷"},
		{"a\u200d b", 0, "a b"},
		{"👩‍👧abc", 1, "👩‍👧"},
		{"🇫🇷🇪🇺", 1, "🇫🇷"},
		{"e\u0323\u0301x", 1, "ẹ\u0301"},
		{"abc def", 4, "abc"},
		{"Ana\U000e0041", 0, "Ana"},
	} {
		if got := PlainName(c.in, c.max); got != c.want {
			t.Errorf("PlainName(%q, %d) = %q, want %q", c.in, c.max, got, c.want)
		}
	}
}

func TestTX02Clean(t *testing.T) {
	for _, c := range []struct {
		in   string
		max  int
		want string
	}{
		{"\n a\r\nb\rc\u2028d\n\n", 0, "a\nb\nc\nd"},
		{"a\x00\x07b\u202ec\td", 0, "abc\td"},
		{"\xed\xa0\x80", 0, "\ufffd"},
		{"été\nlong", 3, "été"},
		{"a" + strings.Repeat("\u0301", 10_000), 2, ""},
	} {
		got := Clean(c.in, c.max)
		if c.want == "" {
			if len(got) > c.max*bytesPerCharacter {
				t.Errorf("Clean keeps %d bytes for %d characters", len(got), c.max)
			}
			continue
		}
		if got != c.want {
			t.Errorf("Clean(%q, %d) = %q, want %q", c.in, c.max, got, c.want)
		}
	}
}

// FuzzPost holds what must be true of any source of a post.
func FuzzPost(f *testing.F) {
	for _, s := range []string{"@ana@a.example #été https://a.example/(x)", "https://école.fr/é?q=é#é%zz https://www.a.fr/(é) http://a.fr:80 https://é.00:00 https://0.é?é0", "a\r\n\n\tb", "#a@b#c", "http://[::1]:80/ @a@b:99999", "👩‍👧\u0301 <p>"} {
		f.Add(s)
	}
	for _, v := range vectors {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		src := Clean(raw, 500)
		if !utf8.ValidString(src) || strings.ContainsRune(src, 0) || Graphemes(src) > 500 {
			t.Fatalf("Clean(%q) = %q", raw, src)
		}
		if again := Clean(src, 500); again != src {
			t.Errorf("Clean(%q): once %q, twice %q", raw, src, again)
		}
		var whole strings.Builder
		scan(src, func(tok token) { whole.WriteString(tok.src) })
		if whole.String() != src {
			t.Fatalf("scan loses words of %q: %q", src, whole.String())
		}
		out := Render(src, known, tagPage)
		checkSafe(t, src, Sanitize(out))
		if a, b := squeeze(Plain(out)), squeeze(src); a != b && !strings.Contains(b, "://") && !strings.Contains(b, "@") {
			t.Errorf("Render(%q) says %q", src, a)
		}
		// Our own markup survives the sanitiser, but for the rel of mentions and
		// the escaping of unusual URLs.
		if a, b := frame(Sanitize(out)), frame(out); a != b {
			t.Errorf("Render(%q)\n  %q\nsanitised\n  %q", src, b, a)
		}
		mentions, tags := Parse(src)
		for _, h := range mentions {
			if h.Name == "" || strings.ContainsAny(h.Host, " /@<>\"") {
				t.Errorf("Parse(%q) finds %q", src, h)
			}
		}
		for _, tag := range tags {
			if Fold(tag) != tag {
				t.Errorf("tag %q folds to %q", tag, Fold(tag))
			}
		}
		name := PlainName(raw, 30)
		if again := PlainName(name, 30); again != name || Graphemes(name) > 30 || strings.ContainsAny(name, "\n\x00\u202e\u200b") {
			t.Errorf("PlainName(%q) = %q, then %q", raw, name, again)
		}
		Count(raw)
	})
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }

var relOrHref = regexp.MustCompile(` (rel|href)="[^"]*"`)

func frame(s string) string { return relOrHref.ReplaceAllString(s, "") }

const samplePlain = "Bonjour @ana@section.example,\n\nla réunion de #Section est samedi : https://www.section.example/agenda/2026/12/12 (salle 3).\nÀ samedi !"

func BenchmarkRender(b *testing.B) {
	for b.Loop() {
		Render(samplePlain, known, tagPage)
	}
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		Parse(samplePlain)
	}
}

func BenchmarkFold(b *testing.B) {
	for b.Loop() {
		Fold("Élève d'une Œuvre")
	}
}
