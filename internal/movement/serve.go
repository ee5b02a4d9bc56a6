package movement

import (
	"context"
	"encoding/json"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/post"
)

// Addresses of what an instance says of its place; they are fixed, so that they
// are found from the address of any actor of it.
const (
	chainPath       = "/movement/chain"
	childrenPath    = "/movement/children"
	revocationsPath = "/movement/revocations"
	organesPath     = "/movement/organes"
	directoryPath   = "/movement/directory"
	collectionPath  = "/movement" // below an actor
)

func childrenURI(app string) string { return as.Origin(app) + childrenPath }

// Objects are the documents of this slice. The chain and the revocations are for
// everybody: they are how a stranger becomes known. The others are for the
// movement, or for everybody where the administrators say so.
func (s *Service) Objects() []route.Object {
	return []route.Object{
		{Pattern: chainPath, Serve: s.serveChain},
		{Pattern: revocationsPath, Serve: s.serveRevocations},
		{Pattern: childrenPath, Serve: s.inside(s.serveChildren)},
		{Pattern: organesPath, Serve: s.inside(s.serveOrganes)},
		{Pattern: directoryPath, Serve: s.inside(s.serveDirectory)},
		{Pattern: "/users/{key}/movement", Serve: s.serveCollection},
	}
}

func absent() error { return apperr.NotFound("httpx.not_found") }

// inside serves to the movement alone, unless the tree is open.
func (s *Service) inside(serve func(context.Context) ([]byte, error)) func(context.Context, route.ObjectRequest) ([]byte, error) {
	return func(ctx context.Context, r route.ObjectRequest) ([]byte, error) {
		open, err := s.Open(ctx)
		if err != nil {
			return nil, err
		}
		if !open {
			if r.Signer == nil {
				return nil, absent()
			}
			if yes, err := s.Meet(ctx, as.Origin(r.Signer.URI)); err != nil || !yes {
				return nil, absent()
			}
		}
		return serve(ctx)
	}
}

// collection writes what is listed byte for byte: it is signed.
func (s *Service) collection(path string, items []any) ([]byte, error) {
	return json.Marshal(map[string]any{"@context": contextOf(), "id": s.Accounts.Base + path, "type": "OrderedCollection",
		"totalItems": len(items), "orderedItems": append([]any{}, items...)})
}

func (s *Service) serveChain(ctx context.Context, _ route.ObjectRequest) ([]byte, error) {
	docs, err := s.chainDocs(ctx, s.DB.Read())
	if err != nil {
		return nil, err
	}
	return s.collection(chainPath, docs)
}

func (s *Service) serveRevocations(ctx context.Context, _ route.ObjectRequest) ([]byte, error) {
	return s.revocationDoc(ctx, s.DB.Read())
}

// serveChildren lists the certificates that we issued and that are in force.
func (s *Service) serveChildren(ctx context.Context) ([]byte, error) {
	app, err := s.App(ctx)
	if err != nil {
		return nil, err
	}
	bodies, err := db.All[[]byte](ctx, s.DB.Read(), `select c.body from movement_cert c join movement_link l on l.cert_id = c.id and l.role = 'child' and l.state = 'joined'
		where c.issuer = $1 and c.ends_at > $2 order by c.subject limit $3`, app.URI, s.now().UnixMilli(), listMax)
	if err != nil {
		return nil, err
	}
	var items []any
	for _, b := range bodies {
		items = append(items, json.RawMessage(b))
	}
	return s.collection(childrenPath, items)
}

// serveOrganes lists the bodies of this instance.
func (s *Service) serveOrganes(ctx context.Context) ([]byte, error) {
	uris, err := db.All[string](ctx, s.DB.Read(), `select uri from account where host = '' and kind = $1 and deleted_at = 0 and not hidden and discoverable order by username`, account.Organization)
	if err != nil {
		return nil, err
	}
	var items []any
	for _, u := range uris {
		items = append(items, u)
	}
	return s.collection(organesPath, items)
}

// serveCollection is the audience that a member names with a post for the
// movement. It lists nobody.
func (s *Service) serveCollection(ctx context.Context, r route.ObjectRequest) ([]byte, error) {
	q := s.DB.Read()
	a, err := account.ByURI(ctx, q, s.Accounts.Base+"/users/"+r.Vars["key"])
	if err != nil || !a.Local() || a.Gone() || r.Signer == nil {
		return nil, absent()
	}
	if yes, err := post.Affiliated(ctx, q, r.Signer.Host, s.now()); err != nil || !yes {
		return nil, absent()
	}
	if members, err := auth.MembersAmong(ctx, q, []int64{a.ID}); err != nil || !members[a.ID] && a.Kind == account.Person {
		return nil, absent()
	}
	if yes, err := s.Accounts.KnownTo(ctx, q, a, r.Signer.Host); err != nil || !yes { // a closed group, for one
		return nil, absent()
	}
	return as.Collection{ID: a.URI + collectionPath, AttributedTo: a.URI}.Build()
}

// settingOpen is the key of whether everybody may read the tree.
const settingOpen = "movement_open"

// Open reports whether everybody may read the children, bodies and directory.
func (s *Service) Open(ctx context.Context) (bool, error) {
	v, err := db.Get[string](ctx, s.DB.Read(), `select value from setting where key = $1`, settingOpen)
	if apperr.Is(err, apperr.KindNotFound) {
		return false, nil
	}
	return v == "1", err
}

// SetOpen lays it down.
func (s *Service) SetOpen(ctx context.Context, open bool) error {
	v := "0"
	if open {
		v = "1"
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into setting (key, value) values ($1, $2) on conflict (key) do update set value = excluded.value`, settingOpen, v)
		return err
	})
}
