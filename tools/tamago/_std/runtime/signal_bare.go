package runtime

import _ "unsafe" // for go:linkname

// Signals do not exist. These are the stubs that the scheduler and os/signal
// need to link.

const (
	_NSIG             = 65
	_SIGPROF          = 27
	_SIGSEGV          = 11
	preemptMSupported = false
)

type (
	sigset       struct{}
	gsignalStack struct{}
)

func initsig(preinit bool)           {}
func sigsave(p *sigset)              {}
func preemptM(mp *m)                 {}
func setProcessCPUProfiler(hz int32) {}
func setThreadCPUProfiler(hz int32)  {}
func sigenable(sig uint32)           {}
func sigdisable(sig uint32)          {}
func sigignore(sig uint32)           {}
func signame(sig uint32) string      { return "" }

//go:nosplit
func msigrestore(sigmask sigset) {}

//go:nosplit
func clearSignalHandlers() {}

//go:nosplit
func sigblock(exiting bool) {}

//go:linkname os_sigpipe os.sigpipe
func os_sigpipe() { throw("too many writes on closed pipe") }

//go:linkname ignoreSIGSYS os.ignoreSIGSYS
func ignoreSIGSYS() {}

//go:linkname restoreSIGSYS os.restoreSIGSYS
func restoreSIGSYS() {}

// sigpanic turns a fault into a Go panic, for a board whose exception handler
// makes the faulting goroutine call it.
//
//go:linkname sigpanic
func sigpanic() {
	gp := getg()
	if !canpanic() {
		throw("unexpected fault during runtime execution")
	}
	gp.sig = _SIGSEGV
	panicmem()
}
