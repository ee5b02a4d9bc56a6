package auth

// Roles of a login, in rising order of power.
const (
	RoleUser      = "user"
	RoleModerator = "moderator"
	RoleAdmin     = "admin"
)

// Viewer is who makes a request. Code that shows things takes a *Viewer, nil
// for a stranger. A Viewer is shared between requests: nobody changes one.
type Viewer struct {
	AccountID int64  // 0 for an app alone, see IsApp
	Role      string // RoleUser, RoleModerator, RoleAdmin
	Member    bool   // false for guests
	Lang      string // "" when the person chose none
	TokenID   int64
	AppID     int64 // 0 for a web session
	Web       bool  // a session of the web pages, by cookie
	Scopes    Scopes
	CSRF      string // secret of this session that form tokens are made from; "" unless Web
}

// Profile is who an account is to an app that signs people in with it.
type Profile struct{ URI, Name, Username, URL, Avatar string }

// IsApp reports whether the token belongs to an app acting for nobody. Such a
// viewer is never handed to code that decides who may read what.
func (v *Viewer) IsApp() bool { return v != nil && v.AccountID == 0 }

// IsModerator reports whether v may moderate; admins may.
func (v *Viewer) IsModerator() bool {
	return v != nil && (v.Role == RoleModerator || v.Role == RoleAdmin)
}

// IsAdmin reports whether v may administer the instance.
func (v *Viewer) IsAdmin() bool { return v != nil && v.Role == RoleAdmin }

// ValidRole reports whether s names a role.
func ValidRole(s string) bool { return s == RoleUser || s == RoleModerator || s == RoleAdmin }
