// Package discovery holds the documents by which servers find each other:
// WebFinger (JRD), host-meta (XRD and JSON) and NodeInfo, with writers and
// lenient readers. It does no networking.
//
// Spec: RFC 7033; Spec: RFC 6415; Spec: FEP-f1d5; Spec: FEP-2677; Spec: FEP-d556
package discovery
