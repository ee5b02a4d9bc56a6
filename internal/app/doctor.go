package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/blob"
	"github.com/maillage/maillage/internal/config"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/media/picture"
	"github.com/maillage/maillage/internal/vault"
)

// Verdict is how bad a finding is.
type Verdict int

// The verdicts.
const (
	Fine  Verdict = iota
	Odd           // works, but somebody should look
	Wrong         // must be mended
)

// Finding is one thing that Examine looked at, in a sentence.
type Finding struct {
	Verdict Verdict
	Text    string
}

// Bounds of what is fine.
const (
	littleDisk  = 1 << 30 // bytes
	nearlyFull  = 100 << 20
	clockDrift  = time.Minute
	silentHosts = 5 // failed tries in a row before a server counts as silent
)

// pixel is a picture of one point.
const pixel = "GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b"

// pictures looks whether the process that decodes pictures can be started.
func (x *examiner) pictures(ctx context.Context, shared *Shared) {
	if _, err := shared.pictures.Process(ctx, []byte(pixel), picture.ForPosts); err != nil {
		x.say(Wrong, "No picture can be taken, since the process that decodes them does not work: %v", err)
		return
	}
	x.say(Fine, "Pictures are decoded in a process apart")
}

// files looks whether files can be kept, read and deleted.
func (x *examiner) files(ctx context.Context, a *App) {
	name := blob.NewName()
	_, err := a.Media.Files.Put(ctx, name, strings.NewReader(name))
	if err == nil {
		var f blob.File
		if f, err = a.Media.Files.Open(ctx, name); err == nil {
			err = f.Close()
		}
		err = errors.Join(err, a.Media.Files.Delete(ctx, name))
	}
	if err != nil {
		x.say(Wrong, "Files cannot be kept, see storage in %s: %v", config.FileName, err)
		return
	}
	x.say(Fine, "Files can be kept")
}

// Examine looks at an instance and what is around it, and gives each finding to
// say, in the order in which one would look.
func Examine(ctx context.Context, cfg *config.Config, shared *Shared, say func(Finding)) {
	x := examiner{cfg: cfg, say: func(v Verdict, format string, args ...any) {
		say(Finding{v, fmt.Sprintf(format, args...)})
	}}
	x.folder()
	x.disk()
	a, err := Open(ctx, cfg, shared)
	if err != nil {
		x.say(Wrong, "The database: %v", shared.Explain(err))
		return
	}
	defer a.DB.Close()
	x.database(ctx, a)
	x.admins(ctx, a)
	x.work(ctx, a)
	x.pictures(ctx, shared)
	x.files(ctx, a)
	x.mail(ctx, a)
	x.peers(ctx, a)
	if !cfg.LocalTest {
		x.name(ctx)
	}
	x.answer(ctx)
}

type examiner struct {
	cfg *config.Config
	say func(v Verdict, format string, args ...any)
}

// folder looks whether the instance's files can be written, by us alone.
func (x *examiner) folder() {
	info, err := os.Stat(x.cfg.Dir)
	if err != nil {
		x.say(Wrong, "The folder %s: %v", x.cfg.Dir, err)
		return
	}
	probe, err := os.CreateTemp(x.cfg.Dir, ".doctor-*")
	if err != nil {
		x.say(Wrong, "The folder %s cannot be written: give it to the user who runs maillage", x.cfg.Dir)
		return
	}
	probe.Close()
	os.Remove(probe.Name())
	if info.Mode().Perm()&0o077 != 0 {
		x.say(Odd, "Other users of this machine can look into %s: chmod 700 %s", x.cfg.Dir, x.cfg.Dir)
		return
	}
	key := filepath.Join(x.cfg.Dir, vault.FileName)
	if info, err := os.Stat(key); err == nil && info.Mode().Perm()&0o077 != 0 {
		x.say(Odd, "Other users of this machine can read %s, which opens the keys of the accounts: chmod 600 %s", key, key)
		return
	}
	x.say(Fine, "The folder %s can be written, by its owner alone", x.cfg.Dir)
}

