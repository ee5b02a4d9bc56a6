package peer

import (
	"fmt"
	"strings"
)

// friendicaTerms are the terms that the two usual contexts define.
var friendicaTerms = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(`id type actor attachment attributedTo audience bcc bto cc closed content contentMap context current deleted
		describes duration endpoints endTime first followers following formerType generator height href hreflang icon image inbox inReplyTo
		instrument items last latitude liked likes location longitude mediaType name nameMap next object oneOf anyOf orderedItems origin outbox
		partOf preferredUsername prev preview published radius rel relationship replies result sharedInbox shares source startIndex startTime
		streams subject summary summaryMap tag target to totalItems units updated uploadMedia url width
		Accept Activity Add Announce Application Article Audio Block Collection CollectionPage Create Delete Dislike Document Event Flag Follow
		Group Image Invite Join Leave Like Link Mention Move Note Object Offer OrderedCollection OrderedCollectionPage Organization Page Person
		Place Profile Question Reject Relationship Remove Service TentativeAccept TentativeReject Tombstone Undo Update Video View
		publicKey publicKeyPem owner`) {
		m[w] = true
	}
	return m
}()

// knownContexts are those that Friendica has at hand; it fetches no others in time.
var knownContexts = map[string]bool{
	"https://www.w3.org/ns/activitystreams": true, "https://w3id.org/security/v1": true, "https://w3id.org/security/data-integrity/v1": true,
	"https://w3id.org/security/data-integrity/v2": true, "https://w3id.org/security/multikey/v1": true, "https://w3id.org/identity/v1": true,
}

// FriendicaReads tells which properties Friendica would not see: it works on
// expanded JSON-LD, where a term that no context defines does not exist.
func FriendicaReads(raw []byte) error {
	o, err := parse(raw)
	if err != nil {
		return err
	}
	return defined(o, map[string]bool{})
}

func defined(o object, outer map[string]bool) error {
	terms := map[string]bool{}
	for k := range outer {
		terms[k] = true
	}
	list, ok := o["@context"].([]any)
	if !ok && o["@context"] != nil {
		list = []any{o["@context"]}
	}
	for _, c := range list {
		switch x := c.(type) {
		case string:
			if !knownContexts[x] {
				return fmt.Errorf("context %s cannot be had", x)
			}
			if strings.Contains(x, "data-integrity") || strings.Contains(x, "multikey") {
				for _, w := range strings.Fields("proof DataIntegrityProof cryptosuite proofPurpose proofValue verificationMethod created Multikey publicKeyMultibase controller assertionMethod") {
					terms[w] = true
				}
			}
		case map[string]any:
			for k := range x {
				terms[k] = true
			}
		}
	}
	for k, v := range o {
		if k == "@context" {
			continue
		}
		name := k
		if prefix, _, ok := strings.Cut(k, ":"); ok {
			name = prefix
		}
		if !friendicaTerms[name] && !terms[name] {
			return fmt.Errorf("term %q is not defined", k)
		}
		if strings.HasSuffix(k, "Map") {
			continue
		}
		values, ok := v.([]any)
		if !ok {
			values = []any{v}
		}
		for _, e := range values {
			if m, ok := e.(map[string]any); ok {
				if err := defined(m, terms); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
