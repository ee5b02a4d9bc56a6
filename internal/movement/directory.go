package movement

import (
	"context"
	"strings"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
)

// Bounds of the directory of one instance.
const (
	entriesMax = 2000
	aboutMax   = 300
)

// Entry is somebody or something of the directory of the movement.
type Entry struct {
	Host, Kind, URI string // Kind is the type of the actor
	Name, About     string
	URL             string
	SeenAt          int64
	Speaks          bool `db:"-"` // a body that the certificate of its server names
}

// own lists what this instance gives to the directory: its bodies, its groups
// that may be known, and the people who chose to be found.
func (s *Service) own(ctx context.Context, q db.Q) ([]Entry, error) {
	rows, err := db.All[account.Account](ctx, q, `select id, uri, kind, username, display_name, note_source, url, host from account
		where host = '' and deleted_at = 0 and suspended_at = 0 and not hidden and public and reachable
			and (kind = 'Group' or kind in ('Person', 'Organization') and discoverable) order by kind, username limit $1`, entriesMax)
	if err != nil {
		return nil, err
	}
	granted, err := s.granted(ctx, q, "")
	if err != nil {
		return nil, err
	}
	out := make([]Entry, len(rows))
	for i := range rows {
		a := &rows[i]
		out[i] = Entry{Host: s.Accounts.Host, Kind: a.Kind, URI: a.URI, Name: a.Name(), About: text.PlainName(a.NoteSource, aboutMax), URL: "@" + a.Username + "@" + s.Accounts.Host}
		out[i].Speaks = a.Kind == account.Organization && named(granted, a.Username)
	}
	return out, nil
}

func (s *Service) serveDirectory(ctx context.Context) ([]byte, error) {
	list, err := s.own(ctx, s.DB.Read())
	if err != nil {
		return nil, err
	}
	var items []any
	for _, e := range list {
		items = append(items, map[string]any{"id": e.URI, "type": e.Kind, "name": e.Name, "summary": e.About, "preferredUsername": strings.Split(e.URL, "@")[1]})
	}
	return s.collection(directoryPath, items)
}

// index reads what an instance gives to the directory. What it does not give
// any more is forgotten.
func (s *Service) index(ctx context.Context, uri string) error {
	name := as.Host(uri)
	d, err := s.document(ctx, as.Origin(uri)+directoryPath)
	if err != nil {
		return ctx.Err()
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if yes, err := post.Affiliated(ctx, tx, name, s.now()); err != nil || !yes {
			return err
		}
		if _, err := tx.Exec(ctx, `delete from movement_entry where host = $1`, name); err != nil {
			return err
		}
		for i, x := range d.Items().Docs() {
			user := text.PlainName(x.String("preferredUsername"), maxLine)
			if i >= entriesMax || !as.SameOrigin(x.ID(), uri) || user == "" || strings.ContainsAny(user, "@/ ") || !x.Is(account.Person, account.Group, account.Organization) {
				continue
			}
			e := Entry{Host: name, Kind: x.Type(), URI: x.ID(), Name: text.PlainName(x.Name(), maxLine), About: text.PlainName(text.Plain(x.Summary()), aboutMax),
				URL: "@" + user + "@" + name, SeenAt: s.now().UnixMilli()}
			if e.Name == "" {
				e.Name = user
			}
			if _, err := tx.Exec(ctx, `insert into movement_entry (host, kind, uri, name, about, url, seen_at) values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing`,
				e.Host, e.Kind, e.URI, e.Name, e.About, e.URL, e.SeenAt); err != nil {
				return err
			}
		}
		return nil
	})
}

// Directory lists what the movement gives to be found, our own first, by the
// beginnings of words when asked is not empty.
func (s *Service) Directory(ctx context.Context, asked string) ([]Entry, error) {
	q := s.DB.Read()
	own, err := s.own(ctx, q)
	if err != nil {
		return nil, err
	}
	rows, err := db.All[Entry](ctx, q, `select e.host, e.kind, e.uri, e.name, e.about, e.url, e.seen_at from movement_entry e
		join audience_host h on h.host = e.host where h.valid_until = 0 or h.valid_until > $1 order by e.name limit 5000`, s.now().UnixMilli())
	if err != nil {
		return nil, err
	}
	members, err := s.Members(ctx)
	if err != nil {
		return nil, err
	}
	granted := map[string]string{}
	for _, m := range members {
		granted[m.Host] = m.Organes
	}
	for i := range rows {
		e := &rows[i]
		e.Speaks = e.Kind == account.Organization && named(granted[e.Host], strings.Split(e.URL, "@")[1])
	}
	words := strings.Fields(text.Fold(asked))
	var out []Entry
	for _, e := range append(own, rows...) {
		if fits(text.Fold(e.Name+" "+e.URL+" "+e.About), words) {
			out = append(out, e)
		}
	}
	return out, nil
}

func fits(in string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(in, w) {
			return false
		}
	}
	return true
}

// NameOf is what the movement calls a server, "" when it is not of it.
func NameOf(ctx context.Context, q db.Q, host string) (string, error) {
	n, err := db.Get[string](ctx, q, `select name from movement_member where host = $1`, host)
	if apperr.Is(err, apperr.KindNotFound) {
		return "", nil
	}
	return n, err
}
