// Package policy decides what happens to services: when one is started, asked to stop,
// pinged, killed, restarted, or given up. It is a pure state machine: Step takes the time
// and one event and returns actions, which rs/server carries out. It knows no task, no
// message and no clock, so that tables and simulation can test it on the host.
//
// A service's life: down → starting → running → stopping → down, and from any of the
// living states by a death to backoff (a restart is due), failed (given up) or down.
package policy
