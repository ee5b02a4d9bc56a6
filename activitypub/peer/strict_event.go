package peer

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// What servers with calendars, and some without, make of an Event that they are
// sent: each function reads a Create or Update as that server does, and tells why
// it would lose it, or what of it.

// eventIn is the Event inside an activity that is one of kinds.
func eventIn(raw []byte, kinds ...string) (activity, event object, err error) {
	o, err := parse(raw)
	if err != nil {
		return nil, nil, err
	}
	if !slices.Contains(kinds, o.text("type")) {
		return nil, nil, fmt.Errorf("%s is none of %v", o.text("type"), kinds)
	}
	in := o.inner("object")
	if o.text("type") == "Announce" && slices.Contains([]string{"Create", "Update"}, in.text("type")) {
		in = in.inner("object")
	}
	if in.text("type") != "Event" {
		return nil, nil, fmt.Errorf("no Event is embedded")
	}
	return o, in, nil
}

func (o object) instant(key string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, o.text(key))
	if err != nil {
		return t, fmt.Errorf("%s: %w", key, err)
	}
	return t, nil
}

// MobilizonReadsEvent: its people follow groups, so the Event must be of a Group,
// given by the ids of those; enumerations and the zone are read strictly.
//
// Spec: Mobilizon
func MobilizonReadsEvent(raw []byte, groups ...string) error {
	a, e, err := eventIn(raw, "Create", "Update")
	if err != nil {
		return err
	}
	if !slices.Contains(groups, e.text("attributedTo")) || a.text("actor") != e.text("attributedTo") {
		return fmt.Errorf("of %q, sent by %q, whom nobody there can follow", e.text("attributedTo"), a.text("actor"))
	}
	if e.text("id") == "" || e.text("name") == "" || e.text("actor") == "" || e.text("url") == "" {
		return fmt.Errorf("without id, name, actor or url")
	}
	start, err := e.instant("startTime")
	if err != nil {
		return err
	}
	if end, err := e.instant("endTime"); e["endTime"] != nil && (err != nil || end.Before(start)) {
		return fmt.Errorf("ends before it begins (%v)", err)
	}
	if _, err := time.LoadLocation(e.text("timezone")); err != nil || e.text("timezone") == "" {
		return fmt.Errorf("zone %q", e.text("timezone"))
	}
	for key, values := range map[string][]string{"joinMode": {"free", "restricted", "invite", "external"}, "status": {"CONFIRMED", "TENTATIVE", "CANCELLED"},
		"ical:status": {"CONFIRMED", "TENTATIVE", "CANCELLED"}, "repliesModerationOption": {"allow_all", "moderated", "closed"}} {
		if !slices.Contains(values, e.text(key)) {
			return fmt.Errorf("%s is %v", key, e[key])
		}
	}
	for _, key := range []string{"maximumAttendeeCapacity", "remainingAttendeeCapacity", "participantCount"} {
		if n, ok := e[key].(float64); e[key] != nil && (!ok || n < 0 || n != float64(int(n))) {
			return fmt.Errorf("%s is %v", key, e[key])
		}
	}
	for _, key := range []string{"anonymousParticipationEnabled", "commentsEnabled", "draft", "isOnline"} {
		if _, ok := e[key].(bool); !ok {
			return fmt.Errorf("%s is %v", key, e[key])
		}
	}
	if l := e["location"]; l != nil {
		if at := e.inner("location"); at.text("type") != "Place" || at.text("name") == "" || at.inner("address").text("type") != "PostalAddress" {
			return fmt.Errorf("location is no Place with a PostalAddress")
		}
	}
	if !slices.Contains(e.ids("to"), public) || !slices.Contains(a.ids("to"), public) {
		return fmt.Errorf("unlisted: it is in no list of events")
	}
	return nil
}

// GancioReadsEvent: three fields without which an event is lost; an update must
// have an array of attachments, each with a media type, and one place.
//
// Spec: Gancio
func GancioReadsEvent(raw []byte) error {
	a, e, err := eventIn(raw, "Create", "Update", "Announce")
	if err != nil {
		return err
	}
	for _, key := range []string{"name", "startTime", "id"} {
		if e.text(key) == "" {
			return fmt.Errorf("%s required", key)
		}
	}
	for _, key := range []string{"startTime", "endTime"} {
		if _, err := e.instant(key); e[key] != nil && err != nil {
			return err
		}
	}
	attachments, isList := e["attachment"].([]any)
	if a.text("type") == "Update" && (!isList || e.inner("location") == nil && e["location"] != nil) {
		return fmt.Errorf("TypeError: attachment of length undefined, or several places")
	}
	for _, x := range attachments {
		m, _ := x.(map[string]any)
		if object(m).text("mediaType") == "" {
			return fmt.Errorf("TypeError: an attachment without mediaType")
		}
	}
	if tags, ok := e["tag"].([]any); e["tag"] != nil && !ok {
		return fmt.Errorf("TypeError: tag is no array")
	} else {
		for _, x := range tags {
			m, _ := x.(map[string]any)
			if name := object(m).text("name"); !strings.HasPrefix(name, "#") {
				return fmt.Errorf("%q becomes a tag of the calendar", name)
			}
		}
	}
	return nil
}

