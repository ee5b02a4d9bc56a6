package admin

import (
	"slices"
	"strconv"
	"strings"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/host"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/page"
)

// filter is what a list of accounts is narrowed by.
type filter struct {
	where []string
	args  []any
	none  bool // nobody can be meant
}

// add adds a condition; each ? in it is the next of args.
func (f *filter) add(sql string, args ...any) {
	for _, a := range args {
		f.args = append(f.args, a)
		sql = strings.Replace(sql, "?", "$"+strconv.Itoa(len(f.args)), 1)
	}
	f.where = append(f.where, sql)
}

// states are the conditions of the states that an account may be in; nobody is pending.
var states = map[string]string{
	"active":    "a.suspended_at = 0 and coalesce(l.disabled, false) = false",
	"disabled":  "l.disabled and a.suspended_at = 0",
	"silenced":  "a.limited_at <> 0",
	"suspended": "a.suspended_at <> 0",
	"sensitive": "a.sensitive_at <> 0",
	"pending":   "1 = 0",
}

// Spec: Mastodon admin/accounts#v1
func (s *Service) apiListV1(r *masto.Req) error {
	f := &filter{}
	switch {
	case r.Bool("local", false) && !r.Bool("remote", false):
		f.add("a.host = ''")
	case r.Bool("remote", false):
		f.add("a.host <> ''")
	}
	for _, name := range []string{"active", "pending", "disabled", "silenced", "suspended", "sensitive"} {
		if r.Bool(name, false) || name == "sensitive" && r.Bool("sensitized", false) {
			f.add(states[name])
		}
	}
	if r.Bool("staff", false) {
		f.add("l.role in ('moderator', 'admin')")
	}
	return s.apiList(r, f)
}

// Spec: Mastodon admin/accounts#v2
func (s *Service) apiListV2(r *masto.Req) error {
	f := &filter{}
	switch r.String("origin") {
	case "":
	case "local":
		f.add("a.host = ''")
	case "remote":
		f.add("a.host <> ''")
	default:
		return apperr.Invalid("admin.bad_origin").Field("origin", "admin.bad_origin")
	}
	if status := r.String("status"); status != "" {
		sql, ok := states[status]
		if !ok {
			return apperr.Invalid("admin.bad_status").Field("status", "admin.bad_status")
		}
		f.add(sql)
	}
	if r.String("permissions") == "staff" {
		f.add("l.role in ('moderator', 'admin')")
	}
	// Tokodon names every parameter, also those it has nothing to say of.
	if wanted := slices.DeleteFunc(r.Strings("role_ids"), func(id string) bool { return id == "" }); len(wanted) != 0 {
		roles := []string{}
		for _, role := range []string{auth.RoleUser, auth.RoleModerator, auth.RoleAdmin} {
			if slices.Contains(wanted, auth.RoleID(role)) {
				roles = append(roles, role)
			}
		}
		in, args := db.In(len(f.args)+1, roles)
		f.args = append(f.args, args...)
		f.where = append(f.where, "l.role in "+in)
	}
	return s.apiList(r, f)
}

// apiList adds what both forms have, and answers.
func (s *Service) apiList(r *masto.Req, f *filter) error {
	if name := r.String("username"); name != "" {
		f.add(`lower(a.username) like ? escape '!'`, begins(strings.TrimPrefix(name, "@")))
	}
	if name := r.String("display_name"); name != "" {
		f.add(`lower(a.display_name) like ? escape '!'`, begins(name))
	}
	if name := r.String("by_domain"); name != "" {
		h := host.Normal(name)
		if h == s.Hosts.Host {
			h = ""
		}
		f.add("a.host = ?", h)
	}
	if mail := r.String("email"); mail != "" {
		if !r.Viewer.IsAdmin() {
			return apperr.Forbidden("admin.admins_only")
		}
		f.add("l.email_fold = ?", strings.ToLower(strings.TrimSpace(mail)))
	}
	// Addresses of machines are not kept, and nobody was invited by anybody.
	f.none = r.String("ip") != "" || r.String("invited_by") != ""
	p := r.PageOf(100, 200)
	var ids []int64
	if !f.none {
		var err error
		if ids, err = s.find(r, f, p); err != nil {
			return err
		}
	}
	masto.LinkFor(r, p, ids, func(id int64) int64 { return id })
	people, err := s.Reports.People(r.Context(), ids)
	if err != nil {
		return err
	}
	out := make([]masto.ReportAccount, 0, len(ids))
	for _, id := range ids {
		if e := people[id]; e != nil {
			out = append(out, *e)
		}
	}
	return masto.List(r, out)
}

// begins is the pattern of texts that begin with one.
func begins(s string) string {
	return strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(strings.ToLower(s)) + "%"
}

func (s *Service) find(r *masto.Req, f *filter, p page.Range) ([]int64, error) {
	f.add("a.deleted_at = 0 and not a.hidden and a.kind <> ?", account.Application)
	f.add("a.id < ? and a.id > ?", p.Upper(), p.Lower())
	f.args = append(f.args, p.Limit)
	ids, err := db.All[int64](r.Context(), s.DB.Read(), `select a.id from account a left join login l on l.account_id = a.id
		where (`+strings.Join(f.where, ") and (")+`) order by a.id `+p.Order()+` limit $`+strconv.Itoa(len(f.args)), f.args...)
	return page.Fix(p, ids), err
}
