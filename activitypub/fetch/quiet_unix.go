//go:build unix

package fetch

import (
	"crypto/tls"
	"net"
	"syscall"
)

// quiet reports whether a kept connection is open and nothing came over it since
// its last answer. What some servers say before they hang up, 408 mostly, would
// else be taken for the answer to the next request.
func quiet(conn net.Conn) bool {
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	socket, ok := conn.(syscall.Conn)
	if !ok {
		return true
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return false
	}
	open := false
	err = raw.Read(func(fd uintptr) bool {
		var b [1]byte
		_, err := syscall.Read(int(fd), b[:])
		open = err == syscall.EAGAIN
		return true
	})
	return err == nil && open
}
