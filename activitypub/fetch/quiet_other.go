//go:build !unix

package fetch

import "net"

// quiet cannot be known here: a connection that was closed is noticed when it is used.
func quiet(net.Conn) bool { return true }
