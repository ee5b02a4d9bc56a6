package masto

import (
	"encoding/json"
	"time"

	"github.com/maillage/maillage/internal/ids"
)

// Array is a list that is [] in JSON when empty, never null.
type Array[T any] []T

// MarshalJSON writes the list.
func (a Array[T]) MarshalJSON() ([]byte, error) {
	if len(a) == 0 {
		return []byte("[]"), nil
	}
	return json.Marshal([]T(a))
}

// timeLayout has exactly three decimals: some clients read anything else as "now".
const timeLayout = "2006-01-02T15:04:05.000Z"

// Time is a moment on the wire. Use *Time where null is allowed.
type Time time.Time

// MarshalJSON writes the moment in UTC.
func (t Time) MarshalJSON() ([]byte, error) { return []byte(`"` + t.String() + `"`), nil }

// UnmarshalJSON reads what MarshalJSON writes.
func (t *Time) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	v, err := time.Parse(time.RFC3339, s)
	*t = Time(v)
	return err
}

func (t Time) String() string {
	v := time.Time(t)
	if v.IsZero() {
		v = time.UnixMilli(0)
	}
	return v.UTC().Format(timeLayout)
}

// At is the moment of unix milliseconds.
func At(ms int64) Time { return Time(time.UnixMilli(ms)) }

// AtOrNil is At, and nil for 0, which means never.
func AtOrNil(ms int64) *Time {
	if ms == 0 {
		return nil
	}
	t := At(ms)
	return &t
}

// DateOrNil is the UTC date of unix milliseconds, "2006-01-02", and nil for 0.
func DateOrNil(ms int64) *string {
	if ms == 0 {
		return nil
	}
	s := time.UnixMilli(ms).UTC().Format(time.DateOnly)
	return &s
}

// ID writes an id.
func ID(id int64) string { return ids.String(id) }

// IDOrNil is ID, and nil for 0, which means none.
func IDOrNil(id int64) *string {
	if id == 0 {
		return nil
	}
	s := ids.String(id)
	return &s
}

// OrNil is nil for an empty text.
func OrNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// Ptr gives the address of a value, for fields that may be absent.
func Ptr[T any](v T) *T { return &v }
