package event

import (
	"embed"
	"io/fs"
	"sync"
	"time"

	"github.com/maillage/maillage/internal/auth/limit"
	"github.com/maillage/maillage/internal/civic"
	"github.com/maillage/maillage/internal/feature"
	"github.com/maillage/maillage/internal/post"
)

//go:embed migrations all:templates i18n styles
var files embed.FS

func wordFiles() fs.FS { return feature.Sub(files, "i18n") }

// New makes the service on the trunk.
func New(t civic.Trunk) *Service {
	return &Service{Trunk: t, bundle: sync.OnceValue(newBundle), guesses: limit.New(30, time.Hour, nil), invitations: limit.New(60, time.Hour, nil), readings: limit.New(30, time.Hour, nil),
		talks: limit.New(talkBurst, time.Minute, nil), insides: limit.New(6, time.Hour, nil)}
}

// Feature is what this slice brings to an instance.
func Feature(t civic.Trunk) feature.Feature {
	s := New(t)
	if t.Real() {
		t.Posts.Parts = append(t.Posts.Parts, s.Part())
		t.Timeline.AddKinds(s.kinds())
		t.Timeline.Beside = append(t.Timeline.Beside, s.ahead)
		t.Visitors.Acts[actSeat] = s.seatVisitor
		t.Visitors.Forgotten = append(t.Visitors.Forgotten, s.forgetVisitor)
		t.Posts.Sent = append(t.Posts.Sent, s.sent)
		t.Groups.OwnKind = func(p *post.Post) bool { return p.Kind == Kind }
		t.Groups.Relayed = append(t.Groups.Relayed, s.relayed)
		t.Posts.Aliases = append(t.Posts.Aliases, s.byAlias)
		t.Posts.Wider = append(t.Posts.Wider, s.wider, s.toMovement)
		t.Posts.Concerns = append(t.Posts.Concerns, s.concerns)
		t.Posts.Stored = append(t.Posts.Stored, s.replied)
		t.Organes.Busy = append(t.Organes.Busy, busy)
		t.Accounts.Documented = append(t.Accounts.Documented, s.document)
		t.Timeline.Asides = append(t.Timeline.Asides, s.aside)
	}
	return feature.Feature{
		Name:            "event",
		Migrations:      feature.Sub(files, "migrations"),
		Templates:       feature.Sub(files, "templates"),
		Styles:          feature.Sub(files, "styles"),
		Strings:         wordFiles(),
		Web:             s.Web,
		Nav:             []feature.Entry{{Label: "event.agenda", Icon: "calendar", URL: Path, Place: 1, Public: true}},
		Activities:      s.Activities(),
		Objects:         s.Objects(),
		Jobs:            s.Jobs(),
		OnAccountDelete: s.Erase,
	}
}
