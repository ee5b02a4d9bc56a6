package masto

import (
	"encoding/json"
	"strings"
)

// MarshalJSON writes the parameters, without files, so that a request can be
// done later.
func (p Params) MarshalJSON() ([]byte, error) {
	if p.root == nil {
		return []byte("{}"), nil
	}
	return json.Marshal(p.root)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (p *Params) UnmarshalJSON(b []byte) error {
	p.root = map[string]any{}
	return p.readJSON(strings.NewReader(string(b)))
}
