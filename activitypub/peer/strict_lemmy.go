package peer

import (
	"fmt"
	"slices"
	"strings"
)

// LemmyReads tells why Lemmy would refuse an activity or object. It parses into
// fixed shapes: one field of another shape loses the whole.
func LemmyReads(raw []byte) error {
	o, err := parse(raw)
	if err != nil {
		return err
	}
	kind := o.text("type")
	if kind == "Announce" {
		if in := o.inner("object"); in != nil && in.post() == nil && in.text("actor") == "" {
			return fmt.Errorf("announces neither an activity nor a post")
		}
	}
	if slices.Contains([]string{"Create", "Update", "Announce", "Like", "Dislike", "Follow", "Accept", "Undo", "Delete"}, kind) {
		if o.text("id") == "" || o.text("actor") == "" {
			return fmt.Errorf("%s: id and actor must be one address each", kind)
		}
	}
	if kind == "Create" || kind == "Update" {
		if err := lemmyAudience(o); err != nil {
			return err
		}
	}
	p := o.post()
	if p == nil {
		return nil
	}
	if err := lemmyAudience(p); err != nil {
		return err
	}
	author := p.text("attributedTo")
	switch {
	case author == "" || hostOf(author) != hostOf(p.text("id")):
		return fmt.Errorf("attributedTo must be one address of the host of the id")
	case p["inReplyTo"] != nil && p.text("inReplyTo") == "":
		return fmt.Errorf("inReplyTo must be one address, null or absent")
	case p.text("type") != "Note" && p["inReplyTo"] != nil:
		return fmt.Errorf("a thread answers nothing")
	case p["content"] != nil && p.text("content") == "" && p["content"] != "":
		return fmt.Errorf("content is no text")
	case p["image"] != nil && p.inner("image") == nil:
		return fmt.Errorf("image must be one object")
	}
	if l := p["language"]; l != nil {
		if m := p.inner("language"); m.text("identifier") == "" || m.text("name") == "" {
			return fmt.Errorf("language must be an object of identifier and name")
		}
	}
	if s := p["source"]; s != nil {
		if m := p.inner("source"); m == nil || m["content"] == nil || m.text("mediaType") == "" {
			return fmt.Errorf("source must be an object of content and mediaType")
		}
	}
	if a := p["attachment"]; a != nil {
		list, ok := a.([]any)
		if !ok {
			return fmt.Errorf("attachment must be an array")
		}
		for _, v := range list {
			m, _ := v.(map[string]any)
			if t := object(m).text("type"); !slices.Contains([]string{"Link", "Image", "Document"}, t) {
				return fmt.Errorf("attachment of type %q", t)
			}
		}
	}
	if t, ok := p["tag"].([]any); p["tag"] != nil && !ok {
		return fmt.Errorf("tag must be an array, is %T", t)
	}
	return nil
}

func lemmyAudience(o object) error {
	for _, key := range []string{"to", "cc"} {
		list, ok := o[key].([]any)
		if !ok {
			return fmt.Errorf("%s must be an array", key)
		}
		for _, v := range list {
			if s, ok := v.(string); !ok || !strings.HasPrefix(s, "http") {
				return fmt.Errorf("%s holds %v", key, v)
			}
		}
	}
	if o["audience"] != nil && o.text("audience") == "" {
		return fmt.Errorf("audience must be one address")
	}
	return nil
}

// LemmyShows tells why an object would not be shown in a public community.
func LemmyShows(raw []byte) error {
	o, err := parse(raw)
	if err != nil {
		return err
	}
	if p := o.post(); p == nil || !p.public() {
		return fmt.Errorf("not for everybody")
	}
	return LemmyReads(raw)
}

// pieFedKeys are read of an Event without asking whether they are there.
var pieFedKeys = strings.Fields("startTime endTime timezone maximumAttendeeCapacity participantCount onlineLink joinMode externalParticipationUrl " +
	"anonymousParticipation isOnline buyTicketsLink feeCurrency feeAmount")

// PieFedReadsEvent tells why PieFed would lose an event: it reads thirteen keys
// that may be null and must be there.
func PieFedReadsEvent(raw []byte) error {
	o, err := parse(raw)
	if err != nil {
		return err
	}
	p := o.post()
	if p.text("type") != "Event" {
		return fmt.Errorf("no event")
	}
	for _, k := range pieFedKeys {
		if _, ok := p[k]; !ok {
			return fmt.Errorf("KeyError: %s", k)
		}
	}
	return nil
}
