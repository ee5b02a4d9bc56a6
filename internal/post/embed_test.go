package post_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/testkit/apitest"
)

// TestEmbed asks as another site would: what everybody may read is shown, and of the rest nothing is said.
func TestEmbed(t *testing.T) {
	h := apitest.New(t)
	h.Person("ana", true)
	c := h.Client("ana")
	ask := func(address string) *apitest.Answer {
		return c.Get("/api/oembed?" + url.Values{"url": {address}}.Encode())
	}
	var open, closed masto.Status
	c.Post(statuses, url.Values{"status": {"Réunion <b>samedi</b>"}, "visibility": {"public"}}).OK(&open)
	c.Post(statuses, url.Values{"status": {"Entre nous"}, "audience": {"section"}}).OK(&closed)
	a := ask(*open.URL)
	var e masto.OEmbed
	a.OK(&e)
	if !strings.Contains(e.HTML, "Réunion &lt;b&gt;samedi&lt;/b&gt;") || !strings.Contains(e.HTML, *open.URL) {
		t.Error(e.HTML)
	}
	for _, address := range []string{*closed.URL, "https://other.example/@ana/" + open.ID, "", "::", *open.URL + "0"} {
		ask(address).Fails(404)
	}
	sized := func(more string) *apitest.Answer {
		return c.Get("/api/oembed?" + url.Values{"url": {*open.URL}}.Encode() + more)
	}
	if ask(*open.URL).OK(&e); e.Width != 400 || e.Height != nil {
		t.Errorf("without a size: %d × %v", e.Width, e.Height)
	}
	if sized("&maxwidth=320&maxheight=200").OK(&e); e.Width != 320 || e.Height == nil || *e.Height != 200 {
		t.Errorf("in 320 × 200: %d × %v", e.Width, e.Height)
	}
	for _, bad := range []string{"&maxwidth=large", "&maxwidth=0", "&maxheight=-1", "&maxheight=1.5", "&maxwidth=99999999999999999999"} {
		sized(bad).Fails(422)
	}
}

func TestEmbedConforms(t *testing.T) {
	contract, h := apitest.LoadContract(t), apitest.New(t)
	h.Person("ana", true)
	var open masto.Status
	h.Client("ana").Post(statuses, url.Values{"status": {"Bonjour"}, "visibility": {"public"}}).OK(&open)
	contract.Conforms(h.Stranger().Get("/api/oembed?"+url.Values{"url": {*open.URL}}.Encode()), "get /api/oembed")
}
