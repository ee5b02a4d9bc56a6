package push

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/json"
	"math/big"
	"strings"
	"testing"
	"time"
)

func must64(t *testing.T, s string) []byte {
	t.Helper()
	b, err := decode64(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestVectorOfTheStandard encrypts the example of the standard.
//
// Spec: RFC 8291 appendix A
func TestVectorOfTheStandard(t *testing.T) {
	to, err := parseTarget("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4", "BTBZMqHH6r4Tts7J_aSIgg")
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdh.P256().NewPrivateKey(must64(t, "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := standard(to, []byte("When I grow up, I want to be a watermelon"), key, must64(t, "DGv6ra1nlYgDCS1FRnbzlw"))
	if err != nil {
		t.Fatal(err)
	}
	want := "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_" +
		"yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
	if encode64(got.body) != want {
		t.Errorf("got  %s\nwant %s", encode64(got.body), want)
	}
}

func TestKeysOfApps(t *testing.T) {
	const good, secret = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4", "BTBZMqHH6r4Tts7J_aSIgg"
	for _, k := range []string{good, good + "=", strings.NewReplacer("-", "+", "_", "/").Replace(good) + "="} {
		if _, err := parseTarget(k, secret+"=="); err != nil {
			t.Errorf("%s: %v", k, err)
		}
	}
	for _, k := range [][2]string{{"", secret}, {good[:40], secret}, {good, ""}, {good, "AAAA"}, {"B" + strings.Repeat("A", 86), secret}, {"%%", "%%"}} {
		if _, err := parseTarget(k[0], k[1]); err == nil {
			t.Errorf("%v is taken", k)
		}
	}
}

func TestVapid(t *testing.T) {
	a, err := newVapid(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := newVapid(bytes.Repeat([]byte{7}, 32)); a.public != b.public {
		t.Error("one secret gives two keys")
	}
	if _, err := newVapid(bytes.Repeat([]byte{255}, 32)); err != nil { // beyond the order of the curve
		t.Error(err)
	}
	now := time.Unix(1_800_000_000, 0)
	token, err := a.token("https://push.example:8443/x/y?z", "https://section.example", now)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(token, ".")
	var claims struct {
		Aud, Sub string
		Exp      int64
	}
	if err := json.Unmarshal(must64(t, parts[1]), &claims); err != nil || claims.Aud != "https://push.example:8443" ||
		claims.Sub != "https://section.example" || claims.Exp <= now.Unix() || claims.Exp > now.Unix()+24*3600 {
		t.Errorf("%+v, %v", claims, err)
	}
	point := must64(t, a.public)
	public, err := ecdsa.ParseUncompressedPublicKey(a.key.Curve, point)
	if err != nil || len(point) != 65 {
		t.Fatal(err)
	}
	sum, sig := sha256.Sum256([]byte(parts[0]+"."+parts[1])), must64(t, parts[2])
	if len(sig) != 64 || !ecdsa.Verify(public, sum[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])) {
		t.Error("the signature does not fit")
	}
}
