package as

import "time"

// actorTypes are the types that can act.
var actorTypes = []string{"Person", "Group", "Organization", "Service", "Application"}

// IsActor reports whether the document's type is one of the actor types.
func IsActor(d *Doc) bool { return d.Is(actorTypes...) }

// PublicKey is one key of an actor.
type PublicKey struct {
	ID    string
	Owner string
	PEM   string
}

// Field is one row of a profile's table.
//
// Spec: FEP-fb2a
type Field struct {
	Name  string // text
	Value string // HTML, unsafe when received
}

// Actor is a person, group, organisation or service, read from a document by
// [ReadActor] or built into one by [Actor.Build].
type Actor struct {
	ID                 string
	Type               string // Person, Group, Organization, Service, Application
	URL                string // page for people
	Username           string // preferredUsername
	Name               string // display name, text
	Summary            string // HTML
	Source             string // what the owner typed for Summary (Markdown)
	Inbox              string
	Outbox             string
	Followers          string
	Following          string
	Featured           string
	SharedInbox        string
	WebFinger          string // "name@host"; Spec: FEP-2c59
	Keys               []PublicKey
	Multikeys          []Multikey // Spec: FEP-521a
	Icon               *Image
	Image              *Image
	Fields             []Field
	AlsoKnownAs        []string
	MovedTo            string
	AttributionDomains []string // sites that may name the actor as their pages' author
	AttributedTo       string   // of a Group: its moderators' collection
	Published          time.Time
	Updated            time.Time

	ManuallyApproves bool // manuallyApprovesFollowers
	Discoverable     bool
	Indexable        bool // whether anybody may search the actor's posts; Spec: FEP-5feb, FEP-268d
	Suspended        bool // toot:suspended
	Memorial         bool

	// Extra holds further properties for building, JSON values by term, and
	// ExtraContext the definitions of those terms. Not filled by ReadActor.
	Extra        map[string]any
	ExtraContext map[string]any
}

// Multikey is a key written as multibase text.
type Multikey struct {
	ID         string
	Controller string
	Public     string // publicKeyMultibase, "z6Mk…" for Ed25519
}

// Key returns the first key with a PEM text, or a zero one.
func (a *Actor) Key() PublicKey {
	for _, k := range a.Keys {
		if k.PEM != "" {
			return k
		}
	}
	return PublicKey{}
}

// FindKey returns the key whose id is keyID.
func (a *Actor) FindKey(keyID string) (PublicKey, bool) {
	for _, k := range a.Keys {
		if k.ID == keyID && k.PEM != "" {
			return k, true
		}
	}
	return PublicKey{}, false
}

// DeliverTo returns the shared inbox if there is one, else the inbox.
func (a *Actor) DeliverTo() string {
	if a.SharedInbox != "" {
		return a.SharedInbox
	}
	return a.Inbox
}

// ReadActor reads an actor document. It refuses one that is not an actor or
// has no usable id, name or inbox; every other oddity is read around: keys
// that are not the actor's own and endpoints on other origins are left out.
// Text is unsafe as received.
func ReadActor(d *Doc) (*Actor, error) {
	if !IsActor(d) {
		return nil, refuse(NotActor)
	}
	if err := CheckObject(d); err != nil {
		return nil, err
	}
	a := &Actor{
		ID: d.ID(), URL: d.URL(), Username: d.String("preferredUsername"),
		Name: d.Name(), Summary: d.Summary(),
		Inbox: d.Refs("inbox").ID(), Outbox: d.Refs("outbox").ID(),
		Followers: d.Refs("followers").ID(), Following: d.Refs("following").ID(),
		Featured: d.Refs("featured").ID(), WebFinger: d.String("webfinger"),
		AlsoKnownAs: d.Refs("alsoKnownAs").IDs(), MovedTo: d.Refs("movedTo").ID(),
		AttributionDomains: d.Refs("attributionDomains").IDs(),
		AttributedTo:       d.AttributedTo(),
		Published:          d.Published(), Updated: d.Updated(),
		ManuallyApproves: d.Bool("manuallyApprovesFollowers"),
		Discoverable:     d.Bool("discoverable"), Indexable: d.Bool("indexable"),
		Suspended: d.Bool("suspended") || d.Bool("toot:suspended"),
		Memorial:  d.Bool("memorial") || d.Bool("toot:memorial"),
	}
	if by := d.SearchableBy(); len(by) > 0 {
		a.Indexable = HasPublic(by) // it is the more exact of the two
	}
	for _, t := range d.Types() {
		for _, known := range actorTypes {
			if t == known && a.Type == "" {
				a.Type = t
			}
		}
	}
	a.Source, _ = d.Source()
	if e := d.Refs("endpoints").Doc(); e != nil {
		a.SharedInbox = e.Refs("sharedInbox").ID()
	}
	if !SameOrigin(a.ID, a.Inbox) || a.Username == "" {
		return nil, refuse(NotActor)
	}
	// Endpoints elsewhere would let an actor point our deliveries and
	// fetches at somebody else's server.
	for _, p := range []*string{&a.SharedInbox, &a.Outbox, &a.Followers, &a.Following, &a.Featured} {
		if *p != "" && !SameOrigin(a.ID, *p) {
			*p = ""
		}
	}
	for _, k := range d.Refs("publicKey").Docs() {
		key := PublicKey{ID: k.ID(), Owner: k.Refs("owner").ID(), PEM: k.String("publicKeyPem")}
		if ownKey(a.ID, key.ID, key.Owner) {
			a.Keys = append(a.Keys, key)
		}
	}
	for _, k := range d.Refs("assertionMethod").Docs() {
		if k.Is("Multikey") && ownKey(a.ID, k.ID(), k.String("controller")) {
			a.Multikeys = append(a.Multikeys, Multikey{ID: k.ID(), Controller: k.String("controller"), Public: k.String("publicKeyMultibase")})
		}
	}
	if img, ok := d.Icon(); ok {
		a.Icon = &img
	}
	if img, ok := d.Image(); ok {
		a.Image = &img
	}
	for _, f := range d.Refs("attachment").Docs() {
		if f.Is("PropertyValue") {
			a.Fields = append(a.Fields, Field{Name: f.Name(), Value: f.String("value")})
		}
	}
	return a, nil
}
