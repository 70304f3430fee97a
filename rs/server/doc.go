// Package server is the reincarnation server around rs/policy: it turns messages and
// deaths into the policy's events, and the policy's actions into kernel calls. It knows
// the kernel by a small interface, so that host tests run all of it against a fake.
//
// It never waits for the services that it supervises: it notifies (ping), sends without blocking, or leaves a
// message with the kernel (senda); messages that even that does not take wait in a bounded outbox.
package server
