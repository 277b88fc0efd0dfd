//go:build !linux

package servertest

import "syscall"

// dieWithTest can do nothing here: only Linux ties the life of a process to that of its parent.
func dieWithTest() *syscall.SysProcAttr { return nil }
