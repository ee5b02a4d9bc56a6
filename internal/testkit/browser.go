package testkit

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Browser uses an instance as a person without scripts does: it opens
// addresses, follows links, fills and sends forms, and keeps cookies.
type Browser struct {
	T      testing.TB
	Base   string
	Status int
	Body   string
	URL    *url.URL
	Left   string // the address of an app that the last answer leads away to, "" for none
	client *http.Client
	doc    *html.Node
}

// NewBrowser opens nothing yet.
func (n *Node) NewBrowser() *Browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		n.T.Fatal(err)
	}
	return &Browser{T: n.T, Base: n.URL, client: &http.Client{Jar: jar, CheckRedirect: stay}}
}

// Cookies are those that the instance was given.
func (b *Browser) Cookies() []*http.Cookie { return b.client.Jar.Cookies(mustURL(b.T, b.Base)) }

// stay leaves the addresses of apps alone: no browser opens them itself.
func stay(req *http.Request, _ []*http.Request) error {
	if req.URL.Scheme != "http" && req.URL.Scheme != "https" {
		return http.ErrUseLastResponse
	}
	return nil
}

// SignIn signs in through the page, as the person of that name.
func (n *Node) SignIn(name string) *Browser {
	n.T.Helper()
	n.Person(name, false)
	b := n.NewBrowser()
	b.Open("/connexion")
	b.Submit("/connexion", map[string]string{"login": name, "password": Password})
	if b.URL.Path == "/connexion" {
		n.T.Fatalf("%s cannot sign in: %s", name, b.Text())
	}
	return b
}

// Open gets a page; path may be a whole address.
func (b *Browser) Open(path string) *Browser {
	b.T.Helper()
	u := path
	if strings.HasPrefix(path, "/") {
		u = b.Base + path
	}
	req, err := http.NewRequest("GET", u, nil)
	if err != nil {
		b.T.Fatal(err)
	}
	b.do(req)
	return b
}

func (b *Browser) do(req *http.Request) {
	b.T.Helper()
	req.Header.Set("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")
	req.Header.Set("Accept-Language", "fr")
	res, err := b.client.Do(req)
	if err != nil {
		b.T.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.T.Fatal(err)
	}
	b.Status, b.Body, b.URL, b.Left = res.StatusCode, string(body), res.Request.URL, res.Header.Get("Location")
	b.doc, err = html.Parse(strings.NewReader(b.Body))
	if err != nil {
		b.T.Fatal(err)
	}
}

// Submit sends the first form whose action begins with action, with the fields
// it holds and those given.
func (b *Browser) Submit(action string, fields map[string]string) *Browser {
	b.T.Helper()
	form, values := b.filled(action, fields)
	to := b.URL.ResolveReference(mustURL(b.T, attr(form, "action")))
	var req *http.Request
	var err error
	if strings.EqualFold(attr(form, "method"), "post") {
		req, err = http.NewRequest("POST", to.String(), strings.NewReader(values.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", b.Base)
	} else {
		to.RawQuery = values.Encode()
		req, err = http.NewRequest("GET", to.String(), nil)
	}
	if err != nil {
		b.T.Fatal(err)
	}
	b.do(req)
	return b
}

// filled is the first form whose action begins with action, and what it sends with the fields given.
func (b *Browser) filled(action string, fields map[string]string) (*html.Node, url.Values) {
	b.T.Helper()
	form := b.find(func(n *html.Node) bool {
		return n.Data == "form" && strings.HasPrefix(b.path(attr(n, "action")), action)
	})
	if form == nil {
		b.T.Fatalf("%s has no form to %s", b.URL, action)
	}
	values := fieldsOf(form)
	for k, v := range fields {
		values.Set(k, v)
	}
	return form, values
}

// fieldsOf are the fields that a form holds.
func fieldsOf(form *html.Node) url.Values {
	values := url.Values{}
	each(form, func(n *html.Node) {
		name := attr(n, "name")
		if name == "" || has(n, "disabled") {
			return
		}
		switch {
		case n.Data == "textarea":
			values.Set(name, textOf(n))
		case n.Data == "input":
			switch attr(n, "type") {
			case "radio", "checkbox":
				if has(n, "checked") {
					values.Set(name, attr(n, "value"))
				}
			case "submit":
			default:
				values.Set(name, attr(n, "value"))
			}
		case n.Data == "select":
			each(n, func(o *html.Node) {
				if o.Data == "option" && (has(o, "selected") || values.Get(name) == "") {
					values.Set(name, attr(o, "value"))
				}
			})
		}
	})
	return values
}

// Click follows the first link whose text or address holds what.
func (b *Browser) Click(what string) *Browser {
	b.T.Helper()
	a := b.find(func(n *html.Node) bool {
		return n.Data == "a" && (strings.Contains(textOf(n), what) || strings.Contains(attr(n, "href"), what))
	})
	if a == nil {
		b.T.Fatalf("%s has no link %q", b.URL, what)
	}
	return b.Open(b.URL.ResolveReference(mustURL(b.T, attr(a, "href"))).String())
}

// Has reports whether the words of the page hold s, whatever its spaces.
func (b *Browser) Has(s string) bool { return strings.Contains(b.Text(), plainSpaces(s)) }

// Text is what the page says, in one line.
func (b *Browser) Text() string {
	if b.doc == nil {
		return ""
	}
	return plainSpaces(textOf(b.doc))
}

func plainSpaces(s string) string { return strings.Join(strings.Fields(s), " ") }

func (b *Browser) path(ref string) string {
	return b.URL.ResolveReference(mustURL(b.T, ref)).Path
}

func (b *Browser) find(match func(*html.Node) bool) (found *html.Node) {
	each(b.doc, func(n *html.Node) {
		if found == nil && n.Type == html.ElementNode && match(n) {
			found = n
		}
	})
	return found
}

func each(n *html.Node, f func(*html.Node)) {
	if n == nil {
		return
	}
	f(n)
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		each(c, f)
	}
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, key string) bool {
	for _, a := range n.Attr {
		if a.Key == key {
			return true
		}
	}
	return false
}

func textOf(n *html.Node) string {
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		switch {
		case n.Type == html.TextNode:
			b.WriteString(n.Data)
		case n.Data == "script" || n.Data == "style" || n.Data == "svg":
			return
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
			if c.Type == html.ElementNode && c.Data != "sup" { // « 1er » is a word
				b.WriteByte(' ')
			}
		}
	}
	walk(n)
	return strings.TrimSpace(b.String())
}

func mustURL(t testing.TB, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
