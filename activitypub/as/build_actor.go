package as

import (
	"maps"

	"github.com/go-fed/activity/streams"
	"github.com/go-fed/activity/streams/vocab"
)

// vocabActor is what we set, typed, on an actor of any type.
type vocabActor interface {
	vocab.Type
	SetActivityStreamsInbox(vocab.ActivityStreamsInboxProperty)
	SetActivityStreamsOutbox(vocab.ActivityStreamsOutboxProperty)
	SetActivityStreamsFollowers(vocab.ActivityStreamsFollowersProperty)
	SetActivityStreamsFollowing(vocab.ActivityStreamsFollowingProperty)
	SetActivityStreamsPreferredUsername(vocab.ActivityStreamsPreferredUsernameProperty)
}

func newActor(name string) vocabActor {
	switch name {
	case "Group":
		return streams.NewActivityStreamsGroup()
	case "Organization":
		return streams.NewActivityStreamsOrganization()
	case "Service":
		return streams.NewActivityStreamsService()
	case "Application":
		return streams.NewActivityStreamsApplication()
	default:
		return streams.NewActivityStreamsPerson()
	}
}

// Build writes the actor's document.
//
// Spec: AP 4.1; Spec: FEP-2c59; Spec: FEP-521a; Spec: FEP-5feb; Spec: FEP-fb2a
func (a *Actor) Build() ([]byte, error) {
	t := newActor(a.Type)
	if err := setID(t, a.ID); err != nil {
		return nil, err
	}
	name := streams.NewActivityStreamsPreferredUsernameProperty()
	name.SetXMLSchemaString(a.Username)
	t.SetActivityStreamsPreferredUsername(name)
	if err := a.boxes(t); err != nil {
		return nil, err
	}
	b, err := typed(t)
	if err != nil {
		return nil, err
	}
	used := []string{"manuallyApprovesFollowers", "featured", "discoverable", "indexable", "webfinger"}
	b.set("name", a.Name)
	b["summary"] = a.Summary
	if a.Source != "" {
		b["source"] = map[string]string{"content": a.Source, "mediaType": "text/plain"}
	}
	b.set("url", a.URL)
	b.set("featured", a.Featured)
	b.set("webfinger", a.WebFinger)
	b.set("attributedTo", a.AttributedTo)
	b.set("published", a.Published)
	b.set("updated", a.Updated)
	b["manuallyApprovesFollowers"] = a.ManuallyApproves
	b["discoverable"], b["indexable"] = a.Discoverable, a.Indexable
	if a.SharedInbox != "" {
		b["endpoints"] = map[string]string{"sharedInbox": a.SharedInbox}
	}
	if k := a.Key(); k.ID != "" {
		b["publicKey"] = map[string]string{"id": k.ID, "owner": k.Owner, "publicKeyPem": k.PEM}
	}
	var methods []any
	for _, k := range a.Multikeys {
		methods = append(methods, map[string]string{"id": k.ID, "type": "Multikey", "controller": k.Controller, "publicKeyMultibase": k.Public})
	}
	b.set("assertionMethod", methods)
	if a.Icon != nil {
		b["icon"] = a.Icon.document()
	}
	if a.Image != nil {
		b["image"] = a.Image.document()
	}
	if len(a.Fields) > 0 {
		used = append(used, "PropertyValue", "value")
		rows := make([]any, len(a.Fields))
		for i, f := range a.Fields {
			rows[i] = map[string]string{"type": "PropertyValue", "name": f.Name, "value": f.Value}
		}
		b["attachment"] = rows
	}
	if len(a.AlsoKnownAs) > 0 {
		used = append(used, "alsoKnownAs")
		b["alsoKnownAs"] = a.AlsoKnownAs
	}
	if a.MovedTo != "" {
		used = append(used, "movedTo")
		b["movedTo"] = a.MovedTo
	}
	maps.Copy(b, a.Extra)
	defs := define(used)
	maps.Copy(defs, a.ExtraContext)
	return b.encodeWith(true, defs)
}

// boxes sets the collections that every actor has.
func (a *Actor) boxes(t vocabActor) error {
	inbox, outbox := streams.NewActivityStreamsInboxProperty(), streams.NewActivityStreamsOutboxProperty()
	followers, following := streams.NewActivityStreamsFollowersProperty(), streams.NewActivityStreamsFollowingProperty()
	for _, s := range []struct {
		uri string
		set func(string) error
	}{
		{a.Inbox, func(s string) error { u, err := iri(s); inbox.SetIRI(u); return err }},
		{a.Outbox, func(s string) error { u, err := iri(s); outbox.SetIRI(u); return err }},
		{a.Followers, func(s string) error { u, err := iri(s); followers.SetIRI(u); return err }},
		{a.Following, func(s string) error { u, err := iri(s); following.SetIRI(u); return err }},
	} {
		if err := s.set(s.uri); err != nil {
			return err
		}
	}
	t.SetActivityStreamsInbox(inbox)
	t.SetActivityStreamsOutbox(outbox)
	t.SetActivityStreamsFollowers(followers)
	t.SetActivityStreamsFollowing(following)
	return nil
}

func (i *Image) document() map[string]any {
	b := body{"type": "Image"}
	b.set("mediaType", i.MediaType)
	b.set("url", i.URL)
	b.set("name", i.Name)
	return b
}
