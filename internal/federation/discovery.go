package federation

import (
	"context"
	"net/http"
	"strings"

	"github.com/maillage/maillage/activitypub/discovery"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/memo"
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
		// Most servers call it plain JSON, and GoToSocial reads no other.
		return answer(c, "application/json; charset=utf-8", b, err)
	})
	for _, version := range []string{"2.0", "2.1"} {
		r.Get("/nodeinfo/"+version, httpx.Public, func(c *httpx.Ctx) error {
			if err := e.mayAsk(c); err != nil {
				return err
			}
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

// actorBytes is about what an actor takes in memory.
const actorBytes = 4 << 10

// webfinger answers for accounts that may be reached from outside. For all
// others it is as if they did not exist, and for what does not exist as if it were hidden.
//
// Spec: RFC 7033; Spec: P1, P4, FE12
func (e *Engine) webfinger(c *httpx.Ctx) error {
	resource := c.Query("resource")
	if resource == "" {
		return apperr.BadRequest("federation.no_resource")
	}
	found, err := memo.Do(c.Context(), e.Memo, "named\n"+resource, func(ctx context.Context) (*route.Actor, int, error) {
		a, err := e.named(ctx, resource)
		return a, actorBytes, err
	})
	if err != nil && !apperr.Is(err, apperr.KindNotFound) {
		return err
	}
	var of route.Actor // a copy: found is of many requests
	if err == nil {
		of = *found
	}
	a, private := &of, false
	// The instance itself is no secret; its people are, while it is closed.
	if a.Type != "Application" {
		if err := e.mayAsk(c); err != nil {
			return err
		}
	}
	// Who signed is found out whether or not there is somebody to hide: else the
	// question about their key, or the time it takes, would tell.
	here := a.Local && !a.Deleted && !a.Suspended
	if !(here && a.Reachable) && e.ReachableBy != nil && signed(c.R.Header) {
		by, err := e.asker(c.Context(), c.R)
		if err != nil {
			return apperr.NotFound("account.not_found").Wrap(err)
		}
		if here {
			if a.Reachable, err = e.ReachableBy(c.Context(), a.ID, by.Host); err != nil {
				return err
			}
		}
		private = true
	}
	if !here || !a.Reachable {
		return apperr.NotFound("account.not_found")
	}
	acct := discovery.Account{
		Name: a.Username, Host: e.Host, ActorID: a.URI, ActorType: a.Type, PageURL: e.Base + "/@" + a.Username,
		Subscribe: e.Base + "/authorize_interaction?uri={uri}", Intents: e.intents(),
	}
	if a.Type == "Application" {
		acct.Name, acct.PageURL, acct.Subscribe, acct.Intents = e.Host, e.Base+"/", "", nil
	}
	b, err := discovery.NewJRD(acct).Encode()
	if private {
		c.Private()
	} else {
		c.W.Header().Set("Cache-Control", "max-age=600")
	}
	return answer(c, discovery.JRDType+"; charset=utf-8", b, err)
}

// intents are the pages where our people do what they chose to do elsewhere:
// each shows the object with all that they can do with it, and does nothing by
// itself.
//
// Spec: FEP-3b86
func (e *Engine) intents() []discovery.Intent {
	open := e.Base + "/authorize_interaction?uri={object}"
	out := []discovery.Intent{{Activity: "Object", Template: open}}
	for _, activity := range []string{"Follow", "Like", "Announce"} {
		out = append(out, discovery.Intent{Activity: activity, Template: open})
	}
	return out
}

// Says gives what the server of a handle says of it, for the pages where somebody
// acts from there.
//
// Spec: FEP-3b86
func (e *Engine) Says(ctx context.Context, handle string) (*discovery.JRD, error) {
	return e.Client.JRD(ctx, handle, nil)
}

// named finds the account of ours that a resource names, in each of the forms
// that peers ask for: acct:name@host, also without "acct:" or with an @ before
// the name; the actor's id; the address of its page; and for the instance's own
// actor acct:host@host, acct:relay@host (as Mobilizon and Gancio ask), the host
// alone, and the addresses of the site. Case counts in ids only.
//
// Spec: RFC 7033 4.1; Spec: FEP-d556
func (e *Engine) named(ctx context.Context, resource string) (*route.Actor, error) {
	absent := apperr.NotFound("account.not_found")
	if len(resource) > 512 {
		return nil, absent
	}
	if cutPrefixFold(&resource, "https://") || cutPrefixFold(&resource, "http://") {
		return e.namedAt(ctx, resource)
	}
	_ = cutPrefixFold(&resource, "acct:") && cutPrefixFold(&resource, "//")
	// A host may carry a port, and so may the name of the instance's own actor.
	resource = strings.TrimPrefix(resource, "@")
	if strings.EqualFold(resource, e.Host) {
		return e.Application(ctx)
	}
	at := strings.LastIndexByte(resource, '@')
	if at <= 0 || !strings.EqualFold(strings.TrimSuffix(resource[at+1:], "."), e.Host) {
		return nil, absent
	}
	return e.namedAs(ctx, resource[:at])
}

// namedAs finds by user name; ours come before the names of the instance.
func (e *Engine) namedAs(ctx context.Context, name string) (*route.Actor, error) {
	if strings.EqualFold(name, e.Host) {
		return e.Application(ctx)
	}
	a, err := e.Directory.ActorByHandle(ctx, e.DB.Read(), name, "")
	if apperr.Is(err, apperr.KindNotFound) && strings.EqualFold(name, "relay") {
		return e.Application(ctx)
	}
	return a, err
}

// namedAt finds by address, given without its scheme: a page is asked for by
// either, and an id has but one.
func (e *Engine) namedAt(ctx context.Context, address string) (*route.Actor, error) {
	absent := apperr.NotFound("account.not_found")
	authority, path, _ := strings.Cut(address, "/")
	_, ours, _ := strings.Cut(e.Base, "://")
	if !strings.EqualFold(authority, ours) {
		return nil, absent
	}
	path, _, _ = strings.Cut(path, "?")
	path = strings.TrimSuffix(path, "/")
	switch name, isPage := strings.CutPrefix(path, "@"); {
	case path == "" || path == "actor":
		return e.Application(ctx)
	case isPage && !strings.Contains(name, "/"):
		if user, host, ok := strings.Cut(name, "@"); ok {
			if !strings.EqualFold(host, e.Host) {
				return nil, absent
			}
			name = user
		}
		return e.namedAs(ctx, name)
	}
	return e.Directory.ActorByURI(ctx, e.DB.Read(), e.Base+"/"+path)
}

// cutPrefixFold cuts a prefix off, whatever its case.
func cutPrefixFold(s *string, prefix string) bool {
	if len(*s) < len(prefix) || !strings.EqualFold((*s)[:len(prefix)], prefix) {
		return false
	}
	*s = (*s)[len(prefix):]
	return true
}
