package httpx

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/i18n"
	"github.com/maillage/maillage/internal/memo"
)

// Limits that hold unless Options or a route says otherwise.
const (
	DefaultMaxBody = 1 << 20          // bytes
	DefaultTimeout = 30 * time.Second // for one request
	failTimeout    = 5 * time.Second  // to say what went wrong with it
)

// Observer is told of each request answered; rt is nil when no route had the path.
type Observer func(rt *Route, method string, status int, took time.Duration)

// Options is what a server needs. BaseURL, Router and Strings are required.
type Options struct {
	BaseURL string // configured address, "https://host": decides on cookies and links
	Router  *Router
	Strings *i18n.Bundle // must hold this package's Strings too

	// Authenticate finds who shows a token. KindUnauthorized means that the token
	// is no good; anything else is a fault and gives 503, since a 401 makes apps sign out.
	Authenticate func(ctx context.Context, token string) (*auth.Viewer, error)
	SignInPath   string // where a page that needs an account sends strangers; "/connexion" when empty

	Renderer Renderer // pages; without it an error page is a bare one
	Chrome   Chrome   // fills what is common to all pages

	Patterns *Patterns // shared by the instances of a process; nil for patterns of its own

	Memo      *memo.Store // keeps answers of routes declared with Keep; nil for none
	Secret    []byte      // 32 bytes that sign forms and messages; random when empty, then lost at restart
	MaxBody   int64
	Timeout   time.Duration
	Unlimited bool // no request-rate limits, for local tests
	Observe   Observer
	Log       *slog.Logger
	Now       func() time.Time
}

// Server answers the requests of one instance.
type Server struct {
	opts    Options
	base    string
	port    string // of the base address, when it has one
	secure  bool
	secret  []byte
	table   table
	origins *http.CrossOriginProtection
	rates   *rates
	langs   *lru.Cache[string, string] // Accept-Language → language
	log     *slog.Logger
}

// NewServer checks the options and builds the table of routes.
func NewServer(o Options) (*Server, error) {
	u, err := url.Parse(o.BaseURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("httpx: %q is not a base address", o.BaseURL)
	}
	if o.Router == nil || o.Strings == nil {
		return nil, errors.New("httpx: a server needs a router and strings")
	}
	if o.Patterns == nil {
		o.Patterns = &Patterns{}
	}
	if o.SignInPath == "" {
		o.SignInPath = "/connexion"
	}
	if o.MaxBody == 0 {
		o.MaxBody = DefaultMaxBody
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	s := &Server{
		opts: o, base: u.Scheme + "://" + u.Host, port: u.Port(), secure: u.Scheme == "https",
		secret: o.Secret, table: o.Router.seal(o.Patterns), log: o.Log.With("pkg", "httpx"),
		origins: http.NewCrossOriginProtection(),
	}
	if err := s.origins.AddTrustedOrigin(s.base); err != nil {
		return nil, fmt.Errorf("httpx: base address: %w", err)
	}
	if len(s.secret) == 0 {
		s.secret = make([]byte, 32)
		rand.Read(s.secret)
	}
	if s.langs, err = lru.New[string, string](200); err != nil {
		return nil, err
	}
	times := 1
	if o.Unlimited {
		times = plenty
	}
	s.rates = newRates(times, o.Now)
	return s, nil
}

// ServeHTTP answers one request, whatever it holds: a panic is a 500 and a line in the log.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	rec := &recorder{ResponseWriter: w}
	c := &Ctx{W: rec, R: r, RequestID: requestID(), srv: s, began: start}
	if p := r.URL.Path; len(p) > 1 && strings.HasSuffix(p, "/") {
		r = cloneTrimmed(r) // a final slash is the same route, without a redirect
		c.R = r
	}
	rt, vars, both := s.table.find(r)
	real := isText(r.URL.Path)
	if !real {
		rt, vars = nil, nil
	}
	c.Route, c.vars = rt, vars
	class := classOf(r.URL.Path)
	if rt != nil {
		class = rt.Class
	} else if class == ClassWeb && WantsActivity(r) {
		class = ClassActivityPub
	}
	var err error
	defer func() {
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler {
				panic(p)
			}
			err = &panicError{p, debug.Stack()}
			if rec.status == 0 {
				c.safeFail(class, http.StatusInternalServerError)
			}
		}
		s.done(c, class, err, rec, time.Since(start))
	}()

	h := rec.Header()
	h.Set("X-Request-Id", c.RequestID)
	securityHeaders(h, class)
	if s.secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	if class == ClassAPI {
		cors(h)
	}
	if both {
		addVary(h, "Accept")
	}
	s.speak(c, "")
	if r.Method == http.MethodOptions && (rt == nil || rt.Method != http.MethodOptions) {
		preflight(rec, r, class, s.table.allowed(r))
		return
	}
	if rt == nil {
		status := http.StatusNotFound
		if methods := s.table.allowed(r); methods != nil && real {
			h.Set("Allow", strings.Join(methods, ", "))
			status = http.StatusMethodNotAllowed
		}
		c.identifyForPage(class)
		c.fail(class, status, nil)
		return
	}
	if err = s.run(c, rt); err != nil && rec.status == 0 && !errors.Is(err, errHandled) {
		c.level(Status(err))
		c.fail(class, Status(err), err)
	}
}

