package as

// Stamp is the consent of an author to what somebody made of a post of theirs:
// a quotation, an answer, a like or a relay.
//
// Spec: FEP-044f#quote-authorization-stamps
type Stamp struct {
	Type         string // QuoteAuthorization, ReplyAuthorization, LikeAuthorization, AnnounceAuthorization
	ID           string
	AttributedTo string // who consents
	Object       string // what was made
	Target       string // the post it was made of
}

// Build implements [Builder].
func (s Stamp) Build() ([]byte, error) { return build(s) }

func (s Stamp) properties() (map[string]any, map[string]any, error) {
	return map[string]any{
		"id": s.ID, "type": s.Type, "attributedTo": s.AttributedTo, "interactingObject": s.Object, "interactionTarget": s.Target,
	}, nil, nil
}

// requests are the activities that ask for consent. To the typed library they
// are offers.
//
// Spec: FEP-044f#quote-requests
var requests = words("QuoteRequest ReplyRequest LikeRequest AnnounceRequest")

// consentTerms are the terms of consent that the ActivityStreams context lacks.
//
// Spec: FEP-044f; Spec: https://docs.gotosocial.org/en/latest/federation/interaction_policy/
var consentTerms = map[string]any{
	"QuoteRequest":          "https://w3id.org/fep/044f#QuoteRequest",
	"QuoteAuthorization":    "https://w3id.org/fep/044f#QuoteAuthorization",
	"quote":                 idTerm("https://w3id.org/fep/044f#quote"),
	"quoteAuthorization":    idTerm("https://w3id.org/fep/044f#quoteAuthorization"),
	"quoteUri":              "http://fedibird.com/ns#quoteUri",
	"_misskey_quote":        "https://misskey-hub.net/ns#_misskey_quote",
	"ReplyRequest":          "gts:ReplyRequest",
	"LikeRequest":           "gts:LikeRequest",
	"AnnounceRequest":       "gts:AnnounceRequest",
	"ReplyAuthorization":    "gts:ReplyAuthorization",
	"LikeAuthorization":     "gts:LikeAuthorization",
	"AnnounceAuthorization": "gts:AnnounceAuthorization",
	"interactingObject":     idTerm("gts:interactingObject"),
	"interactionTarget":     idTerm("gts:interactionTarget"),
	"interactionPolicy":     idTerm("gts:interactionPolicy"),
	"canQuote":              idTerm("gts:canQuote"),
	"canReply":              idTerm("gts:canReply"),
	"canLike":               idTerm("gts:canLike"),
	"canAnnounce":           idTerm("gts:canAnnounce"),
	"automaticApproval":     idTerm("gts:automaticApproval"),
	"manualApproval":        idTerm("gts:manualApproval"),
}
