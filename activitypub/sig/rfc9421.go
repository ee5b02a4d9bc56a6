package sig

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/textproto"
	"strings"
	"time"

	"github.com/dunglas/httpsfv"
)

// Algorithm names of RFC 9421 that are accepted.
const (
	algRSA     = "rsa-v1_5-sha256"
	algEd25519 = "ed25519"
)

// label names our signature in the two dictionaries.
const label = "sig1"

// Sign9421 signs a request by RFC 9421: @method and @target-uri, with a body
// also content-digest, which it sets. body is what is sent, nil for a GET.
//
// Spec: RFC 9421 3.1; Spec: RFC 9530
func Sign9421(req *http.Request, body []byte, key *Key, now time.Time) error {
	if key == nil || key.RSA == nil && len(key.Ed25519) != ed25519.PrivateKeySize {
		return errors.New("sign: no usable key")
	}
	ClearSignature(req.Header)
	req.Header.Set("Date", now.UTC().Format(http.TimeFormat))
	components := []string{"@method", "@target-uri"}
	if body != nil {
		sum := sha256.Sum256(body)
		dict := httpsfv.NewDictionary()
		dict.Add("sha-256", httpsfv.NewItem(sum[:]))
		digest, err := httpsfv.Marshal(dict)
		if err != nil {
			return err
		}
		req.Header.Set("Content-Digest", digest)
		components = append(components, "content-digest")
	}
	if req.Header.Get(Synchronization) != "" {
		components = append(components, strings.ToLower(Synchronization))
	}
	alg := algRSA
	if key.RSA == nil {
		alg = algEd25519
	}
	list := httpsfv.InnerList{Params: httpsfv.NewParams()}
	for _, c := range components {
		list.Items = append(list.Items, httpsfv.NewItem(c))
	}
	list.Params.Add("created", now.Unix())
	list.Params.Add("keyid", key.ID)
	list.Params.Add("alg", alg)
	base, err := base9421(req, list, req.URL.Scheme)
	if err != nil {
		return err
	}
	var value []byte
	if key.RSA != nil {
		sum := sha256.Sum256([]byte(base))
		err = inTurn(func() (err error) {
			value, err = rsa.SignPKCS1v15(rand.Reader, key.RSA, crypto.SHA256, sum[:])
			return err
		})
		if err != nil {
			return err
		}
	} else {
		value = ed25519.Sign(key.Ed25519, []byte(base))
	}
	input, signature := httpsfv.NewDictionary(), httpsfv.NewDictionary()
	input.Add(label, list)
	signature.Add(label, httpsfv.NewItem(value))
	for name, dict := range map[string]*httpsfv.Dictionary{"Signature-Input": input, "Signature": signature} {
		text, err := httpsfv.Marshal(dict)
		if err != nil {
			return err
		}
		req.Header.Set(name, text)
	}
	return nil
}

// parse9421 is ParseRequest for a request that carries Signature-Input.
// Required: created and keyid; @method; the target, by @target-uri or by
// @authority with path and query; with a body content-digest.
func parse9421(req *http.Request, body []byte, o Options) (*Signature, error) {
	for _, name := range []string{"Signature-Input", "Signature"} {
		if n := len(strings.Join(req.Header[name], ",")); n == 0 || n > maxHeader {
			return nil, refuse(Malformed)
		}
	}
	inputs, err := httpsfv.UnmarshalDictionary(req.Header["Signature-Input"])
	if err != nil {
		return nil, refuse(Malformed)
	}
	signatures, err := httpsfv.UnmarshalDictionary(req.Header["Signature"])
	if err != nil {
		// Also what a second signature of the older scheme looks like.
		return nil, refuse(Malformed)
	}
	if len(inputs.Names()) != 1 || len(signatures.Names()) != 1 {
		return nil, refuse(Several)
	}
	name := inputs.Names()[0]
	member, _ := inputs.Get(name)
	list, ok := member.(httpsfv.InnerList)
	if !ok {
		return nil, refuse(Malformed)
	}
	other, ok := signatures.Get(name)
	if !ok {
		return nil, refuse(Malformed)
	}
	item, _ := other.(httpsfv.Item)
	value, ok := item.Value.([]byte)
	if !ok || len(value) == 0 {
		return nil, refuse(Malformed)
	}
	s := &Signature{Scheme: RFC9421, value: value}
	if err := s.readParams(list.Params, o); err != nil {
		return nil, err
	}
	if err := checkCovered(req, list, hasBody(req, body)); err != nil {
		return nil, err
	}
	if hasBody(req, body) {
		if err := checkContentDigest(req.Header, body); err != nil {
			return nil, err
		}
	}
	base, err := base9421(req, list, o.Scheme)
	if err != nil {
		return nil, err
	}
	s.bases = []string{base}
	for _, item := range list.Items {
		if name, ok := item.Value.(string); ok {
			s.covered = append(s.covered, name)
		}
	}
	return s, nil
}

