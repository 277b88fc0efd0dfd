package servertest

import "syscall"

// dieWithTest lets the kernel end a server whose test process is gone, which happens without any cleanup when a test run times out.
func dieWithTest() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
