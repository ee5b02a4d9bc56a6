package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/discovery"
)

func TestOR11WebFinger(t *testing.T) {
	var srv *httptest.Server
	asked := map[string]string{}
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		self := "http://" + r.Host
		resource := r.URL.Query().Get("resource")
		switch r.URL.Path {
		case "/.well-known/webfinger", "/finger":
			name, _, _ := strings.Cut(strings.TrimPrefix(resource, "acct:"), "@")
			asked[name] = r.URL.Path
			subject, actor := resource, self+"/users/"+name
			switch {
			case name == "hidden" && r.URL.Path != "/finger", name == "nobody":
				http.NotFound(w, r)
				return
			case name == "alias": // this host's name for ana
				subject, actor = "acct:ana@"+r.Host, self+"/users/ana"
			case name == "spoof":
				subject = "acct:oopsie@nowhere.localhost:1"
			case name == "thief": // claims to be ana, who says otherwise
				subject = "acct:ana@" + r.Host
			case name == "page":
				fmt.Fprint(w, `{"subject":"acct:page@x","links":[{"rel":"self","type":"text/html","href":"https://x/"}]}`)
				return
			case name == "html":
				fmt.Fprint(w, `<html>`)
				return
			}
			b, _ := (&discovery.JRD{Subject: subject, Links: []discovery.JRDLink{
				{Rel: "self", Type: "text/html", Href: self + "/no"},
				{Rel: "self", Type: discovery.ProfileType, Href: actor},
			}}).Encode()
			w.Header().Set("Content-Type", discovery.JRDType)
			_, _ = w.Write(b)
		case "/.well-known/host-meta":
			fmt.Fprintf(w, `<?xml version="1.0"?><XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0"><Link rel="lrdd" template="%s/finger?resource={uri}"/></XRD>`, self)
		case "/.well-known/nodeinfo":
			b, _ := discovery.EncodeNodeInfoLinks(self, self+"/actor")
			_, _ = w.Write(b)
		case "/nodeinfo/2.1":
			b, _ := discovery.NodeInfo{Software: discovery.Software{Name: "maillage", Version: "1"}}.Encode("2.1")
			_, _ = w.Write(b)
		}
	})
	srv = httptest.NewServer(h)
	defer srv.Close()
	host := strings.TrimPrefix(srv.URL, "http://")
	c := New(Config{UserAgent: "test", Guard: Guard{Local: true}, Timeout: 3 * time.Second, Scheme: "http"})
	defer c.Close()
	ctx := context.Background()

	for handle, want := range map[string]string{
		"ana@" + host: "ana", "@ana@" + host: "ana", "acct:ana@" + host: "ana", "alias@" + host: "ana", "hidden@" + host: "hidden",
	} {
		id, subject, err := c.WebFinger(ctx, handle, nil)
		if err != nil || id != srv.URL+"/users/"+want || subject.String() != want+"@"+host {
			t.Errorf("%s: %s %s %v", handle, id, subject, err)
		}
	}
	if asked["hidden"] != "/finger" {
		t.Error("host-meta was not followed")
	}
	for handle, want := range map[string]error{
		"nobody@" + host: ErrGone, "spoof@" + host: ErrTemporary, "thief@" + host: ErrRefused, "page@" + host: ErrRefused,
		"html@" + host: ErrRefused, "ana": ErrRefused, "ana@10.0.0.1": ErrRefused, "@@": ErrRefused,
	} {
		if _, _, err := c.WebFinger(ctx, handle, nil); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", handle, err, want)
		}
	}
	// Signed when a key is given; https is tried first by default and then
	// http, in local mode.
	second := New(Config{UserAgent: "test", Guard: Guard{Local: true}})
	defer second.Close()
	if _, _, err := second.WebFinger(ctx, "ana@"+host, testKey(t)); err != nil {
		t.Errorf("other scheme: %v", err)
	}
	n, err := c.NodeInfo(ctx, srv.URL, nil)
	if err != nil || n.Software.Name != "maillage" {
		t.Errorf("nodeinfo: %v %v", n, err)
	}
	if id, err := c.ApplicationActor(ctx, srv.URL, nil); err != nil || id != srv.URL+"/actor" {
		t.Errorf("application actor: %s %v", id, err)
	}
	// A .localhost name is this machine, without DNS.
	port := host[strings.LastIndex(host, ":"):]
	if _, _, err := c.WebFinger(ctx, "ana@section.localhost"+port, nil); err != nil {
		t.Errorf("localhost name: %v", err)
	}
}
