package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/admin"
	"github.com/maillage/maillage/internal/announcement"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/auth/authweb"
	"github.com/maillage/maillage/internal/blob"
	"github.com/maillage/maillage/internal/config"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/emoji"
	"github.com/maillage/maillage/internal/feature"
	"github.com/maillage/maillage/internal/federation"
	"github.com/maillage/maillage/internal/filter"
	"github.com/maillage/maillage/internal/follow"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/guide"
	"github.com/maillage/maillage/internal/host"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/instance"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/keep"
	"github.com/maillage/maillage/internal/list"
	"github.com/maillage/maillage/internal/mail"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/media"
	"github.com/maillage/maillage/internal/memo"
	"github.com/maillage/maillage/internal/metrics"
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

// Version is the version of the program, in NodeInfo and the user agent.
const Version = "0.1.0"

// remembered are the tables whose rows services keep in memory: what is made from
// such rows depends on them, though it does not read them each time.
var remembered = []string{"setting", "host_policy", "emoji", "filter", "filter_keyword", "filter_status"}

// App is one instance. Its services are exported for the commands and for tests.
type App struct {
	Config    *config.Config
	DB        *db.DB
	Auth      *auth.Service
	Hosts     *host.Service
	Accounts  *account.Service
	Notify    *notify.Service
	Relations *relation.Service
	Follows   *follow.Service
	Posts     *post.Service
	Groups    *group.Service
	Polls     *poll.Service
	Quotes    *quote.Service
	Schedule  *schedule.Service
	Media     *media.Service
	Emoji     *emoji.Service
	Previews  *preview.Service
	Keep      *keep.Service
	Lists     *list.Service
	Filters   *filter.Service
	Tags      *tag.Service
	Announce  *announcement.Service
	Timeline  *timeline.Service
	Search    *search.Service
	Instance  *instance.Service
	Guides    *guide.Service
	Reports   *report.Service
	Admin     *admin.Service
	Servers   *servers.Service
	Movement  *movement.Service
	Organes   *organe.Service
	Streaming *streaming.Service
	Push      *push.Service
	Mail      *mail.Service
	Visitors  *visitor.Service
	Engine    *federation.Engine
	Jobs      *jobs.Runner
	Outbox    *outbox.Queue
	Metrics   *metrics.Registry

	shared   *Shared
	log      *slog.Logger
	features []feature.Feature
	nav      []feature.Entry // in the order of their places
	kinds    map[string]bool // types of activities that some feature handles
	router   *httpx.Router
	server   http.Handler

	memo       *memo.Store
	activities *prometheus.CounterVec
}

// Open opens the database of an instance, brings its schema up to date and
// builds the instance. Close it when done.
func Open(ctx context.Context, cfg *config.Config, shared *Shared) (*App, error) {
	log := shared.Log.With("host", cfg.Host)
	d, err := db.Open(ctx, db.Options{URL: cfg.DatabaseURL(), Log: log})
	if err != nil {
		return nil, err
	}
	a := &App{Config: cfg, DB: d, shared: shared, log: log}
	if err := a.build(ctx); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return a, nil
}

// files is where the files of an instance are kept.
func files(cfg *config.Config) (blob.Store, error) {
	if cfg.Storage == "" {
		return blob.NewFolder(filepath.Join(cfg.Dir, "media")), nil
	}
	b, err := blob.NewBucket(cfg.Storage)
	if err != nil {
		return nil, fmt.Errorf("app: storage: %w", err)
	}
	return b, nil
}

