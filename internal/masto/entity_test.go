package masto

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schemas pairs our entities with those of Mastodon's description.
var schemas = map[string]any{
	"Account": Account{}, "CredentialAccount": CredentialAccount{Source: &Source{}, Role: &FullRole{}}, "MutedAccount": Account{},
	"Field": Field{}, "Role": FullRole{}, "AccountRole": Role{}, "CustomEmoji": Emoji{}, "Relationship": Relationship{},
	"FamiliarFollowers": FamiliarFollowers{}, "Suggestion": Suggestion{},
	"Status": Status{}, "StatusMention": Mention{}, "StatusTag": StatusTag{}, "StatusSource": StatusSource{}, "StatusEdit": StatusEdit{},
	"Context": Context{}, "Quote": Quote{}, "QuoteApproval": QuoteApproval{}, "Poll": Poll{}, "PollOption": PollOption{},
	"PreviewCard": PreviewCard{}, "PreviewCardAuthor": CardAuthor{}, "MediaAttachment": Media{}, "ScheduledStatus": ScheduledStatus{},
	"Notification": Notification{}, "NotificationGroup": NotificationGroup{}, "GroupedNotificationsResults": GroupedNotifications{},
	"NotificationPolicy": NotificationPolicy{}, "Report": Report{}, "Conversation": Conversation{}, "CountResponse": Count{},
	"Instance": Instance{APIVersions: map[string]int{"mastodon": 4}}, "V1Instance": InstanceV1{}, "Rule": Rule{}, "ExtendedDescription": ExtendedDescription{},
	"Error": Error{}, "Application": Application{}, "CredentialApplication": CredentialApplication{}, "Token": Token{},
	"Tag": Tag{}, "FeaturedTag": FeaturedTag{}, "Search": Search{}, "Filter": Filter{}, "FilterResult": FilterHit{}, "FilterKeyword": FilterKeyword{},
	"FilterStatus": FilteredStatus{}, "List": UserList{}, "Marker": Marker{}, "Preferences": Preferences{}, "Announcement": Announcement{}, "Reaction": Reaction{},
	"AdminAccount": ReportAccount{}, "AdminReport": AdminReport{}, "AdminDomainBlock": AdminDomainBlock{}, "AdminDomainAllow": AdminDomainAllow{}, "DomainBlock": DomainBlock{},
	"AdminMeasure": AdminMeasure{}, "AdminDimension": AdminDimension{},
}

// closed gives a valid word for fields that take only certain words, by type and field.
var closed = map[string]string{
	"Status.Visibility": "private", "Source.Privacy": "private", "ScheduledParams.Visibility": "private", "Preferences.Visibility": "private",
	"Quote.State": "accepted", "QuoteApproval.CurrentUser": "denied", "QuoteApproval.Automatic": "public", "QuoteApproval.Manual": "followers",
	"PreviewCard.Type": "link", "Media.Type": "image", "Notification.Type": "mention", "NotificationGroup.Type": "follow", "Report.Category": "other",
	"Filter.FilterAction": "warn", "Filter.Context": "home", "UserList.RepliesPolicy": "list", "Preferences.Media": "default",
	"TimelineAccess.Local": "authenticated", "TimelineAccess.Remote": "authenticated", "Application.Scopes": "read:statuses",
	"Suggestion.Sources": "featured", "Suggestion.Source": "staff", "Source.QuotePolicy": "nobody", "Announcement.ID": "1",
	"NotificationPolicy.ForNotFollowing": "accept", "NotificationPolicy.ForNotFollowers": "accept", "NotificationPolicy.ForNewAccounts": "accept",
	"NotificationPolicy.ForPrivateMentions": "accept", "NotificationPolicy.ForLimitedAccounts": "accept", "Preferences.QuotePolicy": "public",
	"AccountWarning.Action": "none", "Appeal.State": "pending", "AdminReport.Category": "other", "AdminDomainBlock.Severity": "suspend", "DomainBlock.Severity": "silence", "ReportAccount.Email": "a@ici.example", "ReportAccount.Locale": "fr",
}

