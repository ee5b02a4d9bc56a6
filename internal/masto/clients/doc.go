// Package clients holds tests of the client API with libraries that apps are
// made with, so that what we get wrong about it is not confirmed by our own
// reading.
//
// testdata/masto carries out what the tests ask through masto.js, which web
// clients use: it registers an app, exchanges the code of a sign-in, reads
// lists by their Link headers and turns answers into objects. It runs as a
// child process; its libraries are installed with "npm ci" in that folder
// ("make test" does that). Without them or without Node the tests skip with
// that reason, and fail instead when MAILLAGE_REQUIRE=1.
package clients
