package apitest

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Contract is the public description of Mastodon's API, compiled piece by piece.
type Contract struct {
	mu       sync.Mutex
	compiler *jsonschema.Compiler
	doc      map[string]any
	schemas  map[string]*jsonschema.Schema
}

const contractURL = "mem:///openapi.json"

var contract = sync.OnceValues(func() (*Contract, error) {
	f, err := os.Open(os.Getenv("MAILLAGE_OPENAPI"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	doc, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		return nil, err
	}
	correct(doc.(map[string]any))
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource(contractURL, doc); err != nil {
		return nil, err
	}
	return &Contract{compiler: c, doc: doc.(map[string]any), schemas: map[string]*jsonschema.Schema{}}, nil
})

// correct mends what the description has wrong, as its own examples show.
func correct(doc map[string]any) {
	c := &Contract{doc: doc}
	// Every quote is also a shallow one, which has no field of its own that it must have.
	quote := c.at("components", "schemas", "Status", "properties", "quote").(map[string]any)
	if one, ok := quote["oneOf"]; ok {
		quote["anyOf"] = one
		delete(quote, "oneOf")
	}
	// The old filters are a list, as its documentation says in words.
	filters := c.at("paths", "/api/v1/filters", "get", "responses", "200", "content", "application/json").(map[string]any)
	if one := filters["schema"].(map[string]any); one["type"] != "array" {
		filters["schema"] = map[string]any{"type": "array", "items": one}
	}
	// The id of a push subscription is a number on every Mastodon (mastodon/documentation#1955).
	c.at("components", "schemas", "WebPushSubscription", "properties", "id").(map[string]any)["type"] = "integer"
}

// LoadContract gives the description, and skips the test when there is none.
func LoadContract(t testing.TB) *Contract {
	t.Helper()
	if os.Getenv("MAILLAGE_OPENAPI") == "" {
		t.Skip("MAILLAGE_OPENAPI does not name the description of Mastodon's API (openapi.json)")
	}
	c, err := contract()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Conforms fails the test unless the answer is 200 and has the form that the
// description gives to operation, "get /api/v1/accounts/{id}". An operation
// that is described without an answer passes.
func (c *Contract) Conforms(a *Answer, operation string) {
	a.T.Helper()
	if a.Status != 200 {
		a.T.Errorf("%s: status %d: %s", a.What, a.Status, a.Body)
		return
	}
	method, path, _ := strings.Cut(operation, " ")
	op, _ := c.at("paths", path, method).(map[string]any)
	if op == nil {
		a.T.Errorf("%s: the description has no operation %s", a.What, operation)
		return
	}
	if _, ok := c.at("paths", path, method, "responses", "200", "content", "application/json", "schema").(map[string]any); !ok {
		return
	}
	esc := strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D")
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.schemas[operation]
	if s == nil {
		var err error
		s, err = c.compiler.Compile(contractURL + "#/paths/" + esc.Replace(path) + "/" + method + "/responses/200/content/application~1json/schema")
		if err != nil {
			a.T.Fatal(err)
		}
		c.schemas[operation] = s
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(a.Body))
	if err == nil {
		err = s.Validate(v)
	}
	if err != nil {
		a.T.Errorf("%s does not conform to %s: %v\n%s", a.What, operation, err, a.Body)
	}
}

func (c *Contract) at(keys ...string) any {
	var v any = c.doc
	for _, k := range keys {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[k]
	}
	return v
}

// Operations lists what the description has, as "GET /api/v1/accounts/{id}", sorted.
func (c *Contract) Operations() []string {
	var out []string
	paths, _ := c.at("paths").(map[string]any)
	for path, item := range paths {
		item, _ := item.(map[string]any)
		for _, method := range []string{"get", "post", "put", "patch", "delete"} {
			if item[method] != nil {
				out = append(out, strings.ToUpper(method)+" "+path)
			}
		}
	}
	slices.Sort(out)
	return out
}
