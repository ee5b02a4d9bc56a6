package fetch

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/discovery"
	"github.com/maillage/maillage/activitypub/sig"
)

// WebFinger looks up a handle ("name@host[:port]", with or without @ or acct:
// before it) and returns the actor's id and the handle that the answer calls
// its subject. A subject on another host is believed only if asking that host
// leads to the same actor. key may be nil; servers of the movement answer for
// private accounts only to signed requests.
//
// The caller still has to fetch the actor and see that it is the one.
//
// Spec: RFC 7033
func (c *Client) WebFinger(ctx context.Context, handle string, key *sig.Key) (actorID string, subject discovery.Handle, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	h, err := discovery.ParseHandle(handle)
	if err != nil {
		return "", h, refused("not a handle", err)
	}
	j, err := c.jrd(ctx, h, key)
	if err != nil {
		return "", h, err
	}
	actorID = j.ActorID()
	if as.Origin(actorID) == "" {
		return "", h, refused("no actor in the WebFinger answer", nil)
	}
	subject, err = discovery.ParseHandle(j.Subject)
	if err != nil || !strings.HasPrefix(strings.ToLower(j.Subject), "acct:") || sameHandle(subject, h) {
		return actorID, h, nil
	}
	again, err := c.jrd(ctx, subject, key)
	if err != nil {
		return "", h, err
	}
	confirmed, err := discovery.ParseHandle(again.Subject)
	if again.ActorID() != actorID || err == nil && !sameHandle(confirmed, subject) {
		return "", h, refused("WebFinger subject does not lead back to the actor", nil)
	}
	return actorID, subject, nil
}

// JRD looks up a handle like [Client.WebFinger] and gives what its own host says
// of it, unverified.
//
// Spec: RFC 7033
func (c *Client) JRD(ctx context.Context, handle string, key *sig.Key) (*discovery.JRD, error) {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	h, err := discovery.ParseHandle(handle)
	if err != nil {
		return nil, refused("not a handle", err)
	}
	return c.jrd(ctx, h, key)
}

func sameHandle(a, b discovery.Handle) bool {
	return strings.EqualFold(a.Name, b.Name) && a.Host == b.Host
}

// schemes lists what to try for a bare host: https, or in local mode the
// configured one and then the other.
func (c *Client) schemes() []string {
	if !c.config.Guard.Local {
		return []string{"https"}
	}
	if c.config.Scheme == "http" {
		return []string{"http", "https"}
	}
	return []string{"https", "http"}
}

// jrd asks the handle's host, directly and then through host-meta.
func (c *Client) jrd(ctx context.Context, h discovery.Handle, key *sig.Key) (*discovery.JRD, error) {
	resource := url.QueryEscape("acct:" + h.String())
	var first error
	for _, scheme := range c.schemes() {
		base := scheme + "://" + h.Host
		j, err := c.askJRD(ctx, base+"/.well-known/webfinger?resource="+resource, key)
		if err == nil {
			return j, nil
		}
		if first == nil {
			first = err
		}
		if errors.Is(err, ErrBudget) || ctx.Err() != nil {
			return nil, err
		}
		if statusOf(err) == 0 {
			continue // nobody there: host-meta would not answer either
		}
		resp, err := c.Get(ctx, base+"/.well-known/host-meta", discovery.XRDType+", application/json", key)
		if err != nil {
			continue
		}
		template, err := discovery.ParseHostMeta(resp.Body)
		if err != nil || template == discovery.WebFingerTemplate(base) {
			continue
		}
		if j, err := c.askJRD(ctx, strings.ReplaceAll(template, "{uri}", resource), key); err == nil {
			return j, nil
		}
	}
	return nil, first
}

func (c *Client) askJRD(ctx context.Context, uri string, key *sig.Key) (*discovery.JRD, error) {
	resp, err := c.Get(ctx, uri, discovery.JRDType+", application/json", key)
	if err != nil {
		return nil, err
	}
	j, err := discovery.ParseJRD(resp.Body)
	if err != nil {
		return nil, refused("not a WebFinger answer", err)
	}
	return j, nil
}

// NodeInfo asks an instance what software it runs. origin is scheme, host and
// port, as as.Origin gives it.
//
// Spec: FEP-f1d5
func (c *Client) NodeInfo(ctx context.Context, origin string, key *sig.Key) (*discovery.NodeInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	resp, err := c.Get(ctx, origin+"/.well-known/nodeinfo", "application/json", key)
	if err != nil {
		return nil, err
	}
	uri, _, err := discovery.ParseNodeInfoLinks(resp.Body)
	if err != nil || !as.SameOrigin(uri, origin) {
		return nil, refused("no NodeInfo", err)
	}
	if resp, err = c.Get(ctx, uri, "application/json", key); err != nil {
		return nil, err
	}
	n, err := discovery.ParseNodeInfo(resp.Body)
	if err != nil {
		return nil, refused("no NodeInfo", err)
	}
	return n, nil
}

// ApplicationActor asks an instance for the id of its own actor, "" if it
// names none.
//
// Spec: FEP-2677
func (c *Client) ApplicationActor(ctx context.Context, origin string, key *sig.Key) (string, error) {
	resp, err := c.Get(ctx, origin+"/.well-known/nodeinfo", "application/json", key)
	if err != nil {
		return "", err
	}
	_, actor, err := discovery.ParseNodeInfoLinks(resp.Body)
	if err != nil {
		return "", refused("no NodeInfo", err)
	}
	if actor != "" && !as.SameOrigin(actor, origin) {
		return "", refused("application actor is elsewhere", nil)
	}
	return actor, nil
}
