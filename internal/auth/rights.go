package auth

import "strconv"

// The rights of roles that apps know, as bits.
//
// Spec: Mastodon entities/Role#permission-flags
const (
	rightDashboard  = 1 << 3
	rightReports    = 1 << 4
	rightFederation = 1 << 5
	rightUsers      = 1 << 10
	rightAccess     = 1 << 18 // to keep somebody from signing in
	rightDelete     = 1 << 19 // to delete an account with all it holds
)

// Rights are what somebody of a role may do through the API, as the number that
// apps read in order to offer it.
func Rights(role string) string {
	n := 0
	switch role {
	case RoleAdmin:
		n = rightFederation | rightDelete
		fallthrough
	case RoleModerator:
		n |= rightDashboard | rightReports | rightUsers | rightAccess
	}
	return strconv.Itoa(n)
}

// RoleID is the number that apps know a role by; -99 is that of everybody.
func RoleID(role string) string {
	switch role {
	case RoleModerator:
		return "1"
	case RoleAdmin:
		return "2"
	}
	return "-99"
}
