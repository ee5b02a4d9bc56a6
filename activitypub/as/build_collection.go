package as

import "encoding/json"

// Collection is an OrderedCollection, or a page of one when PartOf is set.
//
// Spec: AP 5
type Collection struct {
	ID     string
	Total  *int // left out when nil
	First  string
	Last   string
	PartOf string
	Next   string
	Prev   string
	Items  []any // URIs or json.RawMessage; nil leaves them out
}

// Build writes the document.
func (c Collection) Build() ([]byte, error) {
	b := body{"type": "OrderedCollection", "id": c.ID}
	if c.PartOf != "" {
		b["type"] = "OrderedCollectionPage"
	}
	if c.Total != nil {
		b["totalItems"] = *c.Total
	}
	b.set("first", c.First)
	b.set("last", c.Last)
	b.set("partOf", c.PartOf)
	b.set("next", c.Next)
	b.set("prev", c.Prev)
	if c.Items != nil {
		items := make([]any, 0, len(c.Items))
		for _, it := range c.Items {
			if raw, ok := it.(json.RawMessage); ok {
				it = withoutContext(raw)
			}
			items = append(items, it)
		}
		b["orderedItems"] = items
	}
	return b.encode(false)
}

// withoutContext takes the @context off a document of ours that is embedded in another.
func withoutContext(raw json.RawMessage) any {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(raw, &m); err != nil {
		return raw
	}
	delete(m, "@context")
	return m
}
