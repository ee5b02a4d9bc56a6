package discovery

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
)

// Relations of the NodeInfo schema versions.
const (
	RelNodeInfo20 = "http://nodeinfo.diaspora.software/ns/schema/2.0"
	RelNodeInfo21 = "http://nodeinfo.diaspora.software/ns/schema/2.1"
)

// NodeInfoType returns the Content-Type of a NodeInfo document.
func NodeInfoType(version string) string {
	return `application/json; profile="http://nodeinfo.diaspora.software/ns/schema/` + version + `#"; charset=utf-8`
}

// EncodeNodeInfoLinks writes /.well-known/nodeinfo: versions 2.0 and 2.1 at
// baseURL/nodeinfo/2.0 and 2.1, and the instance's own actor if appActor is
// not empty.
//
// Spec: FEP-f1d5; Spec: FEP-2677
func EncodeNodeInfoLinks(baseURL, appActor string) ([]byte, error) {
	baseURL = strings.TrimSuffix(baseURL, "/")
	j := &JRD{Links: []JRDLink{
		{Rel: RelNodeInfo21, Href: baseURL + "/nodeinfo/2.1"},
		{Rel: RelNodeInfo20, Href: baseURL + "/nodeinfo/2.0"},
	}}
	if appActor != "" {
		j.Links = append(j.Links, JRDLink{Rel: RelAppActor, Type: ActivityType, Href: appActor})
	}
	return encode(j)
}

// ParseNodeInfoLinks returns the address of the newest NodeInfo 2.x document
// and the instance's own actor, either of which may be "".
func ParseNodeInfoLinks(b []byte) (nodeInfo, appActor string, err error) {
	j, err := ParseJRD(b)
	if err != nil {
		return "", "", errors.New("not a NodeInfo link document")
	}
	for _, rel := range []string{RelNodeInfo21, RelNodeInfo20} {
		if l, ok := j.Link(rel); ok && l.Href != "" {
			nodeInfo = l.Href
			break
		}
	}
	if l, ok := j.Link(RelAppActor); ok {
		appActor = l.Href
	}
	return nodeInfo, appActor, nil
}

// NodeInfo is what an instance says about itself. Totals are pointers: nil
// leaves them out, as the size of a political body is nobody's business.
//
// Spec: NodeInfo 2.0; Spec: NodeInfo 2.1
type NodeInfo struct {
	Version           string         `json:"version"` // "2.0" or "2.1"
	Software          Software       `json:"software"`
	Protocols         []string       `json:"protocols"`
	Services          Services       `json:"services"`
	OpenRegistrations bool           `json:"openRegistrations"`
	Usage             Usage          `json:"usage"`
	Metadata          map[string]any `json:"metadata"`
}

// Software names the program; peers choose by it how to talk to us.
type Software struct {
	Name       string `json:"name"` // lower case
	Version    string `json:"version"`
	Repository string `json:"repository,omitempty"` // 2.1 only
	Homepage   string `json:"homepage,omitempty"`   // 2.1 only
}

// Services are bridges to other networks; both lists must be present.
type Services struct {
	Inbound  []string `json:"inbound"`
	Outbound []string `json:"outbound"`
}

// Usage holds totals.
type Usage struct {
	Users         UsageUsers `json:"users"`
	LocalPosts    *int64     `json:"localPosts,omitempty"`
	LocalComments *int64     `json:"localComments,omitempty"`
}

// UsageUsers holds totals of people.
type UsageUsers struct {
	Total          *int64 `json:"total,omitempty"`
	ActiveHalfyear *int64 `json:"activeHalfyear,omitempty"`
	ActiveMonth    *int64 `json:"activeMonth,omitempty"`
}

// Encode writes the document in the given version, "2.0" or "2.1". Fields the
// schema requires and the caller left empty are filled in.
func (n NodeInfo) Encode(version string) ([]byte, error) {
	if version != "2.0" && version != "2.1" {
		return nil, errors.New("unknown NodeInfo version")
	}
	n.Version = version
	if version == "2.0" {
		n.Software.Repository, n.Software.Homepage = "", ""
	}
	if n.Protocols == nil {
		n.Protocols = []string{"activitypub"}
	}
	if n.Services.Inbound == nil {
		n.Services.Inbound = []string{}
	}
	if n.Services.Outbound == nil {
		n.Services.Outbound = []string{}
	}
	if n.Metadata == nil {
		n.Metadata = map[string]any{}
	}
	return encode(n)
}

// ParseNodeInfo reads a document of any 2.x version, leniently: only the
// software's name must be there.
func ParseNodeInfo(b []byte) (*NodeInfo, error) {
	var raw struct {
		Version           string          `json:"version"`
		Software          Software        `json:"software"`
		Protocols         json.RawMessage `json:"protocols"`
		OpenRegistrations any             `json:"openRegistrations"`
		Metadata          json.RawMessage `json:"metadata"`
	}
	if err := json.Unmarshal(b, &raw); err != nil || raw.Software.Name == "" {
		return nil, errors.New("not a NodeInfo document")
	}
	n := &NodeInfo{Version: raw.Version, Software: raw.Software}
	n.Software.Name = strings.ToLower(n.Software.Name)
	n.OpenRegistrations, _ = raw.OpenRegistrations.(bool)
	// Some peers send these two in other shapes; they are then left empty.
	if json.Unmarshal(raw.Protocols, &n.Protocols) != nil {
		n.Protocols = nil
	}
	if json.Unmarshal(raw.Metadata, &n.Metadata) != nil {
		n.Metadata = nil
	}
	return n, nil
}

// encode writes JSON without escaping characters of HTML.
func encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(buf.Bytes(), "\n"), nil
}
