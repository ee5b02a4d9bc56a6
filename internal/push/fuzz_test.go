package push

import (
	"bytes"
	"testing"
)

// FuzzKeys: the keys of a subscription are refused, or something can be
// encrypted for them.
//
// Spec: TX1; Spec: RFC 8291 3
func FuzzKeys(f *testing.F) {
	for _, s := range [][2]string{
		{"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4", "BTBZMqHH6r4Tts7J_aSIgg"},
		{"BCVxsr7N/eNgVRqvHtD0zTZsEc6+VV+JvLexhqUzORcxaOzi6+AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4=", "BTBZMqHH6r4Tts7J/aSIgg=="},
		{"BA", "AA=="}, {"", ""}, {"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw5", "BTBZMqHH6r4Tts7J_aSIgg"},
	} {
		f.Add(s[0], s[1], []byte("quelque chose de nouveau"))
	}
	key, salt, err := once()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, p256dh, auth string, plain []byte) {
		to, err := parseTarget(p256dh, auth)
		if err != nil {
			return
		}
		plain = plain[:min(len(plain), maxPlain)]
		for _, encrypt := range []func() (*sealed, error){
			func() (*sealed, error) { return standard(to, plain, key, salt) },
			func() (*sealed, error) { return old(to, plain, key, salt) },
		} {
			s, err := encrypt()
			if err != nil || len(s.body) > recordSize || len(plain) > 8 && bytes.Contains(s.body, plain) {
				t.Errorf("%q %q: %v", p256dh, auth, err)
			}
		}
	})
}
