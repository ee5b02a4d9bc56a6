package as

import (
	"bufio"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"
	"time"
)

// meaning.txt says in one line for each document of the corpus what it means:
// path, kind, and what a reader would be shown of it. It was written by us,
// after looking at each document; the documents themselves are others' and stay
// where they are. MAILLAGE_CORPUS_PRINT=1 prints what is read now.

var markup = regexp.MustCompile(`<[^>]*>|[\s|]+`)

// begin is the beginning of a text, without markup.
func begin(s string) string {
	s = strings.TrimSpace(markup.ReplaceAllString(html.UnescapeString(markup.ReplaceAllString(s, " ")), " "))
	if r := []rune(s); len(r) > 28 {
		s = strings.TrimSpace(string(r[:28]))
	}
	return s
}

// tell says in one line what a document means.
func tell(b []byte) string {
	d, err := Parse(b)
	if err != nil {
		return "refused: " + string(ReasonOf(err))
	}
	return strings.Join(told(d, 0), " | ")
}

func told(d *Doc, depth int) []string {
	kind := strings.Join(d.Types(), "+")
	if IsActor(d) {
		out := []string{kind, "name " + begin(d.Name()), "user " + d.String("preferredUsername")}
		if len(d.Refs("alsoKnownAs")) > 0 {
			out = append(out, fmt.Sprintf("aliases %d", len(d.Refs("alsoKnownAs").IDs())))
		}
		if u := d.Refs("movedTo").ID(); u != "" {
			out = append(out, "moved "+u)
		}
		return out
	}
	if m := Read(d, "fr"); m != nil {
		return append([]string{kind}, facts(d, m)...)
	}
	out := []string{kind}
	if n, ok := d.TotalItems(); ok {
		out = append(out, fmt.Sprintf("total %d", n))
	}
	if n := len(d.Items()); n > 0 {
		out = append(out, fmt.Sprintf("items %d", n))
	}
	if a := d.Actor(); a != "" {
		out = append(out, "by "+a)
	}
	if t := d.Target().ID(); t != "" {
		out = append(out, "target "+t)
	}
	if c := d.Reaction(); c != "" {
		out = append(out, "says "+begin(c))
	}
	switch o := d.Object(); {
	case len(o) == 1 && o.Doc() != nil && depth < 3:
		return append(append(out, ">"), told(o.Doc(), depth+1)...)
	case len(o) == 1:
		out = append(out, "of "+o.ID())
	case len(o) > 1:
		out = append(out, fmt.Sprintf("of %d things", len(o)))
	}
	return out
}

func facts(d *Doc, m *Meaning) []string {
	var out []string
	add := func(label, s string) {
		if s != "" {
			out = append(out, label+" "+s)
		}
	}
	add("title", begin(m.Title))
	add("lead", begin(m.Lead))
	add("warning", begin(m.Warning))
	add("text", begin(m.Content))
	if m.ContentType != "text/html" {
		add("as", m.ContentType)
	}
	add("by", m.Author)
	add("in", m.Group)
	switch {
	case m.Listed:
		add("for", "all")
	case m.Everybody:
		add("for", "all, unlisted")
	case len(d.Recipients()) > 0:
		add("for", "some")
	}
	add("lang", m.Language)
	if m.Sensitive {
		add("sensitive", "yes")
	}
	for _, a := range m.Media {
		add("media", strings.TrimSpace(a.Type+" "+mediaType(a.MediaType)))
	}
	for _, a := range m.Links {
		add("link", Host(a.URL))
	}
	if d.InReplyTo() != "" {
		add("answers", Host(d.InReplyTo()))
	}
	add("quotes", Host(d.Quote()))
	if n := len(d.Mentions()); n > 0 {
		add("mentions", fmt.Sprint(n))
	}
	for _, t := range d.Hashtags() {
		add("tag", t.Name)
	}
	if m.Poll != nil {
		for _, o := range m.Poll.Options {
			add("option", fmt.Sprintf("%s %d", begin(o.Name), o.Votes))
		}
		add("poll", fmt.Sprintf("several %t closed %t", m.Poll.Multiple, m.Poll.Closed))
	}
	if e := m.Event; e != nil {
		if !e.Start.IsZero() {
			add("start", e.Start.Format(time.RFC3339))
		}
		if !e.End.IsZero() {
			add("end", e.End.Format(time.RFC3339))
		}
		for _, p := range e.Places {
			add("where", strings.TrimSpace(begin(p.Name)+", "+p.Address+" "+p.URL))
		}
		add("website", Host(e.Website))
		add("register", e.Register)
		if e.Cancelled || e.Postponed || e.Tentative {
			add("state", fmt.Sprintf("cancelled %t postponed %t tentative %t", e.Cancelled, e.Postponed, e.Tentative))
		}
	}
	return out
}

func TestCorpusMeaning(t *testing.T) {
	docs := corpus(t)
	paths := make([]string, 0, len(docs))
	for p := range docs {
		paths = append(paths, p)
	}
	sort.Strings(paths)
	if os.Getenv("MAILLAGE_CORPUS_PRINT") != "" {
		for _, p := range paths {
			fmt.Println(p + " | " + tell(docs[p]))
		}
		return
	}
	f, err := os.Open(filepath.Join("testdata", "meaning.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want := map[string]string{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		path, rest, ok := strings.Cut(lines.Text(), " | ")
		if !ok {
			t.Fatalf("not a line of the table: %q", lines.Text())
		}
		want[path] = rest
	}
	for _, p := range paths {
		if got := tell(docs[p]); want[p] == "" {
			t.Errorf("%s is not in the table", p)
		} else if got != want[p] {
			t.Errorf("%s:\n read %s\n want %s", p, got, want[p])
		}
		delete(want, p)
	}
	for p := range want {
		t.Errorf("%s is in the table and not in the corpus", p)
	}
}
