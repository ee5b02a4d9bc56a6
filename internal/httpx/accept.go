package httpx

import (
	"net/http"
	"strconv"
	"strings"
)

// WantsActivity reports whether a request asks for an ActivityPub document
// rather than a page: an ActivityPub type is accepted, and HTML is not, or
// less, or later.
//
// Spec: AP 3.2
func WantsActivity(r *http.Request) bool {
	ap, html := -1.0, -1.0
	apAt, htmlAt := 0, 0
	at := 0
	for _, line := range r.Header.Values("Accept") {
		for part := range strings.SplitSeq(line, ",") {
			at++
			typ, params, _ := strings.Cut(part, ";")
			q := quality(params)
			if q <= 0 {
				continue
			}
			switch strings.ToLower(strings.TrimSpace(typ)) {
			case "application/activity+json", "application/ld+json":
				if q > ap {
					ap, apAt = q, at
				}
			case "text/html", "application/xhtml+xml":
				if q > html {
					html, htmlAt = q, at
				}
			}
		}
	}
	return ap > 0 && (ap > html || ap == html && apAt < htmlAt)
}

func quality(params string) float64 {
	for p := range strings.SplitSeq(params, ";") {
		k, v, _ := strings.Cut(strings.TrimSpace(p), "=")
		if strings.EqualFold(k, "q") {
			q, err := strconv.ParseFloat(v, 64)
			if err != nil {
				return 0
			}
			return q
		}
	}
	return 1
}