func (x *examiner) disk() {
	var s syscall.Statfs_t
	if err := syscall.Statfs(x.cfg.Dir, &s); err != nil {
		x.say(Odd, "The free room on the disk cannot be read: %v", err)
		return
	}
	free := int64(s.Bavail) * int64(s.Bsize)
	switch gib := float64(free) / (1 << 30); {
	case free < nearlyFull:
		x.say(Wrong, "The disk is full: %.1f GiB are free, writing will fail", gib)
	case free < littleDisk:
		x.say(Odd, "The disk is nearly full: %.1f GiB are free", gib)
	default:
		x.say(Fine, "%.0f GiB are free on the disk", gib)
	}
}

func (x *examiner) database(ctx context.Context, a *App) {
	version, err := db.SchemaVersion(ctx, a.DB)
	if err != nil {
		x.say(Wrong, "The database cannot be read: %v", err)
		return
	}
	if a.DB.Dialect() != db.SQLite {
		x.say(Fine, "The database answers (%s, schema %d)", a.DB.Dialect(), version)
		return
	}
	verdict, err := db.Get[string](ctx, a.DB.Read(), `pragma quick_check(1)`)
	switch {
	case err != nil:
		x.say(Wrong, "The database cannot be checked: %v", err)
	case verdict != "ok":
		x.say(Wrong, "The database is damaged (%s): stop the server and restore a backup", verdict)
	default:
		var size int64
		if info, err := os.Stat(filepath.Join(x.cfg.Dir, "maillage.db")); err == nil {
			size = info.Size() >> 20
		}
		x.say(Fine, "The database is sound (SQLite, %d MiB, schema %d)", size, version)
	}
}

func (x *examiner) admins(ctx context.Context, a *App) {
	people, err := a.People(ctx)
	if err != nil {
		x.say(Wrong, "The accounts cannot be read: %v", err)
		return
	}
	admins := 0
	for _, p := range people {
		if p.Role == auth.RoleAdmin && !p.Disabled {
			admins++
		}
	}
	if admins == 0 {
		x.say(Wrong, "There is no administrator: maillage account create --dir %s --role admin", x.cfg.Dir)
		return
	}
	x.say(Fine, "Accounts that can sign in: %d; administrators: %d", len(people), admins)
}

// work looks at the jobs that were given up.
func (x *examiner) work(ctx context.Context, a *App) {
	parked, err := jobs.ListParked(ctx, a.DB.Read())
	if err != nil {
		x.say(Wrong, "The jobs cannot be read: %v", err)
		return
	}
	if len(parked) == 0 {
		x.say(Fine, "No job was given up")
		return
	}
	for i, p := range parked {
		if i == 5 {
			x.say(Odd, "… and %d more jobs were given up", len(parked)-i)
			break
		}
		x.say(Odd, "A job %q of %s was given up after %d tries: %s",
			p.Kind, time.UnixMilli(p.CreatedAt).Format("2006-01-02 15:04"), p.Tries, p.LastError)
	}
}

// peers looks at the servers that do not take our deliveries.
func (x *examiner) peers(ctx context.Context, a *App) {
	hosts, err := a.Outbox.Hosts(ctx)
	if err != nil {
		x.say(Wrong, "The deliveries cannot be read: %v", err)
		return
	}
	waiting, silent := 0, 0
	for _, h := range hosts {
		waiting += h.Pending
		if h.Fails < silentHosts {
			continue
		}
		if silent++; silent <= 5 {
			x.say(Odd, "%s does not take deliveries (%d waiting, %d failures): %s", h.Host, h.Pending, h.Fails, h.LastError)
		}
	}
	if silent > 5 {
		x.say(Odd, "… and %d more servers do not answer", silent-5)
	}
	x.say(Fine, "Deliveries that wait: %d; servers known: %d", waiting, len(hosts))
}

