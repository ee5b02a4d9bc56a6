package masto

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
)

// text encodes v and keeps a copy.
func (e *encoder) text(v any) (out []byte, err error) {
	err = e.encode(v, func(b []byte) error { out = append(out, b...); return nil })
	return out, err
}

type broken struct{}

func (broken) MarshalJSON() ([]byte, error) { return nil, errors.New("broken") }

func TestOurJSONIsThatOfTheStandardLibrary(t *testing.T) {
	e := &encoder{}
	same := func(name string, v any) {
		t.Helper()
		got, err := e.text(v)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var a, b any
		if err := json.Unmarshal(got, &a); err != nil {
			t.Fatalf("%s: %v in %s", name, err, got)
		}
		if err := json.Unmarshal(want, &b); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(a, b) {
			t.Errorf("%s:\n%s\n%s", name, got, want)
		}
	}
	for name, zero := range schemas {
		for _, all := range []bool{false, true} {
			v := reflect.New(reflect.TypeOf(zero)).Elem()
			v.Set(reflect.ValueOf(zero))
			fill(v, all, "", 0)
			same(name, v.Interface())
			same(name+" by pointer", v.Addr().Interface())
		}
	}
	for _, s := range []string{"", "a\"b\\c\n\r\t\x00\x1f\x7f", "é\u2028\u2029\U0001F41D", "\xff\xc3", "<b>&'</b>", "\ud7ff\ufffd"} {
		same("text", s)
	}
	same("map", map[string]any{"b": 1, "a": []any{nil, true, 1.5, "x"}, "c": map[string]int{}})
	same("markers", map[string]Marker{"home": {LastReadID: "1"}})
	same("bytes", []byte("abc"))
	same("nested", struct {
		Account
		Extra json.RawMessage `json:"extra"`
		Skip  int             `json:"-"`
		Plain []int
	}{Extra: json.RawMessage(`{"a":1}`), Plain: []int{1}})
	same("nil pointer", (*Status)(nil))
	same("nothing", nil)
	if got, _ := e.text([]Status(nil)); string(got) != "[]\n" {
		t.Errorf("%s", got)
	}
	if _, err := e.text([]broken{{}}); err == nil {
		t.Error("an error is lost")
	}
}

func FuzzText(f *testing.F) {
	f.Add("a\"\\\n\u2028\xff")
	f.Fuzz(func(t *testing.T, s string) {
		got := appendString(nil, s)
		var a, b string
		if err := json.Unmarshal(got, &a); err != nil {
			t.Fatalf("%q: %v", got, err)
		}
		want, _ := json.Marshal(s)
		if json.Unmarshal(want, &b); a != b {
			t.Fatalf("%q %q", got, want)
		}
	})
}
