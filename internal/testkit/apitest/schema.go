package apitest

import (
	"bytes"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// ConformsTo fails the test unless the answer is 200 and an entity of the
// description, or a list of at least one: for operations that it does not have.
func (c *Contract) ConformsTo(a *Answer, entity string, list bool) {
	a.T.Helper()
	if a.Status != 200 {
		a.T.Errorf("%s: status %d: %s", a.What, a.Status, a.Body)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.schemas["#"+entity]
	if s == nil {
		var err error
		if s, err = c.compiler.Compile(contractURL + "#/components/schemas/" + entity); err != nil {
			a.T.Fatal(err)
		}
		c.schemas["#"+entity] = s
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(a.Body))
	if err != nil {
		a.T.Errorf("%s: %v", a.What, err)
		return
	}
	all := []any{v}
	if list {
		var ok bool
		if all, ok = v.([]any); !ok || len(all) == 0 {
			a.T.Errorf("%s: no list, or an empty one: %s", a.What, a.Body)
		}
	}
	for _, v := range all {
		if err := s.Validate(v); err != nil {
			a.T.Errorf("%s is no %s: %v\n%s", a.What, entity, err, a.Body)
		}
	}
}

// ConformsAs fails the test unless the answer, of any status, is an entity of the description.
func (c *Contract) ConformsAs(a *Answer, entity string) {
	a.T.Helper()
	as := *a
	as.Status = 200
	c.ConformsTo(&as, entity, false)
}

// Scopes are those that the description names for an operation, "POST /api/v1/statuses":
// a token with all of them may call it. None where no token, or any, will do.
func (c *Contract) Scopes(operation string) (out []string) {
	method, path, _ := strings.Cut(operation, " ")
	security, _ := c.at("paths", path, strings.ToLower(method), "security").([]any)
	for _, alternative := range security {
		named, _ := alternative.(map[string]any)["OAuth2"].([]any)
		for _, s := range named {
			out = append(out, s.(string))
		}
	}
	return out
}
