package event

import (
	"context"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/post"
)

// fep is the vocabulary of events that is nobody's in particular.
const fep = "https://w3id.org/fep/8a8e/"

// vocabulary defines what the document of a meeting holds beyond ActivityStreams.
var vocabulary = map[string]any{
	"timezone": "mz:timezone", "joinMode": "mz:joinMode", "externalParticipationUrl": "mz:externalParticipationUrl",
	"maximumAttendeeCapacity": "schema:maximumAttendeeCapacity", "remainingAttendeeCapacity": "schema:remainingAttendeeCapacity",
	"participantCount": "mz:participantCount", "anonymousParticipationEnabled": "mz:anonymousParticipationEnabled",
	"anonymousParticipation": "mz:anonymousParticipation", "repliesModerationOption": "mz:repliesModerationOption",
	"commentsEnabled": "pt:commentsEnabled", "draft": "mz:draft", "status": "ical:status", "ical:status": "http://www.w3.org/2002/12/cal/ical#status",
	"category": "schema:category", "uuid": "schema:identifier", "inLanguage": "schema:inLanguage", "contacts": "mz:contacts", "isOnline": "mz:isOnline",
	"onlineLink": "mz:onlineLink", "buyTicketsLink": "mz:buyTicketsLink", "feeCurrency": "mz:feeCurrency", "feeAmount": "mz:feeAmount",
	"eventStatus": fep + "eventStatus", "organizers": fep + "organizers", "displayEndTime": fep + "displayEndTime",
	"attendees":              map[string]any{"@id": fep + "attendees", "@type": "@id"},
	"requiredJoinVisibility": map[string]any{"@id": fep + "requiredJoinVisibility", "@type": "@id", "@container": "@list"},
	"maillage":               "https://w3id.org/maillage#", "meetingKind": "maillage:meetingKind",
	"address": "schema:address", "PostalAddress": "schema:PostalAddress", "streetAddress": "schema:streetAddress", "postalCode": "schema:postalCode",
	"addressLocality": "schema:addressLocality", "ical": "http://www.w3.org/2002/12/cal/ical#", "pt": "https://joinpeertube.org/ns#",
}

var (
	icalStatus = map[string]string{Confirmed: "CONFIRMED", Postponed: "TENTATIVE", Cancelled: "CANCELLED", Tentative: "TENTATIVE"}
	fepStatus  = map[string]string{Confirmed: "EventScheduled", Postponed: "EventPostponed", Cancelled: "EventCancelled"}
)

// write makes an Event of the document: one object for all who read events, with
// the fields of Mobilizon and of FEP-8a8e, and the thirteen that PieFed wants to
// find. The link to take part from afar is not in it, nor a street that is withheld, so no VirtualLocation either;
// the page elsewhere is a Link named Website.
//
// Spec: FEP-8a8e; Spec: Mobilizon; Spec: PieFed
func (s *Service) write(ctx context.Context, q db.Q, p *post.Post, n *as.Note) error {
	m, err := one(ctx, q, p.ID)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	taken, err := counts(ctx, q, []int64{p.ID})
	if err != nil {
		return err
	}
	page := s.Accounts.Base + path(p.ID)
	n.Type, n.URL = "Event", page
	n.Summary = summaryOf(s.words(p.Lang), m)
	c := taken[p.ID]
	x := map[string]any{
		"startTime": m.Start().Format(time.RFC3339), "endTime": m.End().Format(time.RFC3339), "timezone": m.Zone, "displayEndTime": m.EndsAt > m.StartsAt,
		"mediaType": "text/html", "joinMode": "free", "externalParticipationUrl": page, "onlineLink": nil, "isOnline": m.Online,
		"maximumAttendeeCapacity": nil, "remainingAttendeeCapacity": nil, "participantCount": c.come(),
		"attendees": map[string]any{"type": "Collection", "id": p.URI + attendeesPath, "totalItems": c.come()}, "requiredJoinVisibility": []string{n.AttributedTo},
		"anonymousParticipationEnabled": false, "anonymousParticipation": false, "repliesModerationOption": "allow_all", "commentsEnabled": true,
		"draft": false, "status": icalStatus[m.Status], "ical:status": icalStatus[m.Status], "eventStatus": fepStatus[m.Status],
		"category": "MOVEMENTS_POLITICS", "uuid": m.Uid, "contacts": []any{}, "organizers": nil,
		"buyTicketsLink": nil, "feeCurrency": nil, "feeAmount": nil, "actor": n.AttributedTo,
	}
	if by, err := account.ByID(ctx, q, p.AccountID); err != nil {
		return err
	} else if ofOrgane(by) { // a person is named only who wants to be
		x["organizers"] = map[string]any{"type": "Collection", "totalItems": 1, "items": []string{by.URI}}
	}
	if m.Kind != KindMeeting { // for servers of the movement; others know no kinds but topics
		x["meetingKind"] = m.Kind
	}
	if p.Lang != "" {
		x["inLanguage"] = p.Lang
	}
	if m.Capacity > 0 {
		x["maximumAttendeeCapacity"], x["remainingAttendeeCapacity"] = m.Capacity, max(0, m.Capacity-c.Room)
	}
	if m.Place != "" {
		address := map[string]any{"type": "PostalAddress"}
		street := m.Address
		if m.Withheld {
			street = ""
		}
		for k, v := range map[string]string{"streetAddress": street, "postalCode": m.Postcode, "addressLocality": m.City} {
			if v != "" {
				address[k] = v
			}
		}
		at := map[string]any{"type": "Place", "name": m.Place, "address": address}
		where, err := spots(ctx, q, []int64{p.ID})
		if err != nil {
			return err
		}
		if p, ok := where[m.PostID]; ok {
			at["latitude"], at["longitude"] = p.Lat, p.Lon
			if p.Near {
				at["radius"], at["units"] = nearRadius, "km"
			}
		}
		x["location"] = at
	}
	banner(n)
	if m.Website != "" {
		n.Attachments = append(n.Attachments, as.Attachment{Type: "Link", MediaType: "text/html", Name: "Website", URL: m.Website})
	}
	if n.Extra == nil {
		n.Extra = map[string]any{}
	}
	if n.ExtraContext == nil {
		n.ExtraContext = map[string]any{}
	}
	for k, v := range x {
		n.Extra[k] = v
	}
	for k, v := range vocabulary {
		n.ExtraContext[k] = v
	}
	return nil
}
