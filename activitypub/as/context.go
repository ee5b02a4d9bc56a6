package as

import (
	"fmt"
	"strings"
)

const (
	contextAS       = "https://www.w3.org/ns/activitystreams"
	contextSecurity = "https://w3id.org/security/v1"
)

// prefixes are the vocabularies behind the terms below. "as" is defined by
// the ActivityStreams context itself.
var prefixes = map[string]string{
	"toot":    "http://joinmastodon.org/ns#",
	"schema":  "http://schema.org#", // wrong on purpose: what Mastodon uses
	"sec":     "https://w3id.org/security#",
	"lemmy":   "https://join-lemmy.org/ns#",
	"litepub": "http://litepub.social/ns#",
	"sm":      "http://smithereen.software/ns#",
	"mz":      "https://joinmobilizon.org/ns#",
	"gts":     "https://gotosocial.org/ns#",
}

func idTerm(iri string) map[string]any { return map[string]any{"@id": iri, "@type": "@id"} }

// terms are the properties and types we write that the ActivityStreams
// context does not define. Each one used is defined inline.
var terms = map[string]any{
	"sensitive":                 "as:sensitive",
	"Hashtag":                   "as:Hashtag",
	"manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
	"movedTo":                   idTerm("as:movedTo"),
	"alsoKnownAs":               idTerm("as:alsoKnownAs"),
	"discoverable":              "toot:discoverable",
	"indexable":                 "toot:indexable",
	"searchableBy":              idTerm("http://fedibird.com/ns#searchableBy"),
	"attributionDomains":        idTerm("toot:attributionDomains"),
	"featured":                  idTerm("toot:featured"),
	"featuredTags":              idTerm("toot:featuredTags"),
	"suspended":                 "toot:suspended",
	"memorial":                  "toot:memorial",
	"blurhash":                  "toot:blurhash",
	"focalPoint":                map[string]any{"@id": "toot:focalPoint", "@container": "@list"},
	"votersCount":               "toot:votersCount",
	"Emoji":                     "toot:Emoji",
	"EmojiReact":                "litepub:EmojiReact",
	"Lock":                      "lemmy:Lock",
	"TentativeJoin":             "sm:TentativeJoin",
	"PropertyValue":             "schema:PropertyValue",
	"value":                     "schema:value",
	"webfinger":                 "https://purl.archive.org/socialweb/webfinger#webfinger",
	"Multikey":                  "sec:Multikey",
	"assertionMethod":           map[string]any{"@id": "sec:assertionMethod", "@type": "@id", "@container": "@set"},
	"controller":                idTerm("sec:controller"),
	"publicKeyMultibase":        map[string]any{"@id": "sec:publicKeyMultibase", "@type": "sec:multibase"},
	"moderators":                idTerm("lemmy:moderators"),
	"postingRestrictedToMods":   "lemmy:postingRestrictedToMods",
	"wall":                      idTerm("sm:wall"),
	"accessType":                "sm:accessType",
	"capabilities":              "litepub:capabilities",
	"acceptsJoins":              "litepub:acceptsJoins",
	"openness":                  "mz:openness",
	"events":                    idTerm("mz:events"),
	"isBannerImage":             "https://w3id.org/fep/8a8e/isBannerImage",
}

// securityTerms are defined by the security context, which is named when one
// of them is used.
var securityTerms = words("publicKey publicKeyPem owner")

// coreTerms are the terms of the ActivityStreams context.
var coreTerms = words(`@context id type actor attachment attributedTo audience bcc bto cc content contentMap context
	current deleted describes duration endpoints endTime first followers following formerType generator height href hreflang
	icon image inbox inReplyTo instrument items last latitude liked likes location longitude mediaType name nameMap next
	object oneOf anyOf closed orderedItems origin outbox partOf preferredUsername prev preview published rel
	relationship replies result sharedInbox shares source startIndex startTime streams subject summary summaryMap tag
	target to totalItems units updated url width altitude accuracy radius uploadMedia proxyUrl
	Accept Activity Add Announce Application Arrive Article Audio Block Collection CollectionPage Create Delete Dislike
	Document Event Flag Follow Group Ignore Image IntransitiveActivity Invite Join Leave Like Link Listen Mention Move
	Note Object Offer OrderedCollection OrderedCollectionPage Organization Page Person Place Profile Question Read Reject
	Relationship Remove Service TentativeAccept TentativeReject Tombstone Travel Undo Update Video View`)

func words(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

// contextFor returns the @context of a document: the ActivityStreams context,
// the security context if needed, and a definition of each other term found
// in the properties. A term nobody defines is an error: some peers drop what
// is not defined, and a slip of the pen would go unnoticed.
func contextFor(props, extraTerms map[string]any) (any, error) {
	defs := map[string]any{}
	security := false
	var walk func(v any) error
	use := func(term string) error {
		switch {
		case strings.Contains(term, ":") || coreTerms[term]:
			return nil
		case securityTerms[term]:
			security = true
			return nil
		}
		def, ok := extraTerms[term]
		if !ok {
			def, ok = terms[term]
		}
		if !ok {
			def, ok = consentTerms[term]
		}
		if !ok {
			return fmt.Errorf("build: term %q has no definition", term)
		}
		defs[term] = def
		return nil
	}
	walk = func(v any) error {
		switch x := v.(type) {
		case map[string]any:
			for k, e := range x {
				if err := use(k); err != nil {
					return err
				}
				// The keys of a language map are no terms, and a type is one.
				switch {
				case strings.HasSuffix(k, "Map"):
				case k == "type":
					for _, t := range asList(e) {
						if s, ok := t.(string); ok {
							if err := use(s); err != nil {
								return err
							}
						}
					}
				default:
					if err := walk(e); err != nil {
						return err
					}
				}
			}
		case []any:
			for _, e := range x {
				if err := walk(e); err != nil {
					return err
				}
			}
		}
		return nil
	}
	if err := walk(props); err != nil {
		return nil, err
	}
	for term := range extraTerms { // prefixes given by the caller
		if _, ok := defs[term]; !ok && usesPrefix(defs, term) {
			defs[term] = extraTerms[term]
		}
	}
	for name, iri := range prefixes {
		if _, ok := defs[name]; !ok && usesPrefix(defs, name) {
			defs[name] = iri
		}
	}
	context := []any{contextAS}
	if security {
		context = append(context, contextSecurity)
	}
	if len(defs) > 0 {
		context = append(context, defs)
	}
	if len(context) == 1 {
		return contextAS, nil
	}
	return context, nil
}

func asList(v any) []any {
	if l, ok := v.([]any); ok {
		return l
	}
	return []any{v}
}

// usesPrefix reports whether one of the definitions is written with prefix.
func usesPrefix(defs map[string]any, prefix string) bool {
	for _, d := range defs {
		if m, ok := d.(map[string]any); ok {
			if s, _ := m["@type"].(string); strings.HasPrefix(s, prefix+":") {
				return true
			}
			d = m["@id"]
		}
		if s, _ := d.(string); strings.HasPrefix(s, prefix+":") && !strings.HasPrefix(s, prefix+"://") {
			return true
		}
	}
	return false
}
