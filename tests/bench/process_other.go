//go:build !linux

package main

import "syscall"

// dieWithParent can do nothing here: only Linux ties the life of a process to that of its parent.
func dieWithParent() *syscall.SysProcAttr { return nil }
