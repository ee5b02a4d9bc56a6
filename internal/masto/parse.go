package masto

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/maillage/maillage/internal/apperr"
)

const (
	maxParams = 1000 // names and values in one request
	maxNest   = 8    // brackets in a name
)

// parseParams reads the parameters of a request. The body wins over the query.
// The body is bounded by the caller.
func parseParams(r *http.Request) (Params, error) {
	p := Params{root: map[string]any{}}
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil && len(q) == 0 && r.URL.RawQuery != "" {
		return p, apperr.BadRequest("masto.bad_params").Wrap(err)
	}
	if err := p.addForm(pairsOf(r.URL.RawQuery)); err != nil {
		return p, err
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead || r.Body == nil {
		return p, nil
	}
	body := Params{root: map[string]any{}}
	typ, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		typ = ""
	}
	switch {
	case typ == "application/json" || strings.HasSuffix(typ, "+json"):
		err = body.readJSON(r.Body)
	case typ == "multipart/form-data":
		err = body.readMultipart(r)
	default:
		// Old clients send forms with no or a wrong type.
		var raw []byte
		if raw, err = io.ReadAll(r.Body); err == nil {
			if s := strings.TrimSpace(string(raw)); typ != "application/x-www-form-urlencoded" && strings.HasPrefix(s, "{") {
				err = body.readJSON(strings.NewReader(s))
			} else {
				err = body.addForm(pairsOf(s))
			}
		}
	}
	if err != nil {
		return p, badBody(err)
	}
	for k, v := range body.root {
		p.root[k] = v
	}
	p.files = body.files
	return p, nil
}

func badBody(err error) error {
	if _, ok := apperr.As(err); ok {
		return err
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) || strings.Contains(err.Error(), "request body too large") {
		return apperr.TooLarge("httpx.too_large").Wrap(err)
	}
	return apperr.BadRequest("masto.bad_params").Wrap(err)
}

type pair struct{ name, value string }

// pairsOf decodes a query in its order, which matters for lists of hashes.
// Malformed pairs are passed over.
func pairsOf(query string) []pair {
	var out []pair
	for part := range strings.SplitSeq(query, "&") {
		if part == "" {
			continue
		}
		k, v, _ := strings.Cut(part, "=")
		name, err := url.QueryUnescape(k)
		if err != nil {
			continue
		}
		value, err := url.QueryUnescape(v)
		if err != nil {
			continue
		}
		out = append(out, pair{name, value})
		if len(out) > maxParams {
			break
		}
	}
	return out
}

func (p *Params) addForm(pairs []pair) error {
	if len(pairs) > maxParams {
		return apperr.BadRequest("masto.bad_params")
	}
	for _, kv := range pairs {
		if strings.Count(kv.name, "[") > maxNest {
			return apperr.BadRequest("masto.bad_params")
		}
		insert(p.root, kv.name, clean(kv.value))
	}
	return nil
}

// clean keeps a parameter storable: valid UTF-8 without NUL.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}

// insert puts a value into the tree by its name in Rails' notation: a[b]=1 is a
// hash, a[]=1 a list, a[][b]=1 a list of hashes where a repeated key begins the next.
func insert(root map[string]any, name, value string) {
	first, rest, ok := strings.Cut(name, "[")
	if !ok || first == "" {
		// A plain name given twice makes a list, for clients that omit the [].
		switch old := root[name].(type) {
		case nil:
			root[name] = value
		case string:
			root[name] = []any{old, value}
		case []any:
			root[name] = append(old, value)
		}
		return
	}
	node, key := root, first
	rest = "[" + rest
	for {
		part, after, ok := strings.Cut(strings.TrimPrefix(rest, "["), "]")
		switch {
		case !ok || after != "" && !strings.HasPrefix(after, "["):
			return // unbalanced: no name that we know
		case part == "" && after == "":
			list, _ := node[key].([]any)
			if old, ok := node[key].(string); ok {
				list = []any{old}
			}
			node[key] = append(list, value)
			return
		case part == "":
			sub, _, _ := strings.Cut(strings.TrimPrefix(after, "["), "]")
			list, _ := node[key].([]any)
			var last map[string]any
			if len(list) > 0 {
				last, _ = list[len(list)-1].(map[string]any)
			}
			// A list inside the hash repeats its key without beginning a new one.
			if _, has := last[sub]; last == nil || has && !strings.HasSuffix(after, "[]") {
				last = map[string]any{}
				node[key] = append(list, last)
			}
			node, key, rest = last, sub, strings.TrimPrefix(after, "["+sub+"]")
		default:
			m, _ := node[key].(map[string]any)
			if m == nil {
				m = map[string]any{}
				node[key] = m
			}
			node, key, rest = m, part, after
		}
		if rest == "" {
			node[key] = value
			return
		}
	}
}

func (p *Params) readJSON(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if len(strings.TrimSpace(string(raw))) == 0 {
		return nil
	}
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.UseNumber()
	var root any
	if err := dec.Decode(&root); err != nil {
		return err
	}
	if dec.More() {
		return errors.New("more than one JSON value")
	}
	m, ok := root.(map[string]any)
	if !ok {
		return errors.New("the JSON body is not an object")
	}
	for k, v := range m {
		if t := textual(v, 0); t != nil {
			// Some clients use form notation for the names of a JSON body.
			if s, isText := t.(string); isText && strings.Contains(k, "[") {
				insert(p.root, k, s)
				continue
			}
			p.root[strings.TrimSuffix(k, "[]")] = t
		}
	}
	return nil
}

// textual makes scalars texts and drops nulls, so that JSON reads like a form.
func textual(v any, depth int) any {
	if depth > maxNest {
		return nil
	}
	switch v := v.(type) {
	case string:
		return clean(v)
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	case []any:
		out := make([]any, 0, len(v))
		for _, e := range v {
			if t := textual(e, depth+1); t != nil {
				out = append(out, t)
			}
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			if t := textual(e, depth+1); t != nil {
				out[k] = t
			}
		}
		return out
	}
	return nil
}

const multipartMemory = 1 << 20

func (p *Params) readMultipart(r *http.Request) error {
	mr, err := r.MultipartReader()
	if err != nil {
		return err
	}
	form, err := mr.ReadForm(multipartMemory)
	if err != nil {
		return err
	}
	r.MultipartForm = form // its temporary files are removed after the request
	var pairs []pair
	// The order between names is lost, that within a name is kept: enough for
	// plain lists; lists of hashes come with indexes in multipart.
	for _, k := range sortedForm(form.Value) {
		for _, v := range form.Value[k] {
			pairs = append(pairs, pair{k, v})
		}
	}
	p.files = form.File
	return p.addForm(pairs)
}
