package as

import (
	"fmt"

	"github.com/go-fed/activity/streams"
	"github.com/go-fed/activity/streams/vocab"
)

// Collection is an OrderedCollection to be written. Everything but ID may be
// left out: who follows whom, and how many, is often nobody's business.
type Collection struct {
	ID           string
	TotalItems   *int64
	First        string
	Last         string
	AttributedTo string
	Items        []any           // as Activity.Object each; nil leaves orderedItems out
	Unordered    bool            // a Collection
	FirstPage    *CollectionPage // embedded, in place of First
	Extra        map[string]any
	ExtraContext map[string]any
}

// Build implements [Builder].
func (c Collection) Build() ([]byte, error) { return build(c) }

func (c Collection) properties() (map[string]any, map[string]any, error) {
	o := streams.NewActivityStreamsOrderedCollection()
	w := &writer{}
	w.id(o, c.ID)
	w.attributedTo(o, c.AttributedTo)
	if c.First != "" {
		p := streams.NewActivityStreamsFirstProperty()
		p.SetIRI(w.iri(c.First))
		o.SetActivityStreamsFirst(p)
	}
	if c.Last != "" {
		p := streams.NewActivityStreamsLastProperty()
		p.SetIRI(w.iri(c.Last))
		o.SetActivityStreamsLast(p)
	}
	m, terms, err := collection(w, o, c.TotalItems, c.Items, c.Extra, c.ExtraContext)
	if err != nil {
		return nil, nil, err
	}
	if c.FirstPage != nil {
		page, more, err := c.FirstPage.properties()
		if err != nil {
			return nil, nil, err
		}
		m["first"] = page
		merge(terms, more)
	}
	if c.Unordered {
		unorder(m, "Collection")
	}
	return m, terms, nil
}

// unorder makes of an ordered collection one whose order says nothing.
func unorder(m map[string]any, kind string) {
	m["type"] = kind
	if items, ok := m["orderedItems"]; ok {
		delete(m, "orderedItems")
		m["items"] = items
	}
}

// CollectionPage is an OrderedCollectionPage to be written.
type CollectionPage struct {
	ID           string
	PartOf       string
	Next         string
	Prev         string
	TotalItems   *int64
	Items        []any // as Activity.Object each; written even if empty
	Unordered    bool  // a page of a Collection
	Extra        map[string]any
	ExtraContext map[string]any
}

// Build implements [Builder].
func (c CollectionPage) Build() ([]byte, error) { return build(c) }

func (c CollectionPage) properties() (map[string]any, map[string]any, error) {
	o := streams.NewActivityStreamsOrderedCollectionPage()
	w := &writer{}
	w.id(o, c.ID)
	if c.PartOf != "" {
		p := streams.NewActivityStreamsPartOfProperty()
		p.SetIRI(w.iri(c.PartOf))
		o.SetActivityStreamsPartOf(p)
	}
	if c.Next != "" {
		p := streams.NewActivityStreamsNextProperty()
		p.SetIRI(w.iri(c.Next))
		o.SetActivityStreamsNext(p)
	}
	if c.Prev != "" {
		p := streams.NewActivityStreamsPrevProperty()
		p.SetIRI(w.iri(c.Prev))
		o.SetActivityStreamsPrev(p)
	}
	items := c.Items
	if items == nil {
		items = []any{}
	}
	m, terms, err := collection(w, o, c.TotalItems, items, c.Extra, c.ExtraContext)
	if err == nil && c.Unordered {
		unorder(m, "CollectionPage")
	}
	return m, terms, err
}

func collection(w *writer, o vocab.Type, total *int64, items []any, extra, extraContext map[string]any) (map[string]any, map[string]any, error) {
	m, err := w.serialize(o)
	if err != nil {
		return nil, nil, err
	}
	if total != nil {
		m["totalItems"] = *total
	}
	terms := map[string]any{}
	merge(terms, extraContext)
	if items != nil {
		list := make([]any, 0, len(items))
		for i, item := range items {
			v, more, err := embed(item)
			if err != nil {
				return nil, nil, fmt.Errorf("build: item %d: %w", i, err)
			}
			list = append(list, v)
			merge(terms, more)
		}
		m["orderedItems"] = list
	}
	merge(m, extra)
	return m, terms, nil
}