// fill sets every closed field of v, and with all also what may be absent.
func fill(v reflect.Value, all bool, word string, depth int) {
	switch v.Kind() {
	case reflect.String:
		if word != "" {
			v.SetString(word)
		} else if all {
			v.SetString("x")
		}
	case reflect.Int, reflect.Int64:
		if all {
			v.SetInt(7)
		}
	case reflect.Bool:
		v.SetBool(all)
	case reflect.Float64:
		if all {
			v.SetFloat(0.5)
		}
	case reflect.Pointer:
		if v.Type() == reflect.TypeFor[*Quote]() {
			return // the description wants exactly one of two shapes that each quote has both of
		}
		if all && depth < 5 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(v.Elem(), all, word, depth+1)
		} else if !v.IsNil() {
			fill(v.Elem(), all, word, depth+1)
		}
	case reflect.Slice:
		if all && depth < 5 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			fill(v.Index(0), all, word, depth+1)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[Time]() {
			if all {
				v.Set(reflect.ValueOf(At(1_800_000_000_123)))
			}
			return
		}
		for i := range v.NumField() {
			f := v.Type().Field(i)
			fill(v.Field(i), all, closed[v.Type().Name()+"."+f.Name], depth+1)
		}
	}
}

func TestEntitiesMatchMastodonsDescription(t *testing.T) {
	path := os.Getenv("MAILLAGE_OPENAPI")
	if path == "" {
		t.Skip("MAILLAGE_OPENAPI names no OpenAPI description of Mastodon's API")
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	doc, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource("mem:///openapi.json", doc); err != nil {
		t.Fatal(err)
	}
	for name, zero := range schemas {
		t.Run(name, func(t *testing.T) {
			schema, err := c.Compile("mem:///openapi.json#/components/schemas/" + name)
			if err != nil {
				t.Fatal(err)
			}
			for _, all := range []bool{false, true} {
				v := reflect.New(reflect.TypeOf(zero)).Elem()
				v.Set(reflect.ValueOf(zero))
				fill(v, all, "", 0)
				raw, err := json.Marshal(v.Interface())
				if err != nil {
					t.Fatal(err)
				}
				body, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
				if err != nil {
					t.Fatal(err)
				}
				if err := schema.Validate(body); err != nil {
					t.Errorf("filled=%v: %v\n%.1000s", all, err, raw)
				}
			}
		})
	}
}

// listsOf finds the JSON names of all lists of a type that are always present.
func listsOf(t reflect.Type, prefix string, seen []reflect.Type, out *[]string) {
	if t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t == reflect.TypeFor[Time]() || slices.Contains(seen, t) {
		return
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Type.Kind() == reflect.Slice && !strings.HasPrefix(f.Type.Name(), "Array[") {
			*out = append(*out, prefix+t.Name()+"."+f.Name)
		}
		listsOf(f.Type, prefix+t.Name()+"/", append(seen, t), out)
	}
}

func TestNoListCanBeNull(t *testing.T) {
	for name, zero := range schemas {
		var bad []string
		listsOf(reflect.TypeOf(zero), "", nil, &bad)
		if len(bad) > 0 {
			t.Errorf("%s: %v could be null", name, bad)
		}
	}
	raw, err := json.Marshal(Status{})
	if err != nil || !strings.Contains(string(raw), `"emojis":[]`) || !strings.Contains(string(raw), `"mentions":[]`) {
		t.Errorf("%s %v", raw, err)
	}
	// Keys whose mere presence misleads clients.
	for _, key := range []string{"scheduled_at", "favourited", "pinned", "filtered", `"text"`} {
		if strings.Contains(string(raw), key) {
			t.Errorf("a bare status has %s", key)
		}
	}
	empty := Array[FilterHit]{}
	raw, _ = json.Marshal(Status{Filtered: &empty})
	if !strings.Contains(string(raw), `"filtered":[]`) {
		t.Errorf("%s", raw)
	}
}

func TestDatesHaveThreeDecimals(t *testing.T) {
	for _, c := range []struct {
		at   time.Time
		want string
	}{
		{time.Date(2026, 11, 22, 1, 2, 3, 0, time.UTC), `"2026-11-22T01:02:03.000Z"`},
		{time.Date(2026, 11, 22, 1, 2, 3, 120_999_999, time.FixedZone("", 3600)), `"2026-11-22T00:02:03.120Z"`},
		{time.Time{}, `"1970-01-01T00:00:00.000Z"`},
	} {
		raw, err := json.Marshal(Time(c.at))
		if err != nil || string(raw) != c.want {
			t.Errorf("%v: %s, %v", c.at, raw, err)
		}
	}
	if AtOrNil(0) != nil || IDOrNil(0) != nil || OrNil("") != nil || DateOrNil(0) != nil {
		t.Error("nothing is something")
	}
	if *DateOrNil(1_800_000_000_123) != "2027-01-15" || ID(1<<62) != "4611686018427387904" {
		t.Error("date or id")
	}
	var back Time
	if err := json.Unmarshal([]byte(`"2026-11-22T01:02:03.120Z"`), &back); err != nil || back.String() != "2026-11-22T01:02:03.120Z" {
		t.Error(back, err)
	}
}
