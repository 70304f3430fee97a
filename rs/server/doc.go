// Package server is the reincarnation server around rs/policy: it turns messages and
// deaths into the policy's events, and the policy's actions into kernel calls. It knows
// the kernel by a small interface, so that host tests run all of it against a fake.
//
// It never waits for the services that it supervises: it notifies (ping), and sends without blocking. What a service does not receive at the moment waits in
// its own row of the table, in places that nobody else can take, and the service fetches it by its heartbeat.
//
// It outlives its lives: each turn that changes something has a record in kept memory (keep.go), from which the next life goes on (reborn.go, bury.go); what that does not come to
// know is swept (sweep.go). Its own death is an event like any other (own.go).
package server
