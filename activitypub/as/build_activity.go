package as

import (
	"fmt"
	"time"

	"github.com/go-fed/activity/streams"
	"github.com/go-fed/activity/streams/vocab"
)

// Activity is one act to send.
//
// Object is a URI, or json.RawMessage for an embedded document, which is kept
// byte for byte: an Accept embeds the very Follow that it answers.
type Activity struct {
	Type      string // one of the verbs of newActivity
	ID        string
	Actor     string
	Object    any
	Target    string
	To, Cc    []string
	Published time.Time // left out when zero
	Summary   string
}

// vocabActivity is what all activities of the vocabulary have in common.
type vocabActivity interface {
	vocab.Type
	SetActivityStreamsActor(vocab.ActivityStreamsActorProperty)
	SetActivityStreamsPublished(vocab.ActivityStreamsPublishedProperty)
}

func newActivity(name string) (vocabActivity, error) {
	switch name {
	case "Create":
		return streams.NewActivityStreamsCreate(), nil
	case "Update":
		return streams.NewActivityStreamsUpdate(), nil
	case "Delete":
		return streams.NewActivityStreamsDelete(), nil
	case "Follow":
		return streams.NewActivityStreamsFollow(), nil
	case "Accept":
		return streams.NewActivityStreamsAccept(), nil
	case "Reject":
		return streams.NewActivityStreamsReject(), nil
	case "Undo":
		return streams.NewActivityStreamsUndo(), nil
	case "Like":
		return streams.NewActivityStreamsLike(), nil
	case "Announce":
		return streams.NewActivityStreamsAnnounce(), nil
	case "Add":
		return streams.NewActivityStreamsAdd(), nil
	case "Remove":
		return streams.NewActivityStreamsRemove(), nil
	case "Block":
		return streams.NewActivityStreamsBlock(), nil
	case "Flag":
		return streams.NewActivityStreamsFlag(), nil
	case "Move":
		return streams.NewActivityStreamsMove(), nil
	default:
		return nil, fmt.Errorf("as: %q is no activity that we send", name)
	}
}

// Build writes the activity. to and cc are always present, as arrays: strict
// readers lose an activity without them.
//
// Spec: AP 6
func (a Activity) Build() ([]byte, error) {
	t, err := newActivity(a.Type)
	if err != nil {
		return nil, err
	}
	if err := setID(t, a.ID); err != nil {
		return nil, err
	}
	u, err := iri(a.Actor)
	if err != nil {
		return nil, err
	}
	actor := streams.NewActivityStreamsActorProperty()
	actor.AppendIRI(u)
	t.SetActivityStreamsActor(actor)
	if !a.Published.IsZero() {
		p := streams.NewActivityStreamsPublishedProperty()
		p.Set(a.Published.UTC().Truncate(time.Second))
		t.SetActivityStreamsPublished(p)
	}
	b, err := typed(t)
	if err != nil {
		return nil, err
	}
	// Ids of others are set raw: the vocabulary's URL type would rewrite them.
	b.set("object", a.Object)
	b.set("target", a.Target)
	b.set("summary", a.Summary)
	b["to"], b["cc"] = list(a.To), list(a.Cc)
	return b.encode(false)
}
