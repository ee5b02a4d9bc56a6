package fetch

import (
	"context"
	"strings"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/discovery"
	"github.com/maillage/maillage/activitypub/sig"
)

// Accept is what documents are asked for with.
const Accept = `application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams"`

// Document fetches an ActivityPub document and believes it only as its own
// origin serves it: the Content-Type is an ActivityPub one, the id is the URL
// it came from, and its author or actor is of the same origin. If the id is
// another, that id is fetched once, from its own origin, and must hold.
//
// Errors: ErrGone, ErrTemporary, ErrRefused (an *as.Error is wrapped where a
// rule of that package said no), ErrBudget.
//
// Spec: AP 3.2; Spec: FEP-fe34
func (c *Client) Document(ctx context.Context, uri string, key *sig.Key) (*as.Doc, error) {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	doc, final, err := c.document(ctx, uri, key)
	if err != nil {
		return nil, err
	}
	if !served(doc, uri, final) {
		id := doc.ID()
		if as.Origin(id) == "" {
			return nil, refused("document has no usable id", nil)
		}
		if id == uri || id == final {
			return nil, refused("id and address are of different origins", nil)
		}
		if doc, final, err = c.document(ctx, id, key); err != nil {
			return nil, err
		}
		if doc.ID() != id || !served(doc, id, final) {
			return nil, refused("id is not where the document is", nil)
		}
	}
	check := as.CheckObject
	if doc.Has("actor") && !doc.Has("attributedTo") {
		check = func(d *as.Doc) error { return as.CheckActivity(d, d.ID()) }
	}
	if err := check(doc); err != nil {
		return nil, refused("document breaks the rules of origin", err)
	}
	return doc, nil
}

// served reports whether the document's id is what was asked for or what
// answered in the end, on the origin that answered.
func served(doc *as.Doc, asked, final string) bool {
	id := doc.ID()
	bare, _, _ := strings.Cut(asked, "#")
	return as.SameOrigin(id, final) && (id == final || id == asked || id == bare)
}

func (c *Client) document(ctx context.Context, uri string, key *sig.Key) (*as.Doc, string, error) {
	resp, err := c.Get(ctx, uri, Accept, key)
	if err != nil {
		return nil, "", err
	}
	if !discovery.IsDocumentType(resp.ContentType) {
		return nil, "", refused("content type is not ActivityPub's", nil)
	}
	doc, err := as.Parse(resp.Body)
	if err != nil {
		return nil, "", refused("document refused", err)
	}
	return doc, resp.FinalURL, nil
}
