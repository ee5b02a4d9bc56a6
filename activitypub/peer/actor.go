package peer

import (
	"bytes"
	"context"
	"crypto/rsa"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/fetch"
	"github.com/maillage/maillage/activitypub/sig"
)

// Actor is one actor of a peer.
type Actor struct {
	Name  string
	Type  string
	ID    string
	Inbox string
	KeyID string
	Key   *rsa.PrivateKey
	peer  *Peer
}

// Actor returns the peer's Person of that name, which is made at first use.
func (p *Peer) Actor(name string) *Actor { return p.ActorOf("Person", name, nil) }

// ActorOf makes an actor of any type; change, if not nil, edits the document
// before it is served.
func (p *Peer) ActorOf(kind, name string, change func(*as.Actor)) *Actor {
	p.mu.Lock()
	defer p.mu.Unlock()
	if a := p.actors[name]; a != nil {
		return a
	}
	key, err := sig.GenerateRSA()
	if err != nil {
		panic(err)
	}
	id := p.URL + "/users/" + name
	a := &Actor{Name: name, Type: kind, ID: id, Inbox: id + "/inbox", KeyID: id + "#main-key", Key: key, peer: p}
	pem, err := sig.EncodePublicPEM(&key.PublicKey)
	if err != nil {
		panic(err)
	}
	doc := as.Actor{
		ID: id, Type: kind, Username: name, Name: name, URL: p.URL + "/@" + name,
		Inbox: a.Inbox, Outbox: id + "/outbox", Followers: id + "/followers", Following: id + "/following",
		SharedInbox: p.URL + "/inbox", Keys: []as.PublicKey{{ID: a.KeyID, Owner: id, PEM: pem}}, Discoverable: true,
	}
	if change != nil {
		change(&doc)
	}
	body, err := doc.Build()
	if err != nil {
		panic(err)
	}
	p.actors[name] = a
	p.keys[a.KeyID] = pem
	p.objects["/users/"+name] = body
	for _, c := range []string{"outbox", "followers", "following"} {
		b, err := as.Collection{ID: id + "/" + c}.Build()
		if err != nil {
			panic(err)
		}
		p.objects["/users/"+name+"/"+c] = b
	}
	return a
}

// Handle returns "name@host".
func (a *Actor) Handle() string { return a.Name + "@" + a.peer.Host }

func (a *Actor) key() *sig.Key { return &sig.Key{ID: a.KeyID, RSA: a.Key} }

// Answer is what the other side said to a request.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Fetch gets an actor or object of another server as a document, signed.
func (a *Actor) Fetch(ctx context.Context, id string) (*as.Doc, error) {
	return a.peer.client.Document(ctx, id, a.key())
}

// Lookup resolves a handle and fetches the actor behind it.
func (a *Actor) Lookup(ctx context.Context, handle string) (*as.Actor, error) {
	id, _, err := a.peer.client.WebFinger(ctx, handle, a.key())
	if err != nil {
		return nil, err
	}
	doc, err := a.Fetch(ctx, id)
	if err != nil {
		return nil, err
	}
	return as.ReadActor(doc)
}

// Get makes one GET, signed unless the fault says otherwise, and returns the
// answer whatever it is.
func (a *Actor) Get(ctx context.Context, uri string, faults ...Fault) (*Answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, uri, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", fetch.Accept)
	return a.roundTrip(req, nil, faults)
}

// Send POSTs an activity to an inbox, signed by the actor except for the
// faults given, and returns the answer whatever it is. activity is bytes, or
// something with Build.
func (a *Actor) Send(ctx context.Context, inbox string, activity any, faults ...Fault) (*Answer, error) {
	var body []byte
	switch x := activity.(type) {
	case []byte:
		body = x
	case as.Builder:
		var err error
		if body, err = x.Build(); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("peer: cannot send a %T", activity)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, inbox, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/activity+json")
	return a.roundTrip(req, body, faults)
}

func (a *Actor) roundTrip(req *http.Request, body []byte, faults []Fault) (*Answer, error) {
	if err := a.sign(req, body, faults); err != nil {
		return nil, err
	}
	resp, err := a.peer.plain.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 4<<20))
	if err != nil {
		return nil, err
	}
	return &Answer{Status: resp.StatusCode, Header: resp.Header, Body: b}, nil
}

// Follow asks to follow an actor of another server. It returns the Follow's
// id and the answer to the POST.
func (a *Actor) Follow(ctx context.Context, target string) (string, *Answer, error) {
	inbox, err := a.inboxOf(ctx, target)
	if err != nil {
		return "", nil, err
	}
	id := a.peer.NewID("follows")
	answer, err := a.Send(ctx, inbox, as.Activity{Type: "Follow", ID: id, Actor: a.ID, Object: target, To: []string{target}})
	return id, answer, err
}

// Answer sends an Accept or Reject that embeds a Follow as it was received.
func (a *Actor) Answer(ctx context.Context, verdict string, follow *as.Doc) (*Answer, error) {
	inbox, err := a.inboxOf(ctx, follow.Actor())
	if err != nil {
		return nil, err
	}
	return a.Send(ctx, inbox, as.Activity{Type: verdict, ID: a.peer.NewID("answers"), Actor: a.ID, Object: follow, To: []string{follow.Actor()}})
}

// Note makes a public post of the actor, serves it and returns it with the
// Create to send. change, if not nil, edits it before.
func (a *Actor) Note(content string, change func(*as.Note)) (as.Note, as.Activity) {
	n := as.Note{
		ID: a.peer.NewID("notes"), AttributedTo: a.ID, Content: content,
		To: []string{as.Public}, Cc: []string{a.ID + "/followers"}, Published: time.Now(),
	}
	if change != nil {
		change(&n)
	}
	body, err := n.Build()
	if err != nil {
		panic(err)
	}
	a.peer.Serve(n.ID, body)
	return n, as.Activity{Type: "Create", ID: n.ID + "#create", Actor: a.ID, Object: body, To: n.To, Cc: n.Cc, Published: n.Published}
}

func (a *Actor) inboxOf(ctx context.Context, actor string) (string, error) {
	doc, err := a.Fetch(ctx, actor)
	if err != nil {
		return "", err
	}
	other, err := as.ReadActor(doc)
	if err != nil {
		return "", err
	}
	return other.Inbox, nil
}
