package text_test

import (
	"testing"

	"github.com/maillage/maillage/internal/text"
)

// TestRaiseFirst: the ordinal of a date is raised in the text of a page, and nowhere else.
func TestRaiseFirst(t *testing.T) {
	same := []string{
		"", "<p>mardi 2 décembre</p>",
		`<title>Réunion du 1er décembre</title>`,
		`<time datetime="x" title="mardi 1er décembre à 18 h">il y a 2 h</time>`,
		`<input value="1er mai"><img alt="Le 1er > mai"><a aria-label="vu le 1er mai" href="/1er">x</a>`,
		`<textarea>le 1er mai <b></textarea>`, `<select><option>1er mai</option></select>`, `<script>"le 1er mai"</script>`,
		`<svg><text>1er mai</text></svg>`, `<code>le 1er</code>`, `<p>le 1<sup>er</sup> mai</p>`,
		`<p>#1er @1er@x.fr https://x.fr/1er/ 21er 1ere 1er2</p>`,
		`<div class="prose" lang="en"><div>the 1er arrondissement</div> 1er</div>`,
	}
	for _, page := range same {
		if got := string(text.RaiseFirst([]byte(page))); got != page {
			t.Errorf("%s became %s", page, got)
		}
	}
	for page, want := range map[string]string{
		"<p>mardi 1er\u00a0décembre</p>":                                                        "<p>mardi 1<sup>er</sup>\u00a0décembre</p>",
		"1er mai, (1er juin), d’ici le 1er":                                                     "1<sup>er</sup> mai, (1<sup>er</sup> juin), d’ici le 1<sup>er</sup>",
		`<a title="le 1er mai">le 1er mai</a>`:                                                  `<a title="le 1er mai">le 1<sup>er</sup> mai</a>`,
		`<title>1er</title><textarea>1er</textarea><p lang="en">1er</p><p lang="fr-FR">1er</p>`: `<title>1er</title><textarea>1er</textarea><p lang="en">1er</p><p lang="fr-FR">1<sup>er</sup></p>`,
		`<svg><g><svg>1er</svg>1er</g></svg>1er`:                                                `<svg><g><svg>1er</svg>1er</g></svg>1<sup>er</sup>`,
	} {
		got := string(text.RaiseFirst([]byte(page)))
		if got != want {
			t.Errorf("%s became %s", page, got)
		}
		if again := string(text.RaiseFirst([]byte(got))); again != got {
			t.Errorf("set twice: %s", again)
		}
	}
}