// run does what must hold before the handler, then the handler.
func (s *Server) run(c *Ctx, rt *Route) error {
	maxBody, timeout := rt.MaxBody, rt.Timeout
	if maxBody == 0 {
		maxBody = s.opts.MaxBody
	}
	if timeout == 0 {
		timeout = s.opts.Timeout
	}
	if c.R.ContentLength > maxBody {
		c.W.Header().Set("Connection", "close")
		return apperr.TooLarge("httpx.too_large")
	}
	r := c.R
	r.Body = http.MaxBytesReader(c.W, r.Body, maxBody)
	if timeout > 0 {
		ctx, cancel := context.WithTimeout(r.Context(), timeout)
		defer cancel()
		c.R = r.WithContext(ctx)
	}
	// The server would remove the files of the request that it knows, and this is a copy.
	defer func() {
		if f := c.R.MultipartForm; f != nil {
			if err := f.RemoveAll(); err != nil {
				s.log.Warn("files of a form not removed", "id", c.RequestID, "err", err)
			}
		}
	}()
	if rt.Class == ClassWeb || rt.Class == ClassAPI {
		if err := s.identify(c, rt.Class); err != nil {
			if rt.Class == ClassAPI {
				err = cmp.Or(s.rate(c, rt), err) // who shows a token that is none is a stranger, and counted
			}
			return err
		}
		if rt.Class == ClassAPI {
			if err := s.rate(c, rt); err != nil {
				return err
			}
		}
		if err := s.allow(c, rt); err != nil {
			return err
		}
	}
	if rt.Class == ClassWeb {
		addVary(c.W.Header(), "Cookie", "Accept-Language")
		c.readFlashes()
		if c.Viewer != nil || len(c.flashes) > 0 || unsafe(c.R.Method) {
			c.Private()
		}
		if unsafe(c.R.Method) {
			if err := c.checkForm(); err != nil {
				return err
			}
		}
	}
	if rt.Kept {
		return c.kept(rt)
	}
	return rt.Handler(c)
}

func unsafe(method string) bool {
	return method != http.MethodGet && method != http.MethodHead && method != http.MethodOptions
}

// errHandled says that the answer is written and only needs logging as usual.
var errHandled = errors.New("already answered")

type panicError struct {
	value any
	stack []byte
}

func (p *panicError) Error() string { return fmt.Sprint("panic: ", p.value) }

// safeFail answers a request whose handler panicked, even if the chrome of the page is the cause.
func (c *Ctx) safeFail(class Class, status int) {
	defer func() {
		if recover() != nil {
			http.Error(c.W, http.StatusText(status), status)
		}
	}()
	if c.Loc == nil {
		c.srv.speak(c, "")
	}
	c.fail(class, status, nil)
}

// done logs and counts a request. Only the pattern of the path is logged: the
// path itself may name a person or a group.
func (s *Server) done(c *Ctx, class Class, err error, rec *recorder, took time.Duration) {
	if rec.status == 0 {
		rec.status = http.StatusOK
	}
	if s.opts.Observe != nil {
		s.opts.Observe(c.Route, c.R.Method, rec.status, took)
	}
	path := "-"
	if c.Route != nil {
		path = c.Route.Path
	}
	attrs := []any{"id", c.RequestID, "method", c.R.Method, "route", path, "class", class.String(),
		"status", rec.status, "bytes", rec.size, "ms", took.Milliseconds()}
	var p *panicError
	switch {
	case errors.As(err, &p):
		s.log.Error("request panicked", append(attrs, "panic", fmt.Sprint(p.value), "stack", string(p.stack))...)
	case rec.status >= 500 && err != nil && !errors.Is(err, context.Canceled) && !meant(err):
		s.log.Error("request failed", append(attrs, "err", err.Error())...)
	default:
		s.log.Debug("request", attrs...)
	}
}

// meant reports whether an error is a refusal for want of room and no fault: a
// flood of requests must not become a flood of lines.
func meant(err error) bool {
	e, ok := apperr.As(err)
	return ok && e.Kind == apperr.KindUnavailable && errors.Unwrap(e) == nil
}

// speak chooses the language of the answer.
func (s *Server) speak(c *Ctx, account string) {
	cookie := ""
	if ck, err := c.R.Cookie(langCookie); err == nil {
		cookie = ck.Value
	}
	if i18n.Known(account) || i18n.Known(cookie) {
		c.Lang = i18n.Choose(account, cookie, "")
	} else {
		c.Lang = s.browserLang(c.R.Header.Get("Accept-Language"))
	}
	c.Loc = s.opts.Strings.Localizer(c.Lang)
}

// browserLang chooses by the browser's header, of which most visitors send one of a few.
func (s *Server) browserLang(header string) string {
	if lang, ok := s.langs.Get(header); ok {
		return lang
	}
	lang := i18n.Choose("", "", header)
	if len(header) < 200 {
		s.langs.Add(header, lang)
	}
	return lang
}

func cloneTrimmed(r *http.Request) *http.Request {
	r2 := new(http.Request)
	*r2 = *r
	u := *r.URL
	u.Path = strings.TrimSuffix(u.Path, "/")
	u.RawPath = strings.TrimSuffix(u.RawPath, "/")
	r2.URL = &u
	return r2
}

// isText reports whether a path is one that something can stand at: no database
// finds what holds a NUL or is not UTF-8, and some refuse to look.
//
// Spec: TX1, TX2
func isText(path string) bool { return utf8.ValidString(path) && !strings.Contains(path, "\x00") }

func requestID() string {
	var b [8]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
