package sig

import (
	"crypto"
	"crypto/ed25519"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/superseriousbusiness/httpsig"
)

// SignPost signs a POST with draft-cavage: (request-target), host, date,
// digest and content-type, all of which it sets but Content-Type, which the
// caller must have set. body must be what is sent. A request is signed for
// now, so a retry is signed again.
func SignPost(req *http.Request, body []byte, key *Key, now time.Time) error {
	if req.Header.Get("Content-Type") == "" {
		return errors.New("sign: request has no Content-Type")
	}
	if body == nil {
		body = []byte{}
	}
	headers := []string{httpsig.RequestTarget, "host", "date", "digest", "content-type"}
	if req.Header.Get(Synchronization) != "" {
		headers = append(headers, strings.ToLower(Synchronization))
	}
	return cavage(req, body, key, now, headers, false)
}

// Synchronization is a header that is signed where it is set.
//
// Spec: FEP-8fcf
const Synchronization = "Collection-Synchronization"

// SignGet signs a GET with draft-cavage: (request-target), host and date.
// withoutQuery signs the path alone, as some servers expect.
func SignGet(req *http.Request, key *Key, now time.Time, withoutQuery bool) error {
	return cavage(req, nil, key, now, []string{httpsig.RequestTarget, "host", "date"}, withoutQuery)
}

func cavage(req *http.Request, body []byte, key *Key, now time.Time, headers []string, withoutQuery bool) error {
	private, algorithm, label, err := cavageKey(key)
	if err != nil {
		return err
	}
	ClearSignature(req.Header)
	req.Header.Set("Date", now.UTC().Format(http.TimeFormat))
	signer, _, err := httpsig.NewSigner([]httpsig.Algorithm{algorithm}, httpsig.DigestSha256, headers, httpsig.Signature, 0)
	if err != nil {
		return err
	}
	// httpsig reads Host from the header map and signs the decoded path, so
	// it gets a stand-in request that holds both as they go over the wire.
	stand := &http.Request{
		Method: req.Method,
		URL:    &url.URL{Path: wirePath(req.URL), RawQuery: req.URL.RawQuery},
		Header: req.Header.Clone(),
	}
	stand.Header.Set("Host", wireHost(req))
	err = inTurn(func() error {
		return signer.SignRequestWithOptions(private, key.ID, stand, body,
			httpsig.SignatureOption{ExcludeQueryStringFromPathPseudoHeader: withoutQuery})
	})
	if err != nil {
		return err
	}
	if d := stand.Header.Get("Digest"); d != "" {
		req.Header.Set("Digest", d)
	}
	// Peers that look at the parameter want the real name; it is not part of
	// what is signed.
	s := strings.Replace(stand.Header.Get("Signature"), `algorithm="hs2019"`, `algorithm="`+label+`"`, 1)
	req.Header.Set("Signature", s)
	return nil
}

func cavageKey(key *Key) (private crypto.PrivateKey, a httpsig.Algorithm, label string, err error) {
	switch {
	case key == nil || strings.ContainsAny(key.ID, "\",\r\n"):
	case key.RSA != nil:
		return key.RSA, httpsig.RSA_SHA256, "rsa-sha256", nil
	case len(key.Ed25519) == ed25519.PrivateKeySize:
		return key.Ed25519, httpsig.ED25519, "hs2019", nil
	}
	return nil, "", "", errors.New("sign: no usable key")
}

// ClearSignature removes everything a signature added, before signing anew or
// going on to another host.
func ClearSignature(h http.Header) {
	for _, name := range []string{"Signature", "Signature-Input", "Digest", "Content-Digest", "Date"} {
		h.Del(name)
	}
}

// wirePath is the path as it stands in the request line.
func wirePath(u *url.URL) string {
	if p := u.EscapedPath(); p != "" {
		return p
	}
	return "/"
}

func wireHost(req *http.Request) string {
	if req.Host != "" {
		return req.Host
	}
	return req.URL.Host
}