func (a *App) build(ctx context.Context) error {
	maker := &ids.Maker{}
	base := a.Config.BaseURL()
	a.Hosts = &host.Service{DB: a.DB, Host: a.Config.Host, Log: a.log}
	a.Accounts = account.New(a.DB, maker, base, a.Config.Host)
	a.Notify = &notify.Service{DB: a.DB, IDs: maker}
	a.Relations = &relation.Service{DB: a.DB, IDs: maker, Accounts: a.Accounts}
	a.Follows = &follow.Service{DB: a.DB, IDs: maker, Accounts: a.Accounts, Notify: a.Notify, Ties: a.Relations}
	a.Posts = &post.Service{DB: a.DB, IDs: maker, Accounts: a.Accounts, Notify: a.Notify}
	a.Keep = &keep.Service{DB: a.DB, IDs: maker, Posts: a.Posts}
	a.Lists = &list.Service{DB: a.DB, IDs: maker, Accounts: a.Accounts}
	a.Filters = &filter.Service{DB: a.DB, IDs: maker, Posts: a.Posts}
	a.Tags = &tag.Service{DB: a.DB, IDs: maker, Posts: a.Posts}
	a.Announce = &announcement.Service{DB: a.DB, IDs: maker, Base: base}
	a.Posts.Parts = append(a.Posts.Parts, a.Keep.Part(), a.Filters.Part())
	a.Timeline = &timeline.Service{DB: a.DB, Posts: a.Posts, Keep: a.Keep, Lists: a.Lists, Topics: a.Tags}
	a.Instance = instance.New(a.DB, a.Config)
	a.Guides = &guide.Service{Host: a.Config.Host, Name: func(ctx context.Context) (string, error) {
		set, err := a.Instance.Settings(ctx)
		return set.Name, err
	}}
	a.Search = &search.Service{DB: a.DB, Accounts: a.Accounts, Posts: a.Posts, Topics: a.Tags, Unlimited: a.Config.LocalTest}
	a.Posts.Parts = append(a.Posts.Parts, a.Search.Part())
	a.Reports = &report.Service{DB: a.DB, IDs: maker, Accounts: a.Accounts, Notify: a.Notify, Follows: a.Follows, Posts: a.Posts, Refused: a.Hosts.RejectsReports}
	a.Admin = &admin.Service{DB: a.DB, Accounts: a.Accounts, Reports: a.Reports, Hosts: a.Hosts, Tags: a.Tags, Version: Version}
	a.Reports.Rules = a.Instance.RulesOf
	a.Timeline.Reports, a.Timeline.Warnings = a.Reports.Entities, a.Reports.WarningEntities
	a.Streaming = streaming.New(streaming.Deps{DB: a.DB, Posts: a.Posts, Timeline: a.Timeline, Render: a.Announce.Live(), Log: a.log})
	a.Servers = servers.New(&servers.Service{DB: a.DB, Hosts: a.Hosts, Accounts: a.Accounts, Notify: a.Notify, Follows: a.Follows, Posts: a.Posts,
		Instance: a.Instance, Log: a.log, Scheme: a.Config.Scheme}, a.Config.LocalTest)
	a.Polls = &poll.Service{DB: a.DB, Posts: a.Posts, Accounts: a.Accounts, Notify: a.Notify}
	a.Quotes = &quote.Service{DB: a.DB, Posts: a.Posts, Accounts: a.Accounts, Notify: a.Notify}
	a.Posts.Parts = append(append(a.Posts.Parts, a.Polls.Part()), a.Quotes.Parts()...)
	a.Posts.Permit = a.Quotes.Permit
	a.Schedule = &schedule.Service{DB: a.DB, IDs: maker, Posts: a.Posts, Accounts: a.Accounts}
	a.Posts.Later = a.Schedule.Later
	kept, err := files(a.Config)
	if err != nil {
		return err
	}
	a.Media = media.New(media.Service{DB: a.DB, IDs: maker, Accounts: a.Accounts, Posts: a.Posts, Files: kept,
		Pool: a.shared.pictures, Film: a.shared.film, Client: a.shared.mediaClient(a.Config), Unlimited: a.Config.LocalTest, Log: a.log})
	a.Posts.Parts = append(a.Posts.Parts, a.Media.Part())
	a.Media.Rejects = a.Hosts.RejectsMedia
	a.Accounts.Portraits = a.Media.Portraits()
	a.Instance.Media, a.Instance.MaxMedia = a.Media.Limits(), media.MaxPerPost
	a.Emoji = emoji.New(emoji.Service{DB: a.DB, IDs: maker, Media: a.Media, Base: base, Log: a.log})
	a.Previews = &preview.Service{DB: a.DB, Posts: a.Posts, Media: a.Media, Client: a.shared.client(a.Config), Base: base}
	a.Posts.Parts = append(a.Posts.Parts, a.Emoji.Part(), a.Previews.Part())
	a.Push = push.New(push.Deps{DB: a.DB, Timeline: a.Timeline, Words: a.shared.renderer.Bundle(), Base: base,
		Local: a.Config.LocalTest, Icon: instance.IconPath, Log: a.log})
	a.Groups = &group.Service{DB: a.DB, IDs: maker, Accounts: a.Accounts, Follows: a.Follows, Posts: a.Posts, Notify: a.Notify}
	a.Posts.Parts = append(a.Posts.Parts, a.Groups.Part())
	a.Movement = &movement.Service{DB: a.DB, Accounts: a.Accounts, Posts: a.Posts, Hosts: a.Hosts, Instance: a.Instance, Log: a.log,
		Scheme: a.Config.Scheme, Exchange: a.Servers.Exchange}
	a.Organes = &organe.Service{DB: a.DB, Accounts: a.Accounts, Movement: a.Movement, Posts: a.Posts}
	a.Posts.Parts = append(a.Posts.Parts, a.Organes.Part())
	a.Timeline.Asides = append(a.Timeline.Asides, a.Organes.Aside)
	a.Mail = mail.New(mail.Options{URL: a.Config.Mail, From: a.Config.Sender(), Name: a.Config.Name, Host: a.Config.Host, Folder: a.Config.MailDir(), Log: a.log})
	a.Visitors = &visitor.Service{DB: a.DB, IDs: maker, Accounts: a.Accounts, Mail: a.Mail, Words: a.shared.renderer.Bundle(), Instance: a.Instance, Acts: map[string]visitor.Act{},
		Client: a.shared.visitorClient(a.Config), Blocked: a.Hosts.Blocked, Fetcher: later{a}, Says: later{a}.says, Scheme: a.Config.Scheme, LocalTest: a.Config.LocalTest}
	a.hook()

	a.features = a.list()
	a.nav = navigation(a.features)
	if err := db.Migrate(ctx, a.DB, a.migrations()...); err != nil {
		return err
	}
	if err := a.Search.Open(ctx); err != nil {
		return err
	}
	v, err := a.unlock(ctx)
	if err != nil {
		return err
	}
	a.Accounts.Vault = v
	a.Auth = auth.New(a.DB, auth.Options{Unlimited: a.Config.LocalTest, Lookup: a.lookup, Hasher: a.shared.hasher, Vault: v, Log: a.log})
	a.Streaming.Listen(a.Auth)
	if err := a.Push.Open(ctx, a.Auth); err != nil {
		return err
	}
	a.Auth.PushKey, a.Instance.PushKey = a.Push.Key(), a.Push.Key()
	a.Instance.Timeline, a.Instance.Version = a.Timeline, Version
	a.Instance.More = a.more
	a.Accounts.Auth, a.Auth.Profile = a.Auth, a.profile
	a.Reports.Auth = a.Auth
	a.Schedule.Login, a.Schedule.Hold, a.Schedule.Media = a.Auth.Login, a.Media.Hold, a.Media.Waiting
	secret, err := a.Auth.Secret(ctx, "forms")
	if err != nil {
		return err
	}
	if a.Media.Secret, err = a.Auth.Secret(ctx, "media"); err != nil {
		return err
	}
	if a.Visitors.Secret, err = a.Auth.Secret(ctx, "visitors"); err != nil {
		return err
	}
	if a.Metrics, err = a.measure(); err != nil {
		return err
	}
	a.Jobs = jobs.New(a.DB, a.log, nil)
	a.memo = a.shared.memo.Of(a.DB, nil, remembered...)
	a.Engine, err = federation.New(a.engineOptions(a.shared.client(a.Config)))
	if err != nil {
		return err
	}
	a.Outbox = outbox.New(a.DB, a.Servers.Record(a.Engine.Deliver), outbox.Options{Log: a.log})
	a.Quotes.Fetch, a.Follows.Fetcher = a.Engine, a.Engine
	a.Posts.Resolve, a.Posts.Fetch, a.Search.Fetcher, a.Keep.Fetcher, a.Polls.Fetch, a.Previews.Fetcher = a.Engine, a.Engine, a.Engine, a.Engine, a.Engine, a.Engine
	a.Groups.Fetch, a.Groups.App, a.Groups.Ask = a.Engine, a.Engine.Application, a.Engine.Ask
	a.Organes.App = a.Engine.Application
	a.Reports.App = a.Engine.Application
	a.Media.Key, a.Media.Asker = a.Engine.Key, a.Engine.Asker
	a.Servers.Client, a.Servers.Fetcher, a.Servers.App = a.Engine.Client, a.Engine, a.Engine.Application
	a.Movement.Client, a.Movement.Fetcher, a.Movement.App = a.Engine.Client, a.Engine, a.Engine.Application
	for _, f := range a.features {
		a.Jobs.Register(f.Jobs...)
	}
	a.Jobs.Register(a.Engine.Jobs()...)
	a.Jobs.Register(a.Mail.Jobs()...)
	return a.routes(secret)
}

