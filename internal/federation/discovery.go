package federation

import (
	"context"
	"net/http"
	"strings"

	"github.com/maillage/maillage/activitypub/discovery"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/httpx"
)

// software is our name in NodeInfo, by which peers choose how to talk to us.
const software = "maillage"

// discovery declares the documents by which servers find each other.
//
// Spec: RFC 7033, RFC 6415, FEP-f1d5, FEP-2677, FEP-d556
func (e *Engine) discovery(r *httpx.Router) {
	r.Get("/.well-known/webfinger", httpx.Public, e.webfinger)
	r.Get("/.well-known/host-meta", httpx.Public, func(c *httpx.Ctx) error {
		b, err := discovery.EncodeHostMeta(e.Base)
		return answer(c, discovery.XRDType+"; charset=utf-8", b, err)
	})
	r.Get("/.well-known/host-meta.json", httpx.Public, func(c *httpx.Ctx) error {
		b, err := discovery.EncodeHostMetaJSON(e.Base)
		return answer(c, discovery.JRDType+"; charset=utf-8", b, err)
	})
	r.Get("/.well-known/nodeinfo", httpx.Public, func(c *httpx.Ctx) error {
		app := ""
		if a, err := e.Application(c.Context()); err == nil {
			app = a.URI
		} else if !apperr.Is(err, apperr.KindNotFound) {
			return err
		}
		b, err := discovery.EncodeNodeInfoLinks(e.Base, app)
		return answer(c, discovery.JRDType+"; charset=utf-8", b, err)
	})
	for _, version := range []string{"2.0", "2.1"} {
		r.Get("/nodeinfo/"+version, httpx.Public, func(c *httpx.Ctx) error {
			b, err := e.nodeInfo(c.Context()).Encode(version)
			return answer(c, discovery.NodeInfoType(version), b, err)
		})
	}
}

func answer(c *httpx.Ctx, contentType string, body []byte, err error) error {
	if err != nil {
		return err
	}
	return c.Bytes(http.StatusOK, contentType, body)
}

// nodeInfo says what we are. How many people we are is nobody's business.
func (e *Engine) nodeInfo(ctx context.Context) discovery.NodeInfo {
	return discovery.NodeInfo{
		Software:          discovery.Software{Name: software, Version: e.Version, Repository: "https://github.com/maillage/maillage"},
		OpenRegistrations: e.Open != nil && e.Open(ctx),
		// Client apps that know no other name take this one for the interface to speak.
		Metadata: map[string]any{"upstream": map[string]string{"name": "mastodon"}},
	}
}

// webfinger answers for accounts that may be reached from outside. For all
// others it is as if they did not exist.
//
// Spec: RFC 7033; Spec: P4
func (e *Engine) webfinger(c *httpx.Ctx) error {
	resource := c.Query("resource")
	if resource == "" {
		return apperr.BadRequest("federation.no_resource")
	}
	a, err := e.named(c.Context(), resource)
	if err != nil {
		return err
	}
	if !a.Local || !a.Reachable || a.Deleted || a.Suspended {
		return apperr.NotFound("account.not_found")
	}
	acct := discovery.Account{
		Name: a.Username, Host: e.Host, ActorID: a.URI, ActorType: a.Type, PageURL: e.Base + "/@" + a.Username,
		Subscribe: e.Base + "/authorize_interaction?uri={uri}",
	}
	if a.Type == "Application" {
		acct.Name, acct.PageURL, acct.Subscribe = e.Host, e.Base+"/", ""
	}
	b, err := discovery.NewJRD(acct).Encode()
	c.W.Header().Set("Cache-Control", "max-age=600")
	return answer(c, discovery.JRDType+"; charset=utf-8", b, err)
}

// named finds the account of ours that a resource names: acct:name@host, the
// actor's id, or the address of its page. acct:host@host is the instance.
func (e *Engine) named(ctx context.Context, resource string) (*route.Actor, error) {
	absent := apperr.NotFound("account.not_found")
	q := e.DB.Read()
	if strings.HasPrefix(resource, "https://") || strings.HasPrefix(resource, "http://") {
		if !e.own(resource) {
			return nil, absent
		}
		if name, ok := strings.CutPrefix(resource, e.Base+"/@"); ok && !strings.Contains(name, "/") {
			return e.Directory.ActorByHandle(ctx, q, name, "")
		}
		if resource == e.Base || resource == e.Base+"/" || resource == e.Base+"/actor" {
			return e.Application(ctx)
		}
		return e.Directory.ActorByURI(ctx, q, resource)
	}
	if len(resource) > 512 {
		return nil, absent
	}
	if len(resource) > 5 && strings.EqualFold(resource[:5], "acct:") {
		resource = resource[5:]
	}
	// A host may carry a port, and so may the name of the instance's own actor.
	resource = strings.TrimPrefix(resource, "@")
	at := strings.LastIndexByte(resource, '@')
	if at <= 0 || !strings.EqualFold(resource[at+1:], e.Host) {
		return nil, absent
	}
	name := resource[:at]
	if strings.EqualFold(name, e.Host) {
		return e.Application(ctx)
	}
	return e.Directory.ActorByHandle(ctx, q, name, "")
}
