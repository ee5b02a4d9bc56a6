// Package httpx is the HTTP edge of an instance: one router for pages, client
// API and ActivityPub, and everything that must hold for all of them.
//
// A feature declares routes with a policy; the package enforces it. It gives
// each request an id, bounds its body and time, recovers panics, finds out who
// asks and in which language, checks that a form came from our own page, sets
// the security headers, and turns an error of package apperr into a page,
// Mastodon's JSON or an ActivityPub status, once, by the class of the route.
//
// Invariants:
//   - A cookie is accepted on pages only and a bearer token on the API only, so
//     that the API needs no protection against forged requests from a page.
//   - A GET never writes, and no header or field changes the method.
//   - Links are built from the configured address, never from the request.
//   - An app alone (client credentials) is never a Viewer.
//   - The log has no query string, no address, no token, no content.
package httpx
