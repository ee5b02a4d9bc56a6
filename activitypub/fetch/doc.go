// Package fetch is the one HTTP client for everything that goes out: signed
// and unsigned GETs of documents, deliveries, WebFinger and NodeInfo.
//
// What always holds: the address is checked when the connection is made,
// after DNS, for every redirect anew ([Guard]); a request takes 10 seconds at
// most in all; a body ends at 1 MiB after decompression; there are at most
// three redirects, none of them to a weaker scheme; a signature is made for
// one host and never passed on to another, and a file is asked for in nobody's
// name once it is elsewhere than it was said to be; a proxy from the environment is
// not used. A [WithBudget] context bounds how many requests one cause may
// make.
//
// Errors are of type *[Error] and answer errors.Is for [ErrGone],
// [ErrTemporary], [ErrRefused] and [ErrBudget].
//
// Spec: AP 3.2; Spec: AP 7.1; Spec: RFC 7033; Spec: FEP-fe34
package fetch
