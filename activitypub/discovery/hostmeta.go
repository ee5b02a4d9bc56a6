package discovery

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"strings"
)

type xrd struct {
	XMLName xml.Name  `xml:"http://docs.oasis-open.org/ns/xri/xrd-1.0 XRD"`
	Links   []xrdLink `xml:"Link"`
}

type xrdLink struct {
	Rel      string `xml:"rel,attr"`
	Type     string `xml:"type,attr,omitempty"`
	Template string `xml:"template,attr,omitempty"`
	Href     string `xml:"href,attr,omitempty"`
}

// WebFingerTemplate is the LRDD template of a server, with {uri} in it.
func WebFingerTemplate(baseURL string) string {
	return strings.TrimSuffix(baseURL, "/") + "/.well-known/webfinger?resource={uri}"
}

// EncodeHostMeta writes /.well-known/host-meta as XRD.
//
// Spec: RFC 6415 3
func EncodeHostMeta(baseURL string) ([]byte, error) {
	b, err := xml.MarshalIndent(xrd{Links: []xrdLink{{Rel: RelLRDD, Type: JRDType, Template: WebFingerTemplate(baseURL)}}}, "", "  ")
	if err != nil {
		return nil, err
	}
	return append([]byte(xml.Header), append(b, '\n')...), nil
}

// EncodeHostMetaJSON writes /.well-known/host-meta.json.
//
// Spec: RFC 6415 appendix A
func EncodeHostMetaJSON(baseURL string) ([]byte, error) {
	return encode(&JRD{Links: []JRDLink{{Rel: RelLRDD, Type: JRDType, Template: WebFingerTemplate(baseURL)}}})
}

// ParseHostMeta reads host-meta, XRD or JSON, and returns the WebFinger
// template, which contains {uri}. A template for JSON is preferred.
func ParseHostMeta(b []byte) (template string, err error) {
	var links []xrdLink
	if t := bytes.TrimSpace(b); bytes.HasPrefix(t, []byte("{")) {
		var j JRD
		if err := json.Unmarshal(t, &j); err != nil {
			return "", errors.New("not a host-meta document")
		}
		for _, l := range j.Links {
			links = append(links, xrdLink{Rel: l.Rel, Type: l.Type, Template: l.Template})
		}
	} else {
		var x struct {
			Links []xrdLink `xml:"Link"`
		}
		if err := xml.Unmarshal(t, &x); err != nil {
			return "", errors.New("not a host-meta document")
		}
		links = x.Links
	}
	for _, l := range links {
		if l.Rel != RelLRDD || !strings.Contains(l.Template, "{uri}") {
			continue
		}
		if strings.Contains(l.Type, "json") {
			return l.Template, nil
		}
		if template == "" {
			template = l.Template
		}
	}
	if template == "" {
		return "", errors.New("host-meta names no WebFinger address")
	}
	return template, nil
}
