package host

import (
	"context"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
)

// refreshAfter is how long what a server runs is believed; what could not be
// learnt is asked for again after a day, then two, up to as long.
const refreshAfter = 7 * 24 * time.Hour

// Software is what a server runs, as its NodeInfo says.
type Software struct {
	Host       string
	Name       string // lower case, "" when it is not known
	Version    string
	Implements string // addresses of specifications, separated by spaces; Spec: FEP-844e
	CheckedAt  int64
	Fails      int // in a row
}

// Speaks reports whether the server says that it implements a specification.
//
// Spec: FEP-844e
func (w Software) Speaks(uri string) bool {
	for s := range strings.FieldsSeq(w.Implements) {
		if s == uri {
			return true
		}
	}
	return false
}

// Stale reports whether it should be asked for anew.
func (w Software) Stale(now time.Time) bool {
	keep := refreshAfter
	if w.Fails > 0 {
		keep = min(keep, time.Duration(1<<min(w.Fails-1, 4))*24*time.Hour)
	}
	return now.Sub(time.UnixMilli(w.CheckedAt)) > keep
}

// SoftwareOf gives what a server runs, by the host of its ids; the zero value
// when it was never asked.
func SoftwareOf(ctx context.Context, q db.Q, host string) (Software, error) {
	w, err := db.Get[Software](ctx, q, `select host, name, version, implements, checked_at, fails from host_software where host = $1`, host)
	if apperr.Is(err, apperr.KindNotFound) {
		return Software{Host: host}, nil
	}
	return w, err
}

// SoftwareOfAll is SoftwareOf for several, by host; those never asked are left out.
func SoftwareOfAll(ctx context.Context, q db.Q, hosts []string) (map[string]Software, error) {
	out := make(map[string]Software, len(hosts))
	if len(hosts) == 0 {
		return out, nil
	}
	in, args := db.In(1, db.Pad(hosts))
	rows, err := db.All[Software](ctx, q, `select host, name, version, implements, checked_at, fails from host_software where host in `+in, args...)
	for _, w := range rows {
		out[w.Host] = w
	}
	return out, err
}

// SaveSoftware writes down what a server said; a failure keeps what it said before.
func SaveSoftware(ctx context.Context, tx *db.Tx, w Software) error {
	if w.Name == "" {
		_, err := tx.Exec(ctx, `insert into host_software (host, checked_at, fails) values ($1, $2, 1)
			on conflict (host) do update set checked_at = excluded.checked_at, fails = host_software.fails + 1`, w.Host, w.CheckedAt)
		return err
	}
	_, err := tx.Exec(ctx, `insert into host_software (host, name, version, implements, checked_at, fails) values ($1, $2, $3, $4, $5, 0)
		on conflict (host) do update set name = excluded.name, version = excluded.version, implements = excluded.implements,
		checked_at = excluded.checked_at, fails = 0`, w.Host, w.Name, w.Version, w.Implements, w.CheckedAt)
	return err
}

// names spell software as its makers do.
var names = map[string]string{
	"activity-relay": "Activity-Relay", "akkoma": "Akkoma", "bookwyrm": "BookWyrm", "discourse": "Discourse", "firefish": "Firefish",
	"flipboard": "Flipboard", "foundkey": "FoundKey", "friendica": "Friendica", "funkwhale": "Funkwhale", "gancio": "Gancio", "ghost": "Ghost",
	"glitchcafe": "Mastodon", "gotosocial": "GoToSocial", "hollo": "Hollo", "hometown": "Hometown", "hubzilla": "Hubzilla", "iceshrimp": "Iceshrimp",
	"iceshrimp.net": "Iceshrimp", "lemmy": "Lemmy", "maillage": "Maillage", "mastodon": "Mastodon", "mbin": "Mbin", "misskey": "Misskey",
	"mitra": "Mitra", "mobilizon": "Mobilizon", "nodebb": "NodeBB", "owncast": "Owncast", "peertube": "PeerTube", "piefed": "PieFed",
	"pixelfed": "Pixelfed", "pleroma": "Pleroma", "plume": "Plume", "sharkey": "Sharkey", "smithereen": "Smithereen", "snac": "snac",
	"streams": "Streams", "takahe": "Takahē", "threads": "Threads", "tootik": "tootik", "wordpress": "WordPress", "writefreely": "WriteFreely",
}

// Shown is the software's name for people, "" when it is not known.
func (w Software) Shown() string { return Shown(w.Name) }

// Shown spells the name of a software for people. One that is not well known
// has its first letter made a capital.
func Shown(name string) string {
	if s, ok := names[name]; ok {
		return s
	}
	if name == "" {
		return ""
	}
	return strings.ToUpper(name[:1]) + name[1:]
}
