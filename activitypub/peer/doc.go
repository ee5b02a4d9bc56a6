// Package peer is a small ActivityPub server for tests: a real HTTP server on
// loopback with actors of its own, which does what a test tells it and writes
// down every byte it is sent.
//
//	p := peer.New(peer.Options{AutoAccept: true})
//	defer p.Close()
//	bob := p.Actor("bob")
//	follow, _, err := bob.Follow(ctx, "http://127.0.0.1:9001/users/ana")
//	req, err := p.Wait(peer.Posted("Accept"), time.Second)
//
// It signs with code of its own, so that the other side is checked by a second
// implementation, and it can sign wrongly on purpose: see [Fault]. It knows
// nothing of the server under test.
package peer
