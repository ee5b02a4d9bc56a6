package masto

import "bytes"

// Marshaler writes entities as JSON as the answers of a Router do, for what is
// sent otherwise: streams, pushes. The zero value is ready. Safe for concurrent use.
type Marshaler struct{ enc encoder }

// Marshal gives the JSON of v.
func (m *Marshaler) Marshal(v any) (out []byte, err error) {
	err = m.enc.encode(v, func(b []byte) error {
		out = bytes.Clone(bytes.TrimSuffix(b, []byte("\n")))
		return nil
	})
	return out, err
}

// AppendString appends s to b as a JSON string.
func AppendString(b []byte, s string) []byte { return appendString(b, s) }