// FriendicaReadsEvent tells what Friendica's calendar would lack: the title is the
// name, the place the name of one Place.
//
// Spec: Friendica
func FriendicaReadsEvent(raw []byte) error {
	_, e, err := eventIn(raw, "Create", "Update", "Announce")
	if err != nil {
		return err
	}
	if e.text("name") == "" && e.text("summary") == "" {
		return fmt.Errorf("an event without a title")
	}
	if _, err := e.instant("startTime"); err != nil {
		return err
	}
	if e["endTime"] != nil {
		if _, err := e.instant("endTime"); err != nil {
			return err
		}
	}
	if e["location"] != nil && (e.inner("location").text("type") != "Place" || e.inner("location").text("name") == "") {
		return fmt.Errorf("a place without a name")
	}
	if hostOf(e.text("id")) != hostOf(e.text("attributedTo")) {
		return fmt.Errorf("id and author are of two hosts")
	}
	return nil
}

// EventBridgeReadsEvent: WordPress with the Event Bridge takes public activities of
// the sources that its administrator chose, with the Event inside.
//
// Spec: WordPress
func EventBridgeReadsEvent(raw []byte, sources ...string) error {
	a, e, err := eventIn(raw, "Create", "Update", "Announce")
	if err != nil {
		return err
	}
	if !slices.Contains(sources, a.text("actor")) {
		return fmt.Errorf("%q is no source of events", a.text("actor"))
	}
	if !a.public() {
		return fmt.Errorf("not for everybody")
	}
	for _, key := range []string{"id", "startTime", "name"} {
		if _, ok := e[key]; !ok {
			return fmt.Errorf("%s is missing", key)
		}
	}
	if _, err := e.instant("startTime"); err != nil {
		return err
	}
	if at := e.inner("location"); at != nil {
		if s, isText := at["address"].(string); !isText && at.inner("address").text("type") != "PostalAddress" {
			return fmt.Errorf("address %v %q is none", at["address"], s)
		}
	}
	if list, ok := e["attachment"].([]any); ok {
		for _, x := range list {
			if m, _ := x.(map[string]any); object(m).text("type") == "" {
				return fmt.Errorf("an attachment without type")
			}
		}
	}
	return nil
}

// MastodonShowsEvent is what people on Mastodon see of an Event: its name, its
// summary and the link to its page, and nothing of the rest.
//
// Spec: Mastodon
func MastodonShowsEvent(raw []byte) (shown string, err error) {
	if err := MastodonReads(raw); err != nil {
		return "", err
	}
	o, err := parse(raw)
	if err != nil {
		return "", err
	}
	p := o.post()
	if p.text("type") != "Event" {
		return "", fmt.Errorf("no event")
	}
	return p.text("name") + "\n" + p.text("summary") + "\n" + p.text("url"), nil
}

// SmithereenTakesInvite tells why Smithereen would refuse an Invite: it is for
// exactly one person, named by id. Of the Event of somebody else it shows
// nothing: its own events are groups.
//
// Spec: Smithereen
func SmithereenTakesInvite(raw []byte) error {
	o, err := parse(raw)
	if err != nil {
		return err
	}
	to, _ := o["to"].([]any)
	if len(to) != 1 || o.text("id") == "" || o.text("actor") == "" {
		return fmt.Errorf("an Invite.to must have exactly one element, and there must be an id and an actor")
	}
	if _, ok := to[0].(string); !ok {
		return fmt.Errorf("an Invite.to must be a user id")
	}
	return nil
}

// SmithereenShows is what people on Smithereen see of an activity about a meeting:
// a person's own post that addresses their followers, or a post that a group puts
// on its wall with it inside. It knows no Event, and no post that is not a person's.
//
// Spec: Smithereen; Spec: FEP-400e
func SmithereenShows(raw []byte, followers, wall string) (shown string, err error) {
	if err := smithereenReads(raw); err != nil {
		return "", err
	}
	o, err := parse(raw)
	if err != nil {
		return "", err
	}
	p := o.inner("object")
	if p == nil || !slices.Contains([]string{"Note", "Article", "Page", "Question"}, p.text("type")) {
		return "", fmt.Errorf("no post inside: %v", o["object"])
	}
	owner := p.inner("target")
	switch o.text("type") {
	case "Create", "Update":
		switch {
		case p.text("attributedTo") != o.text("actor"):
			return "", fmt.Errorf("not by its actor")
		case owner == nil && !slices.Contains(append(p.ids("to"), p.ids("cc")...), followers):
			return "", fmt.Errorf("public, but for no followers")
		}
	case "Add":
		if target := o.ids("target"); len(target) != 1 || target[0] != wall || owner.text("id") != wall || owner.text("attributedTo") != o.text("actor") {
			return "", fmt.Errorf("on no wall of the actor")
		} else if p.text("attributedTo") == o.text("actor") {
			return "", fmt.Errorf("a post by a group")
		}
	default:
		return "", fmt.Errorf("%s of a post", o.text("type"))
	}
	if !p.public() || p.text("id") == "" || hostOf(p.text("url")) != hostOf(p.text("id")) {
		return "", fmt.Errorf("not public, or its page is elsewhere")
	}
	if sensitive, _ := p["sensitive"].(bool); sensitive {
		return p.text("summary"), nil
	}
	return p.text("content"), nil
}
