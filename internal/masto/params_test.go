package masto

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/apperr"
)

func parse(t testing.TB, method, target, contentType, body string) (Params, error) {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return parseParams(r)
}

func must(t testing.TB, method, target, contentType, body string) Params {
	t.Helper()
	p, err := parse(t, method, target, contentType, body)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const form = "application/x-www-form-urlencoded"

func multipartOf(t testing.TB, pairs ...string) (contentType, body string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		if err := w.WriteField(pairs[i], pairs[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	f, err := w.CreateFormFile("avatar", "a.png")
	if err != nil {
		t.Fatal(err)
	}
	f.Write([]byte("png"))
	w.Close()
	return w.FormDataContentType(), b.String()
}

func TestOnePostHoweverItComes(t *testing.T) {
	const query = "status=Bonjour+%C3%A0+tous&media_ids%5B%5D=1&media_ids%5B%5D=2&poll%5Boptions%5D%5B%5D=oui&poll%5Boptions%5D%5B%5D=non&poll%5Bexpires_in%5D=300&poll%5Bmultiple%5D=on&sensitive=1"
	ct, mp := multipartOf(t, "status", "Bonjour à tous", "media_ids[]", "1", "media_ids[]", "2", "poll[options][]", "oui", "poll[options][]", "non",
		"poll[expires_in]", "300", "poll[multiple]", "true", "sensitive", "t")
	for name, p := range map[string]Params{
		"form":         must(t, "POST", "/x", form, query),
		"no type":      must(t, "POST", "/x", "", query),
		"query":        must(t, "POST", "/x?"+query, "", ""),
		"delete":       must(t, "DELETE", "/x", form, query),
		"get":          must(t, "GET", "/x?"+query, "", ""),
		"multipart":    must(t, "POST", "/x", ct, mp),
		"json":         must(t, "POST", "/x", "application/json; charset=utf-8", `{"status":"Bonjour à tous","media_ids":[1,"2"],"poll":{"options":["oui","non"],"expires_in":300,"multiple":true},"sensitive":true,"in_reply_to_id":null}`),
		"json as text": must(t, "POST", "/x", "text/plain", `{"status":"Bonjour à tous","media_ids":["1","2"],"poll":{"options":["oui","non"],"expires_in":"300","multiple":"on"},"sensitive":"True"}`),
		"indexes":      must(t, "PUT", "/x", form, "status=Bonjour+%C3%A0+tous&media_ids[0]=1&media_ids[1]=2&poll[options][1]=non&poll[options][0]=oui&poll[expires_in]=300&poll[multiple]=yes&sensitive=on"),
		"mixed":        must(t, "POST", "/x?status=other&sensitive=true", "application/json", `{"status":"Bonjour à tous","media_ids":["1","2"],"poll":{"options":["oui","non"],"expires_in":300,"multiple":1}}`),
	} {
		if p.String("status") != "Bonjour à tous" || !slices.Equal(p.IDs("media_ids", 4), []int64{1, 2}) ||
			!slices.Equal(p.Strings("poll[options]"), []string{"oui", "non"}) || !slices.Equal(p.Strings("poll[options][]"), []string{"oui", "non"}) ||
			p.Int("poll[expires_in]", 0) != 300 || !p.Bool("poll[multiple]", false) || !p.Bool("sensitive", false) ||
			p.Has("in_reply_to_id") || p.Opt("in_reply_to_id") != nil || p.Has("poll[hide_totals]") {
			t.Errorf("%s: %v", name, p.root)
		}
	}
	p := must(t, "POST", "/x", ct, mp)
	if f := p.File("avatar"); f == nil || f.Filename != "a.png" || p.File("header") != nil {
		t.Error("the file")
	}
}

func TestListsOfHashes(t *testing.T) {
	ct, mp := multipartOf(t, "fields_attributes[0][name]", "site", "fields_attributes[0][value]", "a", "fields_attributes[1][name]", "ville", "fields_attributes[1][value]", "b")
	for name, p := range map[string]Params{
		"indexes":   must(t, "PATCH", "/x", form, "fields_attributes[1][name]=ville&fields_attributes[1][value]=b&fields_attributes[0][name]=site&fields_attributes[0][value]=a"),
		"repeated":  must(t, "PATCH", "/x", form, "fields_attributes[][name]=site&fields_attributes[][value]=a&fields_attributes[][name]=ville&fields_attributes[][value]=b"),
		"array":     must(t, "PATCH", "/x", "application/json", `{"fields_attributes":[{"name":"site","value":"a"},{"name":"ville","value":"b"}]}`),
		"hash":      must(t, "PATCH", "/x", "application/json", `{"fields_attributes":{"1":{"name":"ville","value":"b"},"0":{"name":"site","value":"a"}}}`),
		"multipart": must(t, "PATCH", "/x", ct, mp),
	} {
		h := p.Hashes("fields_attributes")
		if len(h) != 2 || h[0].String("name") != "site" || h[0].String("value") != "a" || h[1].String("name") != "ville" || h[1].String("value") != "b" {
			t.Errorf("%s: %v", name, p.root)
		}
	}
	p := must(t, "POST", "/x", form, "keywords_attributes[][keyword]=a&keywords_attributes[][whole_word]=true&keywords_attributes[][keyword]=b")
	if h := p.Hashes("keywords_attributes"); len(h) != 2 || !h[0].Bool("whole_word", false) || h[1].Has("whole_word") {
		t.Errorf("%v", p.root)
	}
	p = must(t, "POST", "/x", form, "data[alerts][mention]=true&data[policy]=all&home[last_read_id]=12&source[privacy]=unlisted")
	if !p.Bool("data[alerts][mention]", false) || p.Sub("data").String("policy") != "all" || p.String("home[last_read_id]") != "12" || p.String("source[privacy]") != "unlisted" {
		t.Errorf("%v", p.root)
	}
	p = must(t, "POST", "/x", "application/json", `{"source[privacy]":"unlisted","id[]":["1"]}`)
	if p.String("source[privacy]") != "unlisted" || !slices.Equal(p.IDs("id", 5), []int64{1}) {
		t.Errorf("%v", p.root)
	}
}

func TestIdsAndBooleans(t *testing.T) {
	for _, q := range []string{"id[]=3&id[]=1&id[]=3&id[]=x", "id=3&id=1", "id[0]=3&id[1]=1"} {
		if got := must(t, "GET", "/x?"+q, "", "").IDs("id", 40); !slices.Equal(got, []int64{3, 1}) {
			t.Errorf("%s: %v", q, got)
		}
	}
	if got := must(t, "GET", "/x?id[]=1&id[]=2&id[]=3", "", "").IDs("id", 2); len(got) != 2 {
		t.Errorf("%v", got)
	}
	if got := must(t, "GET", "/x?id=5", "", "").IDs("id[]", 2); !slices.Equal(got, []int64{5}) {
		t.Errorf("%v", got)
	}
	for s, want := range map[string]bool{"true": true, "1": true, "on": true, "True": true, "t": true, "false": false, "0": false, "off": false, "False": false, "f": false} {
		if got := must(t, "GET", "/x?b="+s, "", "").Bool("b", !want); got != want {
			t.Errorf("%s: %v", s, got)
		}
	}
	p := must(t, "GET", "/x?b=&n=1e9&m=-3", "", "")
	if !p.Bool("b", true) || p.OptBool("b") != nil || p.Int("n", 5) != 5 || p.Int("m", 5) != -3 || p.Int("absent", 7) != 7 {
		t.Error(p.root)
	}
}

func TestHostileParametersAreRefusedOrPassedOver(t *testing.T) {
	for _, c := range []struct{ contentType, body string }{
		{"application/json", `{`}, {"application/json", `[]`}, {"application/json", `"x"`}, {"application/json", `{} {}`}, {"application/json", "\x00"},
		{"multipart/form-data", "x"}, {"multipart/form-data; boundary=b", "x"},
		{form, strings.Repeat("a=1&", 2000)}, {form, "a" + strings.Repeat("[b]", 100) + "=1"},
	} {
		if _, err := parse(t, "POST", "/x", c.contentType, c.body); !apperr.Is(err, apperr.KindBadRequest) {
			t.Errorf("%s %.40q: %v", c.contentType, c.body, err)
		}
	}
	for _, body := range []string{"", "a", "=", "[]=1", "a[=1", "a]=1", "a[b=1", "a[b]c=1", "%zz=1", "a=%zz", "&&&", "a[][][]=1", "a=1&a[b]=2&a[]=3", "[a]=1", "a[b][]=1&a[]=2&a=3"} {
		p := must(t, "POST", "/x", form, body)
		p.String("a")
		p.Strings("a[b]")
		p.Hashes("a")
	}
	deep := strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000)
	if p, err := parse(t, "POST", "/x", "application/json", deep); err == nil && p.Has("a[a][a][a][a][a][a][a][a][a][a]") {
		t.Error("deep JSON is kept")
	}
	p := must(t, "POST", "/x", "application/json", `{"status":"a\u0000b\ud800c"}`)
	if got := p.String("status"); strings.ContainsRune(got, 0) || got != "ab\uFFFDc" {
		t.Errorf("%q", got)
	}
	p = must(t, "POST", "/x", form, "status=a%00b%ff")
	if got := p.String("status"); got != "ab\uFFFD" {
		t.Errorf("%q", got)
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequest("POST", "/x", strings.NewReader("a="+strings.Repeat("x", 100)))
	r.Header.Set("Content-Type", form)
	r.Body = http.MaxBytesReader(w, r.Body, 10)
	if _, err := parseParams(r); !apperr.Is(err, apperr.KindTooLarge) {
		t.Errorf("too large: %v", err)
	}
}

func FuzzParams(f *testing.F) {
	f.Add(form, "a[b][]=1&a[][c]=2&a=3")
	f.Add("application/json", `{"a":{"b":[1,null,{"c":true}]}}`)
	f.Add("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"a[]\"\r\n\r\nx\r\n--b--\r\n")
	f.Fuzz(func(t *testing.T, contentType, body string) {
		p, err := parse(t, "POST", "/x", contentType, body)
		if err != nil {
			return
		}
		for _, k := range p.Keys() {
			p.String(k)
			p.Strings(k)
			p.IDs(k, 10)
			p.Sub(k).Keys()
			for _, h := range p.Hashes(k) {
				h.Keys()
			}
		}
	})
}
