package as

import (
	"fmt"

	"github.com/go-fed/activity/streams"
	"github.com/go-fed/activity/streams/vocab"
)

// actorObject is a typed value that is an actor.
type actorObject interface {
	object
	SetActivityStreamsPreferredUsername(vocab.ActivityStreamsPreferredUsernameProperty)
	SetActivityStreamsInbox(vocab.ActivityStreamsInboxProperty)
	SetActivityStreamsOutbox(vocab.ActivityStreamsOutboxProperty)
	SetActivityStreamsFollowers(vocab.ActivityStreamsFollowersProperty)
	SetActivityStreamsFollowing(vocab.ActivityStreamsFollowingProperty)
	SetTootFeatured(vocab.TootFeaturedProperty)
	SetTootDiscoverable(vocab.TootDiscoverableProperty)
	SetW3IDSecurityV1PublicKey(vocab.W3IDSecurityV1PublicKeyProperty)
}

func newActor(kind string) (actorObject, error) {
	switch kind {
	case "Person":
		return streams.NewActivityStreamsPerson(), nil
	case "Group":
		return streams.NewActivityStreamsGroup(), nil
	case "Organization":
		return streams.NewActivityStreamsOrganization(), nil
	case "Service":
		return streams.NewActivityStreamsService(), nil
	case "Application":
		return streams.NewActivityStreamsApplication(), nil
	}
	return nil, fmt.Errorf("build: no actors of type %q", kind)
}

// Build implements [Builder].
func (a Actor) Build() ([]byte, error) { return build(a) }

func (a Actor) properties() (map[string]any, map[string]any, error) {
	o, err := newActor(a.Type)
	if err != nil {
		return nil, nil, err
	}
	w := &writer{}
	w.id(o, a.ID)
	w.url(o, a.URL)
	w.attributedTo(o, a.AttributedTo)
	w.text(o, a.Name, a.Summary, "")
	w.times(o, a.Published, a.Updated)
	name := streams.NewActivityStreamsPreferredUsernameProperty()
	name.SetXMLSchemaString(a.Username)
	o.SetActivityStreamsPreferredUsername(name)
	a.collections(w, o)
	discoverable := streams.NewTootDiscoverableProperty()
	discoverable.Set(a.Discoverable)
	o.SetTootDiscoverable(discoverable)
	if k := a.Key(); k.ID != "" {
		o.SetW3IDSecurityV1PublicKey(w.publicKey(a.ID, k))
	}
	if a.Icon != nil {
		p := streams.NewActivityStreamsIconProperty()
		p.AppendActivityStreamsImage(w.image(a.Icon))
		o.SetActivityStreamsIcon(p)
	}
	if a.Image != nil {
		p := streams.NewActivityStreamsImageProperty()
		p.AppendActivityStreamsImage(w.image(a.Image))
		o.SetActivityStreamsImage(p)
	}
	m, err := w.serialize(o)
	if err != nil {
		return nil, nil, err
	}
	// What go-fed has no property for.
	m["manuallyApprovesFollowers"] = a.ManuallyApproves
	m["indexable"], m["searchableBy"] = a.Indexable, a.ID
	if a.Indexable {
		m["searchableBy"] = Public
	}
	if a.SharedInbox != "" {
		m["endpoints"] = map[string]any{"sharedInbox": a.SharedInbox}
	}
	if a.WebFinger != "" {
		m["webfinger"] = a.WebFinger
	}
	if a.Source != "" {
		m["source"] = map[string]any{"content": a.Source, "mediaType": "text/markdown"}
	}
	if a.MovedTo != "" {
		m["movedTo"] = a.MovedTo
	}
	if len(a.AlsoKnownAs) > 0 {
		known := make([]any, len(a.AlsoKnownAs))
		for i, s := range a.AlsoKnownAs {
			known[i] = s
		}
		m["alsoKnownAs"] = known
	}
	if len(a.AttributionDomains) > 0 {
		m["attributionDomains"] = a.AttributionDomains
	}
	if a.Suspended {
		m["suspended"] = true
	}
	if a.Memorial {
		m["memorial"] = true
	}
	if len(a.Fields) > 0 {
		fields := make([]any, len(a.Fields))
		for i, f := range a.Fields {
			fields[i] = map[string]any{"type": "PropertyValue", "name": f.Name, "value": f.Value}
		}
		m["attachment"] = fields
	}
	if len(a.Multikeys) > 0 {
		keys := make([]any, len(a.Multikeys))
		for i, k := range a.Multikeys {
			keys[i] = map[string]any{"id": k.ID, "type": "Multikey", "controller": a.ID, "publicKeyMultibase": k.Public}
		}
		m["assertionMethod"] = keys
	}
	merge(m, a.Extra)
	return m, a.ExtraContext, nil
}

func (a Actor) collections(w *writer, o actorObject) {
	inbox, outbox := streams.NewActivityStreamsInboxProperty(), streams.NewActivityStreamsOutboxProperty()
	inbox.SetIRI(w.iri(a.Inbox))
	outbox.SetIRI(w.iri(a.Outbox))
	o.SetActivityStreamsInbox(inbox)
	o.SetActivityStreamsOutbox(outbox)
	if a.Followers != "" {
		p := streams.NewActivityStreamsFollowersProperty()
		p.SetIRI(w.iri(a.Followers))
		o.SetActivityStreamsFollowers(p)
	}
	if a.Following != "" {
		p := streams.NewActivityStreamsFollowingProperty()
		p.SetIRI(w.iri(a.Following))
		o.SetActivityStreamsFollowing(p)
	}
	if a.Featured != "" {
		p := streams.NewTootFeaturedProperty()
		p.SetIRI(w.iri(a.Featured))
		o.SetTootFeatured(p)
	}
}

func (w *writer) publicKey(actor string, k PublicKey) vocab.W3IDSecurityV1PublicKeyProperty {
	key := streams.NewW3IDSecurityV1PublicKey()
	w.id(key, k.ID)
	owner := streams.NewW3IDSecurityV1OwnerProperty()
	owner.SetIRI(w.iri(actor))
	key.SetW3IDSecurityV1Owner(owner)
	text := streams.NewW3IDSecurityV1PublicKeyPemProperty()
	text.Set(k.PEM)
	key.SetW3IDSecurityV1PublicKeyPem(text)
	p := streams.NewW3IDSecurityV1PublicKeyProperty()
	p.AppendW3IDSecurityV1PublicKey(key)
	return p
}
