// Package peers holds tests against ActivityPub servers that other people
// wrote, so that what we get wrong about the protocol is not confirmed by our
// own reading of it.
//
// testdata/fedify is a small server made with fedify, the ActivityPub library
// for JavaScript: it follows, writes, answers, likes, boosts and takes back
// what the tests tell it, verifies every signature of ours by draft-cavage or
// RFC 9421, and tells what it understood. It runs as a child process on
// loopback. Its libraries are installed with "npm ci" in that folder ("make
// test" does that); without them or without Node the tests skip with that
// reason, and fail instead when MAILLAGE_REQUIRE=1.
package peers
