package host

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/apperr"
)

// FuzzList: a list of another server is refused with words or read whole, and
// what was read reads the same when it was written.
//
// Spec: TX1; Spec: Mastodon admin/domain_blocks
func FuzzList(f *testing.F) {
	for _, s := range []string{
		"#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\nevil.example,suspend,true,false,\"spam, x\",true\n",
		"\ufeffdomain,severity\nb.example,silence\n", "evil.example\n*.wild.example\nbücher.example\n", "#domain\n\"a\nb", "a,b,c,d,e,f,g\n", "severity,domain\nnoop,127.0.0.1:80\n",
	} {
		f.Add([]byte(s))
	}
	s := &Service{Host: "ici.example"}
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := s.readList(bytes.NewReader(b))
		if err != nil {
			if !apperr.Is(err, apperr.KindInvalid) {
				t.Fatalf("refused without words: %v", err)
			}
			return
		}
		var out bytes.Buffer
		if err := write(csv.NewWriter(&out), list); err != nil {
			t.Fatal(err)
		}
		again, err := s.readList(&out)
		if err != nil || len(again) != len(list) {
			t.Fatalf("%d rows were written, %d read: %v", len(list), len(again), err)
		}
		for i, p := range list {
			q := again[i]
			if p.CreatedAt = q.CreatedAt; p != q {
				t.Errorf("row %d: %+v, then %+v", i, p, q)
			}
			if p.Host == "" || p.Host == s.Host || strings.ContainsAny(p.Host, "\x00\r\n /@") {
				t.Errorf("a rule for %q", p.Host)
			}
		}
	})
}
