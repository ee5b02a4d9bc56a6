package testkit

import (
	"bytes"
	"mime/multipart"
	"net/http"
)

// SubmitFiles is Submit of a form with files, by the names of their fields.
func (b *Browser) SubmitFiles(action string, fields map[string]string, files map[string][]byte) *Browser {
	b.T.Helper()
	form, values := b.filled(action, fields)
	if attr(form, "enctype") != "multipart/form-data" {
		b.T.Fatalf("the form to %s on %s takes no files", action, b.URL)
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for k, all := range values {
		for _, v := range all {
			if _, file := files[k]; !file {
				w.WriteField(k, v)
			}
		}
	}
	for k, f := range files {
		part, err := w.CreateFormFile(k, "IMG_0001.jpg")
		if err != nil {
			b.T.Fatal(err)
		}
		part.Write(f)
	}
	w.Close()
	req, err := http.NewRequest("POST", b.URL.ResolveReference(mustURL(b.T, attr(form, "action"))).String(), &body)
	if err != nil {
		b.T.Fatal(err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	req.Header.Set("Origin", b.Base)
	b.do(req)
	return b
}

// Upload sends a file as apps do, to field, with further fields, and reads the
// JSON answer into out, which may be nil.
func (c *Client) Upload(method, path, field string, file []byte, fields map[string]string, out any) *Client {
	c.T.Helper()
	files := map[string][]byte{}
	if file != nil {
		files[field] = file
	}
	return c.UploadFiles(method, path, files, fields, out)
}

// UploadFiles sends a form with several files.
func (c *Client) UploadFiles(method, path string, files map[string][]byte, fields map[string]string, out any) *Client {
	c.T.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for k, v := range fields {
		w.WriteField(k, v)
	}
	for field, file := range files {
		part, err := w.CreateFormFile(field, "IMG_0001.jpg")
		if err != nil {
			c.T.Fatal(err)
		}
		part.Write(file)
	}
	w.Close()
	return c.send(method, path, w.FormDataContentType(), &body, out)
}