// hook lets the upper slices know of what happens in the lower ones.
func (a *App) hook() {
	a.Accounts.Waiting, a.Accounts.Written, a.Accounts.Featured = a.Follows.Waiting, a.Posts.Written, a.Tags.Featured
	a.Relations.Blocked = append(a.Relations.Blocked, a.Follows.Part, a.Notify.Part)
	a.Relations.Barred = append(a.Relations.Barred, a.Follows.PartFrom)
	a.Notify.Gates = append(a.Notify.Gates, a.Relations.Welcome, a.Posts.Wanted)
	a.Notify.Weigh = a.Posts.Weigh
	a.Posts.Parts = append(a.Posts.Parts, a.Posts.MutePart())
	a.Follows.Began = append(a.Follows.Began, a.Timeline.Followed)
	a.Follows.Ended = append(a.Follows.Ended, a.Timeline.Unfollowed)
	a.Follows.Ended = append(a.Follows.Ended, a.Lists.Left)
	a.Posts.Edited = append(a.Posts.Edited, a.Search.Index)
	a.Posts.Stored = append(a.Posts.Stored, a.Search.Index, a.Tags.Fan, a.Timeline.Fan, a.Timeline.TrimDaily, a.Streaming.Stored)
	a.Posts.Edited = append(a.Posts.Edited, a.Quotes.Edited, a.Streaming.Edited)
	a.Posts.Buried = append(a.Posts.Buried, a.Streaming.Buried)
	a.Notify.Added = append(a.Notify.Added, a.Streaming.Noticed, a.Push.Noticed, a.Organes.Noticed)
	a.Timeline.AddKinds(a.Organes.Kinds())
	a.Timeline.AddKinds(map[string]timeline.Kind{group.NoticeAsked: {Icon: "shield", Words: "group.notice.asked", URL: group.AskedPath, Lines: group.AskedLines}})
	a.Servers.Hook()
	a.Movement.Hook(a.Follows)
	a.Posts.Parts = append(a.Posts.Parts, a.Servers.Part())
	a.Timeline.Origins = a.Servers.Origins
	a.Timeline.WithMedia, a.Search.Properties = media.Attached("p"), media.Properties("p")
	a.Follows.Admits, a.Follows.Vouches = a.Groups.Admits, a.Groups.Vouches
	a.Posts.Circles, a.Accounts.Circle, a.Accounts.Grouped = a.Groups, a.Groups.Circle, a.Groups.Info
	a.Accounts.Described = append(a.Accounts.Described, a.Groups.Described)
	a.Accounts.Documented, a.Keep.More = append(a.Accounts.Documented, a.Groups.Document), a.Groups.Featured
	a.Posts.Withheld, a.Posts.Governs, a.Posts.InPlace = a.Groups.Withheld, a.Groups.Governs, group.InPlace
	a.Groups.Words = a.shared.renderer.Bundle().Localizer
	a.Follows.Began = append(a.Follows.Began, a.Groups.Began)
	a.Follows.Ended = append(a.Follows.Ended, a.Groups.Ended)
	a.Posts.Sent = append(a.Posts.Sent, a.Groups.Sent)
	a.Posts.Concerns = append(a.Posts.Concerns, a.Groups.Concerns)
	a.Posts.Stored = append(a.Posts.Stored, a.Previews.Stored)
	a.Posts.Edited = append(a.Posts.Edited, a.Previews.Edited)
	a.Accounts.Emoji = a.Emoji.OfAccount
	a.Accounts.Described = append(a.Accounts.Described, a.Emoji.Take)
	a.Accounts.Changed = append(a.Accounts.Changed, a.Follows.SendActorUpdate)
	a.Accounts.Removed = append(a.Accounts.Removed, a.erase)
	a.Accounts.Rotated = append(a.Accounts.Rotated, a.Posts.Reprove)
}