// claimed9421 is the key id in Signature-Input.
func claimed9421(h http.Header) string {
	if len(strings.Join(h["Signature-Input"], ",")) > maxHeader {
		return ""
	}
	inputs, err := httpsfv.UnmarshalDictionary(h["Signature-Input"])
	if err != nil || len(inputs.Names()) != 1 {
		return ""
	}
	member, _ := inputs.Get(inputs.Names()[0])
	list, ok := member.(httpsfv.InnerList)
	if !ok {
		return ""
	}
	v, _ := list.Params.Get("keyid")
	id, _ := v.(string)
	return id
}

func (s *Signature) readParams(p *httpsfv.Params, o Options) error {
	v, _ := p.Get("created")
	created, ok := v.(int64)
	if !ok {
		return refuse(BadDate)
	}
	s.Created = time.Unix(created, 0)
	if err := inWindow(s.Created, o); err != nil {
		return err
	}
	if v, told := p.Get("expires"); told {
		expires, ok := v.(int64)
		if !ok {
			return refuse(Malformed)
		}
		if time.Unix(expires, 0).Before(o.Now) {
			return refuse(TooOld)
		}
	}
	v, _ = p.Get("keyid")
	if s.KeyID, ok = v.(string); !ok || !validKeyID(s.KeyID, o.AllowHTTP) {
		return refuse(BadKeyID)
	}
	if v, told := p.Get("alg"); told {
		if s.alg, _ = v.(string); s.alg != algRSA && s.alg != algEd25519 {
			return refuse(BadAlgorithm)
		}
	}
	return nil
}

func checkCovered(req *http.Request, list httpsfv.InnerList, body bool) error {
	covered := map[string]bool{}
	for _, item := range list.Items {
		name, ok := item.Value.(string)
		// Parameters (;sf, ;key, ;req…) would make another value of the same
		// name; no peer uses them.
		if !ok || len(item.Params.Names()) > 0 || covered[name] {
			return refuse(Malformed)
		}
		covered[name] = true
	}
	target := covered["@target-uri"] ||
		covered["@authority"] && (covered["@request-target"] ||
			covered["@path"] && (covered["@query"] || req.URL.RawQuery == ""))
	if !covered["@method"] || !target || body && !covered["content-digest"] {
		return refuse(NotCovered)
	}
	return nil
}

// base9421 builds the signature base.
//
// Spec: RFC 9421 2.5
func base9421(req *http.Request, list httpsfv.InnerList, scheme string) (string, error) {
	var b strings.Builder
	host, path := wireHost(req), wirePath(req.URL)
	query := ""
	if req.URL.RawQuery != "" || req.URL.ForceQuery {
		query = "?" + req.URL.RawQuery
	}
	for _, item := range list.Items {
		name, _ := item.Value.(string)
		var v string
		switch name {
		case "@method":
			v = req.Method
		case "@target-uri":
			v = scheme + "://" + host + path + query
		case "@authority":
			v = trimPort(strings.ToLower(host), scheme)
		case "@scheme":
			v = scheme
		case "@request-target":
			v = path + query
		case "@path":
			v = path
		case "@query":
			if v = query; v == "" {
				v = "?"
			}
		default:
			if strings.HasPrefix(name, "@") || name != strings.ToLower(name) {
				return "", refuse(Malformed)
			}
			values := req.Header[textproto.CanonicalMIMEHeaderKey(name)]
			if name == "host" {
				values = []string{host}
			}
			if len(values) == 0 {
				return "", refuse(NoHeader)
			}
			trimmed := make([]string, len(values))
			for i, x := range values {
				trimmed[i] = strings.TrimSpace(x)
			}
			v = strings.Join(trimmed, ", ")
		}
		b.WriteString(`"` + name + `": ` + v + "\n")
	}
	params, err := httpsfv.Marshal(httpsfv.List{list})
	if err != nil {
		return "", refuse(Malformed)
	}
	b.WriteString(`"@signature-params": ` + params)
	return b.String(), nil
}

// checkContentDigest recomputes every digest of a kind we know, of which
// there must be one.
//
// Spec: RFC 9530 2
func checkContentDigest(h http.Header, body []byte) error {
	if len(h["Content-Digest"]) != 1 {
		return refuse(BadDigest)
	}
	dict, err := httpsfv.UnmarshalDictionary(h["Content-Digest"])
	if err != nil {
		return refuse(BadDigest)
	}
	known := 0
	for _, name := range []string{"sha-256", "sha-512"} {
		member, ok := dict.Get(name)
		if !ok {
			continue
		}
		item, _ := member.(httpsfv.Item)
		got, ok := item.Value.([]byte)
		if !ok {
			return refuse(BadDigest)
		}
		if err := compareDigest(name, got, body); err != nil {
			return err
		}
		known++
	}
	if known == 0 {
		return refuse(BadDigest)
	}
	return nil
}
