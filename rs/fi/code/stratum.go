package code

import "strings"

// What of a path's first element is the standard library. A test compares it with go list std.
const stdlib = " archive bufio bytes cmp compress container context crypto database debug embed encoding errors expvar flag fmt go hash html " +
	"image index internal io iter log maps math mime net os path plugin reflect regexp runtime slices sort strconv strings structs sync " +
	"syscall testing text time unicode unique unsafe vendor weak "

// Whose a package is, by the begin of its path. Everything else is the driver's: package main, its libraries, bennu/drivers/protocol
// too, which a driver's author writes with the driver, and bennu/rs, the services that are no drivers.
var (
	sdkPaths     = []string{"bennu/drivers/sdk", "bennu/kernel", "bennu/board"}
	runtimePaths = []string{"golang.org/x", "github.com/usbarmory"}
)

// StratumOf is whose a function is, by its name in Go's tables. Code that was inlined is whose function it is in; a closure, a method
// value and an instance of a generic function are whose source they are. What the compiler makes for types (type:.eq., go:) and
// assembly without a package are the run-time's.
func StratumOf(name string) Stratum {
	pkg, ok := PackageOf(name)
	if !ok {
		return Runtime
	}
	first, _, _ := strings.Cut(pkg, "/")
	if strings.Contains(stdlib, " "+first+" ") {
		return Runtime
	}
	for _, p := range runtimePaths {
		if below(pkg, p) {
			return Runtime
		}
	}
	for _, p := range sdkPaths {
		if below(pkg, p) {
			return SDK
		}
	}
	return Driver
}

func below(pkg, folder string) bool {
	rest, ok := strings.CutPrefix(pkg, folder)
	return ok && (rest == "" || rest[0] == '/')
}

// PackageOf is the path of the package whose source a function is; false: it is nobody's. The linker writes a path's dots as they are
// before the last slash, and as %2e after it.
func PackageOf(name string) (path string, ok bool) {
	if strings.HasPrefix(name, "type:") || strings.HasPrefix(name, "go:") || strings.HasPrefix(name, "type..") {
		return "", false
	}
	name, _, _ = strings.Cut(name, "[") // what a generic function is an instance for
	slash := strings.LastIndexByte(name, '/')
	// A method of a type of another package (a closure's receiver) has that package's path in parentheses.
	if paren := strings.IndexByte(name, '('); paren >= 0 && paren < slash {
		slash = strings.LastIndexByte(name[:paren], '/')
	}
	dot := strings.IndexByte(name[slash+1:], '.')
	if dot <= 0 {
		return "", false
	}
	return name[:slash+1+dot], true
}
