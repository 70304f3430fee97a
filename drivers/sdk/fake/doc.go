// Package fake is a kernel for host tests of drivers. A test makes one, gives it a device and
// peers, starts the driver on it, and then makes things happen one at a time: a request, an
// interrupt, the passing of time. Each runs the driver until nothing is left for it to do, so
// that tests neither sleep nor race.
//
// Time is the test's: it passes in Advance, and while the driver waits within a handler.
package fake
