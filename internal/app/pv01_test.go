package app_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
)

// TestPV01 asks for everything that can be read, as everybody who may stand
// towards an author, and looks for posts that the asker may not read. It walks
// the list of all routes: a new one is covered by being declared, and fails the
// test until fill knows what stands in its variables. Who may read what is
// written down in the stage, and nowhere taken from the program. Streams have no
// end and a test of their own, TestStreamsShowWhatPagesShow.
//
// Spec: PV1, PV6
func TestPV01(t *testing.T) {
	s := newStage(t)
	cells := 0
	for _, rt := range s.Routes() {
		if rt.Method != http.MethodGet || endless(rt.Path) {
			continue
		}
		paths, known := s.fill(rt)
		if !known {
			t.Errorf("GET %s: say in stage.fill what stands in its variables", rt.Path)
			continue
		}
		for _, path := range paths {
			for _, q := range s.questions(path) {
				for _, who := range viewers {
					status, body, asked := s.get(who, rt, path+q)
					if !asked {
						continue
					}
					cells++
					if status >= 500 {
						t.Errorf("%s answers %s %d", name(rt, path+q), who, status)
					}
					if rt.Path == "/api/oembed" {
						who = "nobody" // it answers everybody alike, so that caches may keep it
					}
					s.check(who, rt, path+q, body)
				}
			}
		}
	}
	if cells < 400 {
		t.Errorf("only %d cells of the matrix were looked at", cells)
	}
	t.Logf("%d answers read", cells)

	// The three places where exactly those who may read a post get it.
	for _, p := range s.posts {
		for _, who := range viewers {
			may := slices.Contains(p.readers, who)
			for _, rt := range []httpx.Route{
				{Method: "GET", Class: httpx.ClassAPI, Path: "/api/v1/statuses/" + ids.String(p.ID)},
				{Method: "GET", Class: httpx.ClassWeb, Path: p.URL[len(s.URL):]},
				{Method: "GET", Class: httpx.ClassActivityPub, Path: p.URI[len(s.URL):]},
			} {
				status, body, asked := s.get(who, rt, rt.Path)
				if !asked {
					continue
				}
				if rt.Class == httpx.ClassWeb && status == 303 {
					continue // to where the post is shown, or to the sign-in
				}
				if got := status == 200 && strings.Contains(body, p.word); got != may {
					t.Errorf("%s of %s for %s: %d, want it shown: %v", name(rt, rt.Path), p.word, who, status, may)
				}
				if !may && status == 200 {
					t.Errorf("%s of %s answers %s 200", name(rt, rt.Path), p.word, who)
				}
			}
		}
	}
}
