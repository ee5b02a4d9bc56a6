package app

import (
	"io/fs"

	"github.com/maillage/maillage/activitypub/fetch"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/admin"
	"github.com/maillage/maillage/internal/announcement"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/civic/officehours"
	"github.com/maillage/maillage/internal/emoji"
	"github.com/maillage/maillage/internal/feature"
	"github.com/maillage/maillage/internal/federation"
	"github.com/maillage/maillage/internal/filter"
	"github.com/maillage/maillage/internal/follow"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/guide"
	"github.com/maillage/maillage/internal/host"
	"github.com/maillage/maillage/internal/instance"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/keep"
	"github.com/maillage/maillage/internal/list"
	"github.com/maillage/maillage/internal/media"
	"github.com/maillage/maillage/internal/movement"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/organe"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/poll"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/preview"
	"github.com/maillage/maillage/internal/push"
	"github.com/maillage/maillage/internal/quote"
	"github.com/maillage/maillage/internal/relation"
	"github.com/maillage/maillage/internal/report"
	"github.com/maillage/maillage/internal/schedule"
	"github.com/maillage/maillage/internal/search"
	"github.com/maillage/maillage/internal/servers"
	"github.com/maillage/maillage/internal/streaming"
	"github.com/maillage/maillage/internal/tag"
	"github.com/maillage/maillage/internal/timeline"
	"github.com/maillage/maillage/internal/visitor"
)

// list is THE list of features: what is named here is in the product, in the
// order from the bottom up. A new feature is a new folder and a line here.
func (a *App) list() []feature.Feature {
	return []feature.Feature{
		host.Feature(a.Hosts),
		account.Feature(a.Accounts),
		relation.Feature(a.Relations),
		notify.Feature(a.Notify),
		follow.Feature(a.Follows),
		post.Feature(a.Posts),
		poll.Feature(a.Polls),
		quote.Feature(a.Quotes),
		schedule.Feature(a.Schedule),
		group.Feature(a.Groups),
		media.Feature(a.Media),
		emoji.Feature(a.Emoji),
		preview.Feature(a.Previews),
		keep.Feature(a.Keep),
		list.Feature(a.Lists),
		filter.Feature(a.Filters),
		tag.Feature(a.Tags),
		announcement.Feature(a.Announce),
		timeline.Feature(a.Timeline),
		search.Feature(a.Search),
		report.Feature(a.Reports),
		admin.Feature(a.Admin),
		instance.Feature(a.Instance),
		guide.Feature(a.Guides),
		servers.Feature(a.Servers),
		movement.Feature(a.Movement),
		organe.Feature(a.Organes),
		push.Feature(a.Push),
		streaming.Feature(a.Streaming),
		visitor.Feature(a.Visitors),
		known(),
		event.Feature(a.trunk()),
		officehours.Feature(a.trunk()),
	}
}

// featureParts are the templates and words of the list, which need no instance.
func featureParts() []part {
	var out []part
	for _, f := range (&App{}).list() {
		out = append(out, part{f.Name, f.Templates, f.Strings})
	}
	return out
}

// featureStyles are the style sheets of the list.
func featureStyles() []fs.FS {
	var out []fs.FS
	for _, f := range (&App{}).list() {
		if f.Styles != nil {
			out = append(out, f.Styles)
		}
	}
	return out
}

// migrations are the tables of the kernel and of the list, one sequence by timestamp.
func (a *App) migrations() []fs.FS {
	out := []fs.FS{jobs.Migrations, outbox.Migrations, auth.Migrations(), federation.Migrations()}
	for _, f := range a.features {
		if f.Migrations != nil {
			out = append(out, f.Migrations)
		}
	}
	return out
}

// engineOptions gathers what the list says about ActivityPub.
func (a *App) engineOptions(client *fetch.Client) federation.Options {
	o := federation.Options{
		DB: a.DB, Directory: a.Accounts, Client: client, Base: a.Config.BaseURL(), Host: a.Config.Host, Scheme: a.Config.Scheme,
		LocalTest: a.Config.LocalTest, Log: a.log, Version: Version, Current: a.Posts.Current, Known: a.Posts.Known, Member: a.Groups.Member, Invites: a.Groups.Invites,
		Blocked: a.Hosts.Blocked, Closed: a.Hosts.Closed, ReachableBy: a.Accounts.ReachableBy,
		Barred:    a.Relations.Bars,
		Followers: a.Follows, SignedOnly: a.Instance.SignedOnly,
		Observe: a.observeActivity, Memo: a.memo,
	}
	if a.Config.LocalTest {
		o.Burst = -1 // there, the few servers are ours
	}
	a.kinds = map[string]bool{}
	for _, f := range a.features {
		for _, x := range f.Activities {
			a.kinds[x.Type] = true
		}
		o.Activities = append(o.Activities, f.Activities...)
		o.Objects = append(o.Objects, f.Objects...)
	}
	return o
}
