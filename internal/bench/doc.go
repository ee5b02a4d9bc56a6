// Package bench measures whole instances: nothing in it is part of the program.
//
// Each benchmark prints beside its figure the price of what cannot be spared, so
// that machines and their busyness cancel out: bare net/http with an answer of
// the same size for what is read, one RSA operation for what is signed.
package bench
