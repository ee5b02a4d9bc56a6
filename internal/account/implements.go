package account

import "github.com/maillage/maillage/internal/federation/route"

// implements says, on each of our actors, which signatures our software takes, so
// that other servers need not try, and that closed groups are safe here.
//
// Spec: FEP-844e
func implements() map[string]any {
	return map[string]any{"generator": map[string]any{"type": "Application", "implements": []any{
		map[string]any{"href": route.ImplementsRFC9421, "name": "RFC-9421: HTTP Message Signatures"},
		map[string]any{"href": route.ImplementsEd25519, "name": "RFC-9421 signatures using the Ed25519 algorithm"},
		map[string]any{"href": route.ImplementsClosedGroups, "name": "Maillage: groups that only their members read"},
	}}}
}

func implementsContext() map[string]any {
	return map[string]any{"implements": map[string]any{"@id": "https://w3id.org/fep/844e#implements", "@type": "@id", "@container": "@set"}}
}
