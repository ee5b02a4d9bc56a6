// Package discovery holds the documents by which servers find each other:
// WebFinger (JRD), host-meta (XRD and JSON) and NodeInfo, with writers and
// lenient readers. It does no networking.
//
// Spec: RFC 7033, RFC 6415, FEP-f1d5, FEP-2677, FEP-d556
package discovery