// mail speaks with the mail server, and looks at the letters that wait.
func (x *examiner) mail(ctx context.Context, a *App) {
	switch {
	case !a.Mail.Ready():
		x.say(Odd, "No letters are sent: people without an account cannot confirm an address, and nobody is reminded by mail. "+
			"Write mail: smtp://user:password@mail.example:587 in config.yaml")
		return
	case x.cfg.Mail == config.MailFolder:
		x.say(Fine, "Letters are written to %s, for tests on one machine", x.cfg.MailDir())
		return
	}
	if err := a.Mail.Check(ctx); err != nil {
		x.say(Wrong, "The mail server %s sends no letters of ours: %v; look at mail in config.yaml", a.Mail.Server(), err)
		return
	}
	waiting, err := db.Get[int](ctx, a.DB.Read(), `select count(*) from job where kind = 'mail.send' and tries > 0`)
	switch {
	case err != nil:
		x.say(Wrong, "The letters that wait cannot be read: %v", err)
	case waiting > 0:
		x.say(Odd, "The mail server %s answers, but has not taken %d letters yet; they are tried again", a.Mail.Server(), waiting)
	default:
		x.say(Fine, "The mail server %s takes letters from %s", a.Mail.Server(), x.cfg.Sender())
	}
}

// name looks the host up.
func (x *examiner) name(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	addrs, err := net.DefaultResolver.LookupHost(ctx, x.cfg.Host)
	if err != nil {
		x.say(Wrong, "%s is not in the DNS: add an A or AAAA record with the public address of this machine", x.cfg.Host)
		return
	}
	x.say(Fine, "%s leads to %s", x.cfg.Host, strings.Join(addrs, ", "))
}

// answer asks the instance for its NodeInfo, as another server would.
func (x *examiner) answer(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	target := x.cfg.BaseURL() + "/.well-known/nodeinfo"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		x.say(Wrong, "%s: %v", target, err)
		return
	}
	res, err := x.client().Do(req)
	if err != nil {
		x.say(Wrong, "%s does not answer (%v): is the server running, and the reverse proxy in front of it?", x.cfg.BaseURL(), plainCause(err))
		return
	}
	defer res.Body.Close()
	var doc struct {
		Links []struct {
			Href string `json:"href"`
		} `json:"links"`
	}
	err = json.NewDecoder(io.LimitReader(res.Body, 64<<10)).Decode(&doc)
	switch {
	case res.StatusCode != http.StatusOK || err != nil || len(doc.Links) == 0:
		x.say(Wrong, "%s answers, but not this server (status %d): the reverse proxy must pass everything on to %s", target, res.StatusCode, x.cfg.Listen)
		return
	case !strings.HasPrefix(doc.Links[0].Href, x.cfg.BaseURL()+"/"):
		x.say(Wrong, "%s is answered by another server, which calls itself %s", target, doc.Links[0].Href)
		return
	}
	x.say(Fine, "%s answers", x.cfg.BaseURL())
	if sent, err := http.ParseTime(res.Header.Get("Date")); err == nil {
		if off := time.Since(sent).Abs(); off > clockDrift {
			x.say(Wrong, "The clocks of this machine and of the proxy differ by %s: signatures will be refused; set the clock by NTP", off.Round(time.Second))
		}
	}
}

// client resolves *.localhost to this machine, as browsers do.
func (x *examiner) client() *http.Client {
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	t := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		if host, port, err := net.SplitHostPort(addr); err == nil && strings.HasSuffix(host, ".localhost") {
			addr = net.JoinHostPort("127.0.0.1", port)
		}
		return dialer.DialContext(ctx, network, addr)
	}}
	return &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// plainCause leaves out of a request's error the URL, which was already said.
func plainCause(err error) error {
	if u := (*url.Error)(nil); errors.As(err, &u) {
		return u.Err
	}
	return err
}