// erase has every feature forget an account, from the top of the list down.
func (a *App) erase(ctx context.Context, tx *db.Tx, acc *account.Account) error {
	for _, f := range slices.Backward(a.features) {
		if f.OnAccountDelete == nil {
			continue
		}
		if err := f.OnAccountDelete(ctx, tx, acc.ID); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return a.Auth.Erase(ctx, tx, acc.ID)
}

// lookup finds the account behind the name that somebody signs in with.
func (a *App) lookup(ctx context.Context, name string) (int64, bool) {
	acc, err := account.ByHandle(ctx, a.DB.Read(), strings.TrimPrefix(name, "@"), "")
	if err != nil || acc.Gone() {
		return 0, false
	}
	return acc.ID, true
}

func (a *App) routes(secret []byte) error {
	r := httpx.NewRouter()
	api := masto.NewRouter(r)
	for _, f := range a.features {
		if f.Web != nil {
			f.Web(r)
		}
		if f.API != nil {
			f.API(api)
		}
	}
	authweb.Web(r, a.Auth)
	authweb.API(api, a.Auth)
	a.Engine.Routes(r)
	r.Get("/static/{rest:.*}", httpx.Public, func(c *httpx.Ctx) error {
		a.shared.static.ServeHTTP(c.W, c.R)
		return nil
	})
	a.router = r
	s, err := httpx.NewServer(httpx.Options{
		BaseURL: a.Config.BaseURL(), Router: r, Strings: a.shared.renderer.Bundle(), Authenticate: a.Auth.ByToken,
		Renderer: a.shared.renderer, Chrome: a.chrome, Secret: secret, Memo: a.memo, Patterns: &a.shared.patterns, Unlimited: a.Config.LocalTest, Log: a.log,
		Observe: a.Metrics.Observe,
	})
	a.server = s
	return err
}

// Handler answers the requests of this instance.
func (a *App) Handler() http.Handler { return a.server }

// Features lists what the instance is made of, from the bottom up.
func (a *App) Features() []feature.Feature { return a.features }

// Shared is what the instance shares with others of its process.
func (a *App) Shared() *Shared { return a.shared }

// Routes lists what the instance answers.
func (a *App) Routes() []httpx.Route { return a.router.Routes() }

// Start begins the work in the background: jobs and deliveries.
func (a *App) Start(ctx context.Context) error {
	if err := a.Accounts.Begin(ctx); err != nil {
		return fmt.Errorf("app: begin to seal the keys: %w", err)
	}
	if err := a.Movement.Begin(ctx); err != nil {
		return fmt.Errorf("app: begin the work of the movement: %w", err)
	}
	if err := a.Jobs.Start(ctx); err != nil {
		return fmt.Errorf("app: start jobs: %w", err)
	}
	if err := a.Servers.Begin(ctx); err != nil {
		return fmt.Errorf("app: apply the rules for servers: %w", err)
	}
	if err := a.Outbox.Start(ctx); err != nil {
		return fmt.Errorf("app: start deliveries: %w", err)
	}
	return nil
}

// Close stops the background work, hands back what is not finished within ctx
// and closes the database.
func (a *App) Close(ctx context.Context) error {
	a.Streaming.Close()
	a.memo.Forget()
	return errors.Join(a.Outbox.Stop(ctx), a.Jobs.Stop(ctx), a.DB.Close())
}

// Begun is how often jobs and deliveries were taken up so far.
func (a *App) Begun() int { return a.Jobs.Begun() + a.Outbox.Begun() }

// Idle waits until nothing is left to do now: no job and no delivery that is due.
func (a *App) Idle(ctx context.Context) error {
	if err := a.Jobs.Idle(ctx); err != nil {
		return err
	}
	return a.Outbox.Idle(ctx)
}
