//go:build !linux

package wire

import "syscall"

// hungUp cannot tell here.
func hungUp(syscall.Conn) bool { return false }
