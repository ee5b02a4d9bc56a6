package discovery

import (
	"net/url"
	"regexp"
	"strings"
)

// relIntent and the name of an activity make the relation of the page where
// somebody does that at their own server.
const relIntent = "https://w3id.org/fep/3b86/"

// Intent is a page of a server where its people do something with an object of
// another one.
//
// Spec: FEP-3b86
type Intent struct {
	Activity string // "Follow", "Like"…; "Object" only opens it
	Template string // with {object}, or {content} for "Create"
}

// variable is one variable of a template.
var variable = regexp.MustCompile(`\{[^{}]*\}`)

// IntentURL gives the page where the account of a WebFinger answer does something
// with an object: by the intent of that name, else that for objects, else the older template for
// following, which opens anything on servers that have it. "" when the server
// tells of none. Only the caller knows whether it may be gone to.
//
// Spec: FEP-3b86
func (j *JRD) IntentURL(activity, object string) string {
	for _, rel := range []string{relIntent + activity, relIntent + "Object", RelSubscribe} {
		for _, l := range j.Links {
			if l.Rel != rel || l.Template == "" || len(l.Template) > 2048 {
				continue
			}
			filled := false
			page := variable.ReplaceAllStringFunc(l.Template, func(v string) string {
				if v != "{object}" && (v != "{uri}" || rel != RelSubscribe) {
					return "" // none that we know
				}
				filled = true
				return url.QueryEscape(object)
			})
			if filled && !strings.ContainsAny(page, "{}") {
				return page
			}
		}
	}
	return ""
}
