// Package clients holds tests of the client API with what apps are made with,
// so that what we get wrong about it is not confirmed by our own reading: days
// in the life of somebody with masto.js, which web clients use, with megalodon,
// and with toot at a terminal, on SQLite and on PostgreSQL. Besides, it holds
// all routes at once to the description of the API and to hostile requests.
//
// testdata/masto and testdata/megalodon carry out what the tests ask through
// those libraries, as child processes; the libraries are installed with
// "npm ci" in these folders ("make deps" does that). Without them, Node or toot
// the tests skip with that reason, and fail instead when MAILLAGE_REQUIRE=1.
package clients
